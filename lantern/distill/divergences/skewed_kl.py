"""Skewed KL and skewed reverse KL (DistiLLM, Ko et al. 2024): bounded ratios, tamer gradients."""

from __future__ import annotations

import torch
from torch import Tensor

from lantern.distill.divergences.in_place import Scratch
from lantern.distill.divergences.mixture import log_mixture


def skewed_kl(teacher: Tensor, student: Tensor, scratch: Scratch, *, alpha: float = 0.1) -> Tensor:
    """``KL(p || m)`` with ``m = α p + (1-α) q``, in place: see :data:`.in_place.InPlace`.

    Its gradient is ``-(1-α) q p/m``. ``alpha`` is the own share, strictly between 0 and 1.
    """
    p, q, log_m = scratch
    torch.exp(teacher, out=p)
    torch.exp(student, out=q)
    log_mixture(p, q, alpha, out=log_m)
    log_ratio = teacher.sub_(log_m)
    values = p.mul_(log_ratio).sum(-1)
    log_ratio.exp_().mul_(q).mul_(alpha - 1)
    return values


def skewed_reverse_kl(
    teacher: Tensor, student: Tensor, scratch: Scratch, *, alpha: float = 0.1
) -> Tensor:
    """``KL(q || m)`` with ``m = α q + (1-α) p``, in place: see :data:`.in_place.InPlace`.

    Its gradient is ``q (log q/m + 1 - α q/m)``. ``alpha`` is the own share, strictly between 0
    and 1.
    """
    p, q, log_m = scratch
    torch.exp(teacher, out=p)
    torch.exp(student, out=q)
    log_mixture(q, p, alpha, out=log_m)
    log_ratio = torch.sub(student, log_m, out=teacher)
    terms = torch.mul(q, log_ratio, out=p)
    values = terms.sum(-1)
    log_ratio.exp_().mul_(-alpha).add_(1).mul_(q).add_(terms)
    return values
