"""The loss of a classifier: cross-entropy on the level, with soft labels and an ordinal term.

    t = (1 - a) onehot(level) + a q,      l = w_level ( -sum_k t_k log p_k
        + b sum_k (sum_{j<=k} p_j - t_j)^2 )

``q`` are a teacher's probabilities (Hinton et al. 2015, arXiv 1503.02531). The second term is the
squared earth mover's distance of ordered classes (Hou, Yu and Samaras 2016, arXiv 1611.05916):
Low for High costs more than Medium for High. With a = b = 0 it is the paper's cross-entropy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from lantern.config import ClassifierSettings
from lantern.distill.examples import Example
from lantern.errors import TrainingError
from lantern.fit import LEVEL_LABELS

_SUM_TOLERANCE: Final = 1e-3


def level_targets(examples: Sequence[Example], soft_share: float) -> Tensor:
    """What the probabilities of each pair should be: ``[pairs, 3]``, rows adding up to 1.

    Args:
        examples: pairs; one without probabilities of a teacher keeps its level as it is.
        soft_share: of the teacher's probabilities, the rest is the level's.

    Raises:
        TrainingError: if probabilities are no distribution; the message names the row.
    """
    levels = torch.tensor([int(e.level) for e in examples], dtype=torch.long)
    hard = torch.nn.functional.one_hot(levels, len(LEVEL_LABELS)).float()
    if soft_share == 0.0:
        return hard
    taught = [row for row, e in enumerate(examples) if e.probabilities is not None]
    if not taught:
        return hard
    soft = torch.tensor([examples[row].probabilities for row in taught], dtype=torch.float32)
    wrong = (soft < 0).any(dim=1) | ~((soft.sum(dim=1) - 1).abs() <= _SUM_TOLERANCE)
    if bool(wrong.any()):
        row = taught[int(wrong.nonzero()[0])]
        raise TrainingError(f"row {row}: the teacher's probabilities do not add up to 1")
    targets = hard.clone()
    targets[taught] = (1 - soft_share) * hard[taught] + soft_share * soft
    return targets


def level_weights(levels: Tensor, power: float) -> Tensor:
    """Inverse frequencies to a power, 1 on average over the pairs; 0 for a level that is absent.

    Args:
        levels: ``[pairs]``.
        power: 0: all weigh the same; 1: each level weighs the same in all.
    """
    counts = torch.bincount(levels, minlength=len(LEVEL_LABELS)).float()
    weights = torch.where(counts > 0, counts.clamp(min=1) ** -power, torch.zeros_like(counts))
    return weights * counts.sum() / (weights * counts).sum()


class LevelLoss:
    """The loss of batches of a training split.

    Args:
        examples: of the training split.
        settings: the section ``classifier``: soft_share, ordinal_weight, class_weights.
    """

    def __init__(self, examples: Sequence[Example], settings: ClassifierSettings) -> None:
        levels = torch.tensor([int(e.level) for e in examples], dtype=torch.long)
        self._targets = level_targets(examples, settings.soft_share)
        self._weights = level_weights(levels, settings.class_weights)[levels]
        self._ordinal = settings.ordinal_weight

    def __call__(self, logits: Tensor, rows: Sequence[int]) -> Tensor:
        """The mean loss of the pairs ``rows``, whose logits are ``[rows, 3]``."""
        targets = self._targets[rows].to(logits.device)
        log_probabilities = logits.log_softmax(dim=-1)
        losses = -(targets * log_probabilities).sum(dim=-1)
        if self._ordinal:
            gaps = (log_probabilities.exp() - targets).cumsum(dim=-1)
            losses = losses + self._ordinal * gaps.square().sum(dim=-1)
        # Not torch's weighted mean: that divides by the batch's own weights, and so takes back
        # most of a rare level's weight in the batches that hold one.
        return (losses * self._weights[rows].to(logits.device)).mean()
