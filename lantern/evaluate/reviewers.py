"""How well reviewers agree: Cohen's kappa of two, Krippendorff's alpha of any number.

Kappa compares two reviewers on the items that both have decided; with quadratic weights Low for
High is worse than Medium for High. Alpha takes any number of reviewers and any missing decisions;
items with a single decision say nothing and are left out. Both are 1 for full agreement and 0 for
what chance would give; neither is defined where all decisions are one and the same value, and then
it is None, since nothing tells agreement from habit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, NamedTuple

from lantern.errors import InstallationError
from lantern.fit import FitLevel

Metric = Literal["nominal", "ordinal", "interval"]


class Rating(NamedTuple):
    """One reviewer's value of one item; values are small numbers, ordered where that matters."""

    reviewer: str
    item: str
    value: int


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two reviewers on the items that both decided.

    Attributes:
        first, second: pseudonyms.
        items: how many both decided.
        decision_kappa: Cohen's kappa of accept, edit, reject.
        level_kappa: Cohen's kappa of the levels as names.
        level_quadratic_kappa: with quadratic weights.
    """

    first: str
    second: str
    items: int
    decision_kappa: float | None
    level_kappa: float | None
    level_quadratic_kappa: float | None


@dataclass(frozen=True, slots=True)
class ReviewerAgreement:
    """All figures of agreement among reviewers.

    Attributes:
        items: items with a decision.
        shared_items: items with at least two.
        decision_alpha: Krippendorff's nominal alpha of accept, edit, reject.
        level_alpha: nominal alpha of the levels.
        level_ordinal_alpha: ordinal alpha of the levels.
        pairs: every two reviewers who share an item, by name.
    """

    items: int
    shared_items: int
    decision_alpha: float | None
    level_alpha: float | None
    level_ordinal_alpha: float | None
    pairs: tuple[PairAgreement, ...]


def reviewer_agreement(decisions: Sequence[Rating], levels: Sequence[Rating]) -> ReviewerAgreement:
    """All figures, from every reviewer's decisions and levels.

    Args:
        decisions: of each item, as numbers whose order means nothing.
        levels: of each item, as :class:`FitLevel` numbers.
    """
    deciders = Counter(rating.item for rating in decisions)
    by_reviewer = (_by_reviewer(decisions), _by_reviewer(levels))
    pairs = []
    for first, second in combinations(sorted(by_reviewer[0]), 2):
        shared = len(by_reviewer[0][first].keys() & by_reviewer[0][second].keys())
        if not shared:
            continue
        decided, levelled = ((table[first], table[second]) for table in by_reviewer)
        pairs.append(
            PairAgreement(
                first,
                second,
                shared,
                cohens_kappa(*decided),
                cohens_kappa(*levelled),
                cohens_kappa(*levelled, weights="quadratic", values=range(len(FitLevel))),
            )
        )
    return ReviewerAgreement(
        items=len(deciders),
        shared_items=sum(count > 1 for count in deciders.values()),
        decision_alpha=krippendorffs_alpha(decisions, "nominal"),
        level_alpha=krippendorffs_alpha(levels, "nominal"),
        level_ordinal_alpha=krippendorffs_alpha(levels, "ordinal"),
        pairs=tuple(pairs),
    )


def cohens_kappa(
    first: Mapping[str, int],
    second: Mapping[str, int],
    *,
    weights: Literal["quadratic"] | None = None,
    values: Iterable[int] | None = None,
) -> float | None:
    """Cohen's kappa (Cohen 1960; weighted: Cohen 1968) of two reviewers.

    Args:
        first, second: item -> value; only items of both count.
        weights: None: every disagreement is one; quadratic: by the squared distance of the ranks.
        values: all values in their order; weights go by the place in it, so a value that neither
            used still keeps its place. Default: those that occur.

    Returns:
        The figure; None where no item is shared, or both used one and the same value only.
    """
    shared = sorted(first.keys() & second.keys())
    left, right = [first[item] for item in shared], [second[item] for item in shared]
    if len({*left, *right}) < 2:
        return None
    cohen_kappa_score = _scikit_learn()
    labels = None if values is None else list(values)
    return float(cohen_kappa_score(left, right, labels=labels, weights=weights))


def krippendorffs_alpha(ratings: Sequence[Rating], metric: Metric) -> float | None:
    """Krippendorff's alpha (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability").

    Args:
        ratings: any number of reviewers an item, at most one rating of each.
        metric: nominal: values are names; ordinal: their order counts; interval: their distance.

    Returns:
        The figure; None where no item has two ratings, or those that have hold one value only.
    """
    items: defaultdict[str, list[int]] = defaultdict(list)
    for rating in ratings:
        items[rating.item].append(rating.value)
    pairable = Counter(v for values in items.values() if len(values) > 1 for v in values)
    if len(pairable) < 2:
        return None
    task = _annotation_task()(data=list(ratings), distance=_distance(metric, pairable))
    return float(task.alpha())


def _distance(metric: Metric, counts: Counter[int]) -> Callable[[int, int], float]:
    """The squared difference of two values, of the metric that goes with them."""

    def nominal(a: int, b: int) -> float:
        return float(a != b)

    def interval(a: int, b: int) -> float:
        return float((a - b) ** 2)

    def ordinal(a: int, b: int) -> float:
        low, high = min(a, b), max(a, b)
        between = sum(count for value, count in counts.items() if low <= value <= high)
        return (between - (counts[a] + counts[b]) / 2) ** 2

    return {"nominal": nominal, "ordinal": ordinal, "interval": interval}[metric]


def _by_reviewer(ratings: Iterable[Rating]) -> dict[str, dict[str, int]]:
    table: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for rating in ratings:
        table[rating.reviewer][rating.item] = rating.value
    return dict(table)


def _scikit_learn() -> Callable[..., Any]:
    try:
        from sklearn.metrics import cohen_kappa_score
    except ImportError:
        raise _missing("scikit-learn") from None
    return cohen_kappa_score  # type: ignore[no-any-return]


def _annotation_task() -> Callable[..., Any]:
    try:
        from nltk.metrics.agreement import AnnotationTask
    except ImportError:
        raise _missing("nltk") from None
    return AnnotationTask  # type: ignore[no-any-return]


def _missing(package: str) -> InstallationError:
    return InstallationError(
        f"agreement needs {package}, which is not installed; install the extra 'evaluate'"
    )
