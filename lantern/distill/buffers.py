"""Tensors that are allocated once and used again, chunk after chunk."""

from __future__ import annotations

import math

import torch
from torch import Tensor


class Buffers:
    """Named scratch tensors on one device.

    A name's memory is allocated at its first use and anew only when more is asked for. Whoever
    takes a name again gets the same memory: its former content is gone.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._held: dict[tuple[str, torch.dtype], Tensor] = {}

    def take(self, name: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """A contiguous tensor of this shape, of any content."""
        size = math.prod(shape)
        held = self._held.get((name, dtype))
        if held is None or held.numel() < size:
            held = self._held[name, dtype] = torch.empty(size, dtype=dtype, device=self._device)
        return held[:size].view(shape)

    def like(self, name: str, tensor: Tensor) -> Tensor:
        """One of a tensor's shape and type."""
        return self.take(name, tuple(tensor.shape), tensor.dtype)


def log_softmax_(logits: Tensor, temperature: float, buffers: Buffers) -> Tensor:
    """Over the last dimension, in place.

    Args:
        logits: ``[n, events]``.
        temperature: they are divided by it first.
        buffers: gives one tensor of the shape of ``logits``.
    """
    if temperature != 1.0:
        logits.div_(temperature)
    logits.sub_(logits.amax(-1, keepdim=True))
    total = torch.exp(logits, out=buffers.like("exponentials", logits)).sum(-1, keepdim=True)
    return logits.sub_(total.log_())
