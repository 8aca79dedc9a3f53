"""The confusion matrix of fit levels, and macro-F1 from it.

It stands on this floor because the trainers judge each epoch by it; ``evaluate`` builds on it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lantern.fit import LEVEL_LABELS

Levels = Sequence[int] | npt.NDArray[np.int64]
Matrix = npt.NDArray[np.int64]


def confusion_matrix(labels: Levels, predicted: Levels) -> Matrix:
    """``[3, 3]`` counts: row is the label, column is the prediction.

    Raises:
        ValueError: if the two differ in length, or hold something else than 0, 1 and 2.
    """
    truth, guess = np.asarray(labels, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    if truth.shape != guess.shape or truth.ndim != 1:
        raise ValueError(f"labels and predictions differ in shape: {truth.shape}, {guess.shape}")
    levels = len(LEVEL_LABELS)
    both = np.concatenate([truth, guess])
    if both.size and (both.min() < 0 or both.max() >= levels):
        raise ValueError("a level is none of 0, 1, 2")
    counts = np.bincount(truth * levels + guess, minlength=levels * levels)
    return counts.reshape(levels, levels)


def macro_f1(matrix: Matrix) -> float:
    """The mean of the levels' F1; a level that neither occurs nor is predicted is left out.

    nan if the matrix is empty.
    """
    hits = np.diag(matrix).astype(float)
    occurs = matrix.sum(axis=0) + matrix.sum(axis=1)
    present = occurs > 0
    if not present.any():
        return float("nan")
    return float(np.mean(2 * hits[present] / occurs[present]))
