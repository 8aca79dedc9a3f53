"""Pooling: from the hidden states of a text's tokens to one vector.

Padding may stand on the right or on the left; the mask alone says where a text begins and ends.
"""

from __future__ import annotations

import torch
from torch import Tensor

POOLINGS = ("last_token", "mean", "cls")


def pool(hidden: Tensor, mask: Tensor, pooling: str) -> Tensor:
    """One vector a row.

    Args:
        hidden: ``[batch, tokens, width]``.
        mask: ``[batch, tokens]``, 1 at real tokens and 0 at padding; at least one 1 a row.
        pooling: ``last_token`` (the last real token: for causal encoders the only one that has
            seen the whole input), ``mean`` (over the real tokens) or ``cls`` (the first real one).

    Returns:
        ``[batch, width]``.

    Raises:
        ValueError: if the pooling is none of these.
    """
    if pooling == "mean":
        return masked_mean(hidden, mask)
    if pooling == "cls":
        return _rows_at(hidden, mask.argmax(dim=1))
    if pooling == "last_token":
        last = mask.shape[1] - 1 - mask.flip(dims=[1]).argmax(dim=1)
        return _rows_at(hidden, last)
    raise ValueError(f"unknown pooling {pooling!r}; there are {', '.join(POOLINGS)}")


def masked_mean(hidden: Tensor, mask: Tensor) -> Tensor:
    """The mean of the tokens that the mask marks; zeros for a row without any.

    Summed in float32: in bfloat16 the sum of some hundred tokens loses most of its digits.
    """
    # torch.where, not a product: padding may hold inf or nan, and 0 * nan is nan.
    kept = torch.where(mask.bool().unsqueeze(-1), hidden.float(), 0.0)
    count = mask.sum(dim=1, keepdim=True).clamp(min=1)
    return (kept.sum(dim=1) / count).to(hidden.dtype)


def _rows_at(hidden: Tensor, positions: Tensor) -> Tensor:
    return hidden[torch.arange(hidden.shape[0], device=hidden.device), positions]
