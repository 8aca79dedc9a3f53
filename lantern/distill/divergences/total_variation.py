"""Total variation distance (f-distill, Wen et al. 2023): bounded, and the paper's best."""

from __future__ import annotations

import torch
from torch import Tensor

from lantern.distill.divergences.in_place import Scratch


def total_variation(teacher: Tensor, student: Tensor, scratch: Scratch) -> Tensor:
    """``½ Σ |p - q|``, in 0..1, in place: see :data:`.in_place.InPlace`.

    Its gradient, ``½ q sign(q - p)``, vanishes where the student's probability does: keep some
    weight on ``l_sft``.
    """
    q = torch.exp(student, out=scratch[0])
    gap = torch.sub(q, teacher.exp_(), out=teacher)
    values: Tensor = 0.5 * torch.linalg.vector_norm(gap, ord=1, dim=-1)
    gap.sign_().mul_(q).mul_(0.5)
    return values
