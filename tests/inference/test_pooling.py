from __future__ import annotations

import pytest
import torch

from lantern.inference.pooling import POOLINGS, masked_mean, pool


def naive(hidden: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    rows = []
    for states, marks in zip(hidden, mask, strict=True):
        real = [state for state, mark in zip(states, marks, strict=True) if mark]
        rows.append({"cls": real[0], "last_token": real[-1]}.get(pooling, sum(real) / len(real)))
    return torch.stack(rows)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("filler", [0.0, 1e9, float("nan")])
def test_padding_on_either_side_plays_no_part(pooling: str, side: str, filler: float) -> None:
    torch.manual_seed(0)
    lengths = [1, 5, 8, 3]
    hidden = torch.randn(4, 8, 6)
    mask = torch.zeros(4, 8, dtype=torch.long)
    for row, length in enumerate(lengths):
        mask[row, :length] = 1
    if side == "left":
        mask = mask.flip(1)
    expected = naive(hidden, mask, pooling)
    hidden[mask == 0] = filler
    torch.testing.assert_close(pool(hidden, mask, pooling), expected)


def test_the_mean_is_summed_in_float32() -> None:
    hidden = torch.full((1, 512, 1), 1.0078125, dtype=torch.bfloat16)
    mask = torch.ones(1, 512, dtype=torch.long)
    assert masked_mean(hidden, mask).item() == 1.0078125


def test_a_row_without_tokens_has_a_mean_of_zero() -> None:
    mean = masked_mean(torch.ones(1, 3, 2), torch.zeros(1, 3, dtype=torch.long))
    torch.testing.assert_close(mean, torch.zeros(1, 2))


def test_an_unknown_pooling_is_refused() -> None:
    with pytest.raises(ValueError, match="last_token, mean, cls"):
        pool(torch.ones(1, 1, 1), torch.ones(1, 1), "max")
