from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantern.evaluate.intervals import (
    Interval,
    clopper_pearson,
    clustered_bootstrap,
    clusters_needed,
    share_interval,
)

stats = pytest.importorskip("scipy.stats", reason="scipy is the reference")


def mean(rows: np.ndarray) -> float:
    return float(rows.mean())


def test_without_clusters_it_is_scipys_percentile_bootstrap() -> None:
    values = np.random.default_rng(0).normal(size=200)
    ours = clustered_bootstrap(values, np.arange(200), mean, seed=1, draws=4000)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=4000, random_state=1
    ).confidence_interval
    assert ours.estimate == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_with_clusters_it_has_the_width_of_the_cluster_robust_error() -> None:
    random = np.random.default_rng(1)
    clusters = np.repeat(np.arange(80), 10)
    values = np.repeat(random.normal(size=80), 10) + 0.2 * random.normal(size=800)
    ours = clustered_bootstrap(values, clusters, mean, seed=1, draws=2000)
    sums = np.bincount(clusters, values - values.mean())
    robust = math.sqrt((sums**2).sum()) / values.size  # Liang and Zeger 1986, of a mean
    assert ours.high - ours.low == pytest.approx(2 * 1.96 * robust, rel=0.08)
    naive = 2 * 1.96 * values.std() / math.sqrt(values.size)
    assert ours.high - ours.low > 2.5 * naive, "ten rows of one member are hardly more than one"
    assert ours.clusters == 80


def test_it_holds_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(2)
    held = 0
    for trial in range(150):
        values = np.repeat(random.normal(size=40), 3)
        found = clustered_bootstrap(
            values, np.repeat(np.arange(40), 3), mean, seed=trial, draws=200
        )
        held += found.low <= 0 <= found.high
    assert 0.86 <= held / 150 <= 0.99


def test_rows_may_have_columns_and_a_seed_decides_the_draws() -> None:
    random = np.random.default_rng(3)
    rows = random.normal(size=(60, 2)).round()
    clusters = np.array([f"m{i % 23}" for i in range(60)])

    def equal(table: np.ndarray) -> float:
        return float((table[:, 0] == table[:, 1]).mean() + table.mean() / 1000)

    found = clustered_bootstrap(rows, clusters, equal, seed=4)
    assert found.low < found.estimate < found.high
    assert found == clustered_bootstrap(rows, clusters, equal, seed=4), "the same seed, the same"
    assert found != clustered_bootstrap(rows, clusters, equal, seed=5)


def test_one_cluster_has_no_bounds() -> None:
    found = clustered_bootstrap(np.array([1.0, 2.0]), ["a", "a"], mean, seed=1)
    assert found.estimate == 1.5
    assert math.isnan(found.low)
    assert not found.known


def test_draws_without_a_value_are_left_out_but_not_many() -> None:
    rows = np.array([1.0] + [0.0] * 9)

    def of_ones(values: np.ndarray) -> float:
        return 1.0 if values.sum() else math.nan

    rare = clustered_bootstrap(rows, range(10), of_ones, seed=1)
    assert rare.estimate == 1.0
    assert not rare.known, "a third of the draws held no row to speak of"
    often = np.array([1.0] * 6 + [0.0] * 4)
    assert clustered_bootstrap(often, range(10), of_ones, seed=1).known


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (3, 10), (10, 10), (1, 400)])
def test_clopper_pearson_equals_scipy(hits: int, trials: int) -> None:
    reference = stats.binomtest(hits, trials).proportion_ci(0.95, method="exact")
    assert clopper_pearson(hits, trials) == pytest.approx((reference.low, reference.high))


def test_a_share_of_independent_rows_is_close_to_clopper_pearson() -> None:
    hits = np.zeros(500, dtype=bool)
    hits[:100] = True
    found = share_interval(hits, np.arange(500))
    assert (found.low, found.high) == pytest.approx(clopper_pearson(100, 500), abs=0.001)


def test_rows_that_repeat_their_cluster_count_as_one() -> None:
    hits = np.repeat(np.arange(50) < 10, 8)
    found = share_interval(hits, np.repeat(np.arange(50), 8))
    assert (found.low, found.high) == pytest.approx(clopper_pearson(10, 50), abs=0.01)


def test_no_hit_is_not_certainty() -> None:
    found = share_interval(np.zeros(400), np.repeat(np.arange(40), 10))
    assert found.estimate == found.low == 0.0
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 40))


def test_a_hit_never_tightens_the_bound() -> None:
    clusters = np.repeat(np.arange(300), 7)
    bounds = []
    for hits in range(12):
        values = np.zeros(2100)
        values[np.arange(hits) * 7] = 1
        bounds.append(share_interval(values, clusters).high)
    assert bounds == sorted(bounds)


@pytest.mark.parametrize("threshold", [0.5, 0.01, 0.005])
def test_clusters_needed_is_the_first_number_that_suffices(threshold: float) -> None:
    needed = clusters_needed(threshold)
    assert share_interval(np.zeros(needed), np.arange(needed)).high <= threshold
    assert share_interval(np.zeros(needed - 1), np.arange(needed - 1)).high > threshold


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=40))
def test_a_share_lies_in_its_interval(rows: list[tuple[bool, int]]) -> None:
    hits, clusters = zip(*rows, strict=True)
    found = share_interval(np.array(hits), np.array(clusters))
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert Interval.from_json(found.to_json()) == found


def test_nan_goes_through_json() -> None:
    found = Interval.from_json(Interval(math.nan, math.nan, math.nan, 0, 0).to_json())
    assert math.isnan(found.estimate)


@pytest.mark.parametrize(
    ("rows", "clusters", "draws", "message"),
    [([], [], 1000, "no rows"), ([1.0], ["a", "b"], 1000, "1 rows"), ([1.0], ["a"], 9, "draws")],
)
def test_nonsense_is_refused(
    rows: list[float], clusters: list[str], draws: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        clustered_bootstrap(np.array(rows), clusters, mean, seed=1, draws=draws)
