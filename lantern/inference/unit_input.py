"""From texts to tables of unit numbers: what the late-interaction head reads of a pair.

The number and the length of units are bounded. What does not fit is cut from the end - nice-to-
haves and the least telling sentences stand there - and counted in tokens, by text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from lantern.inference.pair_input import Ids, PairTemplate, TextTokenizer
from lantern.inference.unit_names import MOST_NAMES, NO_NAME
from lantern.inference.units import SplitText

NO_KIND = -1
"""The kind of padding."""

_STEP = 8


def padded_size(size: int) -> int:
    """``size`` rounded up to a multiple of 8, and at least one more than ``size``.

    What is computed for a unit or a pair then depends on its own size alone, not on its
    neighbours' in the batch, and there is always some padding: kernels that are chosen for batches
    without any (attention without a mask) would give other last bits.
    """
    return (size // _STEP + 1) * _STEP


class Side(NamedTuple):
    """One of the two texts of each pair of a batch.

    Attributes:
        rows: ``[pairs, units]`` numbers of the units' vectors.
        kinds: ``[pairs, units]``; NO_KIND where there is padding.
        years: ``[pairs, units]`` asked for or shown by each unit.
        names: ``[pairs, units, most]`` that each unit names; NO_NAME where there is padding.
        total: ``[pairs]`` asked for or shown by the text as a whole.
    """

    rows: Tensor
    kinds: Tensor
    years: Tensor
    names: Tensor
    total: Tensor

    def to(self, device: torch.device) -> Side:
        """The same side on a device."""
        return Side(*(values.to(device) for values in self))


@dataclass(frozen=True, slots=True)
class SideTable:
    """The distinct texts of one side, padded to the one of most units.

    Attributes:
        side: of all texts, one a row.
        sizes: units of each text.
        tokens: of each text's units, special tokens included, after cutting.
        tokens_cut: of each text that did not fit.
    """

    side: Side
    sizes: list[int]
    tokens: list[int]
    tokens_cut: list[int]

    def take(self, texts: Sequence[int], width: int) -> Side:
        """The rows of some texts, padded to ``width`` units."""
        index = torch.as_tensor(texts, dtype=torch.long)
        side = self.side
        return Side(
            side.rows[index, :width],
            side.kinds[index, :width],
            side.years[index, :width],
            side.names[index, :width],
            side.total[index],
        )


class UnitTable:
    """Numbers the distinct units of any number of texts, and tokenises each once.

    Args:
        tokenizer: of the model.
        template: whose prefix and suffix every unit gets.
        unit_tokens: most tokens of a unit, the template's own included.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, template: PairTemplate, unit_tokens: int
    ) -> None:
        self._texts = TextTokenizer(tokenizer)
        self._prefix = np.asarray(template.prefix, dtype=np.int32)
        self._suffix = np.asarray(template.suffix, dtype=np.int32)
        self._room = unit_tokens - self._prefix.size - self._suffix.size
        self._numbers: dict[bytes, int] = {}
        self.inputs: list[Ids] = []

    def add(self, texts: Sequence[SplitText], most_units: int) -> tuple[SideTable, dict[int, str]]:
        """Number the units of the texts of one side.

        Args:
            texts: of one side, distinct.
            most_units: kept of each text.

        Returns:
            The table, and the reason by position for texts that cannot be tokenised.
        """
        found, errors = self._texts.tokenise(u.text for text in texts for u in text.units)
        failed: dict[int, str] = {}
        numbers: list[list[int]] = []
        tokens, cut = [], []
        for position, text in enumerate(texts):
            reasons = [errors[unit.text] for unit in text.units if unit.text in errors]
            if reasons:
                failed[position] = reasons[0]
            ids = [] if reasons else [found[unit.text] for unit in text.units]
            kept = ids[:most_units]
            numbers.append([self._number(unit) for unit in kept])
            tokens.append(sum(int(self.inputs[number].size) for number in numbers[-1]))
            cut.append(
                sum(max(0, int(unit.size) - self._room) for unit in kept)
                + sum(int(unit.size) for unit in ids[most_units:])
            )
        sizes = [len(row) for row in numbers]
        return SideTable(_side(texts, numbers), sizes, tokens, cut), failed

    def _number(self, ids: Ids) -> int:
        cut = ids[: self._room]
        key = cut.tobytes()
        if key not in self._numbers:
            self._numbers[key] = len(self.inputs)
            joined = np.concatenate([self._prefix, cut, self._suffix])
            self.inputs.append(joined.astype(np.int32))
        return self._numbers[key]


def _side(texts: Sequence[SplitText], numbers: Sequence[Sequence[int]]) -> Side:
    shape = (len(texts), padded_size(max(map(len, numbers), default=0)))
    rows = np.zeros(shape, dtype=np.int64)
    kinds = np.full(shape, NO_KIND, dtype=np.int64)
    years = np.zeros(shape, dtype=np.float32)
    names = np.full((*shape, MOST_NAMES), NO_NAME, dtype=np.int64)
    for row, (text, kept) in enumerate(zip(texts, numbers, strict=True)):
        size = len(kept)
        rows[row, :size] = kept
        kinds[row, :size] = [unit.kind for unit in text.units[:size]]
        years[row, :size] = [unit.years for unit in text.units[:size]]
        for place, unit in enumerate(text.units[:size]):
            names[row, place, : len(unit.names)] = unit.names
    total = np.asarray([text.years for text in texts], dtype=np.float32)
    return Side(*(torch.from_numpy(values) for values in (rows, kinds, years, names, total)))
