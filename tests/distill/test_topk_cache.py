"""The cache: what it keeps, what it costs, and how far off it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from lantern.distill.divergences import DIVERGENCES, divergence
from lantern.distill.topk_cache import UNITS_A_NAT, decode_topk, encode_topk
from lantern.errors import SettingsError, TrainingError

TOKENS, VOCABULARY = 50, 2000


def _logits(scale: float, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(TOKENS, VOCABULARY, generator=generator)


def test_the_head_the_tail_and_the_mass() -> None:
    logits = _logits(4.0)
    columns = encode_topk(logits, k=32)
    assert (columns.ids.dtype, columns.log_probs.dtype) == (np.int32, np.int16)
    assert columns.ids.shape == columns.log_probs.shape == (TOKENS * 32,)
    p = logits.double().softmax(-1)
    top = p.topk(32)
    assert (columns.ids.reshape(TOKENS, 32) == top.indices.numpy()).all()
    kept = np.exp(-columns.log_probs.reshape(TOKENS, 32) / UNITS_A_NAT)
    np.testing.assert_allclose(kept, top.values.numpy(), rtol=6e-4)
    assert columns.captured_mass == pytest.approx(float(top.values.sum(-1).mean()), abs=1e-3)


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("scale", [6.0, 0.5], ids=["peaked", "flat"])
def test_the_cache_never_says_more_than_the_full_logits(name: str, scale: float) -> None:
    teacher, student = _logits(scale, 1), _logits(scale, 2)
    rows = torch.arange(TOKENS)
    d = divergence(name)
    full = d(teacher.log_softmax(-1), student.log_softmax(-1)).mean()
    cached = d(*decode_topk(encode_topk(teacher, k=32)).aligned(student, rows, 1.0)).mean()
    if name != "adaptive_kl":  # whose weights move with the events
        assert float(cached) <= float(full) * 1.005
    if scale > 1:  # and near the truth where the student is anywhere near a peaked teacher
        near = teacher + 0.5 * student / scale
        full = d(teacher.log_softmax(-1), near.log_softmax(-1)).mean()
        cached = d(*decode_topk(encode_topk(teacher, k=32)).aligned(near, rows, 1.0)).mean()
        assert float(cached) == pytest.approx(float(full), rel=0.05)


def test_both_sides_are_distributions_over_the_same_events() -> None:
    signal = decode_topk(encode_topk(_logits(2.0), k=8))
    of_teacher, of_student = signal.aligned(_logits(2.0, 3), torch.arange(TOKENS), 1.0)
    assert of_teacher.shape == of_student.shape == (TOKENS, 9)
    for side in (of_teacher, of_student):
        torch.testing.assert_close(side.exp().sum(-1), torch.ones(TOKENS))


def test_a_certain_teacher_keeps_a_finite_tail() -> None:
    logits = torch.zeros(2, 10)
    logits[:, 4] = 500.0
    columns = encode_topk(logits, k=2)
    assert columns.captured_mass == pytest.approx(1.0)
    signal = decode_topk(columns)
    of_teacher, _ = signal.aligned(torch.randn(2, 10), torch.arange(2), 1.0)
    assert torch.isfinite(of_teacher).all()


def test_wrong_use() -> None:
    logits = _logits(1.0)
    with pytest.raises(TrainingError, match="k is 2000"):
        encode_topk(logits, k=VOCABULARY)
    broken = logits.clone()
    broken[3, 5] = float("nan")
    with pytest.raises(TrainingError, match="not all finite"):
        encode_topk(broken)
    columns = encode_topk(logits, k=4)
    with pytest.raises(TrainingError, match="199 ids"):
        decode_topk(replace(columns, ids=columns.ids[:-1]))
    with pytest.raises(SettingsError, match="temperature 1"):
        decode_topk(columns).aligned(logits, torch.arange(TOKENS), 2.0)
