"""What a student learns from at the level of logits, behind one small interface.

The signal is full logits, a live teacher's hidden states, or a top-k cache. Each lays the teacher's
and the student's distributions over the same events; the divergences do not know which it was.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from lantern.distill.buffers import Buffers
from lantern.distill.chunk_signal import ChunkSignal, LogitsChunk, TopKChunk
from lantern.errors import SettingsError, TrainingError


class TeacherSignal(Protocol):
    """The teacher's next-token distributions at the rows of a batch."""

    def aligned(
        self, student_logits: Tensor, rows: Tensor, temperature: float
    ) -> tuple[Tensor, Tensor]:
        """Log-probabilities of teacher (no gradient) and student over the same events.

        Args:
            student_logits: ``[n, vocabulary]``.
            rows: ``[n]`` row numbers of the teacher's signal.
            temperature: of both softmaxes.

        Returns:
            Two tensors ``[n, events]``.
        """

    def chunk(
        self, rows: Tensor, vocabulary: int, temperature: float, buffers: Buffers
    ) -> ChunkSignal:
        """The same distributions for the loss that works in place, chunk by chunk.

        Args:
            rows: ``[n]`` row numbers of the teacher's signal.
            vocabulary: of the student's logits.
            temperature: of both softmaxes.
            buffers: hold what the chunk needs, until the next chunk is asked for.
        """


class FullLogits:
    """The teacher's full logits.

    Args:
        logits: ``[tokens, at least the student's vocabulary]``; further columns are cut off.
    """

    def __init__(self, logits: Tensor) -> None:
        self._logits = logits.detach()

    def aligned(
        self, student_logits: Tensor, rows: Tensor, temperature: float
    ) -> tuple[Tensor, Tensor]:
        return _both(self._logits.index_select(0, rows), student_logits, temperature)

    def chunk(
        self, rows: Tensor, vocabulary: int, temperature: float, buffers: Buffers
    ) -> ChunkSignal:
        _check_vocabulary(self._logits.shape[-1], vocabulary)
        out = buffers.take("teacher's chunk", (len(rows), vocabulary), self._logits.dtype)
        torch.index_select(self._logits[:, :vocabulary], 0, rows, out=out)
        return LogitsChunk(out, temperature)


class LiveHead:
    """A live teacher's last hidden states and its head: logits are made where they are asked for.

    Args:
        hidden: ``[tokens, teacher's width]``.
        weight: ``[at least the student's vocabulary, teacher's width]``; further rows are cut off.
        bias: ``[vocabulary]`` or None.
    """

    def __init__(self, hidden: Tensor, weight: Tensor, bias: Tensor | None = None) -> None:
        self._hidden, self._weight = hidden.detach(), weight.detach()
        self._bias = None if bias is None else bias.detach()

    def aligned(
        self, student_logits: Tensor, rows: Tensor, temperature: float
    ) -> tuple[Tensor, Tensor]:
        shared = student_logits.shape[-1]
        bias = None if self._bias is None else self._bias[:shared]
        hidden = self._hidden.index_select(0, rows)
        with torch.no_grad():
            logits = torch.nn.functional.linear(hidden, self._weight[:shared], bias)
        return _both(logits, student_logits, temperature)

    def chunk(
        self, rows: Tensor, vocabulary: int, temperature: float, buffers: Buffers
    ) -> ChunkSignal:
        _check_vocabulary(self._weight.shape[0], vocabulary)
        out = buffers.take("teacher's chunk", (len(rows), vocabulary), self._weight.dtype)
        hidden = self._hidden.index_select(0, rows)
        torch.mm(hidden, self._weight[:vocabulary].T, out=out)
        if self._bias is not None:
            out.add_(self._bias[:vocabulary])
        return LogitsChunk(out, temperature)


class TopK:
    """The teacher's k likeliest tokens and one tail bucket: k + 1 events.

    The student's probabilities of all other tokens are summed to its tail, so nothing is
    renormalised away. A divergence of the coarser events is at most that of the full ones.

    Args:
        ids: ``[tokens, k]`` int64, distinct within a row, ids of the shared vocabulary.
        log_probs: ``[tokens, k]`` at temperature 1.
        tail: ``[tokens]`` log-probability of all other tokens together.
    """

    def __init__(self, ids: Tensor, log_probs: Tensor, tail: Tensor) -> None:
        joined = torch.cat([log_probs, tail.unsqueeze(-1)], dim=-1).detach()
        self._ids, self._log_probs = ids, torch.log_softmax(joined.float(), dim=-1)

    def aligned(
        self, student_logits: Tensor, rows: Tensor, temperature: float
    ) -> tuple[Tensor, Tensor]:
        self._check(student_logits.shape[-1], temperature)
        ids = self._ids.index_select(0, rows)
        normaliser = student_logits.logsumexp(-1, keepdim=True)
        kept = student_logits.gather(-1, ids)
        others = student_logits.scatter(-1, ids, float("-inf")).logsumexp(-1, keepdim=True)
        return self._log_probs.index_select(0, rows), torch.cat([kept, others], -1) - normaliser

    def chunk(
        self, rows: Tensor, vocabulary: int, temperature: float, buffers: Buffers
    ) -> ChunkSignal:
        self._check(vocabulary, temperature)
        return TopKChunk(self._ids.index_select(0, rows), self._log_probs.index_select(0, rows))

    def _check(self, vocabulary: int, temperature: float) -> None:
        if temperature != 1.0:
            raise SettingsError("a top-k cache is at temperature 1: what is in its tail is unknown")
        if self._ids.shape[-1] >= vocabulary:
            raise TrainingError("a top-k cache must hold fewer tokens than the vocabulary has")


def _both(teacher: Tensor, student: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    shared = student.shape[-1]
    _check_vocabulary(teacher.shape[-1], shared)
    wide = teacher[:, :shared].to(student.dtype)
    return (
        torch.log_softmax(wide / temperature, dim=-1),
        torch.log_softmax(student / temperature, dim=-1),
    )


def _check_vocabulary(teacher: int, student: int) -> None:
    if teacher < student:
        raise TrainingError(
            f"the teacher's vocabulary has {teacher} tokens, the student's {student}; "
            "cut the student's logits to the vocabulary that both share"
        )
