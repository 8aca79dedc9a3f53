"""Labelled pairs, their inputs, and length-bucketed batches of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch

from lantern.errors import TrainingError
from lantern.fit import LEVEL_LABELS, FitLevel, Verdict
from lantern.inference.pair_input import PairEncoder, PairInput

BUCKET_BATCHES = 32
"""Batches whose rows are sorted together: enough to pad little, few enough to stay random."""


class Example(NamedTuple):
    """A pair with its label: what the classifier reads, and what the teacher says of it.

    Attributes:
        requirements, profile: as models see them.
        level: the teacher's.
        probabilities: the teacher's of Low, Medium and High, where it gives any.
        verdicts: the teacher's of the posting's requirements, where it gives any.
    """

    requirements: str
    profile: str
    level: FitLevel
    probabilities: tuple[float, float, float] | None = None
    verdicts: tuple[Verdict, ...] = ()


class EncodedExamples(NamedTuple):
    """Inputs and labels of a split, in its order."""

    inputs: list[PairInput]
    labels: torch.Tensor


def encode_examples(
    examples: Sequence[Example], encoder: PairEncoder, split: str
) -> EncodedExamples:
    """Token ids of a split.

    Raises:
        TrainingError: if the split is empty or one of its texts cannot be used; the message names
            the split and the row, never the text.
    """
    if not examples:
        raise TrainingError(f"the {split} split is empty; label more pairs or change pairs.split")
    encoded = encoder.encode([(item.requirements, item.profile) for item in examples])
    inputs: list[PairInput] = []
    for row, item in enumerate(encoded):
        if isinstance(item, str):
            raise TrainingError(f"row {row} of the {split} split: {item}")
        inputs.append(item)
    return EncodedExamples(inputs, torch.tensor([int(e.level) for e in examples]))


def check_levels(labels: torch.Tensor) -> None:
    """Refuse a training split of one level: a classifier cannot learn from it.

    Raises:
        TrainingError: if there is one level only.
    """
    counts = torch.bincount(labels, minlength=len(LEVEL_LABELS))
    if int((counts > 0).sum()) < 2:
        only = LEVEL_LABELS[int(counts.argmax())]
        raise TrainingError(f"all pairs of the train split are {only}; label more varied pairs")


def shuffled_batches(
    lengths: Sequence[int], rows: int, generator: torch.Generator
) -> Iterator[list[int]]:
    """One epoch of batches: random, but of similar lengths.

    Args:
        lengths: tokens of each example.
        rows: examples in a batch.
        generator: the source of the order.
    """
    order = torch.randperm(len(lengths), generator=generator).tolist()
    bucket = rows * BUCKET_BATCHES
    batches: list[list[int]] = []
    for start in range(0, len(order), bucket):
        inside = sorted(order[start : start + bucket], key=lambda row: lengths[row])
        batches += [inside[at : at + rows] for at in range(0, len(inside), rows)]
    for index in torch.randperm(len(batches), generator=generator).tolist():
        yield batches[index]
