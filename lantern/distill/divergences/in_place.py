"""A divergence: its value and its gradient by hand, and the autograd function made of both.

The definition of a divergence is written once, as a function that works in place; memory is what
the loss over a whole vocabulary is short of. Called plainly it is an autograd function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

Scratch = tuple[Tensor, Tensor, Tensor]
"""Three tensors of the shape and type of the student's log-probabilities, of any content."""

InPlace = Callable[[Tensor, Tensor, Scratch], Tensor]
"""``f(teacher, student, scratch) -> [n]`` of log-probabilities ``[n, events]``.

On return ``teacher`` holds the gradient with respect to the student's log-probabilities (each taken
as free: that they sum to one is for the caller's log-softmax to know); ``student`` is as it was.
"""


@dataclass(frozen=True, slots=True)
class Divergence:
    """A divergence between a teacher's and a student's distributions.

    Attributes:
        in_place: its one definition.
    """

    in_place: InPlace

    def __call__(self, teacher: Tensor, student: Tensor) -> Tensor:
        """``[n]`` in nats, of log-probabilities ``[n, events]``; differentiable in the student."""
        return cast(Tensor, _Differentiable.apply(teacher, student, self.in_place))


class _Differentiable(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, teacher: Tensor, student: Tensor, in_place: InPlace) -> Tensor:
        gradient = teacher.clone()
        scratch = (torch.empty_like(student), torch.empty_like(student), torch.empty_like(student))
        values = in_place(gradient, student, scratch)
        ctx.save_for_backward(gradient)
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_values: Tensor) -> tuple[None, Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return None, gradient * grad_values.unsqueeze(-1), None
