"""How far tonight's levels have moved from last night's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

STABLE_BELOW: Final = 0.1
SHIFTED_FROM: Final = 0.25
"""The customary bounds of the population stability index."""
_FLOOR: Final = 1e-4


def population_stability_index(tonight: Sequence[float], before: Sequence[float]) -> float:
    """``Σ (p - q) ln(p / q)`` over shares ``p`` tonight and ``q`` before; 0 if they are equal.

    A share of zero counts as 0.0001, so that a class that appears or dies out gives a large but
    finite index.

    Raises:
        ValueError: if the two have different lengths.
    """
    index = 0.0
    for p, q in zip(tonight, before, strict=True):
        p, q = max(p, _FLOOR), max(q, _FLOOR)
        index += (p - q) * math.log(p / q)
    return index


def drift_word(index: float) -> str:
    """``stable``, ``moving`` or ``shifted``, by the customary bounds 0.1 and 0.25."""
    if index < STABLE_BELOW:
        return "stable"
    return "moving" if index < SHIFTED_FROM else "shifted"
