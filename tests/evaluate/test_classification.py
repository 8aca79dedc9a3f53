from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantern.evaluate.agreement import expected_calibration_error
from lantern.evaluate.classification import (
    area_under_curve,
    classification_figures,
    paired_differences,
    reliability,
    tempered,
)
from lantern.fit import LEVEL_LABELS

metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the reference")


def some(rows: int, seed: int = 0, skill: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = random.choice(3, rows, p=[0.5, 0.3, 0.2])
    logits = random.normal(size=(rows, 3)) + skill * np.eye(3)[labels]
    table = np.exp(logits)
    return labels, table / table.sum(axis=1, keepdims=True)


def test_every_estimate_equals_scikit_learn() -> None:
    labels, table = some(400)
    found = classification_figures(labels, table, np.arange(400) // 4, draws=100)
    predicted = table.argmax(axis=1)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(labels, predicted)
    for level, label in enumerate(LEVEL_LABELS):
        name = label.lower()
        auc = metrics.roc_auc_score(labels == level, table[:, level])
        assert found[f"precision_{name}"].estimate == pytest.approx(precision[level])
        assert found[f"recall_{name}"].estimate == pytest.approx(recall[level])
        assert found[f"f1_{name}"].estimate == pytest.approx(f1[level])
        assert found[f"auc_{name}"].estimate == pytest.approx(auc)
    kappa = metrics.cohen_kappa_score(labels, predicted, weights="quadratic")
    assert found["qwk"].estimate == pytest.approx(kappa)
    assert found["accuracy"].estimate == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert found["majority_accuracy"].estimate == pytest.approx(np.bincount(labels).max() / 400)
    assert found["log_loss"].estimate == pytest.approx(metrics.log_loss(labels, table))
    assert found["macro_f1"].estimate == pytest.approx(
        metrics.f1_score(labels, predicted, average="macro")
    )
    assert all(interval.known and interval.clusters == 100 for interval in found.values())
    assert all(
        interval.low <= interval.estimate <= interval.high
        for interval in found.values()
        if interval is not found["ece"]
    )


def test_a_level_that_never_occurs_has_no_figure() -> None:
    table = np.array([[0.8, 0.2, 0.0], [0.3, 0.7, 0.0]] * 10)
    found = classification_figures([0, 1] * 10, table, range(20), draws=100)
    assert math.isnan(found["recall_high"].estimate)
    assert math.isnan(found["auc_high"].estimate)
    assert found["recall_low"].estimate == 1.0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2, max_size=40))
def test_the_area_under_the_curve_with_ties(rows: list[tuple[bool, int]]) -> None:
    positive, scores = (np.array(column) for column in zip(*rows, strict=True))
    found = area_under_curve(positive, scores)
    if positive.all() or not positive.any():
        assert math.isnan(found)
    else:
        assert found == pytest.approx(metrics.roc_auc_score(positive, scores))


def test_paired_differences_are_sharper_than_two_intervals() -> None:
    labels, table = some(300)
    better = np.clip(table + 0.05 * np.eye(3)[labels], 1e-6, None)
    better /= better.sum(axis=1, keepdims=True)
    clusters = np.arange(300) // 3
    difference = paired_differences(labels, better, table, clusters, draws=400)["macro_f1"]
    alone = classification_figures(labels, table, clusters, draws=400)["macro_f1"]
    assert difference.low > 0
    assert difference.high - difference.low < (alone.high - alone.low) / 2


def test_a_model_does_not_differ_from_itself() -> None:
    labels, table = some(60)
    for difference in paired_differences(labels, table, table, range(60), draws=100).values():
        assert (difference.estimate, difference.low, difference.high) == (0.0, 0.0, 0.0)


def test_the_reliability_table_adds_up_to_the_calibration_error() -> None:
    labels, table = some(500)
    bins = reliability(labels, table)
    gap = sum(b.pairs * abs(b.accuracy - b.confidence) for b in bins) / 500
    assert gap == pytest.approx(expected_calibration_error(labels, table))
    assert sum(b.pairs for b in bins) == 500
    assert [b.confidence for b in bins] == sorted(b.confidence for b in bins)


def test_a_temperature_can_be_undone() -> None:
    _, table = some(50)
    hot = tempered(table, 3.0)
    assert hot.max() < table.max()
    np.testing.assert_allclose(tempered(hot, 1 / 3), table, atol=1e-9)
    np.testing.assert_array_equal(hot.argmax(axis=1), table.argmax(axis=1))


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        classification_figures([], np.zeros((0, 3)), [])
