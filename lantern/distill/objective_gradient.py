"""The objective at a few rows and its gradient with respect to their logits, by hand, in place.

It is :func:`objective.token_sums` without autograd: nothing is kept but the rows themselves.
"""

from __future__ import annotations

from torch import Tensor

from lantern.distill.buffers import Buffers, log_softmax_
from lantern.distill.chunk_signal import ChunkSignal
from lantern.distill.objective import Objective


def sums_and_gradient_(
    logits: Tensor,
    labels: Tensor,
    teacher: ChunkSignal | None,
    part: slice,
    objective: Objective,
    buffers: Buffers,
) -> tuple[Tensor, Tensor]:
    """``l_sft`` and ``l_kd`` summed over rows that all count.

    Args:
        logits: ``[n, vocabulary]`` in float32 or wider; holds on return the gradient of
            ``λ_sft l_sft + λ_kd l_kd``.
        labels: ``[n]``, none of them ignored.
        teacher: its signal at the chunk.
        part: the rows of the chunk.
        objective: a term whose weight is 0 is not computed, and 0.
        buffers: for what is needed on the way.

    Returns:
        Two scalars.
    """
    zero = logits.new_zeros(())
    at_labels = labels.unsqueeze(-1)
    if teacher is None or not objective.kd_weight:
        log_softmax_(logits, 1.0, buffers)
        sft = -logits.gather(-1, at_labels).sum()
        _add_at(logits.exp_(), at_labels, -1.0).mul_(objective.sft_weight)
        return sft, zero
    if not objective.sft_weight:
        return zero, _distil_(logits, teacher, part, objective, buffers)
    supervised = buffers.like("supervised", logits).copy_(logits)
    log_softmax_(supervised, 1.0, buffers)
    sft = -supervised.gather(-1, at_labels).sum()
    _add_at(supervised.exp_(), at_labels, -1.0)
    kd = _distil_(logits, teacher, part, objective, buffers)
    logits.add_(supervised, alpha=objective.sft_weight)
    return sft, kd


def _distil_(
    logits: Tensor, teacher: ChunkSignal, part: slice, objective: Objective, buffers: Buffers
) -> Tensor:
    temperature = objective.temperature
    log_softmax_(logits, temperature, buffers)
    values = teacher.pull_(part, logits, objective.divergence, buffers)
    # T² of l_kd by the 1/T of the softened logits.
    logits.mul_(objective.kd_weight * temperature)
    return values.sum() * temperature**2


def _add_at(rows: Tensor, at_labels: Tensor, value: float) -> Tensor:
    return rows.scatter_add_(-1, at_labels, rows.new_full(at_labels.shape, value))
