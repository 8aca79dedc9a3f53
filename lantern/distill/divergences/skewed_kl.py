"""Skewed KL and skewed reverse KL (DistiLLM, Ko et al. 2024): bounded ratios, tamer gradients."""

from __future__ import annotations

from torch import Tensor

from lantern.distill.divergences.forward_kl import forward_kl
from lantern.distill.divergences.mixture import log_mixture


def skewed_kl(teacher: Tensor, student: Tensor, *, alpha: float = 0.1) -> Tensor:
    """``KL(p || α p + (1-α) q)``, ``[n]`` in nats, of log-probabilities ``[n, events]``.

    ``alpha`` is the own share, strictly between 0 and 1.
    """
    return forward_kl(teacher, log_mixture(teacher, student, alpha))


def skewed_reverse_kl(teacher: Tensor, student: Tensor, *, alpha: float = 0.1) -> Tensor:
    """``KL(q || α q + (1-α) p)``, ``[n]`` in nats, of log-probabilities ``[n, events]``.

    ``alpha`` is the own share, strictly between 0 and 1.
    """
    return forward_kl(student, log_mixture(student, teacher, alpha))
