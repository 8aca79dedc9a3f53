"""Agreement among reviewers, against published examples and plain references."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantern.evaluate.reviewers import (
    Rating,
    cohens_kappa,
    krippendorffs_alpha,
    reviewer_agreement,
)

pytest.importorskip("nltk", reason="the extra 'evaluate' is not installed")
pytest.importorskip("sklearn", reason="the extra 'evaluate' is not installed")

# Krippendorff 2011, section C: four observers, twelve units, missing data (0 here).
OBSERVERS = {
    "A": (1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0),
    "B": (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3),
    "C": (0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0),
    "D": (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0),
}
PUBLISHED = [
    Rating(observer, f"unit {number}", value)
    for observer, values in OBSERVERS.items()
    for number, value in enumerate(values, start=1)
    if value
]


@pytest.mark.parametrize(
    ("metric", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_is_that_of_krippendorffs_own_example(metric, expected: float) -> None:  # type: ignore[no-untyped-def]
    assert krippendorffs_alpha(PUBLISHED, metric) == pytest.approx(expected, abs=5e-4)


def plain_alpha(ratings: list[Rating], difference) -> float:  # type: ignore[no-untyped-def]
    """By the coincidence matrix, step by step as in Krippendorff 2011."""
    units = defaultdict(list)
    for rating in ratings:
        units[rating.item].append(rating.value)
    coincidences: defaultdict[tuple[int, int], float] = defaultdict(float)
    for values in units.values():
        for i, a in enumerate(values):
            for j, b in enumerate(values):
                if i != j:
                    coincidences[a, b] += 1 / (len(values) - 1)
    totals: defaultdict[int, float] = defaultdict(float)
    for (a, _), weight in coincidences.items():
        totals[a] += weight
    n = sum(totals.values())
    observed = sum(w * difference(a, b, totals) for (a, b), w in coincidences.items()) / n
    expected = sum(
        totals[a] * totals[b] * difference(a, b, totals) for a in totals for b in totals
    ) / (n * (n - 1))
    return 1 - observed / expected


def ordinal_difference(a: int, b: int, totals: dict[int, float]) -> float:
    low, high = sorted((a, b))
    return (sum(totals[g] for g in totals if low <= g <= high) - (totals[a] + totals[b]) / 2) ** 2


ratings_strategy = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("123456")), st.integers(0, 2), min_size=2
).map(lambda cells: [Rating(who, what, value) for (who, what), value in cells.items()])


@settings(deadline=None)
@given(ratings_strategy)
def test_alpha_agrees_with_the_coincidence_matrix(ratings: list[Rating]) -> None:
    nominal, ordinal = (krippendorffs_alpha(ratings, m) for m in ("nominal", "ordinal"))
    units = defaultdict(list)
    for rating in ratings:
        units[rating.item].append(rating.value)
    used = {value for values in units.values() if len(values) > 1 for value in values}
    if len(used) < 2:
        assert nominal is None
        assert ordinal is None
        return
    assert nominal == pytest.approx(plain_alpha(ratings, lambda a, b, _: float(a != b)))
    assert ordinal == pytest.approx(plain_alpha(ratings, ordinal_difference))


def test_kappa_is_that_of_a_hand_computed_table() -> None:
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: po 0.70, pe 0.50, kappa 0.40 (Cohen's textbook
    # example of 50 grant proposals).
    cells = [((1, 1), 20), ((1, 0), 5), ((0, 1), 10), ((0, 0), 15)]
    both = [pair for pair, count in cells for _ in range(count)]
    first = {str(n): pair[0] for n, pair in enumerate(both)}
    second = {str(n): pair[1] for n, pair in enumerate(both)}
    assert cohens_kappa(first, second) == pytest.approx(0.40)


def test_quadratic_kappa_goes_by_the_place_of_a_value_that_nobody_used() -> None:
    # Low and High only, over Low, Medium, High: observed 1 of 4 at distance 4; by chance
    # (2 x 1 + 2 x 3) / 4 = 2 of 4 at distance 4: kappa 0.5, weighted or not.
    first, second = {"1": 0, "2": 0, "3": 2, "4": 2}, {"1": 0, "2": 2, "3": 2, "4": 2}
    assert cohens_kappa(first, second, weights="quadratic", values=range(3)) == pytest.approx(0.5)
    near = {"1": 0, "2": 1, "3": 2, "4": 2}
    # Observed: one at distance 1. By chance: rows 2 Low 2 High against 1 Low 1 Medium 2 High:
    # (2*(0*1 + 1*1 + 4*2) + 2*(4*1 + 1*1 + 0*2)) / 4 = 7: kappa 1 - 1/7.
    assert cohens_kappa(first, near, weights="quadratic", values=range(3)) == pytest.approx(6 / 7)


def test_what_nothing_can_be_said_of_is_none() -> None:
    assert cohens_kappa({"1": 0}, {"2": 0}) is None
    assert cohens_kappa({"1": 1, "2": 1}, {"1": 1, "2": 1}) is None
    assert krippendorffs_alpha([], "nominal") is None
    assert krippendorffs_alpha([Rating("a", "1", 0), Rating("b", "2", 1)], "nominal") is None
    nothing = reviewer_agreement([], [])
    assert (nothing.items, nothing.shared_items, nothing.pairs) == (0, 0, ())


def test_every_two_reviewers_who_share_an_item_are_compared() -> None:
    decisions = [
        Rating("anna", "1", 0),
        Rating("anna", "2", 1),
        Rating("ben", "1", 0),
        Rating("ben", "2", 0),
        Rating("cleo", "3", 2),
    ]
    levels = [rating._replace(value=rating.value) for rating in decisions]
    found = reviewer_agreement(decisions, levels)
    assert (found.items, found.shared_items) == (3, 2)
    [pair] = found.pairs
    assert (pair.first, pair.second, pair.items) == ("anna", "ben", 2)
    assert pair.decision_kappa == pytest.approx(0.0)
