"""Verdicts of the teacher as labels of a posting's items: the reasons teach beside the level.

A pair has one level but a verdict for every requirement, so the comparison learns from many more
labels. Training on a teacher's reasons as a second task: Hsieh et al. 2023, "Distilling
step-by-step", arXiv 2305.02301. Nothing of it is needed to score.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lantern.distill.examples import Example
from lantern.inference.interaction_head import ITEM_VERDICTS
from lantern.inference.units import UnitKind, split_requirements

UNKNOWN = -1
"""The label of an item without a verdict: the title, padding, a requirement not answered."""


def verdict_targets(examples: Sequence[Example], width: int) -> Tensor:
    """``[pairs, width]`` positions in ``ITEM_VERDICTS`` of the items of each pair's posting."""
    classes = {kind: number for number, kind in enumerate(ITEM_VERDICTS)}
    items = {
        text: [
            None if unit.kind is UnitKind.TITLE else unit.text
            for unit in split_requirements(text).units[:width]
        ]
        for text in dict.fromkeys(e.requirements for e in examples)
    }
    targets = torch.full((len(examples), width), UNKNOWN)
    for row, example in enumerate(examples):
        said = {verdict.requirement: classes[verdict.kind] for verdict in example.verdicts}
        for place, text in enumerate(items[example.requirements]):
            if text is not None:
                targets[row, place] = said.get(text, UNKNOWN)
    return targets
