"""D_seed from the answers that stand: one decision a pair, made in Spark's workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from lantern.batch.changes import PAIR
from lantern.batch.schemas import arrow_schema
from lantern.config import CurateSettings
from lantern.fit import FitLevel
from lantern.reviews.curation import Standing, curate
from lantern.reviews.decisions import Decision

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

_SAME: Final = (*PAIR, "split", "teacher", "prompt_version")
_CURATED: Final = (
    ", ".join(f"{name} string" for name in _SAME)
    + ", level string, explanation string, kept_by string, dropped array<string>"
)


def curated(
    standing: DataFrame, members: DataFrame, requirements: DataFrame, settings: CurateSettings
) -> DataFrame:
    """Every pair's example of D_seed; ``dropped`` holds the reasons against it, none if kept.

    Args:
        standing: of :func:`lantern.batch.answers.standing_answers`.
        members: for the profiles.
        requirements: of the postings.
        settings: of the filters.
    """
    least, unreviewed = settings.sample_agreement, settings.without_review
    arrow = arrow_schema(_CURATED)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        for batch in batches:
            rows = []
            for row in batch.to_pylist():
                made = curate(
                    _standing(row),
                    row["text"],
                    row["asked"],
                    sample_agreement=least,
                    without_review=unreviewed,
                )
                rows.append(
                    {name: row[name] for name in _SAME}
                    | {
                        "level": made.level.label,
                        "explanation": made.explanation,
                        "kept_by": made.kept_by,
                        "dropped": [str(reason) for reason in made.dropped],
                    }
                )
            yield pyarrow.RecordBatch.from_pylist(rows, schema=arrow)

    return (
        standing.join(members.select("member_id", "text"), "member_id")
        .join(
            requirements.selectExpr("posting_id", "transform(requirements, r -> r.text) AS asked"),
            "posting_id",
        )
        .mapInArrow(run, _CURATED)
    )


def _standing(row: dict[str, Any]) -> Standing:
    decision, reviewed = row["decision"], row["reviewed_level"]
    return Standing(
        level=FitLevel.from_label(row["level"]),
        explanation=row["explanation"],
        sample_share=row["sample_share"],
        conflict=bool(row["conflict"]),
        decision=Decision(decision) if decision else None,
        reviewed_level=FitLevel.from_label(reviewed) if reviewed else None,
        edited=row["reviewed_explanation"],
    )
