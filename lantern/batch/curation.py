"""D_seed from the answers that stand: one decision a pair, made in Spark's workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from lantern.batch.answers import standing_of
from lantern.batch.changes import PAIR
from lantern.batch.rubric import requirements_of
from lantern.batch.schemas import arrow_schema
from lantern.config import CurateSettings
from lantern.reviews.curation import curate
from lantern.reviews.standing import StandingRule

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

_CURATED: Final = (
    "member_id string, posting_id string, split string, teacher string, prompt_version string,"
    " level string, explanation string, kept_by string, dropped array<string>"
)


def curated(
    pairs: DataFrame,
    members: DataFrame,
    requirements: DataFrame,
    rule: StandingRule,
    settings: CurateSettings,
) -> DataFrame:
    """Every pair's example of D_seed; ``dropped`` holds the reasons against it, none if kept.

    Args:
        pairs: of :func:`lantern.batch.answers.answered_pairs`.
        members: for the profiles.
        requirements: of the postings.
        rule: which answer stands for a pair.
        settings: of the filters.
    """
    least, unreviewed = settings.sample_agreement, settings.without_review
    arrow = arrow_schema(_CURATED)

    def decide(row: dict[str, Any]) -> dict[str, Any]:
        standing = standing_of(row, rule)
        made = curate(
            standing,
            row["text"],
            requirements_of(row),
            sample_agreement=least,
            without_review=unreviewed,
        )
        return {
            **{name: row[name] for name in (*PAIR, "split")},
            "teacher": standing.answer.teacher,
            "prompt_version": standing.answer.prompt_version,
            "level": made.level.label,
            "explanation": made.explanation,
            "kept_by": made.kept_by,
            "dropped": [str(reason) for reason in made.dropped],
        }

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        for batch in batches:
            rows = [decide(row) for row in batch.to_pylist()]
            yield pyarrow.RecordBatch.from_pylist(rows, schema=arrow)

    return (
        pairs.join(members.select("member_id", "text"), "member_id")
        .join(requirements.select("posting_id", "requirements"), "posting_id")
        .mapInArrow(run, _CURATED)
    )
