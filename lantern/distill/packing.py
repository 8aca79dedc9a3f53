"""Rows of examples: which examples share a row, and what a batch of rows looks like.

A row holds one example, or several behind one another (packing). Positions begin anew at each
example, and no attention mask is given: transformers reads the restarts and lets every token see
the tokens of its own example alone, for ``eager``, ``sdpa``, ``flex_attention`` and, with one row a
batch, flash attention. Student and teacher get the same batch, so both see the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lantern.distill.encoded_answers import EncodedAnswer
from lantern.distill.objective import IGNORED
from lantern.distill.topk_cache import TopKColumns
from lantern.errors import TrainingError

_BUCKET_ROWS = 4096
"""Examples that are packed together: enough to fill rows, few enough to keep packing linear."""


class Batch(TypedDict):
    """Rows on their way to the student; the first three are ``[rows, tokens]``.

    ``labels`` holds the id itself at an answer's tokens and ``IGNORED`` elsewhere, not shifted:
    a prompt is never empty, so no example's first token is a label. ``examples`` are the numbers of
    the batch's examples in the split, in the order of the rows. The teacher's columns, if any, are
    ``[labels, k]`` and ``[labels]`` in the same order, as :mod:`.topk_cache` stores them.
    """

    input_ids: Tensor
    position_ids: Tensor
    labels: Tensor
    examples: Tensor
    top_ids: NotRequired[Tensor]
    top_logprobs: NotRequired[Tensor]
    tail_logprobs: NotRequired[Tensor]


@dataclass(frozen=True, slots=True)
class RowLayout:
    """How examples become rows.

    Attributes:
        pad: id of the padding token.
        capacity: tokens of a row that several examples share; None: one example a row.
        flatten: see :func:`collate`.
        seed: which examples may meet in a row.
    """

    pad: int
    capacity: int | None = None
    flatten: bool = False
    seed: int = 0

    def rows(self, lengths: npt.NDArray[np.int64]) -> list[list[int]]:
        """Numbers of the examples of each row."""
        if self.capacity is None:
            return [[number] for number in range(len(lengths))]
        return pack(lengths, self.capacity, self.seed)

    def collated(self, rows: Sequence[Sequence[tuple[int, EncodedAnswer]]]) -> Batch:
        """One batch of whole rows."""
        return collate(rows, pad=self.pad, flatten=self.flatten)

    def batch(self, examples: Sequence[tuple[int, EncodedAnswer]]) -> Batch:
        """One batch of examples that are laid into rows first."""
        lengths = np.array([len(example.ids) for _, example in examples])
        return self.collated([[examples[i] for i in row] for row in self.rows(lengths)])


def pack(lengths: npt.NDArray[np.int64], capacity: int, seed: int) -> list[list[int]]:
    """Lay examples into rows of at most ``capacity`` tokens (best fit, the longest first).

    Args:
        lengths: tokens of each example, none above the capacity.
        capacity: of a row.
        seed: which examples may meet in a row.

    Returns:
        Rows of example numbers; every example is in exactly one.
    """
    order = np.random.default_rng(seed).permutation(len(lengths))
    rows: list[list[int]] = []
    for start in range(0, len(order), _BUCKET_ROWS):
        bucket = order[start : start + _BUCKET_ROWS]
        rows.extend(
            _best_fit(lengths, bucket[np.argsort(-lengths[bucket], kind="stable")], capacity)
        )
    return rows


def _best_fit(
    lengths: npt.NDArray[np.int64], order: npt.NDArray[np.int64], capacity: int
) -> list[list[int]]:
    rows: list[list[int]] = []
    room = np.zeros(len(order), dtype=np.int64)
    for number in order.tolist():
        length = int(lengths[number])
        open_rows = room[: len(rows)]
        fits = np.flatnonzero(open_rows >= length)
        if fits.size:
            row = int(fits[open_rows[fits].argmin()])
        else:
            row = len(rows)
            rows.append([])
            room[row] = capacity
        rows[row].append(number)
        room[row] -= length
    return rows


def collate(
    rows: Sequence[Sequence[tuple[int, EncodedAnswer]]], *, pad: int, flatten: bool = False
) -> Batch:
    """One batch of rows, padded on the right with examples of padding that nothing is taught.

    Args:
        rows: of each row its examples and their numbers.
        pad: id of the padding token.
        flatten: lay all rows behind one another into one, without padding: what flash attention
            reads restarts of positions from.
    """
    if flatten:
        rows = [[example for row in rows for example in row]]
    width = max(sum(len(example.ids) for _, example in row) for row in rows)
    input_ids = torch.full((len(rows), width), pad, dtype=torch.long)
    labels = torch.full((len(rows), width), IGNORED, dtype=torch.long)
    position_ids = torch.zeros((len(rows), width), dtype=torch.long)
    for number, row in enumerate(rows):
        start = 0
        for _, example in row:
            end = start + len(example.ids)
            answer = start + example.prompt_tokens
            ids = torch.from_numpy(example.ids.astype(np.int64))
            input_ids[number, start:end] = ids
            labels[number, answer:end] = ids[example.prompt_tokens :]
            position_ids[number, start:end] = torch.arange(end - start)
            start = end
        # After one example the padding goes on counting: with the causal mask alone it is seen by
        # no one, and the fast path without a mask is taken.
        first = len(row[0][1].ids) if len(row) == 1 else 0
        position_ids[number, start:] = torch.arange(first, first + width - start)
    numbers = torch.tensor([number for row in rows for number, _ in row])
    batch = Batch(input_ids=input_ids, position_ids=position_ids, labels=labels, examples=numbers)
    if all(example.signal is not None for row in rows for _, example in row):
        _add_signal(batch, [example.signal for row in rows for _, example in row if example.signal])
    return batch


def _add_signal(batch: Batch, signals: Sequence[TopKColumns]) -> None:
    sizes = {signal.k for signal in signals}
    if len(sizes) > 1:
        raise TrainingError(
            f"cached signals of {len(sizes)} sizes, k = {sorted(sizes)}; run synthesize with one k"
        )
    k = sizes.pop()
    ids = np.concatenate([signal.ids for signal in signals])
    log_probs = np.concatenate([signal.log_probs for signal in signals])
    batch["top_ids"] = torch.from_numpy(ids).reshape(-1, k)
    batch["top_logprobs"] = torch.from_numpy(log_probs).reshape(-1, k)
    batch["tail_logprobs"] = torch.from_numpy(np.concatenate([s.tail for s in signals]))
