"""One random stream for each (seed, kind, index), the ground of index-addressable rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def stream(seed: int, kind: str, index: int) -> Random:
    """A random generator that depends on its arguments alone.

    Python's own ``hash`` differs between processes, so the seed comes from sha256: Spark can make
    any range of rows anywhere and gets the same rows.
    """
    digest = hashlib.sha256(f"{seed}/{kind}/{index}".encode()).digest()
    return Random(int.from_bytes(digest[:8], "big"))  # noqa: S311 - a sample, not a secret


def pick(rng: Random, options: Sequence[T]) -> T:
    """One of the options; several times as fast as ``rng.choice``, which tells in 100,000 rows."""
    return options[int(rng.random() * len(options))]
