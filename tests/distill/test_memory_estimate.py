"""What a training needs in memory: counted and measured, and what is said where it does not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from lantern.config import LoraSettings
from lantern.distill.decoder_training import train_decoder
from lantern.distill.memory_estimate import (
    Footprint,
    check_memory,
    footprint,
    measured_token_bytes,
    out_of_memory,
)
from lantern.errors import TrainingError
from lantern.inference.causal_models import CausalModel
from tests.distill.tiny_decoders import settings, short_examples, tiny_decoder

GIB = 2**30
CPU = torch.device("cpu")
LORA = LoraSettings(rank=8, alpha=16, dropout=0.0, target="all-linear")
LARGE = Footprint(
    parameters=int(0.5e9),
    adapted=int(0.6e6),
    layers=24,
    width=896,
    head=int(136e6),
    token_bytes=24 * 120_000.0,
    teacher_parameters=0,
    bf16=False,
)


@pytest.fixture
def student(tmp_path: Path) -> CausalModel:
    return tiny_decoder(tmp_path / "student", layers=3)


def test_weights_gradients_and_moments_are_counted(student: CausalModel) -> None:
    found = footprint(student, None, settings(), CPU)
    need = found.need(settings())
    weights = sum(p.numel() * p.element_size() for p in student.model.parameters())
    assert (need.weights, need.gradients, need.optimizer) == (weights, weights, 2 * weights)
    assert need.teacher == 0
    adapted = found.need(settings(lora=LORA))
    adapters = 8 * found.adapted
    assert adapted.gradients == 4 * adapters
    assert adapted.optimizer == 8 * adapters
    assert adapted.weights == weights + 4 * adapters
    taught = footprint(student, student, settings(), CPU).need(settings())
    assert taught.teacher == weights


def test_adapters_are_counted_as_peft_makes_them(student: CausalModel) -> None:
    from lantern.distill.lora import with_lora

    expected = 8 * footprint(student, None, settings(), CPU).adapted
    model = with_lora(student.model, LORA)
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == expected


def test_bytes_of_a_token_are_those_that_autograd_keeps(student: CausalModel) -> None:
    """Measured on a short row, right for a long one."""
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    ids = torch.zeros(2, 200, dtype=torch.long)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        hidden = student.model.model(input_ids=ids, use_cache=False).last_hidden_state
    weights = {p.untyped_storage().data_ptr() for p in student.model.parameters()}
    held = sum(t.untyped_storage().nbytes() for k, t in kept.items() if k not in weights)
    assert hidden.requires_grad
    assert measured_token_bytes(student) * 400 == pytest.approx(held, rel=0.15)


def test_what_is_shared_by_zero_is_divided() -> None:
    alone, shared = LARGE, replace(LARGE, processes=4, stage=3)
    first, fourth = (found.need(settings()) for found in (alone, shared))
    assert fourth.weights == first.weights // 4
    assert fourth.optimizer == first.optimizer // 4
    two = replace(LARGE, processes=4, stage=2).need(settings())
    assert two.weights == first.weights
    assert two.gradients == first.gradients // 4


@pytest.mark.parametrize(
    ("free", "says"),
    [
        (20, r"batch_rows: 4, accumulation: 2 would fit"),
        (11, r"batch_rows: 1, accumulation: 8 would fit"),
        (9, r"batch_rows: 1, accumulation: 8, activation_checkpointing: true would fit"),
        (2.3, r"activation_checkpointing: true, lora of rank 16 would fit"),
        (0.8, r"lora of rank 16, ZeRO-3 over 4 devices would fit"),
        (0.01, r"no setting of ours makes it fit: take a smaller base"),
    ],
)
def test_the_mildest_change_that_fits_is_named(free: float, says: str) -> None:
    asked = settings(batch_rows=8, context=1024)
    with pytest.raises(TrainingError, match=rf"needs about 29\.9 GiB \(weights 1\.9.*{says}"):
        check_memory(LARGE, asked, round(free * GIB))


def test_a_training_that_fits_is_let_be() -> None:
    check_memory(LARGE, settings(batch_rows=1, context=1024), 40 * GIB)


def test_running_out_of_memory_is_one_line(
    student: CausalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = short_examples(8, 100)

    def full(*_: object, **__: object) -> Tensor:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")

    monkeypatch.setattr("lantern.distill.decoder_trainer.DecoderTrainer.compute_loss", full)
    says = r"out of memory at step 1: about .* batch_rows: \d, accumulation: \d would fit"
    with pytest.raises(TrainingError, match=says):
        train_decoder(student, split, split, settings(), tmp_path / "o")
    assert "more was used" in str(out_of_memory(LARGE, settings(), 3))


def test_too_little_memory_is_said_before_the_first_step(
    student: CausalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lantern.distill.memory_estimate.free_memory", lambda place: -(10**7))
    split = short_examples(8, 100)
    with pytest.raises(TrainingError, match="the training needs about"):
        train_decoder(student, split, split, settings(), tmp_path / "o")
    assert not (tmp_path / "o").exists()
