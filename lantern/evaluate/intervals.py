"""95 % intervals of figures whose rows are not independent.

Pairs of one member share that member, so a row is no independent observation: whole clusters
(members, or postings) are drawn. Statistics of any kind get the percentile bootstrap over clusters
(Cameron, Gelbach and Miller 2008, "pairs cluster bootstrap"). Shares near 0 or 1, which a bootstrap
takes for certain (no flip in ten members: 0 to 0), get the Clopper-Pearson interval of their
effective sample size (Korn and Graubard 1998).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

LEVEL: Final = 0.95
DRAWS: Final = 1000
_TAILS: Final = (100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2)
_UNKNOWN: Final = (math.nan, math.nan)

Rows: TypeAlias = npt.NDArray[Any]
Keys: TypeAlias = Sequence[str] | Sequence[int] | npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval.

    Attributes:
        estimate: over all rows; nan if the statistic is not defined on them.
        low, high: the interval; nan with the estimate, or where too few draws had a value.
        clusters: independent members or postings it rests on.
        rows: observations in all.
    """

    estimate: float
    low: float
    high: float
    clusters: int
    rows: int

    @property
    def known(self) -> bool:
        """Whether there is an estimate with both bounds."""
        return all(math.isfinite(value) for value in (self.estimate, self.low, self.high))

    def to_json(self) -> dict[str, float | int | None]:
        """Plain values; nan, which JSON lacks, is None."""
        bounds = {"estimate": self.estimate, "low": self.low, "high": self.high}
        plain = {name: v if math.isfinite(v) else None for name, v in bounds.items()}
        return plain | {"clusters": self.clusters, "rows": self.rows}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Interval:
        """The inverse of :meth:`to_json`; raises KeyError or TypeError for other values."""
        bounds = (values["estimate"], values["low"], values["high"])
        estimate, low, high = (math.nan if v is None else float(v) for v in bounds)
        return cls(estimate, low, high, int(values["clusters"]), int(values["rows"]))


def clustered_bootstrap(
    rows: Rows,
    clusters: Keys,
    statistic: Callable[[Rows], float],
    *,
    seed: int = 7,
    draws: int = DRAWS,
) -> Interval:
    """The interval of one statistic; see :func:`clustered_bootstraps`."""
    found = clustered_bootstraps(rows, clusters, {"it": statistic}, seed=seed, draws=draws)
    return found["it"]


def clustered_bootstraps(
    rows: Rows,
    clusters: Keys,
    statistics: Mapping[str, Callable[[Rows], float]],
    *,
    seed: int = 7,
    draws: int = DRAWS,
) -> dict[str, Interval]:
    """Percentile intervals of statistics, by drawing whole clusters with replacement.

    All statistics are of the same draws. A draw on which one is nan (a class that is not in it) is
    left out for it; if that is more than one in twenty, it has no bounds, because what is left is
    no sample of the figure.

    Args:
        rows: ``[n, ...]`` observations; a statistic is given such an array, of any length.
        clusters: ``[n]`` member or posting of each row.
        statistics: name -> from rows to one number.
        seed: of the draws.
        draws: how many; at least 100.

    Raises:
        ValueError: if there are no rows, lengths differ, or there are too few draws.
    """
    values = np.asarray(rows)
    if draws < 100:
        raise ValueError(f"{draws} draws say nothing of a 95 % interval; take at least 100")
    members = _members(clusters, len(values))
    estimates = {name: float(statistic(values)) for name, statistic in statistics.items()}
    known = [name for name, estimate in estimates.items() if math.isfinite(estimate)]
    found = np.full((len(known), draws), math.nan)
    random = np.random.default_rng(seed)
    for draw in range(draws if len(members) > 1 else 0):
        picked = random.integers(0, len(members), len(members))
        drawn = values[np.concatenate([members[i] for i in picked])]
        for at, name in enumerate(known):
            found[at, draw] = statistics[name](drawn)
    bounds = {name: _percentiles(found[at]) for at, name in enumerate(known)}
    return {
        name: Interval(estimate, *bounds.get(name, _UNKNOWN), len(members), len(values))
        for name, estimate in estimates.items()
    }


def share_interval(hits: Sequence[bool] | Rows, clusters: Keys) -> Interval:
    """The interval of a share of rows, sound at 0 and 1 too.

    The design effect (variance of the share with clusters over that without) shrinks the number
    of rows to an effective one, whose Clopper-Pearson interval is taken. It is never narrower
    than what so many clusters without a single hit (or miss) would allow: 0 hits in n clusters
    bound a share by about 3.7 / n, and a first hit must not make that bound tighter.

    Args:
        hits: ``[n]`` booleans.
        clusters: ``[n]`` member or posting of each row.

    Raises:
        ValueError: if there are no rows or the lengths differ.
    """
    values = np.asarray(hits, dtype=np.float64)
    members = _members(clusters, len(values))
    rows, groups = len(values), len(members)
    share = float(values.mean())
    effective = float(groups)
    if 0 < share < 1 and groups > 1:
        sums = np.array([values[m].sum() - share * len(m) for m in members])
        clustered = groups / (groups - 1) * float((sums**2).sum()) / rows**2
        effect = clustered / (share * (1 - share) / rows)
        effective = rows / max(effect, 1.0)
    low, high = clopper_pearson(share * effective, effective)
    low = min(low, clopper_pearson(groups, groups)[0])
    high = max(high, clopper_pearson(0, groups)[1])
    return Interval(share, low, high, groups, rows)


def clopper_pearson(hits: float, trials: float) -> tuple[float, float]:
    """The 95 % interval of a binomial share (Clopper and Pearson 1934).

    Both counts may be fractions: effective sample sizes are.
    """
    from scipy.special import betaincinv

    tail = (1 - LEVEL) / 2
    low = float(betaincinv(hits, trials - hits + 1, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, trials - hits, 1 - tail)) if hits < trials else 1.0
    return low, high


def clusters_needed(threshold: float) -> int:
    """How many clusters without a hit it takes to bound a share by ``threshold``.

    Raises:
        ValueError: if the threshold is not between 0 and 1.
    """
    if not 0 < threshold < 1:
        raise ValueError(f"no number of clusters bounds a share by {threshold}")
    return math.ceil(math.log((1 - LEVEL) / 2) / math.log(1 - threshold))


def _percentiles(drawn: npt.NDArray[np.float64]) -> tuple[float, float]:
    usable = drawn[np.isfinite(drawn)]
    if usable.size < 0.95 * drawn.size:
        return _UNKNOWN
    low, high = (float(value) for value in np.percentile(usable, _TAILS))
    return low, high


def _members(clusters: Keys, rows: int) -> list[npt.NDArray[np.intp]]:
    """Row numbers of each cluster, clusters in the order of their first row."""
    keys = np.asarray(clusters)
    if rows == 0:
        raise ValueError("there are no rows to take a figure of")
    if keys.shape != (rows,):
        raise ValueError(f"{rows} rows, but clusters of shape {keys.shape}")
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(group, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(group))[:-1])
    return [parts[i] for i in np.argsort(first)]
