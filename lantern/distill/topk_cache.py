"""A teacher's next-token distributions, kept small: k likeliest tokens and the tail's mass.

The columns of ``synthetic``: flat ids (int32), flat log-probabilities and one tail a token, both
int16 in units of -1/1024 nat, so from 0 to -32 nats. A token costs 6 k + 2 bytes before
compression. Renormalising the k alone would be biased; the tail keeps the rest of the mass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lantern.distill.teacher_signal import TopK
from lantern.errors import TrainingError

UNITS_A_NAT = 1024
_LARGEST = np.iinfo(np.int16).max


@dataclass(frozen=True, slots=True)
class TopKColumns:
    """One or many answers as the table holds them.

    Attributes:
        k: tokens kept at each position.
        ids: ``[tokens * k]`` int32.
        log_probs: ``[tokens * k]`` int16.
        tail: ``[tokens]`` int16.
    """

    k: int
    ids: npt.NDArray[np.int32]
    log_probs: npt.NDArray[np.int16]
    tail: npt.NDArray[np.int16]

    @property
    def captured_mass(self) -> float:
        """The mean probability of the kept tokens together."""
        return float(1.0 - np.exp(-self.tail.astype(np.float64) / UNITS_A_NAT).mean())


def encode_topk(logits: Tensor, k: int = 32) -> TopKColumns:
    """Cut full logits to their k likeliest tokens and a tail.

    Args:
        logits: ``[tokens, vocabulary]`` at temperature 1, cut to the shared vocabulary.
        k: below the size of the vocabulary.

    Raises:
        TrainingError: k is not between 1 and the vocabulary, or a logit is not a number.
    """
    if not 1 <= k < logits.shape[-1]:
        raise TrainingError(f"k is {k}; the vocabulary has {logits.shape[-1]} tokens")
    log_probs = torch.log_softmax(logits.detach().float(), dim=-1)
    if not bool(torch.isfinite(log_probs).all()):
        raise TrainingError("the teacher's logits are not all finite numbers; nothing is cached")
    top, ids = log_probs.topk(k, dim=-1)
    # Summed over the tail itself: 1 minus the head would lose a small tail to rounding.
    tail = log_probs.scatter(-1, ids, float("-inf")).logsumexp(-1)
    return TopKColumns(
        k,
        ids.cpu().numpy().astype(np.int32).reshape(-1),
        _quantised(top).reshape(-1),
        _quantised(tail),
    )


def decode_topk(columns: TopKColumns) -> TopK:
    """The teacher's signal from the table's columns.

    Raises:
        TrainingError: the columns' lengths do not belong together.
    """
    tokens = len(columns.tail)
    if {len(columns.ids), len(columns.log_probs)} != {tokens * columns.k}:
        raise TrainingError(
            f"a cached answer of {tokens} tokens with k = {columns.k} holds {len(columns.ids)} ids "
            f"and {len(columns.log_probs)} log-probabilities; run synthesize again for it"
        )
    shape = (tokens, columns.k)
    return TopK(
        torch.from_numpy(columns.ids.astype(np.int64)).reshape(shape),
        _restored(columns.log_probs).reshape(shape),
        _restored(columns.tail),
    )


def _quantised(log_probs: Tensor) -> npt.NDArray[np.int16]:
    units = (-log_probs.double() * UNITS_A_NAT).round().clamp(0, _LARGEST)
    return units.cpu().numpy().astype(np.int16)


def _restored(units: npt.NDArray[np.int16]) -> Tensor:
    return torch.from_numpy(-units.astype(np.float32) / UNITS_A_NAT)
