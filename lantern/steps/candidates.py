"""candidates: the pairs that tonight's run must have a score for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lantern.batch.candidates import candidate_pairs, interest_pairs, similar_pairs
from lantern.batch.changes import PAIR
from lantern.steps.context import Context
from lantern.steps.embedded import with_embeddings
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``members``, ``postings``, ``requirements``, ``events``; writes ``candidates``."""
    warehouse = context.warehouse
    with manifest.phase("embed"):
        members, postings, manifest.counts["embedded"] = with_embeddings(context)
    with manifest.phase("choose"):
        interest = (
            interest_pairs(warehouse.read("events"))
            .join(members.select("member_id"), "member_id", "left_semi")
            .join(postings.select("posting_id"), "posting_id", "left_semi")
        )
        similar = similar_pairs(members, postings, context.settings.candidates)
        chosen = warehouse.stage("candidates", candidate_pairs(similar, interest))
        counts = {row["reason"]: row["count"] for row in chosen.groupBy("reason").count().collect()}
    with manifest.phase("commit"):
        arrived, left, other = _differences(chosen, warehouse.read("candidates"))
        if arrived or left or other:
            warehouse.merge("candidates", chosen, delete_unmatched="true")
        warehouse.unstage("candidates")
        warehouse.unstage("embedded")
    manifest.counts |= {"candidates": sum(counts.values()), "new": arrived, "gone": left, **counts}
    context.reporter.line(
        "candidates",
        "pairs",
        {"candidates": sum(counts.values()), **counts, "new": arrived, "gone": left},
    )


def _differences(chosen: DataFrame, held: DataFrame) -> tuple[int, int, int]:
    """Pairs that arrived, that left, and that stay for another reason or similarity."""
    from pyspark.sql import functions as F

    before = held.select(*PAIR, *[F.col(c).alias(f"_{c}") for c in ("reason", "similarity")])
    stays = F.col("reason").isNotNull() & F.col("_reason").isNotNull()
    differs = (F.col("reason") != F.col("_reason")) | ~F.col("similarity").eqNullSafe(
        F.col("_similarity")
    )
    row = (
        chosen.join(before, list(PAIR), "full")
        .agg(
            F.count_if(F.col("_reason").isNull()).alias("arrived"),
            F.count_if(F.col("reason").isNull()).alias("left"),
            F.count_if(stays & differs).alias("other"),
        )
        .collect()[0]
    )
    return int(row["arrived"]), int(row["left"]), int(row["other"])
