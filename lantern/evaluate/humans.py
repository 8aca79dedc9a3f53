"""How well a classifier agrees with the people who reviewed the same pairs.

Labels of a teacher are what a classifier learns from; reviewers are what it is for. A pair that
several have reviewed counts once, with their median level; where two halves disagree by a level,
the lower one, since promising too much is the worse mistake.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from lantern.distill.confusion import confusion_matrix
from lantern.evaluate.agreement import quadratic_weighted_kappa
from lantern.evaluate.intervals import DRAWS, Interval, Rows, clustered_bootstrap, share_interval
from lantern.fit import FitLevel

Pair = tuple[str, str]


class Reviewed(NamedTuple):
    """One reviewer's level of one pair."""

    member_id: str
    posting_id: str
    level: FitLevel


def human_figures(
    predicted: Mapping[Pair, FitLevel],
    reviews: Iterable[Reviewed],
    *,
    seed: int = 7,
    draws: int = DRAWS,
) -> Mapping[str, Interval]:
    """``human_agreement`` (share of equal levels) and ``human_qwk``; empty without a common pair.

    Args:
        predicted: the classifier's level by ``(member_id, posting_id)``.
        reviews: of any number of reviewers; pairs that are not predicted are left out.
        seed, draws: of the bootstrap, which draws members.
    """
    levels: dict[Pair, list[FitLevel]] = defaultdict(list)
    for review in reviews:
        pair = (review.member_id, review.posting_id)
        if pair in predicted:
            levels[pair].append(review.level)
    if not levels:
        return {}
    pairs = sorted(levels)
    table = np.array([[_median(levels[pair]), predicted[pair]] for pair in pairs])
    members = [member for member, _ in pairs]
    return {
        "human_agreement": share_interval(table[:, 0] == table[:, 1], members),
        "human_qwk": clustered_bootstrap(table, members, _kappa, seed=seed, draws=draws),
    }


def _median(levels: list[FitLevel]) -> FitLevel:
    return sorted(levels)[(len(levels) - 1) // 2]


def _kappa(rows: Rows) -> float:
    return quadratic_weighted_kappa(confusion_matrix(rows[:, 0], rows[:, 1]))
