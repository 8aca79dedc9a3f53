"""Answers as token ids: in memory, or a memory-mapped Arrow file that is never read whole.

x is the explanation prompt, y the explanation with its end token. A row may carry the teacher's
top-k columns for the tokens of y.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lantern.distill.topk_cache import TopKColumns

_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("ids", pa.list_(pa.int32())),
        ("prompt_tokens", pa.int32()),
        ("k", pa.int32()),
        ("top_ids", pa.list_(pa.int32())),
        ("top_logprobs", pa.list_(pa.int16())),
        ("tail_logprobs", pa.list_(pa.int16())),
    ]
)
_ROWS_A_BATCH = 512


@dataclass(frozen=True, slots=True)
class EncodedAnswer:
    """One example.

    Attributes:
        row: its number in the source, for messages.
        ids: ``[tokens]`` int32, prompt and answer.
        prompt_tokens: the first so many are the prompt; at least 1.
        signal: the teacher's top-k of the answer's tokens, or None.
    """

    row: int
    ids: npt.NDArray[np.int32]
    prompt_tokens: int
    signal: TopKColumns | None = None

    @property
    def prompt(self) -> npt.NDArray[np.int32]:
        return self.ids[: self.prompt_tokens]

    @property
    def answer(self) -> npt.NDArray[np.int32]:
        return self.ids[self.prompt_tokens :]


class EncodedAnswers(Sequence[EncodedAnswer]):
    """A split's examples behind an Arrow table.

    Args:
        table: of this module's schema; use :meth:`of` or :meth:`open`.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        ids = table["ids"]
        sizes = [np.diff(chunk.offsets.to_numpy()) for chunk in ids.chunks]
        self.lengths: npt.NDArray[np.int64] = np.concatenate([*sizes, []]).astype(np.int64)
        prompts = table["prompt_tokens"].to_numpy().astype(np.int64)
        self.answer_lengths: npt.NDArray[np.int64] = self.lengths - prompts
        # Where each record batch begins: a row is found by bisection, not by a scan.
        self._starts = np.cumsum([0, *(len(chunk) for chunk in ids.chunks)])

    @classmethod
    def of(cls, examples: Iterable[EncodedAnswer]) -> Self:
        """In memory."""
        return cls(pa.Table.from_batches(_batches(examples), _SCHEMA))

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Memory-mapped from a file of :func:`write_encoded`; its values stay on the disk."""
        return cls(pa.ipc.open_file(pa.memory_map(str(path))).read_all())

    def __len__(self) -> int:
        return len(self._table)

    @overload
    def __getitem__(self, index: int) -> EncodedAnswer: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[EncodedAnswer]: ...
    def __getitem__(self, index: int | slice) -> EncodedAnswer | Sequence[EncodedAnswer]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        row = index % len(self)
        chunk = int(np.searchsorted(self._starts, row, side="right")) - 1
        place = row - int(self._starts[chunk])
        k = int(self._value("k", chunk, place).as_py())
        signal = None
        if k:
            signal = TopKColumns(
                k,
                self._array("top_ids", chunk, place),
                self._array("top_logprobs", chunk, place),
                self._array("tail_logprobs", chunk, place),
            )
        return EncodedAnswer(
            row=int(self._value("row", chunk, place).as_py()),
            ids=self._array("ids", chunk, place),
            prompt_tokens=int(self._value("prompt_tokens", chunk, place).as_py()),
            signal=signal,
        )

    def spread(self, count: int) -> Self:
        """At most ``count`` examples, at even distances over the split."""
        if count >= len(self):
            return self
        chosen = np.arange(count) * len(self) // count
        return type(self)(self._table.take(pa.array(chosen)))

    @property
    def has_signal(self) -> bool:
        """Whether every row carries a teacher's top-k."""
        return bool(len(self)) and bool((self._table["k"].to_numpy() > 0).all())

    def _value(self, name: str, chunk: int, place: int) -> Any:
        return self._table[name].chunk(chunk)[place]

    def _array(self, name: str, chunk: int, place: int) -> npt.NDArray[Any]:
        values: npt.NDArray[Any] = self._value(name, chunk, place).values.to_numpy()
        return values


def write_encoded(examples: Iterable[EncodedAnswer], path: str | Path) -> int:
    """Stream examples into an Arrow file; it appears under its name only when it is whole.

    Returns:
        The number of examples.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    rows = 0
    with pa.OSFile(str(partial), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA) as writer:
        for batch in _batches(examples):
            writer.write_batch(batch)
            rows += len(batch)
    partial.replace(target)
    return rows


def _batches(examples: Iterable[EncodedAnswer]) -> Iterator[pa.RecordBatch]:
    rows: list[dict[str, Any]] = []
    for example in examples:
        signal = example.signal
        rows.append(
            {
                "row": example.row,
                "ids": example.ids,
                "prompt_tokens": example.prompt_tokens,
                "k": 0 if signal is None else signal.k,
                "top_ids": [] if signal is None else signal.ids,
                "top_logprobs": [] if signal is None else signal.log_probs,
                "tail_logprobs": [] if signal is None else signal.tail,
            }
        )
        if len(rows) == _ROWS_A_BATCH:
            yield pa.RecordBatch.from_pylist(rows, schema=_SCHEMA)
            rows = []
    if rows:
        yield pa.RecordBatch.from_pylist(rows, schema=_SCHEMA)
