"""A key-value cache that grows by doubling: a step writes its columns and copies nothing else."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer


class GrowingLayer(DynamicLayer):  # type: ignore[misc]
    """One layer's keys and values, ``[rows, heads, columns, size]``, views of larger buffers."""

    _buffers: tuple[Tensor, Tensor] | None = None

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Append columns; returns all keys and values."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self.keys, self.values = key_states[:, :, :0], value_states[:, :, :0]
        held, added = self.keys.shape[-2], key_states.shape[-2]
        room = self._room(held + added)
        room[0][:, :, held : held + added] = key_states
        room[1][:, :, held : held + added] = value_states
        self.keys = room[0][:, :, : held + added]
        self.values = room[1][:, :, : held + added]
        return self.keys, self.values

    def _room(self, columns: int) -> tuple[Tensor, Tensor]:
        """Buffers that begin with what is held and have so many columns at least."""
        held = self._buffers
        is_a_view = held is not None and self.keys.data_ptr() == held[0].data_ptr()
        if held is not None and is_a_view and held[0].shape[-2] >= columns:
            return held
        grown = []
        for states in (self.keys, self.values):
            shape = [*states.shape]
            shape[-2] = max(columns, 2 * states.shape[-2])
            # Zeros, not garbage: a masked column still takes part in a product with weight 0.
            buffer = torch.zeros(shape, dtype=states.dtype, device=states.device)
            buffer[:, :, : states.shape[-2]] = states
            grown.append(buffer)
        self._buffers = (grown[0], grown[1])
        return self._buffers


def growing_cache() -> Cache:
    """A cache whose layers are made as the model asks for them."""
    return Cache(layer_class_to_replicate=GrowingLayer)
