"""Total variation distance (f-distill, Wen et al. 2023): bounded, and the paper's best."""

from __future__ import annotations

from torch import Tensor


def total_variation(teacher: Tensor, student: Tensor) -> Tensor:
    """``½ Σ |p - q|``, ``[n]`` in 0..1, of log-probabilities ``[n, events]``.

    Its gradient vanishes where the student's probability does: keep some weight on ``l_sft``.
    """
    return 0.5 * (teacher.exp() - student.exp()).abs().sum(-1)
