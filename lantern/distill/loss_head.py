"""The objective from hidden states, without ever holding ``[tokens, vocabulary]`` logits.

The rows that count are cut into chunks. Of each chunk the logits, the loss and the gradient with
respect to the logits are computed in the forward pass and pushed on to the gradients of the hidden
states and of the head; then the logits are dropped (cf. Liger kernel, Hsu et al. 2024). The
gradient takes the logits' place, and what lies between the two is made of a few rows at a time. So
the peak is one chunk of the student's logits and one of the teacher's, and the objective is the
very one of :func:`objective.explanation_loss`.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from lantern.distill.buffers import Buffers
from lantern.distill.chunk_signal import ChunkSignal
from lantern.distill.objective import IGNORED, Losses, Objective
from lantern.distill.objective_gradient import sums_and_gradient_
from lantern.distill.teacher_signal import TeacherSignal
from lantern.errors import SettingsError

CHUNK_SHARE = {"cpu": 1 / 7}
"""Of the head's gradient, whose memory is needed anyway: what a chunk may take besides. Elsewhere
1: there a pass over that gradient costs more than the memory does."""
SMALLEST_CHUNK = 16 * 2**20
"""Bytes of a chunk where the head is small."""
BLOCK_BYTES = {"cpu": 2**20}
"""Of the rows that are worked on together, in float32; some seven copies of them are held."""
LARGE_BLOCK = 32 * 2**20
SUMMED_ROWS = 2**14
"""Of the head's gradient, where a product must be widened before it is added."""


def chunked_explanation_loss(
    hidden: Tensor,
    weight: Tensor,
    labels: Tensor,
    teacher: TeacherSignal | None,
    objective: Objective,
    *,
    bias: Tensor | None = None,
    vocabulary: int | None = None,
    count: int | None = None,
    chunk_tokens: int | None = None,
) -> Losses:
    """The objective from the student's last hidden states and its head.

    Args:
        hidden: ``[tokens, width]``, shifted: row t predicts label t.
        weight: ``[vocabulary or more, width]`` of the same type; tied to the embedding or frozen
            as it may be: it gets a gradient if and only if it asks for one.
        labels: ``[tokens]`` ids; ``IGNORED`` where a token does not count.
        teacher: its signal for the same rows; may be None where λ_kd is 0.
        objective: what is minimised.
        bias: ``[vocabulary or more]`` or None.
        vocabulary: the size that teacher and student share; further rows of the head are padding
            and take no part. None: all.
        count: the global number of valid tokens; None: those of ``labels``.
        chunk_tokens: rows a chunk; None: see :func:`chunk_rows`.

    Returns:
        The losses; only ``total`` carries a gradient.

    Raises:
        SettingsError: λ_kd > 0 without a teacher.
    """
    if objective.kd_weight and teacher is None:
        raise SettingsError("λ_kd is above 0 but there is no teacher's signal")
    size = vocabulary or weight.shape[0]
    chunk = chunk_tokens or chunk_rows(weight.shape[1], size, hidden.device.type)
    wanted = torch.is_grad_enabled()  # within an autograd function it is always off
    total, sft, kd = cast(
        tuple[Tensor, Tensor, Tensor],
        _ChunkedLoss.apply(
            hidden, weight, bias, labels, teacher, objective, size, count, chunk, wanted
        ),
    )
    return Losses(total, sft, kd)


