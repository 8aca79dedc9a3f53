"""Free-text requirements: does one clause of the profile hold enough of their content words?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from lantern.fit import VerdictKind
from lantern.teachers.profile_facts import Evidence, ProfileFacts
from lantern.teachers.stems import stem_set

OVERLAP_MET: Final = 0.6
"""A free-text requirement is met when one clause holds this share of its content words."""
OVERLAP_PARTLY: Final = 0.4
"""... and partly met from this share on."""
OVERLAP_WORDS: Final = 2
"""... but never by fewer shared words than this; the only word of a requirement partly meets it."""
TINY: Final = 1e-9
"""Slack of comparisons between shares and years."""

_CONDITION: Final = re.compile(
    r"\b(?:drug|background|pre-?employment|criminal|credit|motor vehicle)[ -]?"
    r"(?:test|screen|check|investigation|record)"
    r"|\b(?:\d\d|eighteen|twenty[- ]one) years (?:of age|old)|\byears of age\b"
    r"|\b(?:lift|push|pull|carry)\w*\b.{0,60}\b(?:lbs?|pounds?|kg)\b"
    r"|\b(?:kneel|crouch|stoop|squat)\w*\b|\b(?:stand|sit|walk)\w* for\b"
    r"|\b(?:authoriz|authoris|eligib|legal right)\w*.{0,20}\bwork\b"
    r"|\b(?:equal opportunity|eeo|reasonable accommodation)\b"
    r"|\b(?:work|available|availability|shifts?)\b.{0,30}"
    r"\b(?:weekends?|nights?|evenings?|holidays?|overtime|shifts?)\b"
    r"|\b(?:willing\w*|able|ability) to (?:travel|relocate|commute|work (?:overtime|flexible))",
    re.IGNORECASE,
)


class Finding(NamedTuple):
    """What was found for one skill or requirement, before it becomes a verdict."""

    kind: VerdictKind
    evidence: Evidence | None = None


NOTHING: Final = Finding(VerdictKind.NOT_SHOWN)
ORDER: Final = {VerdictKind.NOT_SHOWN: 0, VerdictKind.PARTLY_MET: 1, VerdictKind.MET: 2}


def best_clauses(profile: ProfileFacts, stems: Iterable[str]) -> dict[int, int]:
    """Clause -> how many of the stems it holds; only clauses with any."""
    hits: dict[int, int] = {}
    for stem in stems:
        for index in profile.by_stem.get(stem, ()):
            hits[index] = hits.get(index, 0) + 1
    return hits


def overlap(profile: ProfileFacts, stems: frozenset[str], met_from: float) -> Finding:
    """Whether one clause holds enough of the requirement's content words."""
    if not stems:
        return NOTHING
    hits = best_clauses(profile, stems)
    if not hits:
        return NOTHING
    index = max(hits, key=lambda clause: (hits[clause], -clause))
    count = hits[index]
    if count < min(OVERLAP_WORDS, len(stems)):
        return NOTHING
    share = count / len(stems)
    if share + TINY < OVERLAP_PARTLY:
        return NOTHING
    shared = [item for item in profile.stems[index] if item.stem in stems]
    evidence = Evidence(index, shared[0].start, shared[-1].end)
    clause = profile.clauses[index]
    claimed_only = clause.is_learning or (clause.is_list and profile.stuffed)
    met = share + TINY >= met_from and not claimed_only and len(stems) >= OVERLAP_WORDS
    return Finding(VerdictKind.MET if met else VerdictKind.PARTLY_MET, evidence)


@lru_cache(maxsize=65_536)
def can_be_shown(text: str) -> bool:
    """Whether a profile could show it: it has content, and is no condition of the employment.

    Nobody writes into a profile that a drug test will be passed, so its absence says nothing.
    """
    return bool(stem_set(text)) and _CONDITION.search(text) is None
