from __future__ import annotations

import pytest

from lantern.evaluate.humans import Reviewed, human_figures
from lantern.fit import FitLevel

LOW, MEDIUM, HIGH = FitLevel


def test_each_pair_counts_once_with_the_lower_median() -> None:
    predicted = {("a", "x"): LOW, ("a", "y"): HIGH, ("b", "x"): MEDIUM, ("c", "x"): LOW}
    reviews = [
        Reviewed("a", "x", LOW),
        Reviewed("a", "x", HIGH),  # one against one: Low
        Reviewed("a", "y", HIGH),
        Reviewed("a", "y", HIGH),
        Reviewed("a", "y", LOW),
        Reviewed("b", "x", LOW),
        Reviewed("z", "z", LOW),  # not predicted
    ]
    found = human_figures(predicted, reviews, draws=100)
    assert found["human_agreement"].estimate == pytest.approx(2 / 3)
    assert (found["human_agreement"].rows, found["human_agreement"].clusters) == (3, 2)


def test_kappa_equals_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the reference")
    human = [LOW, LOW, MEDIUM, HIGH, HIGH, MEDIUM]
    model = [LOW, MEDIUM, MEDIUM, LOW, HIGH, MEDIUM]
    predicted = {(f"m{i}", "p"): level for i, level in enumerate(model)}
    reviews = [Reviewed(f"m{i}", "p", level) for i, level in enumerate(human)]
    found = human_figures(predicted, reviews, draws=100)["human_qwk"].estimate
    assert found == pytest.approx(metrics.cohen_kappa_score(human, model, weights="quadratic"))


def test_without_reviews_there_is_no_figure() -> None:
    assert human_figures({("a", "x"): LOW}, []) == {}
