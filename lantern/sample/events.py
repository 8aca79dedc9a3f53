"""What members did with postings in the days before ``today``; better fits do more, with noise."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any, Final

from lantern.fit import FitLevel
from lantern.sample.occupations import world
from lantern.sample.openings import occupation_cycle, opening
from lantern.sample.people import Person
from lantern.sample.postings import posting_id
from lantern.sample.profiles import member_id
from lantern.sample.seeding import pick, stream
from lantern.sample.truth import judge

MIN_EVENTS, MAX_EVENTS = 6, 15
DAYS: Final = 30
KINDS: Final = ("impression", "view", "show_reason", "apply", "qualified")
SAME_OCCUPATION, SAME_FIELD = 0.28, 0.9
_VIEW: Final = {FitLevel.LOW: 0.15, FitLevel.MEDIUM: 0.35, FitLevel.HIGH: 0.55}
_REASON: Final = {FitLevel.LOW: 0.35, FitLevel.MEDIUM: 0.4, FitLevel.HIGH: 0.3}
_APPLY: Final = {FitLevel.LOW: 0.05, FitLevel.MEDIUM: 0.25, FitLevel.HIGH: 0.5}
_QUALIFIED: Final = {FitLevel.LOW: 0.03, FitLevel.MEDIUM: 0.25, FitLevel.HIGH: 0.7}


def pick_posting(rng: Random, seed: int, who: Person, n_postings: int) -> int:
    """A posting as a job search would show it: mostly of the occupation, or of its field."""
    draw = rng.random()
    if draw < SAME_OCCUPATION:
        return _one_of(rng, seed, (who.occupation,), n_postings)
    if draw < SAME_FIELD:
        data = world()
        own = data.occupations[who.occupation]
        # a member looks at related occupations more than at the rest of the field
        names = data.fields[own.field].occupations
        near = tuple(name for name in names if name in own.related)
        return _one_of(rng, seed, near if near and rng.random() < 0.6 else names, n_postings)
    return int(rng.random() * n_postings)


def _one_of(rng: Random, seed: int, names: tuple[str, ...], n_postings: int) -> int:
    """A posting of one of the occupations, by arithmetic; any posting when there is none."""
    cycle = occupation_cycle(seed)
    at = cycle.index(pick(rng, names))
    if at >= n_postings:
        return int(rng.random() * n_postings)
    rounds = (n_postings - 1 - at) // len(cycle) + 1
    return at + len(cycle) * int(rng.random() * rounds)


def events_of(seed: int, who: Person, n_postings: int, today: date) -> list[dict[str, Any]]:
    """Between 6 and 15 events of a member (fewer when there are fewer than 6 postings)."""
    rng = stream(seed, "events", who.index)
    arm = "treatment" if rng.random() < 0.5 else "control"
    wanted = min(n_postings, MIN_EVENTS + int(rng.random() * 3))
    seen: dict[int, None] = {}
    for _ in range(4 * wanted):
        seen.setdefault(pick_posting(rng, seed, who, n_postings))
        if len(seen) == wanted:
            break
    while len(seen) < wanted:  # few postings of the field: look at others
        seen.setdefault(int(rng.random() * n_postings))
    rows: list[dict[str, Any]] = []
    spare = MAX_EVENTS - wanted
    for index in seen:
        kinds = _kinds(rng, judge(who, opening(seed, index)).level)[: spare + 1]
        spare -= len(kinds) - 1
        first = 1 + int(rng.random() * DAYS)
        for kind in kinds:
            # a qualified application is known days later, the rest happens on one day
            back = max(1, first - 3) if kind == "qualified" else first
            rows.append(
                {
                    "member_id": member_id(who.index),
                    "posting_id": posting_id(index),
                    "kind": kind,
                    "day": (today - timedelta(days=back)).isoformat(),
                    "arm": arm,
                }
            )
    return rows


def _kinds(rng: Random, level: FitLevel) -> list[str]:
    kinds = ["impression"]
    if rng.random() < _VIEW[level]:
        kinds.append("view")
        if rng.random() < _REASON[level]:
            kinds.append("show_reason")
        if rng.random() < _APPLY[level]:
            kinds.append("apply")
            if rng.random() < _QUALIFIED[level]:
                kinds.append("qualified")
    return kinds
