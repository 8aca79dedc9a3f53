"""The answer of a classification engine, in the order of its question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from lantern.inference.batches import IndexArray
from lantern.inference.pair_input import Pair

Probabilities = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int32]
_Number = TypeVar("_Number", np.float32, np.int32)


@dataclass(frozen=True, slots=True)
class ScoredBatch:
    """The answer to a list of pairs, in its order.

    Attributes:
        probabilities: ``[pairs, 3]``, Low, Medium, High; nan where the pair is in ``errors``.
        tokens: of each pair's input, after cutting.
        tokens_cut: of each pair's profile that did not fit.
        requirement_tokens_cut: of each pair's requirements that did not fit.
        padded_tokens: that the model computed in all, padding included.
        computed_tokens: real tokens among them; equal pairs count once.
        errors: reason by the pair's position, for the pairs that have no score.
        seconds: wall time of ``tokenise``, ``plan`` and ``model``.
    """

    probabilities: Probabilities
    tokens: Counts
    tokens_cut: Counts
    requirement_tokens_cut: Counts
    padded_tokens: int
    computed_tokens: int
    errors: dict[int, str]
    seconds: dict[str, float]


def is_text(pair: Pair) -> bool:
    """Whether both sides of a pair are texts: a column may hold nulls."""
    return isinstance(pair[0], str) and isinstance(pair[1], str)


def column(values: Sequence[int]) -> Counts:
    """Counts as they stand in the answer."""
    return np.asarray(values, dtype=np.int32)


def restore(rows: npt.NDArray[_Number], order: IndexArray, missing: float) -> npt.NDArray[_Number]:
    """``rows`` in the order of the request; ``missing`` where the order says -1."""
    restored = np.full((order.size, *rows.shape[1:]), missing, dtype=rows.dtype)
    restored[order >= 0] = rows[order[order >= 0]]
    return restored
