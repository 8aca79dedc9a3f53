"""pairs: D_base, the pairs that the teachers label, with their splits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lantern.batch.base_pairs import pool, stratified
from lantern.batch.candidates import interest_pairs
from lantern.batch.changes import PAIR, current_inputs
from lantern.batch.rubric import judged, with_documents
from lantern.steps.context import Context
from lantern.steps.embedded import with_embeddings
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``members``, ``postings``, ``requirements``, ``events``; writes ``base_pairs``."""
    warehouse, settings = context.warehouse, context.settings.pairs
    with manifest.phase("embed"):
        members, postings, manifest.counts["embedded"] = with_embeddings(context)
    with manifest.phase("choose"):
        interest = interest_pairs(warehouse.read("events"))
        pairs = warehouse.stage("base_pairs/pool", pool(members, postings, interest, settings))
    with manifest.phase("judge"):
        levelled = warehouse.stage("base_pairs/levelled", _with_level(context, pairs))
        chosen = warehouse.stage("base_pairs/chosen", stratified(levelled, settings))
    with manifest.phase("commit"):
        warehouse.merge("base_pairs", chosen, delete_unmatched="true")
    groups = chosen.groupBy("split", "stratum", "level").count().collect()
    splits, strata, levels = (Counter[str](), Counter[str](), Counter[str]())
    for group in groups:
        splits[group["split"]] += group["count"]
        strata[group["stratum"]] += group["count"]
        levels[group["level"]] += group["count"]
    manifest.counts |= {"judged": levelled.count(), **splits, **strata, **levels}
    warehouse.unstage("base_pairs")
    warehouse.unstage("embedded")
    context.reporter.line("pairs", "D_base", {"pairs": splits.total(), **splits, **levels})


def _with_level(context: Context, pairs: DataFrame) -> DataFrame:
    """Add what the rubric says of a pair; a pair whose posting has no requirements drops out."""
    warehouse = context.warehouse
    members, postings = warehouse.read("members"), warehouse.read("postings")
    requirements = warehouse.read("requirements")
    inputs = current_inputs(pairs.select(*PAIR), members, postings, requirements)
    answers = judged(with_documents(inputs, members, postings, requirements))
    return pairs.join(answers.select(*PAIR, "level"), [*PAIR])
