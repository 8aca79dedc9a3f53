"""The divergences as they are written in the papers, with autograd and full copies: references."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Plain = Callable[[Tensor, Tensor], Tensor]


def plain_divergence(name: str, *, beta: float = 0.5, alpha: float = 0.1, mu: float = 0.5) -> Plain:
    """``d(teacher, student) -> [n]`` of log-probabilities; its gradient is autograd's."""
    return {
        "forward_kl": _kl,
        "reverse_kl": lambda p, q: _kl(q, p),
        "jensen_shannon": lambda p, q: (
            beta * _kl(p, _mixed(p, q, beta)) + (1 - beta) * _kl(q, _mixed(p, q, beta))
        ),
        "total_variation": lambda p, q: 0.5 * (p.exp() - q.exp()).abs().sum(-1),
        "skewed_kl": lambda p, q: _kl(p, _mixed(p, q, alpha)),
        "skewed_reverse_kl": lambda p, q: _kl(q, _mixed(q, p, alpha)),
        "adaptive_kl": lambda p, q: _adaptive(p, q, mu),
    }[name]


def _kl(first: Tensor, second: Tensor) -> Tensor:
    return (first.exp() * (first - second)).sum(-1)


def _mixed(first: Tensor, second: Tensor, share: float) -> Tensor:
    return torch.logaddexp(first + math.log(share), second + math.log1p(-share))


def _adaptive(teacher: Tensor, student: Tensor, mu: float) -> Tensor:
    with torch.no_grad():
        likeliest, order = teacher.exp().sort(dim=-1, descending=True, stable=True)
        gaps = (likeliest - student.exp().gather(-1, order)).abs()
        head = likeliest.cumsum(-1) <= mu
        head[..., 0] = True
        whole = gaps.sum(-1)
        share = (gaps * head).sum(-1) / whole
        share = torch.where(whole > 0, share, torch.full_like(share, 0.5))
    return share * _kl(teacher, student) + (1 - share) * _kl(student, teacher)
