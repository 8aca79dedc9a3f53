from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lantern.distill.confusion import confusion_matrix, macro_f1
from lantern.evaluate.agreement import (
    agreement,
    expected_calibration_error,
    quadratic_weighted_kappa,
)

levels = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60)


def one_hot(predicted: list[int]) -> np.ndarray:
    return np.eye(3)[predicted]


@settings(deadline=None)  # the first call imports scikit-learn
@given(levels)
def test_equals_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the reference")
    labels, predicted = map(list, zip(*pairs, strict=True))
    figures = agreement(labels, one_hot(predicted))
    assert figures.accuracy == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert figures.macro_f1 == pytest.approx(metrics.f1_score(labels, predicted, average="macro"))
    expected = metrics.confusion_matrix(labels, predicted, labels=[0, 1, 2])
    np.testing.assert_array_equal(figures.confusion, expected)
    if len(set(labels) | set(predicted)) > 1:
        kappa = metrics.cohen_kappa_score(labels, predicted, weights="quadratic", labels=[0, 1, 2])
        assert figures.quadratic_weighted_kappa == pytest.approx(kappa)


@given(arrays(float, st.tuples(st.integers(1, 50), st.just(3)), elements=st.floats(0.01, 1)))
def test_calibration_error_equals_its_definition(raw: np.ndarray) -> None:
    table = raw / raw.sum(axis=1, keepdims=True)
    labels = np.arange(len(table)) % 3
    expected = 0.0
    top, right = table.max(axis=1), table.argmax(axis=1) == labels
    for number in range(15):
        inside = [i for i, p in enumerate(top) if min(int(p * 15), 14) == number]
        if inside:
            gap = abs(np.mean(right[inside]) - np.mean(top[inside]))
            expected += gap * len(inside) / len(table)
    assert expected_calibration_error(labels, table) == pytest.approx(expected)


def test_figures_of_a_known_case() -> None:
    labels = [0, 0, 0, 1, 2]
    figures = agreement(labels, one_hot([0, 0, 1, 1, 0]))
    assert figures.accuracy == pytest.approx(0.6)
    assert figures.majority_accuracy == pytest.approx(0.6)
    assert figures.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert figures.ece == pytest.approx(0.4)
    assert figures.confusion == ((2, 1, 0), (0, 1, 0), (1, 0, 0))
    assert figures.metrics()["pairs"] == 5.0
    assert "confusion" not in figures.metrics()


def test_a_far_miss_costs_kappa_more_than_a_near_one() -> None:
    labels = [0, 1, 2] * 4
    near = quadratic_weighted_kappa(confusion_matrix(labels, [1, 1, 2] * 4))
    far = quadratic_weighted_kappa(confusion_matrix(labels, [2, 1, 2] * 4))
    assert far < near < 1


def test_one_level_only() -> None:
    assert agreement([1, 1], one_hot([1, 1])).quadratic_weighted_kappa == 1.0
    assert np.isnan(macro_f1(confusion_matrix([], [])))


@pytest.mark.parametrize(
    ("labels", "table", "message"),
    [
        ([], np.zeros((0, 3)), "no pairs"),
        ([0, 1], np.full((1, 3), 1 / 3), "expected probabilities"),
        ([0], np.array([[np.nan, 0.5, 0.5]]), "not finite"),
        ([0], np.array([[0.5, 0.5, 0.5]]), "add up to 1"),
        ([3], np.array([[1.0, 0.0, 0.0]]), "none of 0, 1, 2"),
    ],
)
def test_nonsense_is_refused(labels: list[int], table: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        agreement(labels, table)
