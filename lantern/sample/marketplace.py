"""The sample marketplace, row by row: every function is pure in (seed, index).

A row does not depend on how many others there are, so any range can be made anywhere.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lantern.fit import VerdictKind
from lantern.sample import audit
from lantern.sample.events import events_of, pick_posting
from lantern.sample.openings import Opening, opening
from lantern.sample.people import Person, person
from lantern.sample.postings import posting_id, posting_index, posting_row
from lantern.sample.profiles import Written, member_id, write_profile
from lantern.sample.seeding import stream
from lantern.sample.truth import judge

SAMPLE_TODAY: Final = date(2026, 1, 31)
IN_FIELD_PAIRS, RANDOM_PAIRS = 3, 3


@lru_cache(maxsize=4096)
def _written(seed: int, index: int) -> tuple[Person, Written]:
    who = person(seed, index)
    return who, write_profile(seed, who)


def member(seed: int, index: int) -> dict[str, Any]:
    """The row of member ``index``: member_id, name, headline, about, skills, positions,
    education, location, years. What a member left out is None or empty."""
    return write_profile(seed, person(seed, index)).row


def posting(seed: int, index: int) -> dict[str, Any]:
    """The row of posting ``index``: posting_id, title, organization, location, description."""
    return posting_row(seed, opening(seed, index))


def events(
    seed: int, member_index: int, n_postings: int, today: date = SAMPLE_TODAY
) -> list[dict[str, Any]]:
    """The events of a member in the 30 days before ``today``: 6 to 15 rows of member_id,
    posting_id, kind, day (ISO), arm."""
    return events_of(seed, person(seed, member_index), n_postings, today)


def audit_group(seed: int, index: int) -> dict[str, str]:
    """The groups of member ``index`` for audits: member_id, gender, age_band, origin."""
    return audit.audit_group(seed, index, member_id(index))


def event_postings(seed: int, member_index: int, n_postings: int) -> list[int]:
    """The postings a member saw, in the order of the events."""
    rows = events(seed, member_index, n_postings)
    return list(dict.fromkeys(posting_index(row["posting_id"]) for row in rows))


def truth(seed: int, member_index: int, posting_index: int) -> dict[str, Any]:
    """The truth of any pair: level and score by the facts, a verdict a requirement, and
    ``level_shown``: the level by what the profile tells, the ceiling of any reader."""
    who, written = _written(seed, member_index)
    return truth_row(who, written.visible, opening(seed, posting_index))


def _more_pairs(seed: int, who: Person, n_postings: int) -> list[int]:
    """Postings of a member whose truth is written beside those of the events: some as a job
    search would show them, some at random."""
    rng = stream(seed, "truth-pairs", who.index)
    found = [pick_posting(rng, seed, who, n_postings) for _ in range(IN_FIELD_PAIRS)]
    found += [int(rng.random() * n_postings) for _ in range(RANDOM_PAIRS)]
    return found


class MemberRows(NamedTuple):
    """All rows of the sample that belong to one member."""

    member: dict[str, Any]
    audit_group: dict[str, str]
    events: list[dict[str, Any]]
    truth: list[dict[str, Any]]


def member_rows(seed: int, index: int, n_postings: int, today: date = SAMPLE_TODAY) -> MemberRows:
    """What the functions above give for a member, made in one go: the unit of a Spark task."""
    who, written = _written(seed, index)
    happened = events_of(seed, who, n_postings, today)
    met = [posting_index(row["posting_id"]) for row in happened]
    pairs = dict.fromkeys([*met, *_more_pairs(seed, who, n_postings)])
    return MemberRows(
        written.row,
        audit_group(seed, index),
        happened,
        [truth_row(who, written.visible, opening(seed, number)) for number in pairs],
    )


def truth_row(who: Person, visible: Person, job: Opening) -> dict[str, Any]:
    """The row of ``truth.jsonl`` for facts at hand."""
    judgement = judge(who, job)
    seen = judge(visible, job)
    return {
        "member_id": member_id(who.index),
        "posting_id": posting_id(job.index),
        "level": judgement.level.label,
        "score": judgement.score,
        "level_shown": seen.level.label,
        "requirements": [
            {
                "text": asked.text,
                "kind": str(asked.kind),
                "importance": str(asked.importance),
                "verdict": "lacking" if verdict is VerdictKind.NOT_SHOWN else str(verdict),
                "shown": shown is verdict,
            }
            for asked, verdict, shown in zip(
                job.asked, judgement.verdicts, seen.verdicts, strict=True
            )
        ],
    }
