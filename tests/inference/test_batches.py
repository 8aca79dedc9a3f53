from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantern.inference.batches import padded_tokens, plan_batches

lengths_strategy = st.lists(st.integers(1, 600), max_size=300)
budget_strategy = st.integers(1, 5000)


@given(lengths_strategy, budget_strategy)
def test_every_row_is_in_exactly_one_batch(lengths: list[int], budget: int) -> None:
    rows = [int(row) for batch in plan_batches(lengths, budget) for row in batch]
    assert sorted(rows) == list(range(len(lengths)))


@given(lengths_strategy, budget_strategy)
def test_only_a_single_row_may_pass_the_budget(lengths: list[int], budget: int) -> None:
    for batch in plan_batches(lengths, budget):
        padded = batch.size * max(lengths[row] for row in batch)
        assert padded <= budget or batch.size == 1


@given(lengths_strategy, budget_strategy)
def test_lengths_never_grow_from_one_batch_to_the_next(lengths: list[int], budget: int) -> None:
    planned = [lengths[row] for batch in plan_batches(lengths, budget) for row in batch]
    assert planned == sorted(lengths, reverse=True)


@given(lengths_strategy, budget_strategy)
def test_no_batch_has_room_for_the_next_row(lengths: list[int], budget: int) -> None:
    batches = plan_batches(lengths, budget)
    for batch in batches[:-1]:
        assert (batch.size + 1) * lengths[batch[0]] > budget


@given(lengths_strategy, budget_strategy, st.randoms())
def test_the_order_of_the_rows_does_not_change_the_shapes(lengths, budget, random) -> None:
    shuffled = list(lengths)
    random.shuffle(shuffled)
    shapes = [sorted(lengths[row] for row in batch) for batch in plan_batches(lengths, budget)]
    again = [sorted(shuffled[row] for row in batch) for batch in plan_batches(shuffled, budget)]
    assert shapes == again


@given(lengths_strategy, budget_strategy)
def test_padded_tokens_counts_what_is_computed(lengths: list[int], budget: int) -> None:
    batches = plan_batches(lengths, budget)
    counted = padded_tokens(lengths, batches)
    assert counted >= sum(lengths)
    assert counted == sum(len(b) * max(lengths[row] for row in b) for b in batches)


def test_equal_lengths_keep_their_order() -> None:
    (batch,) = plan_batches([7, 7, 7], 100)
    np.testing.assert_array_equal(batch, [0, 1, 2])


@pytest.mark.parametrize(("lengths", "budget"), [([0, 3], 10), ([-1], 10), ([3], 0)])
def test_nonsense_is_refused(lengths: list[int], budget: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        plan_batches(lengths, budget)