def chunk_rows(width: int, vocabulary: int, device: str) -> int:
    """Rows a chunk: the student's and the teacher's logits take a share of the head's gradient."""
    share = width * CHUNK_SHARE.get(device, 1.0) / 2
    return max(1, round(share), SMALLEST_CHUNK // (2 * 4 * vocabulary))


class _ChunkedLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        labels: Tensor,
        teacher: TeacherSignal | None,
        objective: Objective,
        vocabulary: int,
        count: int | None,
        chunk_tokens: int,
        wanted: bool,
    ) -> tuple[Tensor, Tensor, Tensor]:
        valid = (labels != IGNORED).nonzero().squeeze(-1)
        whole = max(1, len(valid) if count is None else count)
        head, offset = weight[:vocabulary], None if bias is None else bias[:vocabulary]
        wide = torch.promote_types(hidden.dtype, torch.float32)
        needed = [wanted and asked for asked in ctx.needs_input_grad[:3]]
        sums = _GradientSums(hidden, weight, bias, vocabulary, needed)
        buffers = Buffers(hidden.device)
        sft_sum = kd_sum = torch.zeros((), dtype=wide, device=hidden.device)
        for rows in torch.split(valid, chunk_tokens):
            states = hidden.index_select(0, rows)
            logits = buffers.take("chunk", (len(rows), vocabulary), hidden.dtype)
            torch.mm(states, head.T, out=logits)
            if offset is not None:
                logits.add_(offset)
            signal = None
            if teacher is not None and objective.kd_weight:
                signal = teacher.chunk(rows, vocabulary, objective.temperature, buffers)
            sft, kd = _to_gradient_(logits, labels[rows], signal, objective, buffers)
            sft_sum, kd_sum = sft_sum + sft, kd_sum + kd
            sums.add(rows, logits, states, head)
        ctx.sums, ctx.whole = sums, whole
        sft_mean, kd_mean = sft_sum / whole, kd_sum / whole
        ctx.mark_non_differentiable(sft_mean, kd_mean)
        return objective.sft_weight * sft_mean + objective.kd_weight * kd_mean, sft_mean, kd_mean

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_total: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        gradients = ctx.sums.scaled(grad_total / ctx.whole)
        del ctx.sums  # they are the size of the head: of no use twice
        return (*gradients, *([None] * 7))


def _to_gradient_(
    logits: Tensor,
    labels: Tensor,
    signal: ChunkSignal | None,
    objective: Objective,
    buffers: Buffers,
) -> tuple[Tensor, Tensor]:
    """Both sums over a chunk; the gradient takes the place of its logits."""
    wide = torch.promote_types(logits.dtype, torch.float32)
    sft_sum = kd_sum = torch.zeros((), dtype=wide, device=logits.device)
    size = BLOCK_BYTES.get(logits.device.type, LARGE_BLOCK) // (4 * logits.shape[1])
    for start in range(0, len(logits), max(1, size)):
        part = slice(start, start + max(1, size))
        block = logits[part]
        if block.dtype != wide:
            block = buffers.take("wide", tuple(block.shape), wide).copy_(block)
        sft, kd = sums_and_gradient_(block, labels[part], signal, part, objective, buffers)
        sft_sum, kd_sum = sft_sum + sft, kd_sum + kd
        if logits.dtype != wide:
            logits[part] = block
    return sft_sum, kd_sum


class _GradientSums:
    """The gradients of hidden states, head and bias, as far as they are asked for."""

    def __init__(
        self,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        vocabulary: int,
        needed: list[bool],
    ) -> None:
        for_hidden, for_weight, for_bias = needed
        # Summed in float32 at least: a sum of chunks in bfloat16 would drift.
        wide = torch.promote_types(hidden.dtype, torch.float32)
        self._hidden = torch.zeros_like(hidden) if for_hidden else None
        self._weight = torch.empty_like(weight, dtype=wide) if for_weight else None
        self._bias = torch.zeros_like(bias, dtype=wide) if for_bias and bias is not None else None
        self._narrow, self._vocabulary, self._chunks = weight.dtype, vocabulary, 0
        if self._weight is not None:
            self._weight[vocabulary:].zero_()

    def add(self, rows: Tensor, gradient: Tensor, states: Tensor, head: Tensor) -> None:
        """A chunk's part, from the gradient of its logits."""
        if self._hidden is not None:
            self._hidden.index_copy_(0, rows, torch.mm(gradient, head))
        if self._weight is not None:
            _add_product(self._weight[: self._vocabulary], gradient.T, states, self._chunks == 0)
        if self._bias is not None:
            self._bias[: self._vocabulary] += gradient.sum(0, dtype=self._bias.dtype)
        self._chunks += 1

    def scaled(self, factor: Tensor) -> tuple[Tensor | None, ...]:
        """All three times a factor, in their own types; to be called once."""
        return tuple(
            None if gradient is None else gradient.mul_(factor).to(self._narrow)
            for gradient in (self._hidden, self._weight, self._bias)
        )


def _add_product(total: Tensor, left: Tensor, right: Tensor, first: bool) -> None:
    """``total += left @ right``, or ``=`` where it is the first."""
    if total.dtype == left.dtype:
        if first:
            torch.mm(left, right, out=total)
        else:
            total.addmm_(left, right)
        return
    for start in range(0, len(total), SUMMED_ROWS):
        part = slice(start, start + SUMMED_ROWS)
        product = torch.mm(left[part], right)
        if first:
            total[part] = product
        else:
            total[part] += product
