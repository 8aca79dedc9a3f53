"""Temperature scaling (Guo et al. 2017): one scalar that makes probabilities honest.

The logits are divided by it; the most probable level stays the most probable one.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

LOWEST, HIGHEST = 0.05, 20.0
_TOLERANCE = 1e-5
_GOLDEN = (math.sqrt(5) - 1) / 2


def fit_temperature(logits: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]) -> float:
    """The temperature of the lowest log loss, between 0.05 and 20.

    The log loss is convex in 1 / temperature, so it has one valley, and golden-section search
    over the temperature's logarithm finds it.

    Args:
        logits: ``[pairs, levels]``, of pairs that the model was not trained on.
        labels: their levels.
    """
    values = np.asarray(logits, dtype=np.float64)
    rows = np.arange(len(labels))

    def log_loss(log_temperature: float) -> float:
        scaled = values / math.exp(log_temperature)
        top = scaled.max(axis=1)
        total = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
        return float((total - scaled[rows, labels]).mean())

    low, high = math.log(LOWEST), math.log(HIGHEST)
    while high - low > _TOLERANCE:
        left = high - _GOLDEN * (high - low)
        right = low + _GOLDEN * (high - low)
        if log_loss(left) <= log_loss(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)
