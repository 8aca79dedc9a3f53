"""Plan batches: sorted by length, filled to a budget of padded tokens.

A batch is padded to its longest row, so rows of one length belong together, and a batch of short
rows may hold many more of them than one of long rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

IndexArray = npt.NDArray[np.intp]


def plan_batches(lengths: Sequence[int] | npt.NDArray[np.int64], budget: int) -> list[IndexArray]:
    """Split rows into batches of at most ``budget`` padded tokens.

    The longest rows come first, so that a batch which does not fit the memory shows at the start
    of a run and not at its end. Equal lengths keep their order: the plan depends on the lengths
    alone.

    Args:
        lengths: tokens of each row, at least 1 each.
        budget: most rows x longest row of a batch, at least 1. A row longer than the budget is a
            batch of its own.

    Returns:
        Arrays of row numbers; each row is in exactly one.

    Raises:
        ValueError: if a length or the budget is below 1.
    """
    if budget < 1:
        raise ValueError(f"the token budget must be at least 1, got {budget}")
    sizes = np.asarray(lengths, dtype=np.int64)
    if sizes.size and sizes.min() < 1:
        raise ValueError("every length must be at least 1")
    order = np.argsort(-sizes, kind="stable")
    batches = []
    start = 0
    while start < order.size:
        rows = max(1, budget // int(sizes[order[start]]))
        batches.append(order[start : start + rows])
        start += rows
    return batches


def padded_tokens(
    lengths: Sequence[int] | npt.NDArray[np.int64], batches: Sequence[IndexArray]
) -> int:
    """The tokens that a plan computes, padding included."""
    sizes = np.asarray(lengths, dtype=np.int64)
    return sum(int(sizes[batch].max()) * batch.size for batch in batches)
