"""Which classes a set of verdicts can carry. Lenient: only what no reader would accept is refused.

The bounds lie outside of what the rubric teacher gives (``docs/rubric.md``), so that it never
contradicts itself; ``docs/teachers.md`` states them in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lantern.fit import (
    FitLevel,
    Importance,
    Requirement,
    RequirementKind,
    Verdict,
    VerdictKind,
    level_contradiction,
)

MUST_WEIGHT: Final = 1.0
NICE_WEIGHT: Final = 0.35
CREDIT: Final = {VerdictKind.MET: 1.0, VerdictKind.PARTLY_MET: 0.5, VerdictKind.NOT_SHOWN: 0.0}
LEAST_EARNED_OF_HIGH: Final = 0.5
MOST_MISSING_OF_HIGH: Final = 0.5


def contradiction(
    level: FitLevel, requirements: Sequence[Requirement], verdicts: Sequence[Verdict]
) -> str | None:
    """Why the level cannot stand beside these verdicts; None if it can.

    Args:
        level: the class.
        requirements: the posting's.
        verdicts: one for each, in the same order.
    """
    kinds = [verdict.kind for verdict in verdicts]
    general = level_contradiction(level, kinds)
    if general is not None:
        return general
    if level is FitLevel.HIGH:
        return _against_high(requirements, kinds)
    if level is FitLevel.MEDIUM and kinds and all(k is VerdictKind.NOT_SHOWN for k in kinds):
        return "the level is Medium, but no requirement is even partly met"
    return None


def _against_high(requirements: Sequence[Requirement], kinds: Sequence[VerdictKind]) -> str | None:
    if not requirements:
        return "the level is High, but a job without requirements is at most Medium"
    # Free text (kind other) can be a condition of employment, which nobody writes into a profile.
    checked = [
        (requirement.importance is Importance.MUST_HAVE, kind)
        for requirement, kind in zip(requirements, kinds, strict=True)
        if requirement.kind is not RequirementKind.OTHER
    ]
    musts = [kind for must, kind in checked if must]
    missing = sum(kind is VerdictKind.NOT_SHOWN for kind in musts)
    if musts and missing > MOST_MISSING_OF_HIGH * len(musts):
        return f"the level is High, but {missing} of {len(musts)} must-haves are not shown"
    weights = [MUST_WEIGHT if must else NICE_WEIGHT for must, _ in checked]
    earned = sum(w * CREDIT[kind] for w, (_, kind) in zip(weights, checked, strict=True))
    if earned < LEAST_EARNED_OF_HIGH * sum(weights):
        return "the level is High, but less than half of what weighs is met"
    return None
