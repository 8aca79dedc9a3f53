"""Forward KL: the student must cover whatever the teacher may say (Hinton et al. 2015)."""

from __future__ import annotations

import torch
from torch import Tensor

from lantern.distill.divergences.in_place import Scratch


def forward_kl(teacher: Tensor, student: Tensor, scratch: Scratch) -> Tensor:
    """``KL(p || q) = Σ p (log p - log q)``, in place: see :data:`.in_place.InPlace`.

    Its gradient is ``-p``: with a constant teacher that of the cross-entropy with soft labels.
    """
    gap = torch.sub(teacher, student, out=scratch[0])
    p = teacher.exp_()
    values = gap.mul_(p).sum(-1)
    p.neg_()
    return values
