"""A key-value cache whose rows advance at their own pace: a token's column is its position.

Keys and values of a pass go to each row's own next columns, so the cache is as wide as the longest
row and has no gaps; what a token may see follows from its position alone.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers import PretrainedConfig
from transformers.cache_utils import Cache, DynamicLayer


class Places:
    """Where the tokens of the pass that is under way belong.

    Attributes:
        positions: ``[rows, width]``, in its row; -1: padding.
        rows: ``[rows, 1]``, their numbers.
        columns: that the pass can see, up to the furthest token of any row.
    """

    positions: Tensor
    rows: Tensor
    columns: int

    def move(self, positions: Tensor, device: torch.device) -> None:
        """To the next pass; once a pass and not a layer, as a device waits for such questions."""
        self.columns = int(positions.max()) + 1
        self.positions = positions.to(device)
        self.rows = torch.arange(positions.shape[0], device=device)[:, None]

    def mask(self, dtype: torch.dtype, window: int | None = None) -> Tensor:
        """What to add to attention scores, ``[rows, 1, width, columns]``.

        Args:
            dtype: of the model.
            window: tokens back that are seen, the token itself among them; None: all.
        """
        own = self.positions.clamp_min(0)[..., None]  # padding sees something, or it were NaN
        column = torch.arange(self.columns, device=own.device)
        hidden = column > own
        if window is not None:
            hidden |= column <= own - window
        scores = torch.zeros(hidden.shape, dtype=dtype, device=own.device)
        return scores.masked_fill(hidden, torch.finfo(dtype).min)[:, None]

    def masks(self, config: PretrainedConfig, dtype: torch.dtype) -> Tensor | dict[str, Tensor]:
        """The mask of a model, or one for each kind of layer that it has."""
        text = config.get_text_config(decoder=True)
        window: int | None = getattr(text, "sliding_window", None)
        kinds = set(getattr(text, "layer_types", None) or ())
        if len(kinds) > 1:
            sliding = {kind: window if "sliding" in kind else None for kind in kinds}
            return {kind: self.mask(dtype, back) for kind, back in sliding.items()}
        return self.mask(dtype, None if kinds == {"full_attention"} else window)


class RowLayer(DynamicLayer):  # type: ignore[misc]
    """One layer's keys and values, ``[rows, heads, columns, size]``, views of larger buffers."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self._places = places
        self._buffers: list[Tensor] = []

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Put states to their columns; returns all keys and values that the pass can see."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self._buffers = [states[:, :, :0] for states in (key_states, value_states)]
        places, columns = self._places, self._places.columns
        self._make_room(columns)
        for buffer, states in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[places.rows, :, places.positions] = states.transpose(1, 2)
        self.keys, self.values = (buffer[:, :, :columns] for buffer in self._buffers)
        return self.keys, self.values

    def batch_select_indices(self, indices: Tensor) -> None:
        """Rows by number, one as often as it is named."""
        columns = self.keys.shape[-2]
        self._buffers = [buffer.index_select(0, indices) for buffer in self._buffers]
        self.keys, self.values = (buffer[:, :, :columns] for buffer in self._buffers)

    def _make_room(self, columns: int) -> None:
        """Buffers of more columns than these, by doubling: padding, at -1, goes to the last."""
        held = self._buffers[0].shape[-2]
        if held > columns:
            return
        # Zeros, not garbage: a hidden column still takes part in a product with weight 0.
        self._buffers = [
            torch.nn.functional.pad(buffer, (0, 0, 0, max(columns + 1, 2 * held) - held))
            for buffer in self._buffers
        ]


def row_cache(places: Places) -> Cache:
    """A cache whose layers are made as the model asks for them."""
    return Cache(layer_class_to_replicate=partial(RowLayer, places))
