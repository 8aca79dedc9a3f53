"""Packed rows: the same losses as unpacked ones, for student and teacher."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lantern.distill.batch_signal import LiveTeacher, cached_signal, shifted_targets
from lantern.distill.decoder_checks import check_packing
from lantern.distill.divergences import divergence
from lantern.distill.encoded_answers import EncodedAnswer
from lantern.distill.objective import IGNORED, Objective
from lantern.distill.objective_head import Lesson, install_objective_head
from lantern.distill.packing import Batch, RowLayout, collate, pack
from lantern.distill.topk_cache import encode_topk
from lantern.errors import ModelError, TrainingError
from lantern.inference.causal_models import CausalModel
from tests.distill.tiny_decoders import short_examples, tiny_decoder


@given(st.lists(st.integers(1, 30), max_size=60), st.integers(30, 50), st.integers(0, 5))
def test_every_example_is_in_one_row_and_no_row_is_too_long(
    lengths: list[int], capacity: int, seed: int
) -> None:
    rows = pack(np.array(lengths, dtype=np.int64), capacity, seed)
    assert sorted(number for row in rows for number in row) == list(range(len(lengths)))
    assert all(0 < sum(lengths[number] for number in row) <= capacity for row in rows)
    halves = sum(2 * sum(lengths[n] for n in row) <= capacity for row in rows)
    assert halves <= 1  # two rows that are half empty would have been one


def _losses(model: CausalModel, teacher: CausalModel, batch: Batch) -> Tensor:
    """Divergence from the teacher of each target, in the order of the examples."""
    targets = shifted_targets(batch["labels"])
    counted = targets != IGNORED
    of_teacher, of_student = LiveTeacher(teacher.model)(batch, targets).aligned(
        _logits(model, batch)[counted], torch.arange(int(counted.sum())), 1.0
    )
    return divergence("jensen_shannon")(of_teacher, of_student)


def _logits(model: CausalModel, batch: Batch) -> Tensor:
    logits: Tensor = model.model(
        input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False
    ).logits
    return logits


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@torch.no_grad()
def test_losses_of_a_packed_batch_are_those_of_the_examples_alone(
    attention: str, tmp_path: Path
) -> None:
    student = tiny_decoder(tmp_path / "student", width=32)
    teacher = tiny_decoder(tmp_path / "teacher", width=64, seed=3)
    for model in (student, teacher):
        model.model.set_attn_implementation(attention)
        check_packing(model)
    examples = list(enumerate(short_examples(9, 100)))
    rows = RowLayout(pad=1, capacity=40).rows(np.array([len(e.ids) for _, e in examples]))
    assert any(len(row) > 1 for row in rows)
    order = [number for row in rows for number in row]
    packed = collate([[examples[number] for number in row] for row in rows], pad=1)
    padded = collate([[examples[number]] for number in order], pad=1)
    assert torch.equal(
        packed["labels"][packed["labels"] != IGNORED], padded["labels"][padded["labels"] != IGNORED]
    )
    together, apart = _losses(student, teacher, packed), _losses(student, teacher, padded)
    torch.testing.assert_close(together, apart, rtol=1e-4, atol=1e-6)
    alone = torch.cat([_losses(student, teacher, collate([[examples[n]]], pad=1)) for n in order])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-6)
    flat = collate([[examples[number]] for number in order], pad=1, flatten=True)
    assert flat["input_ids"].shape[0] == 1
    torch.testing.assert_close(_losses(student, teacher, flat), alone, rtol=1e-4, atol=1e-6)


def test_cached_columns_meet_their_tokens_in_packed_rows(tmp_path: Path) -> None:
    """The KD term of a packed batch with caches is the sum of those of its examples."""
    model = tiny_decoder(tmp_path / "student")
    dice = torch.Generator().manual_seed(0)
    examples = [
        (
            number,
            EncodedAnswer(
                e.row,
                e.ids,
                e.prompt_tokens,
                encode_topk(torch.randn(len(e.answer), 90, generator=dice) * 3, 8),
            ),
        )
        for number, e in enumerate(short_examples(6, 90))
    ]
    head = install_objective_head(model.model, 90)
    objective = Objective(divergence("total_variation"), sft_weight=0.0)

    def loss(batch: Batch) -> float:
        targets = shifted_targets(batch["labels"])
        with (
            torch.no_grad(),
            head.taught(Lesson(targets, cached_signal(batch, targets), objective, 1)),
        ):
            return float(_logits(model, batch))

    whole = loss(RowLayout(pad=1, capacity=40).batch(examples))
    assert whole == pytest.approx(sum(loss(collate([[e]], pad=1)) for e in examples), rel=1e-5)


def test_caches_of_two_sizes_are_refused(tmp_path: Path) -> None:
    first, second = short_examples(2, 90)
    rows = [
        (
            0,
            EncodedAnswer(
                0,
                first.ids,
                first.prompt_tokens,
                encode_topk(torch.zeros(len(first.answer), 90), 4),
            ),
        ),
        (
            1,
            EncodedAnswer(
                1,
                second.ids,
                second.prompt_tokens,
                encode_topk(torch.zeros(len(second.answer), 90), 5),
            ),
        ),
    ]
    with pytest.raises(TrainingError, match=r"k = \[4, 5\]"):
        collate([rows], pad=1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_model_that_reads_examples_apart_is_not_refused(
    dtype: torch.dtype, tmp_path: Path
) -> None:
    model = tiny_decoder(tmp_path / "student", width=32)
    model.model.to(dtype)
    check_packing(model)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_model_that_does_not_read_positions_is_refused(
    dtype: torch.dtype, tmp_path: Path
) -> None:
    model = tiny_decoder(tmp_path / "student")
    model.model.to(dtype)
    inner = model.model.model.forward
    model.model.model.forward = lambda **inputs: inner(
        **{k: v for k, v in inputs.items() if k != "position_ids"}
    )
    with pytest.raises(ModelError, match="set packing to false"):
        check_packing(model)
