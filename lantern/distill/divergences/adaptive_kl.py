"""Adaptive KL (Wu et al. 2024, "Rethinking KL divergence in knowledge distillation for LLMs").

Early in training forward KL fits the head of the teacher's distribution first and reverse KL its
tail; each gets the weight of the gap that it is good at closing.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lantern.distill.divergences.in_place import Scratch

_LIKELIEST = 2048
"""Events among which the head is looked for before all of them are sorted."""


def adaptive_kl(teacher: Tensor, student: Tensor, scratch: Scratch, *, mu: float = 0.5) -> Tensor:
    """``g_head/(g_head+g_tail) KL(p || q) + g_tail/(g_head+g_tail) KL(q || p)``, in place.

    The head holds the teacher's likeliest events up to a cumulative probability of ``mu``, at
    least one; equally likely events stand in the order of their ids. ``g`` is ``Σ |p - q|`` over
    head or tail. The weights carry no gradient; where both gaps are 0 they are one half each.

    Args:
        teacher: log-probabilities ``[n, events]``; its gradient's place, see
            :data:`.in_place.InPlace`.
        student: log-probabilities ``[n, events]``.
        scratch: see :data:`.in_place.Scratch`.
        mu: strictly between 0 and 1.

    Returns:
        ``[n]`` in nats.
    """
    p, q, gaps = scratch
    torch.exp(teacher, out=p)
    torch.exp(student, out=q)
    torch.sub(p, q, out=gaps).abs_()
    whole = gaps.sum(-1)
    share = _head_sum(p, gaps, mu) / whole
    share = torch.where(whole > 0, share, torch.full_like(share, 0.5))
    log_ratio = torch.sub(student, teacher, out=teacher)  # log q/p
    forward = -torch.mul(p, log_ratio, out=gaps).sum(-1)
    terms = log_ratio.mul_(q)
    backward = terms.sum(-1)
    column = share.unsqueeze(-1)
    terms.add_(q).mul_(1 - column).sub_(p.mul_(column))
    return share * forward + (1 - share) * backward


def _head_sum(p: Tensor, gaps: Tensor, mu: float) -> Tensor:
    """The sum of ``gaps`` over the head of each row, ``[n]``."""
    size = min(_LIKELIEST, p.shape[-1])
    likeliest, ids = p.topk(size, dim=-1)
    inside = _inside(likeliest, mu)
    last = inside.sum(-1, keepdim=True)
    follower = likeliest.gather(-1, last.clamp_max(size - 1))
    # Where the head reaches the end of the list, or its last event ties with the next, topk does
    # not say which events are in it.
    if bool(((last == size) | (follower == likeliest.gather(-1, last - 1))).any()):
        likeliest, ids = p.sort(dim=-1, descending=True, stable=True)
        inside = _inside(likeliest, mu)
    return (gaps.gather(-1, ids) * inside).sum(-1)


def _inside(likeliest: Tensor, mu: float) -> Tensor:
    inside = likeliest.cumsum(-1) <= mu
    inside[..., 0] = True
    return inside
