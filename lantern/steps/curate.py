"""curate: D_seed from people's decisions and, where there are none, from the automatic filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lantern.batch.answers import current_answers, settled_reviews, standing_answers
from lantern.batch.changes import PAIR
from lantern.batch.curation import curated
from lantern.reviews.curation import TOLD, Dropped
from lantern.steps.context import Context
from lantern.tables.catalog import table_spec
from lantern.tables.quarantine import replace_quarantine
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_READ = ("base_pairs", "teacher_labels", "reviews")


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``base_pairs``, ``teacher_labels``, ``reviews`` and the documents; writes ``seed``.

    ``seed`` becomes exactly what today's tables give: rows of pairs that vanished, lost their
    answer or were rejected go. What was dropped stands in ``quarantine`` with its reasons, but for
    answers that are left out because nobody has reviewed them. Where nothing changed nothing is
    committed.
    """
    from pyspark.sql import functions as F

    warehouse, settings = context.warehouse, context.settings
    manifest.versions_in |= warehouse.versions(*_READ)
    with manifest.phase("decide"):
        decided = warehouse.stage(
            "seed",
            curated(
                standing_answers(
                    current_answers(warehouse),
                    settled_reviews(warehouse.read("reviews"), settings.review),
                    settings.curate.teachers,
                ),
                warehouse.read("members"),
                warehouse.read("requirements"),
                settings.curate,
            ),
        )
    kept = decided.where(F.size("dropped") == 0)
    with manifest.phase("commit"):
        _replace(context, kept)
        _quarantine(context, decided)
    _count(context, manifest, decided)
    warehouse.unstage("seed")


def _replace(context: Context, kept: DataFrame) -> None:
    warehouse = context.warehouse
    columns = table_spec("seed").column_names
    rows, held = kept.select(*columns), warehouse.read("seed").select(*columns)
    if held.isEmpty():
        if not rows.isEmpty():
            warehouse.append("seed", rows)
    elif not (rows.exceptAll(held).isEmpty() and held.exceptAll(rows).isEmpty()):
        warehouse.merge("seed", rows, delete_unmatched="true")


def _quarantine(context: Context, decided: DataFrame) -> None:
    from pyspark.sql import functions as F

    told = F.create_map(*[F.lit(text) for item in TOLD.items() for text in map(str, item)])
    rows = (
        decided.select(F.concat_ws("|", *PAIR).alias("key"), F.explode("dropped").alias("reason"))
        .where(F.col("reason") != str(Dropped.NOT_REVIEWED))
        .select("key", told[F.col("reason")].alias("reason"))
        .withColumn("source_hash", F.lit(None).cast("string"))
    )
    replace_quarantine(context.warehouse, rows, table="seed", stage="curate", day=context.day)


def _count(context: Context, manifest: Manifest, decided: DataFrame) -> None:
    from pyspark.sql import functions as F

    by = F.when(F.size("dropped") == 0, F.concat(F.lit("kept_by_"), "kept_by")).otherwise("dropped")
    counts = {row["by"]: row["count"] for row in decided.groupBy(by.alias("by")).count().collect()}
    levels = decided.where(F.size("dropped") == 0).groupBy("level").count().collect()
    reasons = decided.select(F.explode("dropped").alias("why")).groupBy("why").count().collect()
    told = {
        **{name: counts.get(name, 0) for name in ("kept_by_human", "kept_by_filter", "dropped")},
        **{f"dropped_{reason}": 0 for reason in Dropped},
        **{f"dropped_{row['why']}": row["count"] for row in reasons},
    }
    pairs = context.warehouse.read("base_pairs").count()
    manifest.counts |= told | {row["level"]: row["count"] for row in levels}
    manifest.counts["without_answer"] = pairs - sum(counts.values())
    shown = {name: count for name, count in told.items() if count or name.startswith("kept")}
    context.reporter.line(
        "curate", "D_seed", {**shown, "without_answer": manifest.counts["without_answer"]}
    )
