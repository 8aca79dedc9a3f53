"""candidates: the pairs that tonight's run must have a score for."""

from __future__ import annotations

from lantern.batch.candidates import candidate_pairs, interest_pairs, similar_pairs
from lantern.batch.changes import PAIR
from lantern.steps.context import Context
from lantern.steps.embedded import with_embeddings
from lantern.tables.runs import Manifest


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
        held = warehouse.read("candidates")
        if held.isEmpty():
            warehouse.append("candidates", chosen)
            arrived, left = sum(counts.values()), 0
        else:
            compared = [*PAIR, "reason", "similarity"]
            differing = chosen.select(*compared).exceptAll(held.select(*compared))
            arrived = chosen.join(held, list(PAIR), "left_anti").count()
            left = held.join(chosen, list(PAIR), "left_anti").count()
            if left or not differing.isEmpty():
                warehouse.merge("candidates", chosen, delete_unmatched="true")
        warehouse.unstage("candidates")
    manifest.counts |= {"candidates": sum(counts.values()), "new": arrived, "gone": left, **counts}
    context.reporter.line(
        "candidates",
        "pairs",
        {"candidates": sum(counts.values()), **counts, "new": arrived, "gone": left},
    )
