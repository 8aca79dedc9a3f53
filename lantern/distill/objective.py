"""The paper's objective: ``l_exp = λ_sft · l_sft + λ_kd · l_kd``, over the tokens of answers.

Both terms are sums over the valid tokens divided by one count. The count is global where a batch
is spread over micro-batches or ranks: the caller hands it in, so that the sum of the parts is the
loss of the whole, whatever their lengths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from lantern.distill.divergences import Divergence
from lantern.distill.teacher_signal import TeacherSignal
from lantern.errors import SettingsError

IGNORED = -100
"""The label of a token that is not part of an answer: prompt, padding."""


@dataclass(frozen=True, slots=True)
class Objective:
    """What is minimised.

    Attributes:
        divergence: ``d`` of ``l_kd``.
        sft_weight: λ_sft, at least 0.
        kd_weight: λ_kd, at least 0.
        temperature: both distributions of ``d`` are softened by it; ``l_kd`` is multiplied by its
            square, so that its gradient keeps its size (Hinton et al. 2015).
    """

    divergence: Divergence
    sft_weight: float = 1.0
    kd_weight: float = 1.0
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if min(self.sft_weight, self.kd_weight) < 0 or self.sft_weight + self.kd_weight == 0:
            raise SettingsError("λ_sft and λ_kd must be at least 0, and not both 0")
        if not self.temperature > 0:
            raise SettingsError(f"the temperature is {self.temperature}; it must be above 0")


class Losses(NamedTuple):
    """Scalars, each already divided by the count of valid tokens."""

    total: Tensor
    sft: Tensor
    kd: Tensor


def explanation_loss(
    logits: Tensor,
    labels: Tensor,
    teacher: TeacherSignal | None,
    objective: Objective,
    *,
    count: int | None = None,
) -> Losses:
    """The objective from full student logits: the plain path.

    Args:
        logits: ``[tokens, vocabulary]``, the student's, already shifted: row t predicts label t.
            Columns beyond the vocabulary that teacher and student share must be cut by the caller.
        labels: ``[tokens]`` ids; :data:`IGNORED` where a token does not count.
        teacher: its signal for the same rows; may be None where λ_kd is 0.
        objective: what is minimised.
        count: the global number of valid tokens; None: those of ``labels``.

    Raises:
        SettingsError: λ_kd > 0 without a teacher.
    """
    if objective.kd_weight and teacher is None:
        raise SettingsError("λ_kd is above 0 but there is no teacher's signal")
    valid = (labels != IGNORED).nonzero().squeeze(-1)
    whole = max(1, len(valid) if count is None else count)
    sft, kd = token_sums(logits.index_select(0, valid), labels[valid], teacher, valid, objective)
    total = objective.sft_weight * sft + objective.kd_weight * kd
    return Losses(total / whole, sft / whole, kd / whole)


def token_sums(
    logits: Tensor,
    labels: Tensor,
    teacher: TeacherSignal | None,
    rows: Tensor,
    objective: Objective,
) -> tuple[Tensor, Tensor]:
    """``l_sft`` and ``l_kd`` summed over rows that all count, in float32 or wider.

    Args:
        logits: ``[n, vocabulary]``.
        labels: ``[n]``, none of them ignored.
        teacher: its signal.
        rows: ``[n]``, the rows' numbers for the teacher's signal.
        objective: a term whose weight is 0 is not computed, and 0.
    """
    wide = logits.float() if logits.dtype in (torch.float16, torch.bfloat16) else logits
    sft = kd = wide.new_zeros(())
    if objective.sft_weight:
        sft = torch.nn.functional.cross_entropy(wide, labels, reduction="sum")
    if objective.kd_weight and teacher is not None:
        of_teacher, of_student = teacher.aligned(wide, rows, objective.temperature)
        divergences = objective.divergence(of_teacher.to(of_student.dtype), of_student)
        kd = divergences.sum() * objective.temperature**2
    return sft, kd
