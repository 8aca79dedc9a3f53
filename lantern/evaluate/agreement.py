"""How well a classifier agrees with the labels of its teacher.

Accuracy and macro-F1 treat the levels as names; quadratic weighted kappa knows that Low for High is
worse than Medium for High; the expected calibration error says whether the probabilities can be
taken at their word. The accuracy of always answering the most frequent level stands beside them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lantern.distill.confusion import Levels, Matrix, confusion_matrix, macro_f1

ECE_BINS = 15


@dataclass(frozen=True, slots=True)
class Agreement:
    """Figures of agreement on a set of pairs.

    Attributes:
        pairs: how many.
        accuracy: share of equal levels.
        macro_f1: mean of the levels' F1.
        quadratic_weighted_kappa: 1: equal; 0: as by chance with the same frequencies.
        ece: expected calibration error of the predicted level's probability, 15 equal bins.
        log_loss: mean negative log-probability of the label, in nats.
        majority_accuracy: of always answering the most frequent level of these labels.
        confusion: counts, row the label, column the prediction, Low Medium High.
    """

    pairs: int
    accuracy: float
    macro_f1: float
    quadratic_weighted_kappa: float
    ece: float
    log_loss: float
    majority_accuracy: float
    confusion: tuple[tuple[int, ...], ...]

    def metrics(self) -> dict[str, float]:
        """The figures by name, without the confusion; for a registry or a manifest."""
        names = ("accuracy", "macro_f1", "quadratic_weighted_kappa", "ece", "log_loss")
        figures = {name: float(getattr(self, name)) for name in (*names, "majority_accuracy")}
        return figures | {"pairs": float(self.pairs)}


def agreement(labels: Levels, probabilities: npt.NDArray[np.floating]) -> Agreement:
    """All figures of predicted probabilities against labels.

    Args:
        labels: level of each pair, 0 to 2.
        probabilities: ``[pairs, 3]``, finite, each row adding up to 1.

    Raises:
        ValueError: if there are no pairs, the shapes differ, or a probability is not one.
    """
    truth = np.asarray(labels, dtype=np.int64)
    table = np.asarray(probabilities, dtype=np.float64)
    _check(truth, table)
    matrix = confusion_matrix(truth, table.argmax(axis=1))
    of_label = table[np.arange(truth.size), truth]
    return Agreement(
        pairs=int(truth.size),
        accuracy=float(np.trace(matrix) / truth.size),
        macro_f1=macro_f1(matrix),
        quadratic_weighted_kappa=quadratic_weighted_kappa(matrix),
        ece=expected_calibration_error(truth, table),
        log_loss=float(-np.log(np.clip(of_label, 1e-12, None)).mean()),
        majority_accuracy=float(np.bincount(truth).max() / truth.size),
        confusion=tuple(tuple(int(count) for count in row) for row in matrix),
    )


def quadratic_weighted_kappa(matrix: Matrix) -> float:
    """Cohen's kappa with weights (i - j)^2 (Cohen 1968), from a confusion matrix.

    1.0 when all pairs have one and the same level on both sides: there is nothing to disagree on.
    """
    size = matrix.shape[0]
    rows, columns = np.indices((size, size))
    weights = (rows - columns) ** 2
    expected = np.outer(matrix.sum(axis=1), matrix.sum(axis=0)) / max(1, matrix.sum())
    by_chance = float((weights * expected).sum())
    if by_chance == 0.0:
        return 1.0
    return 1.0 - float((weights * matrix).sum()) / by_chance


def expected_calibration_error(
    labels: Levels, probabilities: npt.NDArray[np.floating], bins: int = ECE_BINS
) -> float:
    """Mean gap between the predicted level's probability and how often it is right (Guo 2017).

    Args:
        labels: level of each pair.
        probabilities: ``[pairs, 3]``.
        bins: equal-width bins of the probability, weighted by their pairs.
    """
    truth = np.asarray(labels, dtype=np.int64)
    table = np.asarray(probabilities, dtype=np.float64)
    confidence = table.max(axis=1)
    right = table.argmax(axis=1) == truth
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / max(1, truth.size))


def _check(truth: npt.NDArray[np.int64], table: npt.NDArray[np.float64]) -> None:
    if truth.size == 0:
        raise ValueError("there are no pairs to agree on")
    if table.shape != (truth.size, 3):
        raise ValueError(f"expected probabilities [{truth.size}, 3], got {table.shape}")
    if not np.isfinite(table).all() or np.abs(table.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("the probabilities of a pair are not finite or do not add up to 1")
