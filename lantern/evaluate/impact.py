"""Selection rates, scoring rates and impact ratios by group, as New York's Local Law 144 asks.

Selection rate: share of a group's pairs that are High. Scoring rate: share of them whose score is
above the median score of the whole sample. The impact ratio of a group is its rate over that of the
group with the highest rate (6 RCNY 5-300, "impact ratio"). Groups are those of each attribute and
every intersection of attributes. A group under 2 % of the members has rates but no ratio, which
the rule allows (5-301 d); members of whom an attribute is not known are counted, never guessed.

Groups stand in a table of their own that no model input can reach; here they meet the scores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lantern.distill.confusion import Levels
from lantern.evaluate.intervals import DRAWS, LEVEL, Interval
from lantern.fit import FitLevel

SMALL_SHARE: Final = 0.02
UNKNOWN: Final = "unknown"
RATES: Final = ("selection", "scoring")
_CHUNK: Final = 64

Groups = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class GroupRates:
    """One row of the audit: a group of an attribute, or of an intersection.

    Attributes:
        attribute: ``gender``, or ``gender and origin`` for an intersection.
        group: the value or values, or ``unknown``.
        members: members in the group.
        pairs: their pairs.
        selection_rate, scoring_rate: with intervals.
        selection_ratio, scoring_ratio: impact ratios; None for the unknown and for a small group.
        small: the group is under 2 % of the members.
    """

    attribute: str
    group: str
    members: int
    pairs: int
    selection_rate: Interval
    scoring_rate: Interval
    selection_ratio: Interval | None
    scoring_ratio: Interval | None
    small: bool

    def to_json(self) -> dict[str, Any]:
        """Plain values; the inverse is :meth:`from_json`."""
        plain = asdict(self)
        for name in ("selection_rate", "scoring_rate", "selection_ratio", "scoring_ratio"):
            interval: Interval | None = getattr(self, name)
            plain[name] = None if interval is None else interval.to_json()
        return plain

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> GroupRates:
        """Raises KeyError or TypeError for what :meth:`to_json` did not write."""
        plain = dict(values)
        for name in ("selection_rate", "scoring_rate", "selection_ratio", "scoring_ratio"):
            plain[name] = None if plain[name] is None else Interval.from_json(plain[name])
        return cls(**plain)


def impact_table(
    members: Sequence[str],
    levels: Levels,
    scores: Sequence[float] | npt.NDArray[Any],
    groups: Groups,
    attributes: Sequence[str],
    *,
    small_share: float = SMALL_SHARE,
    seed: int = 7,
    draws: int = DRAWS,
) -> tuple[GroupRates, ...]:
    """The rows of the audit: each attribute, then each intersection, groups by name.

    Args:
        members: of each pair.
        levels: the classifier's level of each pair.
        scores: the classifier's score of each pair.
        groups: member -> attribute -> value; a missing or empty one is unknown.
        attributes: to audit, such as ``gender`` and ``origin``.
        small_share: groups with a smaller share of the members have no ratio.
        seed, draws: of the bootstrap over members.

    Raises:
        ValueError: if there are no pairs or the lengths differ.
    """
    counts = _Counts.of(members, levels, scores)
    weights = _draws(len(counts.members), seed, draws)
    rows: list[GroupRates] = []
    for size in range(1, len(attributes) + 1):
        for chosen in combinations(attributes, size):
            rows += _attribute(counts, weights, groups, chosen, small_share)
    return tuple(rows)


def worst_ratio(rows: Sequence[GroupRates], rate: str) -> Interval | None:
    """The lowest estimate and the lowest bound of all impact ratios of one of ``RATES``.

    The two may be of different groups; the counts are those of the group with the lowest bound,
    which is the one that lacks data or fairness most. None if no group has a ratio beside the
    reference.
    """
    ratios = [
        (ratio, row.members)
        for row in rows
        if (ratio := getattr(row, f"{rate}_ratio")) is not None and not _is_reference(ratio)
    ]
    if not ratios:
        return None
    least, members = min(ratios, key=lambda item: _nan_lowest(item[0].low))
    estimate = min((ratio.estimate for ratio, _ in ratios), key=_nan_lowest)
    high = min((ratio.high for ratio, _ in ratios), key=_nan_lowest)
    return Interval(estimate, least.low, high, members, least.rows)


@dataclass(frozen=True, slots=True)
class _Counts:
    """Per member: pairs, pairs that are High, pairs above the median."""

    members: tuple[str, ...]
    pairs: npt.NDArray[np.float64]
    hits: Mapping[str, npt.NDArray[np.float64]]

    @classmethod
    def of(cls, members: Sequence[str], levels: Levels, scores: Any) -> _Counts:
        keys, values = np.asarray(members), np.asarray(scores, dtype=np.float64)
        chosen = np.asarray(levels) == FitLevel.HIGH
        if keys.size == 0:
            raise ValueError("there are no pairs to audit")
        if not keys.size == values.size == chosen.size:
            raise ValueError(f"{keys.size} members, {chosen.size} levels, {values.size} scores")
        names, owner = np.unique(keys, return_inverse=True)
        above = values > np.median(values)
        hits = {
            name: np.bincount(owner, flags.astype(np.float64), len(names)).astype(np.float64)
            for name, flags in zip(RATES, (chosen, above), strict=True)
        }
        return cls(tuple(str(n) for n in names), np.bincount(owner).astype(float), hits)


def _draws(members: int, seed: int, draws: int) -> npt.NDArray[np.float32]:
    """``[draws, members]``: how often each member was drawn."""
    random = np.random.default_rng(seed)
    table = np.empty((draws, members), dtype=np.float32)
    for start in range(0, draws, _CHUNK):
        rows = min(_CHUNK, draws - start)
        picked = random.integers(0, members, (rows, members)) + np.arange(rows)[:, None] * members
        counted = np.bincount(picked.ravel(), minlength=rows * members)
        table[start : start + rows] = counted.reshape(rows, members)
    return table


def _attribute(
    counts: _Counts,
    weights: npt.NDArray[np.float32],
    groups: Groups,
    attributes: Sequence[str],
    small_share: float,
) -> list[GroupRates]:
    labels = np.array([_label(groups.get(member, {}), attributes) for member in counts.members])
    names = [str(name) for name in np.unique(labels)]
    inside = np.stack([labels == name for name in names], axis=1).astype(np.float64)
    sizes = inside.sum(axis=0)
    small = sizes < small_share * len(counts.members)
    pairs = counts.pairs @ inside
    eligible = [at for at, name in enumerate(names) if name != UNKNOWN and not small[at]]
    rates, ratios = {}, {}
    for rate in RATES:
        estimate = (counts.hits[rate] @ inside) / pairs
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = (weights @ (counts.hits[rate][:, None] * inside)) / (
                weights @ (counts.pairs[:, None] * inside)
            )
            best = max(eligible, key=lambda at: estimate[at], default=None)
            relative = drawn / drawn[:, [best]] if best is not None else None
            ratio = estimate / estimate[best] if best is not None else None
        rates[rate] = [
            _interval(estimate[at], drawn[:, at], sizes[at], pairs[at]) for at in range(len(names))
        ]
        ratios[rate] = [
            _interval(ratio[at], relative[:, at], sizes[at], pairs[at])
            if at in eligible and ratio is not None and relative is not None
            else None
            for at in range(len(names))
        ]
    return [
        GroupRates(
            attribute=" and ".join(attributes),
            group=name,
            members=int(sizes[at]),
            pairs=int(pairs[at]),
            selection_rate=rates["selection"][at],
            scoring_rate=rates["scoring"][at],
            selection_ratio=ratios["selection"][at],
            scoring_ratio=ratios["scoring"][at],
            small=bool(small[at]) and name != UNKNOWN,
        )
        for at, name in enumerate(names)
    ]


def _label(values: Mapping[str, str], attributes: Sequence[str]) -> str:
    """The group of a member; unknown as soon as one of the attributes is."""
    found = [values.get(attribute) or UNKNOWN for attribute in attributes]
    return UNKNOWN if UNKNOWN in found else ", ".join(found)


def _interval(estimate: float, drawn: npt.NDArray[Any], members: float, pairs: float) -> Interval:
    usable = drawn[np.isfinite(drawn)]
    low = high = math.nan
    if members > 1 and math.isfinite(estimate) and usable.size >= 0.95 * drawn.size:
        tails = (100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2)
        low, high = (float(v) for v in np.percentile(usable, tails))
    return Interval(float(estimate), low, high, int(members), int(pairs))


def _is_reference(ratio: Interval) -> bool:
    return ratio.estimate == ratio.low == ratio.high == 1.0


def _nan_lowest(value: float) -> float:
    """What is not known is worse than anything that is."""
    return -math.inf if math.isnan(value) else value
