"""curate: D_seed from people's decisions and, where there are none, from the automatic filters."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lantern.batch.answers import answered_pairs, current_answers, standing_rule
from lantern.batch.changes import PAIR
from lantern.batch.curation import curated
from lantern.reviews.curation import TOLD, Dropped
from lantern.steps.context import Context
from lantern.tables.catalog import table_spec
from lantern.tables.quarantine import replace_quarantine
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.config import CurateSettings

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
                answered_pairs(current_answers(warehouse), warehouse.read("reviews")),
                warehouse.read("members"),
                warehouse.read("requirements"),
                standing_rule(settings.review, settings.curate),
                settings.curate,
            ),
        )
    kept = bounded(decided.where(F.size("dropped") == 0), settings.curate)
    with manifest.phase("commit"):
        _replace(context, kept)
        _quarantine(context, decided)
    _count(context, manifest, decided, kept)
    warehouse.unstage("seed")


def bounded(kept: DataFrame, settings: CurateSettings) -> DataFrame:
    """All that people kept, and at most so many that only the filters did: the same ones always.

    Those of the test split come last: no model learns from them. A level that occurs ``n`` times is
    drawn as if it occurred ``n ** (1 - level_balance)`` times, as far as it lasts. ``weight`` tells
    how many answers of its split and level stand behind one that was drawn.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    if settings.unreviewed_pairs is None:
        return kept.withColumn("weight", F.lit(1.0))
    level = Window.partitionBy("kept_by", F.col("split") == "test", "level")
    place = F.row_number().over(level.orderBy(F.xxhash64(*PAIR), *PAIR))
    of_level = F.count("*").over(level)
    often = F.pow(of_level, F.lit(1 - settings.level_balance))
    drawn = Window.partitionBy("kept_by").orderBy(F.col("split") == "test", "_turn", *PAIR)
    by_people = F.col("kept_by") == "human"
    return (
        kept.withColumn("_turn", place / often)
        .withColumn("_before", of_level)
        .withColumn("_drawn", F.row_number().over(drawn))
        .where(by_people | (F.col("_drawn") <= settings.unreviewed_pairs))
        .withColumn("weight", F.when(by_people, 1.0).otherwise(F.col("_before") / of_level))
        .drop("_turn", "_before", "_drawn")
    )


def _replace(context: Context, kept: DataFrame) -> None:
    from pyspark.sql import functions as F

    warehouse, spec = context.warehouse, table_spec("seed")
    rows, held = kept.select(*spec.column_names), warehouse.read("seed")
    told = [name for name in spec.column_names if name not in spec.key]
    here = rows.select(*spec.key, F.struct(*told).alias("_here"))
    there = held.select(*spec.key, F.struct(*told).alias("_there"))
    differs = ~F.col("_here").eqNullSafe(F.col("_there"))
    if here.join(there, list(spec.key), "full").where(differs).isEmpty():
        return
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
    replace_quarantine(context.warehouse, {"seed": rows}, stage="curate", day=context.day)


def _count(context: Context, manifest: Manifest, decided: DataFrame, kept: DataFrame) -> None:
    """What was dropped and why; what D_seed holds, by who kept it and by level."""
    from pyspark.sql import functions as F

    named = ("kept_by_human", "kept_by_filter", "dropped", *(f"dropped_{why}" for why in Dropped))
    counts: Counter[str] = Counter(dict.fromkeys(named, 0))
    for group in kept.groupBy("kept_by", "level").count().collect():
        counts[f"kept_by_{group['kept_by']}"] += group["count"]
        counts[group["level"]] += group["count"]
    dropped = decided.where(F.size("dropped") > 0).groupBy("dropped").count().collect()
    for group in dropped:
        counts["dropped"] += group["count"]
        for reason in group["dropped"]:
            counts[f"dropped_{reason}"] += group["count"]
    answered = decided.count()
    left_out = answered - counts["dropped"] - counts["kept_by_human"] - counts["kept_by_filter"]
    if left_out:
        counts["left_out_by_size"] = left_out
    counts["without_answer"] = context.warehouse.read("base_pairs").count() - answered
    manifest.counts |= counts
    shown = {name: count for name, count in counts.items() if count or name.startswith("kept")}
    context.reporter.line("curate", "D_seed", shown)
