"""Sample members and postings as the tables hold them, without Spark: for trainings and tests."""

from __future__ import annotations

from functools import lru_cache

from lantern.documents.posting import Posting, RawPosting, build_posting
from lantern.documents.profile import Position, Profile, RawProfile, build_profile
from lantern.documents.requirements import ExtractedRequirements, extract_requirements
from lantern.sample.marketplace import member, posting

_MAX_CHARS, _MIN_LETTERS = 60_000, 20


def sample_profile(seed: int, index: int) -> Profile:
    """The profile of member ``index``, built as ingest builds it.

    Raises:
        UnusableDocument: if it says too little; a few of the sample's are so on purpose.
    """
    row = member(seed, index)
    positions = tuple(
        Position(
            title=held["title"] or "",
            company=held["company"] or "",
            years=held["years"],
            description=held["description"] or "",
        )
        for held in row["positions"] or ()
    )
    raw = RawProfile(
        member_id=row["member_id"],
        text=row["about"] or "",
        headline=row["headline"],
        name=row["name"],
        skills=tuple(row["skills"] or ()),
        positions=positions,
        education=tuple(row["education"] or ()),
        location=row["location"],
        years=row["years"],
    )
    return build_profile(raw, max_chars=_MAX_CHARS, min_letters=_MIN_LETTERS)


@lru_cache(maxsize=4096)
def sample_posting(seed: int, index: int) -> tuple[Posting, ExtractedRequirements]:
    """Posting ``index``, built as ingest builds it, and its requirements."""
    row = posting(seed, index)
    raw = RawPosting(
        posting_id=row["posting_id"],
        title=row["title"] or "",
        description=row["description"] or "",
        organization=row["organization"],
        location=row["location"],
    )
    built = build_posting(raw, max_chars=_MAX_CHARS, min_letters=_MIN_LETTERS)
    return built, extract_requirements(built.title, built.text)
