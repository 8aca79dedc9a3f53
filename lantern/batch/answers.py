"""Teachers' answers to D_base that still hold, and which of a pair's answers stands for it.

An answer holds while the member, the posting and the requirements are those that it was made from.
Reviewers are shown the answer that `curate` would keep, so both choose it here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from lantern.batch.changes import INPUTS, PAIR, current_inputs
from lantern.batch.schemas import arrow_schema
from lantern.config import CurateSettings, ReviewSettings
from lantern.fit import FitLevel
from lantern.reviews.decisions import Decision, Review
from lantern.reviews.standing import AnswerKey, LabelledAnswer, Standing, StandingRule, stand
from lantern.teachers.rubric import RubricTeacher

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

    from lantern.tables.store import Warehouse

ANSWER: Final = (*PAIR, "teacher", "prompt_version", "answer_hash")
_STANDING: Final = (
    ", ".join(f"{name} string" for name in (*ANSWER, "field", "level", "explanation"))
    + ", sample_share double, disagreement double, decisions int, conflict boolean"
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


def answered_pairs(answers: DataFrame, reviews: DataFrame) -> DataFrame:
    """One row a pair of :func:`current_answers`: its answers, and all reviews of the pair."""
    from pyspark.sql import functions as F

    told = F.struct("teacher", "prompt_version", "sample", "level", "explanation", "labelled_on")
    made = F.struct(
        "teacher",
        "prompt_version",
        "answer_hash",
        "reviewer",
        "decision",
        "level",
        "explanation",
        "reviewed_on",
    )
    by_pair = answers.groupBy(*PAIR, "split", "field").agg(F.collect_list(told).alias("answers"))
    reviewed = reviews.groupBy(*PAIR).agg(F.collect_list(made).alias("reviews"))
    return by_pair.join(reviewed, list(PAIR), "left")


def standing_rule(review: ReviewSettings, curate: CurateSettings) -> StandingRule:
    return StandingRule(
        teachers=tuple(curate.teachers),
        last=RubricTeacher.name,
        deciding=review.deciding,
        adjudicators=frozenset(review.adjudicators),
    )


def standing_of(row: dict[str, Any], rule: StandingRule) -> Standing:
    """The answer that stands for a row of :func:`answered_pairs`."""
    answers = [
        LabelledAnswer(
            teacher=one["teacher"],
            prompt_version=one["prompt_version"],
            sample=one["sample"],
            level=FitLevel.from_label(one["level"]),
            explanation=one["explanation"],
            labelled_on=one["labelled_on"],
        )
        for one in row["answers"]
    ]
    reviews: dict[AnswerKey, list[Review]] = {}
    for one in row["reviews"] or ():
        key = AnswerKey(one["teacher"], one["prompt_version"], one["answer_hash"])
        reviews.setdefault(key, []).append(
            Review(
                reviewer=one["reviewer"],
                decision=Decision(one["decision"]),
                level=FitLevel.from_label(one["level"]),
                explanation=one["explanation"],
                reviewed_on=one["reviewed_on"],
            )
        )
    return stand(answers, reviews, rule)


def standing_answers(pairs: DataFrame, rule: StandingRule) -> DataFrame:
    """The answer that stands for each pair of :func:`answered_pairs`.

    Returns:
        The keys of the answer, ``field``, ``level``, ``explanation``, ``sample_share``,
        ``disagreement``, ``decisions`` and ``conflict``.
    """
    arrow = arrow_schema(_STANDING)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        for batch in batches:
            rows = [_stood(row, standing_of(row, rule)) for row in batch.to_pylist()]
            yield pyarrow.RecordBatch.from_pylist(rows, schema=arrow)

    return pairs.mapInArrow(run, _STANDING)


def _stood(row: dict[str, Any], standing: Standing) -> dict[str, Any]:
    return {
        **{name: row[name] for name in (*PAIR, "field")},
        **standing.answer.key._asdict(),
        "level": standing.answer.level.label,
        "explanation": standing.answer.explanation,
        "sample_share": standing.sample_share,
        "disagreement": standing.disagreement,
        "decisions": standing.decisions,
        "conflict": standing.settled.conflict,
    }
