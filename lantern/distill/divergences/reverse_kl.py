"""Reverse KL: the student must not say what the teacher would not (MiniLLM, Gu et al. 2024)."""

from __future__ import annotations

import torch
from torch import Tensor

from lantern.distill.divergences.in_place import Scratch


def reverse_kl(teacher: Tensor, student: Tensor, scratch: Scratch) -> Tensor:
    """``KL(q || p) = Σ q (log q - log p)``, in place: see :data:`.in_place.InPlace`.

    Its gradient is ``q (log q - log p + 1)``.
    """
    terms = torch.sub(student, teacher, out=scratch[0])
    q = torch.exp(student, out=teacher)
    values = terms.mul_(q).sum(-1)
    q.add_(terms)
    return values
