"""The student's output head, which returns the objective instead of logits while it is taught.

The loss is computed inside the head's own ``forward``: there ZeRO-3 has gathered its weight, DDP
sees it used, and LoRA leaves it alone; the logits of a batch are never whole. Outside
:meth:`ObjectiveHead.taught` it is the linear layer that it replaced: the model generates as ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from lantern.distill.loss_head import chunked_explanation_loss
from lantern.distill.objective import IGNORED, Losses, Objective
from lantern.distill.teacher_signal import TeacherSignal
from lantern.errors import ModelError


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the head is taught at one batch.

    Attributes:
        targets: ``[rows, tokens]`` ids; position t is to predict target t. ``IGNORED`` elsewhere.
        signal: of the positions with a target, in row-major order; None without a teacher.
        objective: what is minimised.
        count: the global number of targets that the sums are divided by.
    """

    targets: Tensor
    signal: TeacherSignal | None
    objective: Objective
    count: int


class ObjectiveHead(nn.Linear):
    """A linear head over the very parameters of another one.

    Args:
        head: the student's; its weight may be tied to the embedding.
        vocabulary: rows of the head that take part; None: all.
    """

    def __init__(self, head: nn.Linear, vocabulary: int | None) -> None:
        super().__init__(
            head.in_features, head.out_features, bias=head.bias is not None, device="meta"
        )
        self.weight, self.bias = head.weight, head.bias
        self._vocabulary = vocabulary
        self._lesson: Lesson | None = None
        self.losses: Losses | None = None

    @contextmanager
    def taught(self, lesson: Lesson) -> Iterator[None]:
        """Within it, ``forward`` returns the objective at this lesson, a scalar."""
        self._lesson = lesson
        try:
            yield
        finally:
            self._lesson = None

    def forward(self, input: Tensor) -> Tensor:
        """Logits, or the objective of the lesson from ``[rows, tokens, width]`` hidden states."""
        if self._lesson is None:
            return super().forward(input)
        lesson = self._lesson
        counted = lesson.targets != IGNORED
        states = input[counted]
        weight: Tensor = self.weight
        bias: Tensor | None = self.bias
        kind = input.device.type
        if torch.is_autocast_enabled(kind):
            # The loss sums in float32 itself; its products are to be of the autocast's type.
            dtype = torch.get_autocast_dtype(kind)
            states, weight = states.to(dtype), weight.to(dtype)
            bias = None if bias is None else bias.to(dtype)
        with torch.autocast(kind, enabled=False):
            losses = chunked_explanation_loss(
                states,
                weight,
                lesson.targets[counted],
                lesson.signal,
                lesson.objective,
                bias=bias,
                vocabulary=self._vocabulary,
                count=lesson.count,
            )
        self.losses = Losses(*(part.detach() for part in losses))
        return losses.total


def install_objective_head(model: PreTrainedModel, vocabulary: int | None) -> ObjectiveHead:
    """Give a decoder an objective head in place of its own; the weights stay where they are.

    Raises:
        ModelError: if its head is not a plain linear layer.
    """
    head = model.get_output_embeddings()
    if type(head) not in (nn.Linear, ObjectiveHead):
        raise ModelError(
            f"the output head of {type(model).__name__} is no plain linear layer "
            f"({type(head).__name__}): it cannot be distilled"
        )
    replaced = ObjectiveHead(cast(nn.Linear, head), vocabulary)
    replaced.train(head.training)
    model.set_output_embeddings(replaced)
    return replaced


def remove_objective_head(model: PreTrainedModel) -> None:
    """Put a plain linear head back over the same parameters."""
    head = model.get_output_embeddings()
    plain = nn.Linear(
        head.in_features, head.out_features, bias=head.bias is not None, device="meta"
    )
    plain.weight, plain.bias = head.weight, head.bias
    plain.train(head.training)
    model.set_output_embeddings(plain)
