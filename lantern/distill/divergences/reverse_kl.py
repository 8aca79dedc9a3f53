"""Reverse KL: the student must not say what the teacher would not (MiniLLM, Gu et al. 2024)."""

from __future__ import annotations

from torch import Tensor


def reverse_kl(teacher: Tensor, student: Tensor) -> Tensor:
    """``KL(q || p) = Σ q (log q - log p)``, ``[n]`` in nats, of log-probs ``[n, events]``."""
    return (student.exp() * (student - teacher)).sum(-1)
