"""Probabilities of the levels from a teacher's score, or from a larger classifier."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from lantern.distill.examples import Example
from lantern.errors import TrainingError
from lantern.inference.engines import Engine

SCORE_SCALE: Final = 0.05
"""How far, in the score, a teacher is unsure of its own thresholds."""

Probabilities = tuple[float, float, float]


def from_score(score: float, medium_from: float, high_from: float) -> Probabilities:
    """Soft labels of a teacher that gives a score in 0..1 and cuts it into levels.

    A proportional-odds model with the teacher's own cut points (McCullagh 1980): a score near a
    threshold is half of either level, one far from both is all of its own.

    Args:
        score: the teacher's.
        medium_from: least score of Medium.
        high_from: least score of High.
    """
    medium, high = (
        1 / (1 + math.exp(-(score - cut) / SCORE_SCALE)) for cut in (medium_from, high_from)
    )
    return 1 - medium, medium - high, high


def taught_by(engine: Engine, examples: Sequence[Example]) -> list[Example]:
    """The same pairs with the probabilities of a larger classifier: the downgrade step.

    The levels stay, so what the student is selected and calibrated by is still the label.

    Raises:
        TrainingError: if the teacher cannot score a pair; the message names its row.
    """
    scored = engine.score([(e.requirements, e.profile) for e in examples])
    if scored.errors:
        row, reason = min(scored.errors.items())
        raise TrainingError(
            f"the teacher of the classifier cannot score {len(scored.errors)} of {len(examples)} "
            f"pairs, row {row} among them: {reason}"
        )
    rows = [[float(p) for p in row] for row in scored.probabilities]
    return [
        example._replace(probabilities=(low, medium, high))
        for example, (low, medium, high) in zip(examples, rows, strict=True)
    ]
