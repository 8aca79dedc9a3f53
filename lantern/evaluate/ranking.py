"""How well a member's jobs are ordered: nDCG@10 and mean average precision.

A member sees a list, so what counts of a score is the order that it gives to that member's jobs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lantern.distill.confusion import Levels
from lantern.evaluate.intervals import DRAWS, Interval, clustered_bootstrap
from lantern.fit import FitLevel

SHOWN: Final = 10


def ranking_figures(
    members: Sequence[str],
    scores: Sequence[float] | npt.NDArray[Any],
    levels: Levels,
    *,
    seed: int = 7,
    draws: int = DRAWS,
) -> Mapping[str, Interval]:
    """``ndcg_at_10`` with gains 0, 1, 3 for Low, Medium, High, and ``map`` with High as relevant.

    A member whose jobs are all of one level has no order to get wrong, one without a High has no
    average precision: they are left out of the figure. Their number is in ``clusters``.

    Args:
        members: of each pair.
        scores: 0..1 of each pair; equal scores are taken in every order, and averaged.
        levels: the reference level of each pair.
        seed, draws: of the bootstrap, which draws members.

    Raises:
        ValueError: if the lengths differ.
    """
    lists = _lists(members, np.asarray(scores, dtype=np.float64), np.asarray(levels))
    gains: dict[str, list[float]] = {"ndcg_at_10": [], "map": []}
    for member_scores, member_levels in lists:
        gains["ndcg_at_10"].append(ndcg(member_scores, member_levels))
        gains["map"].append(average_precision(member_scores, member_levels == FitLevel.HIGH))
    figures = {}
    for name, values in gains.items():
        known = np.array([value for value in values if math.isfinite(value)])
        figures[name] = (
            clustered_bootstrap(known, np.arange(known.size), _mean, seed=seed, draws=draws)
            if known.size
            else Interval(math.nan, math.nan, math.nan, 0, 0)
        )
    return figures


def ndcg(scores: npt.NDArray[np.float64], levels: npt.NDArray[Any], shown: int = SHOWN) -> float:
    """Normalised discounted cumulative gain of one list (Jarvelin and Kekalainen 2002).

    Gain ``2^level - 1``, discount ``1 / log2(rank + 1)``; jobs of equal scores share the mean of
    their gains (McSherry and Najork 2008). nan if all levels are equal.
    """
    if np.unique(levels).size < 2:
        return math.nan
    gains = 2.0 ** np.asarray(levels, dtype=np.float64) - 1
    discounts = 1 / np.log2(np.arange(2, gains.size + 2))
    discounts[shown:] = 0
    best = float((np.sort(gains)[::-1] * discounts).sum())
    total = at = 0.0
    for score in np.unique(scores)[::-1]:
        tied = gains[scores == score]
        start = int(at)
        total += float(tied.mean() * discounts[start : start + tied.size].sum())
        at += tied.size
    return total / best


def average_precision(scores: npt.NDArray[np.float64], relevant: npt.NDArray[np.bool_]) -> float:
    """Mean precision at the relevant jobs of one list, equal scores counted as one step.

    nan if none is relevant.
    """
    wanted = int(relevant.sum())
    if not wanted:
        return math.nan
    total = 0.0
    for score in np.unique(scores)[::-1]:
        above = scores >= score
        step = int((relevant & (scores == score)).sum())
        total += step / wanted * float(relevant[above].mean())
    return total


def _lists(
    members: Sequence[str], scores: npt.NDArray[np.float64], levels: npt.NDArray[Any]
) -> list[tuple[npt.NDArray[np.float64], npt.NDArray[Any]]]:
    keys = np.asarray(members)
    if not len(keys) == scores.size == levels.size:
        raise ValueError(f"{len(keys)} members, {scores.size} scores, {levels.size} levels")
    return [(scores[keys == key], levels[keys == key]) for key in np.unique(keys)]


def _mean(rows: npt.NDArray[np.float64]) -> float:
    return float(rows.mean())
