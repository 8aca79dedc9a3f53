"""The teacher's signal of a batch: from a live teacher, or from the top-k columns of the batch."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from transformers import PreTrainedModel

from lantern.distill.objective import IGNORED
from lantern.distill.packing import Batch
from lantern.distill.teacher_signal import LiveHead, TeacherSignal, TopK
from lantern.distill.topk_cache import UNITS_A_NAT
from lantern.errors import TrainingError


class SignalSource(Protocol):
    """Gives the signal of a batch's targets, in row-major order; None where there is none."""

    def __call__(self, batch: Batch, targets: Tensor) -> TeacherSignal | None: ...


def no_signal(batch: Batch, targets: Tensor) -> None:
    """The source of supervised fine-tuning."""
    return


def cached_signal(batch: Batch, targets: Tensor) -> TeacherSignal:
    """The top-k columns that came with the batch.

    Raises:
        TrainingError: if it has none.
    """
    if "top_ids" not in batch:
        raise TrainingError(
            "the batch carries no cached signal; run synthesize, or take a live teacher"
        )
    return TopK(
        batch["top_ids"].long(),
        batch["top_logprobs"].float() / -UNITS_A_NAT,
        batch["tail_logprobs"].float() / -UNITS_A_NAT,
    )


class LiveTeacher:
    """A teacher that reads the batch itself, the same rows with the same positions.

    Args:
        model: a decoder; it is set to evaluation mode and not trained.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = model.eval().requires_grad_(False)

    @torch.no_grad()
    def __call__(self, batch: Batch, targets: Tensor) -> TeacherSignal:
        hidden = self._model.base_model(
            input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False
        ).last_hidden_state
        head = self._model.get_output_embeddings()
        states = hidden[targets != IGNORED].to(head.weight.dtype)
        return LiveHead(states, head.weight, head.bias)


def shifted_targets(labels: Tensor) -> Tensor:
    """``[rows, tokens]``: what each position is to predict, from labels that are not shifted."""
    targets = torch.full_like(labels, IGNORED)
    targets[:, :-1] = labels[:, 1:]
    return targets
