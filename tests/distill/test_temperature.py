from __future__ import annotations

import numpy as np
import pytest

from lantern.distill.temperature import HIGHEST, LOWEST, fit_temperature


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_it_finds_the_factor_that_the_logits_were_blown_up_by(scale: float) -> None:
    source = np.random.default_rng(0)
    logits = source.normal(size=(20_000, 3)) * 2
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (chances.cumsum(axis=1) > source.random((20_000, 1))).argmax(axis=1)
    assert fit_temperature(logits * scale, labels) == pytest.approx(scale, rel=0.05)


def test_it_is_the_best_of_a_grid() -> None:
    source = np.random.default_rng(1)
    logits, labels = source.normal(size=(80, 3)) * 3, source.integers(0, 3, 80)

    def log_loss(temperature: float) -> float:
        scaled = logits / temperature
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(-logs[np.arange(80), labels].mean())

    best = min(log_loss(t) for t in np.geomspace(LOWEST, HIGHEST, 400))
    assert log_loss(fit_temperature(logits, labels)) <= best + 1e-6


def test_it_stays_within_its_bounds() -> None:
    logits = np.array([[5.0, 0.0, 0.0]] * 10)
    assert LOWEST <= fit_temperature(logits, np.zeros(10, dtype=int)) <= LOWEST * 1.001
    assert HIGHEST * 0.999 <= fit_temperature(logits, np.ones(10, dtype=int)) <= HIGHEST
