from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lantern.config import ClassifierSettings, load_settings
from lantern.distill.examples import Example
from lantern.distill.level_loss import LevelLoss, level_targets, level_weights
from lantern.distill.soft_labels import from_score, taught_by
from lantern.distill.verdict_targets import UNKNOWN, verdict_targets
from lantern.errors import TrainingError
from lantern.fit import FitLevel, Verdict, VerdictKind
from lantern.inference.scored_batch import ScoredBatch

LOW, MEDIUM, HIGH = FitLevel
LEVELS = [LOW, LOW, LOW, MEDIUM, HIGH, LOW]
SOFT = [None, (0.6, 0.3, 0.1), (0.5, 0.5, 0.0), (0.0, 1.0, 0.0), (0.1, 0.2, 0.7), None]


def examples() -> list[Example]:
    return [Example("a", "b", level, soft) for level, soft in zip(LEVELS, SOFT, strict=True)]


def settings(**changes: Any) -> ClassifierSettings:
    base = load_settings("local").classifier.model_dump()
    plain = {"class_weights": 0.0, "soft_share": 0.0, "ordinal_weight": 0.0}
    return ClassifierSettings.model_validate(base | plain | changes)


def plain_loss(logits: np.ndarray, a: float, b: float, power: float) -> float:
    """Loops and plain floats."""
    counts = [LEVELS.count(level) for level in FitLevel]
    raw = [counts[level] ** -power for level in LEVELS]
    total = 0.0
    for row, (level, soft) in enumerate(zip(LEVELS, SOFT, strict=True)):
        hard = [float(k == level) for k in range(3)]
        mixed = soft or hard
        target = [(1 - a) * h + a * q for h, q in zip(hard, mixed, strict=True)]
        exps = [math.exp(v) for v in logits[row]]
        p = [e / sum(exps) for e in exps]
        loss = -sum(t * math.log(q) for t, q in zip(target, p, strict=True))
        for k in range(1, 4):
            loss += b * (sum(p[:k]) - sum(target[:k])) ** 2
        total += loss * raw[row] / (sum(raw) / len(raw))
    return total / len(LEVELS)


@pytest.mark.parametrize("a", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("b", [0.0, 1.5])
@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_equals_a_plain_reference(a: float, b: float, power: float) -> None:
    logits = torch.randn(6, 3, generator=torch.Generator().manual_seed(1)).double()
    logits.requires_grad_(True)
    loss = LevelLoss(examples(), settings(soft_share=a, ordinal_weight=b, class_weights=power))
    value = loss(logits, list(range(6)))
    values = logits.detach().numpy()
    assert float(value.detach()) == pytest.approx(plain_loss(values, a, b, power), rel=1e-5)
    value.backward()
    step, numeric = 1e-4, np.zeros((6, 3))
    for place in np.ndindex(6, 3):
        moved = values.copy()
        moved[place] += step
        numeric[place] = plain_loss(moved, a, b, power)
        moved[place] -= 2 * step
        numeric[place] = (numeric[place] - plain_loss(moved, a, b, power)) / (2 * step)
    np.testing.assert_allclose(logits.grad.numpy(), numeric, atol=1e-5)


def test_without_options_it_is_cross_entropy() -> None:
    logits = torch.randn(3, 3, generator=torch.Generator().manual_seed(2))
    value = LevelLoss(examples(), settings())(logits, [4, 1, 3])
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor([2, 0, 1]))
    torch.testing.assert_close(value, expected)


def test_the_ordinal_term_knows_what_is_far() -> None:
    loss = LevelLoss([Example("a", "b", LOW)], settings(ordinal_weight=1.0))
    plain = LevelLoss([Example("a", "b", LOW)], settings())
    near, far = torch.tensor([[0.0, 3.0, 0.0]]), torch.tensor([[0.0, 0.0, 3.0]])
    assert plain(near, [0]) == pytest.approx(float(plain(far, [0])))
    assert float(loss(far, [0])) > float(loss(near, [0])) + 0.5


def test_weights_are_one_on_average_and_zero_for_the_absent() -> None:
    levels = torch.tensor([0, 0, 0, 2])
    for power in (0.0, 0.5, 1.0):
        weights = level_weights(levels, power)
        assert float(weights[levels].mean()) == pytest.approx(1.0)
        assert float(weights[1]) == 0.0
    full = level_weights(levels, 1.0)
    assert float(full[0]) * 3 == pytest.approx(float(full[2]))


@pytest.mark.parametrize("soft", [(0.5, 0.6, 0.1), (-0.1, 0.6, 0.5), (float("nan"), 0.5, 0.5)])
def test_probabilities_that_are_none(soft: tuple[float, float, float]) -> None:
    with pytest.raises(TrainingError, match="row 1: the teacher's probabilities"):
        level_targets([Example("a", "b", LOW), Example("a", "b", LOW, soft)], 0.5)


@given(score=st.floats(0, 1), cut=st.floats(0.1, 0.5))
def test_soft_labels_of_a_score(score: float, cut: float) -> None:
    found = from_score(score, cut, cut + 0.3)
    assert sum(found) == pytest.approx(1.0)
    assert min(found) >= 0
    level = (score >= cut) + (score >= cut + 0.3)
    assert found[level] >= max(found) - 0.01, "but for the very threshold, its own level leads"


def test_soft_labels_near_a_threshold_are_half_and_half() -> None:
    low, medium, high = from_score(0.36, 0.36, 0.68)
    assert low == pytest.approx(0.5)
    assert medium == pytest.approx(0.5, abs=0.01)
    assert high < 0.01


class ScriptedEngine:
    calibrated = True

    def __init__(self, errors: dict[int, str] | None = None) -> None:
        self.errors = errors or {}

    def score(self, pairs: Any) -> ScoredBatch:
        table = np.tile(np.array([0.2, 0.3, 0.5], dtype=np.float32), (len(pairs), 1))
        none = np.zeros(len(pairs), dtype=np.int64)
        return ScoredBatch(table, none, none, none, 0, 0, self.errors, {})


def test_a_larger_classifier_gives_its_probabilities() -> None:
    taught = taught_by(ScriptedEngine(), examples())
    assert [e.level for e in taught] == LEVELS
    assert taught[0].probabilities == pytest.approx((0.2, 0.3, 0.5))
    with pytest.raises(TrainingError, match="1 of 6 pairs, row 3 among them: too long"):
        taught_by(ScriptedEngine({3: "too long"}), examples())


def test_verdicts_stand_where_the_items_stand() -> None:
    posting = "A nurse\nMust have: 5 years of care; A license\nNice to have: Excel; SQL"
    verdicts = (
        Verdict("A license", VerdictKind.MET, "licensed"),
        Verdict("SQL", VerdictKind.NOT_SHOWN),
        Verdict("5 years of care", VerdictKind.PARTLY_MET),
        Verdict("A nurse", VerdictKind.MET, "nurse"),
        Verdict("something else", VerdictKind.MET, "x"),
    )
    some = Example(posting, "b", LOW, None, verdicts)
    found = verdict_targets([some, some._replace(verdicts=())], 8)
    assert found[0].tolist() == [UNKNOWN, 1, 2, UNKNOWN, 0, UNKNOWN, UNKNOWN, UNKNOWN]
    assert found[1].tolist() == [UNKNOWN] * 8
    assert verdict_targets([some], 3)[0].tolist() == [UNKNOWN, 1, 2]
