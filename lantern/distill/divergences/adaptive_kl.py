"""Adaptive KL (Wu et al. 2024, "Rethinking KL divergence in knowledge distillation for LLMs").

Early in training forward KL fits the head of the teacher's distribution first and reverse KL its
tail; each gets the weight of the gap that it is good at closing.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lantern.distill.divergences.forward_kl import forward_kl
from lantern.distill.divergences.reverse_kl import reverse_kl


def adaptive_kl(teacher: Tensor, student: Tensor, *, mu: float = 0.5) -> Tensor:
    """``g_head/(g_head+g_tail) KL(p || q) + g_tail/(g_head+g_tail) KL(q || p)``.

    The head holds the teacher's likeliest events up to a cumulative probability of ``mu``, at
    least one; equally likely events stand in the order of their ids. ``g`` is ``Σ |p - q|`` over
    head or tail. The weights carry no gradient; where both gaps are 0 they are one half each.

    Args:
        teacher: log-probabilities ``[n, events]``.
        student: log-probabilities ``[n, events]``.
        mu: strictly between 0 and 1.

    Returns:
        ``[n]`` in nats.
    """
    with torch.no_grad():
        sorted_teacher, order = teacher.exp().sort(dim=-1, descending=True, stable=True)
        gaps = (sorted_teacher - student.exp().gather(-1, order)).abs()
        head = sorted_teacher.cumsum(-1) <= mu
        head[..., 0] = True
        whole = gaps.sum(-1)
        share = (gaps * head).sum(-1) / whole
        share = torch.where(whole > 0, share, torch.full_like(share, 0.5))
    return share * forward_kl(teacher, student) + (1 - share) * reverse_kl(teacher, student)
