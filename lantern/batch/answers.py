"""Teachers' answers to D_base that still hold, and which of a pair's answers stands for it.

An answer holds while the member, the posting and the requirements are those that it was made from.
Reviewers are shown the answer that `curate` would keep, so both choose it here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from lantern.batch.changes import INPUTS, PAIR, current_inputs
from lantern.batch.schemas import arrow_schema
from lantern.config import ReviewSettings
from lantern.fit import LEVEL_LABELS, FitLevel
from lantern.reviews.decisions import Decision, Review, Settled, settle
from lantern.teachers.rubric import RubricTeacher

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

    from lantern.tables.store import Warehouse

ANSWER: Final = (*PAIR, "teacher", "prompt_version", "answer_hash")
_SETTLED: Final = (
    ", ".join(f"{name} string" for name in ANSWER)
    + ", decisions int, conflict boolean, decision string,"
    " reviewed_level string, reviewed_explanation string"
)


def answer_hash() -> Column:
    """SHA-256 of the column ``explanation``."""
    from pyspark.sql import functions as F

    return F.sha2("explanation", 256)


def task_id() -> Column:
    """The id by which reviewers know an answer; it tells them nothing of the pair."""
    from pyspark.sql import functions as F

    return F.substring(F.sha2(F.to_json(F.struct(*ANSWER)), 256), 1, 32)


def current_answers(warehouse: Warehouse) -> DataFrame:
    """Rows of ``teacher_labels`` of pairs in D_base that hold, with what ``base_pairs`` says."""
    pairs = warehouse.read("base_pairs")
    current = current_inputs(
        pairs.select(*PAIR),
        warehouse.read("members"),
        warehouse.read("postings"),
        warehouse.read("requirements"),
    )
    return (
        warehouse.read("teacher_labels")
        .join(current, [*PAIR, *INPUTS], "left_semi")
        .join(pairs.select(*PAIR, "split", "field"), list(PAIR))
        .withColumn("answer_hash", answer_hash())
    )


def settled_reviews(reviews: DataFrame, settings: ReviewSettings) -> DataFrame:
    """What the decisions on each answer come to, by :func:`lantern.reviews.decisions.settle`."""
    from pyspark.sql import functions as F

    deciding, adjudicators = settings.deciding, frozenset(settings.adjudicators)
    arrow = arrow_schema(_SETTLED)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        for batch in batches:
            rows = []
            for row in batch.to_pylist():
                made = [_review(review) for review in row["reviews"]]
                settled = settle(made, deciding=deciding, adjudicators=adjudicators)
                keys = {name: row[name] for name in ANSWER}
                rows.append(keys | {"decisions": len(made)} | _standing(settled))
            yield pyarrow.RecordBatch.from_pylist(rows, schema=arrow)

    made = F.struct("reviewer", "decision", "level", "explanation", "reviewed_on")
    grouped = reviews.groupBy(*ANSWER).agg(F.collect_list(made).alias("reviews"))
    return grouped.mapInArrow(run, _SETTLED)


def standing_answers(answers: DataFrame, settled: DataFrame, teachers: Sequence[str]) -> DataFrame:
    """The one answer that stands for each pair.

    Of each teacher's answers to a pair those of its latest prompts count, and of their samples the
    first with the most frequent level. Answers that people have decided about come before all
    others, first the accepted and edited, then those in conflict, then the rejected. Among equals
    the order is that of ``teachers``, then the latest, the rubric last.

    Args:
        answers: of :func:`current_answers`.
        settled: of :func:`settled_reviews`.
        teachers: names, the preferred first.

    Returns:
        One row a pair: the answer, the columns of ``settled`` (null where nobody has decided),
        ``sample_share`` (of the samples with its level) and ``disagreement`` (0..1, how far the
        teachers' levels lie apart).
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    of_teacher = Window.partitionBy(*PAIR, "teacher")
    latest = of_teacher.orderBy(F.desc("labelled_on"), F.desc("prompt_version"))
    prompted = Window.partitionBy(*PAIR, "teacher", "prompt_version")
    same_level = Window.partitionBy(*PAIR, "teacher", "prompt_version", "level")
    usual = prompted.orderBy(F.desc("_votes"), "_first", "sample")
    told = (
        answers.withColumn("_latest", F.first("prompt_version").over(latest))
        .withColumn("_votes", F.count("*").over(same_level))
        .withColumn("_first", F.min("sample").over(same_level))
        .withColumn("sample_share", F.col("_votes") / F.count("*").over(prompted))
        .withColumn("_number", F.row_number().over(usual))
        .withColumn(
            "_stands", (F.col("_number") == 1) & (F.col("prompt_version") == F.col("_latest"))
        )
    )
    pair = Window.partitionBy(*PAIR)
    level = F.when(F.col("_stands"), F.array_position(_levels(), F.col("level")))
    apart = (F.max(level).over(pair) - F.min(level).over(pair)) / (len(LEVEL_LABELS) - 1)
    state = (
        F.when(F.col("decisions").isNull(), 3)
        .when(F.col("conflict"), 1)
        .when(F.col("decision") == str(Decision.REJECT), 2)
        .otherwise(0)
    )
    best = pair.orderBy(
        "_state",
        _preference(teachers),
        F.desc("labelled_on"),
        "teacher",
        "prompt_version",
        "sample",
    )
    return (
        told.join(settled, list(ANSWER), "left")
        .withColumn("disagreement", apart)
        .withColumn("_state", state)
        .where(F.col("_stands") | F.col("decisions").isNotNull())
        .withColumn("_rank", F.row_number().over(best))
        .where("_rank = 1")
        .drop("_latest", "_votes", "_first", "_number", "_stands", "_state", "_rank")
    )


def _levels() -> Column:
    from pyspark.sql import functions as F

    return F.array(*[F.lit(label) for label in LEVEL_LABELS])


def _preference(teachers: Sequence[str]) -> Column:
    from pyspark.sql import functions as F

    place = F.when(F.lit(False), F.lit(0))
    for number, name in enumerate(teachers):
        place = place.when(F.col("teacher") == name, number)
    last = len(teachers) + 1
    return place.when(F.col("teacher") == RubricTeacher.name, last).otherwise(len(teachers))


def _review(row: dict[str, Any]) -> Review:
    return Review(
        reviewer=row["reviewer"],
        decision=Decision(row["decision"]),
        level=FitLevel.from_label(row["level"]),
        explanation=row["explanation"],
        reviewed_on=row["reviewed_on"],
    )


def _standing(settled: Settled) -> dict[str, Any]:
    review = settled.review
    return {
        "conflict": settled.conflict,
        "decision": str(review.decision) if review else None,
        "reviewed_level": review.level.label if review else None,
        "reviewed_explanation": review.explanation if review else None,
    }
