"""The order of an epoch's rows: random, but rows of like length stand together.

A pure function of the seed and the epoch: a run that was killed and started again sees the rows in
the order of one that was never killed. (Trainer's ``group_by_length`` draws from the global random
state, which is not that of the epoch's beginning after a resume.)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from torch.utils.data import Sampler

BUCKET_BATCHES = 32
"""Batches whose rows are sorted together: enough to pad little, few enough to stay random."""


class LengthBuckets(Sampler[int]):
    """Yields row numbers; each run of ``batch_rows`` of them is a batch of like lengths.

    Args:
        lengths: tokens of each row.
        batch_rows: rows a batch.
        seed: of the order.
    """

    def __init__(self, lengths: npt.NDArray[np.int64], batch_rows: int, seed: int) -> None:
        self._lengths, self._batch_rows, self._seed = lengths, batch_rows, seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        dice = np.random.default_rng([self._seed, self.epoch])
        order = dice.permutation(len(self._lengths))
        bucket = self._batch_rows * BUCKET_BATCHES
        batches: list[npt.NDArray[np.int64]] = []
        for start in range(0, len(order), bucket):
            inside = order[start : start + bucket]
            inside = inside[np.argsort(self._lengths[inside], kind="stable")]
            batches += [
                inside[at : at + self._batch_rows] for at in range(0, len(inside), self._batch_rows)
            ]
        # The one batch that may be short stays last, or all batches after it would shift.
        whole = len(batches) - (len(order) % self._batch_rows > 0)
        for number in [*dice.permutation(whole).tolist(), *range(whole, len(batches))]:
            yield from batches[number].tolist()
