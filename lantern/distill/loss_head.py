"""The objective from hidden states, without ever holding ``[tokens, vocabulary]`` logits.

The rows that count are cut into chunks. Of each chunk the logits, the loss and the gradient with
respect to the logits are computed in the forward pass and pushed on to the gradients of the hidden
states and of the head; then the logits are dropped (cf. Liger kernel, Hsu et al. 2024). So the peak
is one chunk's logits, and the objective is the very one of :func:`objective.explanation_loss`.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from lantern.distill.objective import IGNORED, Losses, Objective, token_sums
from lantern.distill.teacher_signal import TeacherSignal
from lantern.errors import SettingsError

CHUNK_BYTES = 32 * 2**20
"""Of one float32 copy of a chunk's logits; the loss holds a handful of such copies."""


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
        weight: ``[vocabulary or more, width]``; tied to the embedding or frozen as it may be: it
            gets a gradient if and only if it asks for one.
        labels: ``[tokens]`` ids; ``IGNORED`` where a token does not count.
        teacher: its signal for the same rows; may be None where λ_kd is 0.
        objective: what is minimised.
        bias: ``[vocabulary or more]`` or None.
        vocabulary: the size that teacher and student share; further rows of the head are padding
            and take no part. None: all.
        count: the global number of valid tokens; None: those of ``labels``.
        chunk_tokens: rows a chunk; None: as many as :data:`CHUNK_BYTES` holds.

    Returns:
        The losses; only ``total`` carries a gradient.

    Raises:
        SettingsError: λ_kd > 0 without a teacher.
    """
    if objective.kd_weight and teacher is None:
        raise SettingsError("λ_kd is above 0 but there is no teacher's signal")
    size = vocabulary or weight.shape[0]
    chunk = chunk_tokens or max(1, CHUNK_BYTES // (4 * size))
    total, sft, kd = cast(
        tuple[Tensor, Tensor, Tensor],
        _ChunkedLoss.apply(hidden, weight, bias, labels, teacher, objective, size, count, chunk),
    )
    return Losses(total, sft, kd)


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
    ) -> tuple[Tensor, Tensor, Tensor]:
        for_hidden, for_weight, for_bias = ctx.needs_input_grad[:3]
        needed = for_hidden or for_weight or for_bias
        valid = (labels != IGNORED).nonzero().squeeze(-1)
        whole = max(1, len(valid) if count is None else count)
        head, offset = weight[:vocabulary], None if bias is None else bias[:vocabulary]
        # Gradients are summed in float32 at least: a sum of chunks in bfloat16 would drift.
        wide = torch.promote_types(hidden.dtype, torch.float32)
        grad_hidden = torch.zeros_like(hidden) if for_hidden else None
        grad_weight = torch.zeros_like(weight, dtype=wide) if for_weight else None
        grad_bias = torch.zeros_like(bias, dtype=wide) if for_bias and bias is not None else None
        sft_sum = kd_sum = torch.zeros((), dtype=wide, device=hidden.device)
        for rows in torch.split(valid, chunk_tokens):
            states = hidden.index_select(0, rows)
            logits = torch.nn.functional.linear(states, head, offset).to(wide)
            with torch.enable_grad():
                leaf = logits.detach().requires_grad_(needed)
                sft, kd = token_sums(leaf, labels[rows], teacher, rows, objective)
                total = (objective.sft_weight * sft + objective.kd_weight * kd) / whole
            sft_sum, kd_sum = sft_sum + sft.detach(), kd_sum + kd.detach()
            if not needed:
                continue
            (grad,) = torch.autograd.grad(total, leaf)
            if grad_hidden is not None:
                grad_hidden[rows] = grad.to(head.dtype) @ head
            if grad_weight is not None:
                grad_weight[:vocabulary].addmm_(grad.T, states.to(wide))
            if grad_bias is not None:
                grad_bias[:vocabulary] += grad.sum(0)
        ctx.gradients = (
            grad_hidden,
            None if grad_weight is None else grad_weight.to(weight.dtype),
            None if grad_bias is None or bias is None else grad_bias.to(bias.dtype),
        )
        sft_mean, kd_mean = sft_sum / whole, kd_sum / whole
        ctx.mark_non_differentiable(sft_mean, kd_mean)
        return objective.sft_weight * sft_mean + objective.kd_weight * kd_mean, sft_mean, kd_mean

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_total: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        scaled = tuple(
            None if gradient is None else gradient.mul_(grad_total.to(gradient.dtype))
            for gradient in ctx.gradients
        )
        del ctx.gradients  # they are the size of the head: of no use twice
        return (*scaled, *([None] * 6))
