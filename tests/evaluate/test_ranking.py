from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantern.evaluate.ranking import average_precision, ndcg, ranking_figures

metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the reference")
lists = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=2, max_size=25)


@given(lists)
def test_ndcg_equals_scikit_learn_ties_included(rows: list[tuple[int, int]]) -> None:
    scores, levels = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    found = ndcg(scores, levels)
    if np.unique(levels).size < 2:
        assert math.isnan(found)
    else:
        reference = metrics.ndcg_score([2**levels - 1], [scores], k=10)
        assert found == pytest.approx(reference)


@given(lists)
def test_average_precision_equals_scikit_learn(rows: list[tuple[int, int]]) -> None:
    scores, levels = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    relevant = levels == 2
    if relevant.any():
        reference = metrics.average_precision_score(relevant, scores)
        assert average_precision(scores, relevant) == pytest.approx(reference)


def test_by_hand() -> None:
    scores, levels = np.array([0.9, 0.5, 0.1]), np.array([1, 0, 2])
    ideal = 3 + 1 / math.log2(3)
    assert ndcg(scores, levels) == pytest.approx((1 + 3 / 2) / ideal)
    assert average_precision(scores, levels == 2) == pytest.approx(1 / 3)


def test_members_count_once_each_and_those_without_an_order_not_at_all() -> None:
    members = ["a"] * 3 + ["b"] * 2 + ["c"] * 2
    scores = [0.9, 0.5, 0.1, 0.8, 0.2, 0.7, 0.1]
    found = ranking_figures(members, scores, [2, 1, 0, 0, 2, 0, 0], draws=100)
    worst = (3 / math.log2(3)) / 3
    assert found["ndcg_at_10"].estimate == pytest.approx((1 + worst) / 2)
    assert found["ndcg_at_10"].clusters == 2
    assert found["map"].estimate == pytest.approx((1 + 0.5) / 2)


def test_no_list_no_figure() -> None:
    assert not ranking_figures(["a", "a"], [0.1, 0.2], [0, 0])["map"].known
    with pytest.raises(ValueError, match="1 members"):
        ranking_figures(["a"], [0.1, 0.2], [0, 0])
