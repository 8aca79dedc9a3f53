"""Run the rubric teacher over pairs in Spark's workers: labels, and explanations of a class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from lantern.batch.schemas import arrow_schema
from lantern.fit import (
    Assessment,
    FitLevel,
    Importance,
    Requirement,
    RequirementKind,
    render_explanation,
)
from lantern.tables.catalog import VERDICT

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from lantern.teachers.profile_facts import ProfileFacts

_KEYS: Final = (
    "member_id string, posting_id string,"
    " member_fingerprint string, posting_fingerprint string, requirements_version string"
)
_ANSWER: Final = f"level string, score double, verdicts array<{VERDICT}>, explanation string"
_PREPARED_PROFILES: Final = 512

Row = dict[str, Any]


def with_documents(
    pairs: DataFrame, members: DataFrame, postings: DataFrame, requirements: DataFrame
) -> DataFrame:
    """Join to pairs what the rubric reads; members stay together."""
    return (
        pairs.join(
            members.selectExpr(
                "member_id",
                "text",
                "headline",
                "transform(positions, p -> p.title) AS titles",
                "degree",
                "years",
                "seniority",
            ),
            "member_id",
        )
        .join(
            postings.selectExpr("posting_id", "title", "seniority AS posting_seniority"),
            "posting_id",
        )
        .join(requirements.select("posting_id", "requirements"), "posting_id")
    )


def judged(pairs: DataFrame) -> DataFrame:
    """The rubric's level, score, verdicts and explanation of pairs from :func:`with_documents`."""

    def judge(row: Row) -> Row:
        from lantern.teachers.rubric import RubricTeacher

        answer = RubricTeacher().judge(
            _facts(row),
            requirements_of(row),
            title=row["title"],
            posting_seniority=row["posting_seniority"],
        )
        return _answered(answer.assessment, answer.score)

    return _mapped(pairs, judge)


def explained(pairs: DataFrame) -> DataFrame:
    """The rubric's explanation of the class in ``level``, which the classifier chose."""

    def explain(row: Row) -> Row:
        from lantern.teachers.rubric import RubricTeacher

        assessment = RubricTeacher().explain(
            _facts(row),
            requirements_of(row),
            level=FitLevel.from_label(row["level"]),
            title=row["title"],
            posting_seniority=row["posting_seniority"],
        )
        return _answered(assessment, None)

    return _mapped(pairs, explain)


def _mapped(pairs: DataFrame, answer: Callable[[Row], Row]) -> DataFrame:
    schema = f"{_KEYS}, {_ANSWER}"
    arrow = arrow_schema(schema)
    keys = [field.split()[0] for field in _KEYS.split(",")]

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        for batch in batches:
            rows = [{key: row[key] for key in keys} | answer(row) for row in batch.to_pylist()]
            yield pyarrow.RecordBatch.from_pylist(rows, schema=arrow)

    return pairs.mapInArrow(run, schema)


def _answered(assessment: Assessment, score: float | None) -> Row:
    return {
        "level": assessment.level.label,
        "score": score,
        "verdicts": verdict_rows(assessment),
        "explanation": render_explanation(assessment),
    }


def verdict_rows(assessment: Assessment) -> list[Row]:
    """An assessment's verdicts as a column of ``VERDICT`` structs holds them."""
    return [
        {"requirement": v.requirement, "kind": str(v.kind), "quote": v.quote}
        for v in assessment.verdicts
    ]


def _facts(row: Row) -> ProfileFacts:
    return _prepared(
        row["text"],
        row["headline"],
        tuple(title for title in row["titles"] or () if title),
        row["degree"],
        row["years"],
        row["seniority"],
    )


@lru_cache(maxsize=_PREPARED_PROFILES)
def _prepared(
    text: str,
    headline: str | None,
    titles: tuple[str, ...],
    degree: int | None,
    years: float | None,
    seniority: int | None,
) -> ProfileFacts:
    from lantern.teachers.profile_facts import prepare_profile

    return prepare_profile(
        text, headline=headline, titles=titles, degree=degree, years=years, seniority=seniority
    )


def requirements_of(row: Row) -> list[Requirement]:
    """The requirements in a row of (or joined with) ``requirements``."""
    return [
        Requirement(
            kind=RequirementKind(item["kind"]),
            importance=Importance(item["importance"]),
            text=item["text"],
            skills=tuple(item["skills"] or ()),
            any_of=bool(item["any_of"]),
            years=item["years"],
            degree=item["degree"],
        )
        for item in row["requirements"] or ()
    ]
