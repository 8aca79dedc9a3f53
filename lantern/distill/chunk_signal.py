"""The teacher's signal at a chunk's rows, and how it pulls at the student's logits, by hand.

What :meth:`TeacherSignal.aligned` leaves to autograd is here done in place, a few rows at a time.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from lantern.distill.buffers import Buffers, log_softmax_
from lantern.distill.divergences import Divergence


class ChunkSignal(Protocol):
    """The teacher's distributions at the rows of a chunk."""

    def pull_(
        self,
        part: slice,
        student: Tensor,
        divergence: Divergence,
        buffers: Buffers,
    ) -> Tensor:
        """The divergence at some rows, and its gradient in the place of the student.

        Args:
            part: of the chunk's rows.
            student: ``[n, vocabulary]`` log-probabilities at the temperature; holds on return the
                gradient of the values' sum with respect to the student's logits divided by the
                temperature.
            divergence: its value and gradient.
            buffers: for what is needed on the way.

        Returns:
            ``[n]``.
        """


class LogitsChunk:
    """A teacher of whole rows of logits.

    Args:
        logits: ``[rows of the chunk, at least the student's vocabulary]``, of any float type.
        temperature: of the softmax.
    """

    def __init__(self, logits: Tensor, temperature: float) -> None:
        self._logits, self._temperature = logits, temperature

    def pull_(
        self,
        part: slice,
        student: Tensor,
        divergence: Divergence,
        buffers: Buffers,
    ) -> Tensor:
        teacher = buffers.like("teacher", student)
        teacher.copy_(self._logits[part, : student.shape[-1]])
        log_softmax_(teacher, self._temperature, buffers)
        values = divergence.in_place(teacher, student, _scratch(student, buffers))
        # Through the log-softmax: g - q Σ g.
        student.exp_().mul_(teacher.sum(-1, keepdim=True).neg_()).add_(teacher)
        return values


class TopKChunk:
    """A teacher of k tokens and a tail, at temperature 1.

    Args:
        ids: ``[rows of the chunk, k]``, distinct within a row.
        log_probs: ``[rows of the chunk, k + 1]``; the last is the tail's.
    """

    def __init__(self, ids: Tensor, log_probs: Tensor) -> None:
        self._ids, self._log_probs = ids, log_probs

    def pull_(
        self,
        part: slice,
        student: Tensor,
        divergence: Divergence,
        buffers: Buffers,
    ) -> Tensor:
        ids = self._ids[part]
        kept = student.gather(-1, ids)
        others = buffers.like("others", student).copy_(student).scatter_(-1, ids, float("-inf"))
        tail = _logsumexp_(others)
        events = torch.cat([kept, tail], dim=-1)
        teacher = self._log_probs[part].to(student.dtype, copy=True)
        values = divergence.in_place(teacher, events, _scratch(events, buffers))
        pull = teacher.sum(-1, keepdim=True)
        # A token of the tail shares the tail's gradient by its part of the tail's mass.
        torch.sub(student, tail, out=others).exp_().mul_(teacher[..., -1:])
        torch.addcmul(others, student.exp_(), pull, value=-1, out=student)
        student.scatter_(-1, ids, teacher[..., :-1] - kept.exp_() * pull)
        return values


def _scratch(tensor: Tensor, buffers: Buffers) -> tuple[Tensor, Tensor, Tensor]:
    first, second, third = (buffers.like(f"scratch {number}", tensor) for number in range(3))
    return first, second, third


def _logsumexp_(values: Tensor) -> Tensor:
    """``[n, 1]``, of values that are lost."""
    largest = values.amax(-1, keepdim=True)
    return values.sub_(largest).exp_().sum(-1, keepdim=True).log_().add_(largest)
