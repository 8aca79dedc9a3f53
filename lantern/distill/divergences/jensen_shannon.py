"""Generalised Jensen-Shannon divergence (GKD, Agarwal et al. 2024)."""

from __future__ import annotations

import torch
from torch import Tensor

from lantern.distill.divergences.in_place import Scratch
from lantern.distill.divergences.mixture import log_mixture


def jensen_shannon(
    teacher: Tensor, student: Tensor, scratch: Scratch, *, beta: float = 0.5
) -> Tensor:
    """``β KL(p || m) + (1-β) KL(q || m)`` with ``m = β p + (1-β) q``, in place.

    As β goes to 0 it goes to 0 like β·KL(p || q): the definition is not switched at the edges.
    Its gradient is ``(1-β) q (log q - log m)``: what ``m`` itself adds sums to nothing.

    Args:
        teacher: log-probabilities ``[n, events]``; its gradient's place, see
            :data:`.in_place.InPlace`.
        student: log-probabilities ``[n, events]``.
        scratch: see :data:`.in_place.Scratch`.
        beta: the teacher's share, strictly between 0 and 1.

    Returns:
        ``[n]`` in nats.
    """
    p, q, log_m = scratch
    torch.exp(teacher, out=p)
    torch.exp(student, out=q)
    log_mixture(p, q, beta, out=log_m)
    of_teacher = teacher.sub_(log_m).mul_(p).sum(-1)
    gradient = torch.sub(student, log_m, out=teacher).mul_(q)
    of_student = gradient.sum(-1)
    gradient.mul_(1 - beta)
    return beta * of_teacher + (1 - beta) * of_student
