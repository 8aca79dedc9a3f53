"""Vectors of units: each distinct unit is encoded once, and the last ones are remembered.

A unit is padded to a size that depends on its own length alone, and shares its batches with units
of that size only. So its vector does not depend on what else is encoded with it: on a CPU to the
last bit, on a GPU, whose kernels are chosen by the number of rows, to float noise.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from lantern.inference.late_interaction import LateInteractionClassifier
from lantern.inference.memory import is_out_of_memory, release_memory
from lantern.inference.pair_input import Ids
from lantern.inference.unit_input import padded_size

REMEMBERED = 20_000
"""Vectors that are kept from call to call: 30 MB of all-MiniLM's."""


class UnitVectors(NamedTuple):
    """The vectors of units.

    Attributes:
        table: ``[units, width]`` in float32, on the model's device.
        failed: reason by number, for units without a vector (zeros in the table).
        padded_tokens, computed_tokens: that the encoder ran over, with and without padding.
    """

    table: Tensor
    failed: dict[int, str]
    padded_tokens: int
    computed_tokens: int


class UnitEncoder:
    """Encodes units in batches of equal padded length.

    Args:
        model: whose encoder is used, on its device.
        batch_tokens: most padded tokens of a batch.
        device: of the model.
        remembered: vectors kept from call to call, the least recently used go first; 0: none.
    """

    def __init__(
        self,
        model: LateInteractionClassifier,
        *,
        batch_tokens: int,
        device: torch.device,
        remembered: int = REMEMBERED,
    ) -> None:
        self._model, self._device = model, device
        self._batch_tokens = batch_tokens
        self._remembered = remembered
        self._cache: OrderedDict[bytes, Tensor] = OrderedDict()

    def encode(
        self, inputs: Sequence[Ids], done: Callable[[int], None] | None = None
    ) -> UnitVectors:
        """The vectors of distinct units.

        Args:
            inputs: token ids of each, special tokens included.
            done: called with the number of units that are encoded, after each batch.
        """
        table = torch.zeros(len(inputs), self._model.width)
        sizes: defaultdict[int, list[int]] = defaultdict(list)
        for number, ids in enumerate(inputs):
            known = self._cache.get(ids.tobytes())
            if known is None:
                sizes[padded_size(int(ids.size))].append(number)
            else:
                table[number] = known
                self._cache.move_to_end(ids.tobytes())
        failed: dict[int, str] = {}
        padded = computed = 0
        finished = len(inputs) - sum(map(len, sizes.values()))
        # The longest first: a batch that does not fit the memory shows at the start.
        for size, numbers in sorted(sizes.items(), reverse=True):
            rows = max(1, self._batch_tokens // size)
            padded += size * len(numbers)
            computed += sum(int(inputs[number].size) for number in numbers)
            for start in range(0, len(numbers), rows):
                batch = numbers[start : start + rows]
                self._encode_batch(inputs, batch, size, table, failed)
                finished += len(batch)
                if done is not None:
                    done(finished)
        self._remember(inputs, sizes.values(), table, failed)
        return UnitVectors(table.to(self._device), failed, padded, computed)

    def _encode_batch(
        self,
        inputs: Sequence[Ids],
        batch: list[int],
        size: int,
        table: Tensor,
        failed: dict[int, str],
    ) -> None:
        """Fill the batch's rows of ``table``; halve it when it fails, down to the unit at fault."""
        try:
            table[batch] = self._forward([inputs[number] for number in batch], size)
        except torch.AcceleratorError:
            raise  # the device itself is lost: every later batch would fail as well
        except (RuntimeError, MemoryError, ValueError, IndexError) as error:
            out_of_memory = is_out_of_memory(error)
            if len(batch) == 1:
                failed[batch[0]] = (
                    "out of memory for one unit alone"
                    if out_of_memory
                    else f"the encoder failed on a unit ({type(error).__name__})"
                )
                return
        else:
            for number in batch:
                if not bool(torch.isfinite(table[number]).all()):
                    table[number] = 0.0
                    failed[number] = "the encoder gave a value that is not a number"
            return
        # Outside the except block: the error's traceback holds the tensors of the failed batch.
        if out_of_memory:
            release_memory(self._device)
        half = len(batch) // 2
        self._encode_batch(inputs, batch[:half], size, table, failed)
        self._encode_batch(inputs, batch[half:], size, table, failed)

    def _forward(self, inputs: Sequence[Ids], size: int) -> Tensor:
        ids = torch.full((len(inputs), size), self._model.config.template.pad, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, unit in enumerate(inputs):
            ids[row, : unit.size] = torch.from_numpy(unit)
            mask[row, : unit.size] = 1
        return self._model.encode_units(ids.to(self._device), mask.to(self._device)).cpu()

    def _remember(
        self,
        inputs: Sequence[Ids],
        groups: Iterable[list[int]],
        table: Tensor,
        failed: dict[int, str],
    ) -> None:
        for number in (number for group in groups for number in group):
            if number not in failed:
                self._cache[inputs[number].tobytes()] = table[number].clone()
        while len(self._cache) > self._remembered:
            self._cache.popitem(last=False)
