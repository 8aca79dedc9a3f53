"""Figures of a classifier with their intervals, beside the plain ones of ``agreement``.

Macro-F1, kappa and calibration error are no means over rows; the bootstrap computes them anew on
every draw of members.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lantern.distill.confusion import Levels, confusion_matrix, macro_f1
from lantern.evaluate.agreement import (
    ECE_BINS,
    agreement,
    expected_calibration_error,
    quadratic_weighted_kappa,
)
from lantern.evaluate.intervals import (
    DRAWS,
    Interval,
    Keys,
    Rows,
    clustered_bootstraps,
    share_interval,
)
from lantern.fit import LEVEL_LABELS, FitLevel

Probabilities = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin of the reliability table: pairs whose predicted level had about this probability.

    Attributes:
        pairs: in the bin.
        confidence: mean probability of the predicted level.
        accuracy: share of them that are right.
    """

    pairs: int
    confidence: float
    accuracy: float

    def to_json(self) -> dict[str, float]:
        return asdict(self)


def classification_figures(
    labels: Levels,
    probabilities: Probabilities,
    clusters: Keys,
    *,
    seed: int = 7,
    draws: int = DRAWS,
) -> Mapping[str, Interval]:
    """Every figure of one classifier: name -> interval.

    ``accuracy``, ``majority_accuracy`` (of always answering the most frequent level),
    ``macro_f1``, ``qwk``, ``ece``, ``log_loss``, and for each level ``precision_low``,
    ``recall_low``, ``f1_low``, ``auc_low`` and so on.

    Args:
        labels: level of each pair.
        probabilities: ``[pairs, 3]``.
        clusters: member or posting of each pair.
        seed, draws: of the bootstrap.

    Raises:
        ValueError: if there are no pairs, shapes differ, or a probability is not one.
    """
    agreement(labels, probabilities)  # refuses nonsense, with its words
    table = _table(labels, probabilities)

    statistics: dict[str, Callable[[Rows], float]] = {
        "macro_f1": macro_f1_of,
        "qwk": qwk_of,
        "ece": ece_of,
        "log_loss": _log_loss_of,
    }
    for level in FitLevel:
        for kind, statistic in _LEVEL_STATISTICS.items():
            statistics[f"{kind}_{level.label.lower()}"] = partial(statistic, level=level)
    right = table[:, 0] == table[:, 1:].argmax(axis=1)
    most_frequent = table[:, 0] == np.bincount(table[:, 0].astype(np.int64)).argmax()
    return {
        "accuracy": share_interval(right, clusters),
        "majority_accuracy": share_interval(most_frequent, clusters),
    } | clustered_bootstraps(table, clusters, statistics, seed=seed, draws=draws)


def paired_differences(
    labels: Levels,
    challenger: Probabilities,
    champion: Probabilities,
    clusters: Keys,
    *,
    seed: int = 7,
    draws: int = DRAWS,
) -> Mapping[str, Interval]:
    """``macro_f1`` and ``qwk`` of the challenger less those of the champion, on the same pairs.

    Both are drawn together, so that what makes a pair hard for both cancels out.
    """
    both = np.hstack([_table(labels, challenger), np.asarray(champion, dtype=np.float64)])

    def difference(rows: Rows, statistic: Callable[[Rows], float]) -> float:
        return statistic(rows[:, :4]) - statistic(rows[:, [0, 4, 5, 6]])

    compared = {"macro_f1": macro_f1_of, "qwk": qwk_of}
    statistics = {name: partial(difference, statistic=of) for name, of in compared.items()}
    return clustered_bootstraps(both, clusters, statistics, seed=seed, draws=draws)


def reliability(
    labels: Levels, probabilities: Probabilities, bins: int = ECE_BINS
) -> tuple[Bin, ...]:
    """The bins of the expected calibration error that hold any pair, low to high."""
    truth = np.asarray(labels, dtype=np.int64)
    table = np.asarray(probabilities, dtype=np.float64)
    confidence = table.max(axis=1)
    right = table.argmax(axis=1) == truth
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    return tuple(
        Bin(
            int((bin_of == number).sum()),
            float(confidence[bin_of == number].mean()),
            float(right[bin_of == number].mean()),
        )
        for number in np.unique(bin_of)
    )


def tempered(probabilities: Probabilities, temperature: float) -> npt.NDArray[np.float64]:
    """The probabilities that the same logits give at another temperature.

    ``softmax(z / t)`` from ``softmax(z)``: the logits are the log-probabilities up to a constant
    that the softmax drops. To undo a scaling by ``t``, pass ``1 / t``.
    """
    logits = np.log(np.clip(np.asarray(probabilities, dtype=np.float64), 1e-12, None)) / temperature
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def macro_f1_of(rows: Rows) -> float:
    """Macro-F1 of rows ``[n, 4]``: label, then the probabilities of the levels."""
    return macro_f1(confusion_matrix(rows[:, 0], rows[:, 1:].argmax(axis=1)))


def qwk_of(rows: Rows) -> float:
    """Quadratic weighted kappa of the same rows."""
    return quadratic_weighted_kappa(confusion_matrix(rows[:, 0], rows[:, 1:].argmax(axis=1)))


def ece_of(rows: Rows) -> float:
    """Expected calibration error of the same rows."""
    return expected_calibration_error(rows[:, 0], rows[:, 1:])


def area_under_curve(positive: npt.NDArray[np.bool_], scores: Probabilities) -> float:
    """Chance that a positive scores above a negative, ties counting half (Mann-Whitney).

    nan if all are of one kind.
    """
    ones = int(positive.sum())
    zeros = positive.size - ones
    if not ones or not zeros:
        return math.nan
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    ranks = float(mean_rank[inverse.reshape(-1)][positive].sum())
    return (ranks - ones * (ones + 1) / 2) / (ones * zeros)


def _table(labels: Levels, probabilities: Probabilities) -> npt.NDArray[np.float64]:
    truth = np.asarray(labels, dtype=np.float64)
    return np.column_stack([truth, np.asarray(probabilities, dtype=np.float64)])


def _log_loss_of(rows: Rows) -> float:
    of_label = rows[np.arange(len(rows)), 1 + rows[:, 0].astype(np.int64)]
    return float(-np.log(np.clip(of_label, 1e-12, None)).mean())


def _precision_of(rows: Rows, level: int) -> float:
    chosen = rows[:, 1:].argmax(axis=1) == level
    return float((rows[chosen, 0] == level).mean()) if chosen.any() else math.nan


def _recall_of(rows: Rows, level: int) -> float:
    true = rows[:, 0] == level
    return float((rows[true, 1:].argmax(axis=1) == level).mean()) if true.any() else math.nan


def _f1_of(rows: Rows, level: int) -> float:
    chosen, true = rows[:, 1:].argmax(axis=1) == level, rows[:, 0] == level
    occurs = int(chosen.sum() + true.sum())
    return 2 * int((chosen & true).sum()) / occurs if occurs else math.nan


def _auc_of(rows: Rows, level: int) -> float:
    return area_under_curve(rows[:, 0] == level, rows[:, 1 + level])


_LEVEL_STATISTICS: Final = {
    "precision": _precision_of,
    "recall": _recall_of,
    "f1": _f1_of,
    "auc": _auc_of,
}
LEVEL_FIGURES: Final = tuple(
    f"{kind}_{label.lower()}" for label in LEVEL_LABELS for kind in _LEVEL_STATISTICS
)
