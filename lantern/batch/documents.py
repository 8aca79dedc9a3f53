"""Build profiles, postings and requirements in Spark's Python workers.

Each adapter is a ``mapInArrow`` function around one pure function of :mod:`lantern.documents`.
A row that cannot be used comes back with ``reason`` and its key instead of being raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lantern.batch.schemas import arrow_schema
from lantern.config import DocumentSettings
from lantern.documents.unusable import UnusableDocument

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

Row = dict[str, Any]
BuildRow = Callable[[Row], Row]
REASON = "reason"


def build_rows(rows: DataFrame, build: BuildRow, schema: str, key: str) -> DataFrame:
    """Apply ``build`` to every row.

    Args:
        rows: what ``build`` reads, ``key`` and ``source_hash`` among it.
        build: from a row to the columns of ``schema``; raises UnusableDocument.
        schema: Spark SQL columns of the result, nullable; ``reason`` is added.
        key: the column that identifies the row.
    """
    full = f"{schema}, {REASON} string"
    arrow = arrow_schema(full)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        for batch in batches:
            built = [_built(row, build, key) for row in batch.to_pylist()]
            yield pyarrow.RecordBatch.from_pylist(built, schema=arrow)

    return rows.mapInArrow(run, full)


def _built(row: Row, build: BuildRow, key: str) -> Row:
    kept = {key: row[key], "source_hash": row.get("source_hash")}
    try:
        return build(row) | kept | {REASON: None}
    except UnusableDocument as unusable:
        return kept | {REASON: str(unusable)}


def profile_builder(settings: DocumentSettings) -> BuildRow:
    """A row of the members' source to the columns of ``members``."""

    def build(row: Row) -> Row:
        from lantern.documents.profile import Position, RawProfile, build_profile

        positions = tuple(
            Position(
                title=position["title"] or "",
                company=position["company"] or "",
                years=position["years"],
                description=position["description"] or "",
            )
            for position in row["positions"] or ()
            if position is not None
        )
        raw = RawProfile(
            member_id=row["member_id"],
            text=row["text"] or "",
            headline=row["headline"],
            name=row["name"],
            skills=tuple(skill for skill in row["skills"] or () if skill),
            positions=positions,
            education=tuple(entry for entry in row["education"] or () if entry),
            location=row["location"],
            years=row["years"],
        )
        return asdict(
            build_profile(raw, max_chars=settings.max_chars, min_letters=settings.min_letters)
        )

    return build


def posting_builder(settings: DocumentSettings) -> BuildRow:
    """A row of the postings' source to the columns of ``postings``."""

    def build(row: Row) -> Row:
        from lantern.documents.posting import RawPosting, build_posting

        raw = RawPosting(
            posting_id=row["posting_id"],
            title=row["title"] or "",
            description=row["description"] or "",
            organization=row["organization"],
            location=row["location"],
        )
        return asdict(
            build_posting(raw, max_chars=settings.max_chars, min_letters=settings.min_letters)
        )

    return build


def extract_row(row: Row) -> Row:
    """A row of ``postings`` to the columns of ``requirements``."""
    from lantern.documents.requirements import extract_requirements

    extracted = extract_requirements(row["title"], row["text"])
    return asdict(extracted) | {"posting_fingerprint": row["posting_fingerprint"]}
