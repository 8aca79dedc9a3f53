"""pairs: D_base, the pairs that the teachers label, with their splits."""

from __future__ import annotations

from lantern.batch.base_pairs import base_pairs
from lantern.batch.candidates import interest_pairs
from lantern.steps.context import Context
from lantern.steps.embedded import with_embeddings
from lantern.tables.runs import Manifest


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``members``, ``postings``, ``requirements``, ``events``; writes ``base_pairs``."""
    warehouse = context.warehouse
    with manifest.phase("embed"):
        members, postings, manifest.counts["embedded"] = with_embeddings(context)
    with manifest.phase("choose"):
        chosen = warehouse.stage(
            "base_pairs",
            base_pairs(
                members,
                postings,
                interest_pairs(warehouse.read("events")),
                context.settings.pairs,
            ),
        )
    with manifest.phase("commit"):
        if warehouse.read("base_pairs").isEmpty():
            warehouse.append("base_pairs", chosen)
        else:
            warehouse.merge("base_pairs", chosen, delete_unmatched="true")
    counted = {f"{row['split']}": row["count"] for row in chosen.groupBy("split").count().collect()}
    strata = {row["stratum"]: row["count"] for row in chosen.groupBy("stratum").count().collect()}
    warehouse.unstage("base_pairs")
    manifest.counts |= counted | strata
    context.reporter.line("pairs", "D_base", {"pairs": sum(counted.values()), **counted})
