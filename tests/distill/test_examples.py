from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from lantern.distill.examples import shuffled_batches


@given(st.lists(st.integers(1, 200), min_size=1, max_size=400), st.integers(1, 32))
def test_an_epoch_holds_every_example_once(lengths: list[int], rows: int) -> None:
    batches = list(shuffled_batches(lengths, rows, torch.Generator().manual_seed(0)))
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    assert all(len(batch) <= rows for batch in batches)


def test_batches_are_of_similar_lengths_and_random() -> None:
    lengths = [1 + row % 200 for row in range(4000)]
    generator = torch.Generator().manual_seed(0)
    first, second = (list(shuffled_batches(lengths, 16, generator)) for _ in range(2))
    padded = sum(len(batch) * max(lengths[row] for row in batch) for batch in first)
    assert padded < 1.1 * sum(lengths)
    assert first != second
    longest = [max(lengths[row] for row in batch) for batch in first]
    assert longest != sorted(longest)
