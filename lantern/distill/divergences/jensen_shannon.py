"""Generalised Jensen-Shannon divergence (GKD, Agarwal et al. 2024)."""

from __future__ import annotations

from torch import Tensor

from lantern.distill.divergences.forward_kl import forward_kl
from lantern.distill.divergences.mixture import log_mixture


def jensen_shannon(teacher: Tensor, student: Tensor, *, beta: float = 0.5) -> Tensor:
    """``β KL(p || m) + (1-β) KL(q || m)`` with ``m = β p + (1-β) q``.

    As β goes to 0 it goes to 0 like β·KL(p || q): the definition is not switched at the edges.

    Args:
        teacher: log-probabilities ``[n, events]``.
        student: log-probabilities ``[n, events]``.
        beta: the teacher's share, strictly between 0 and 1.

    Returns:
        ``[n]`` in nats.
    """
    mixed = log_mixture(teacher, student, beta)
    return beta * forward_kl(teacher, mixed) + (1 - beta) * forward_kl(student, mixed)
