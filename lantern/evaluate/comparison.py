"""A pair of models beside others that were evaluated on the same tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lantern.evaluate.intervals import Interval

SAME_TABLES: Final = ("base_pairs", "teacher_labels")
"""Two evaluations can be compared if both read these at the same versions."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What the pictures show of one evaluated pair.

    Attributes:
        pair: name and version.
        objective: what its explanation model was distilled with, such as ``forward_kl``.
        rouge: ROUGE-L of its explanations; nan where it was not measured.
        quality: quadratic weighted kappa of its classifier.
        cpu_ms: CPU time of its classifier for a pair, of all threads; nan: not measured.
    """

    pair: str
    objective: str
    rouge: Interval
    quality: Interval
    cpu_ms: float

    def to_json(self) -> dict[str, Any]:
        return {
            "pair": self.pair,
            "objective": self.objective,
            "rouge": self.rouge.to_json(),
            "quality": self.quality.to_json(),
            "cpu_ms": self.cpu_ms if math.isfinite(self.cpu_ms) else None,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Compared:
        """The inverse of :meth:`to_json`; raises KeyError or TypeError for other values."""
        cost = values["cpu_ms"]
        return cls(
            str(values["pair"]),
            str(values["objective"]),
            Interval.from_json(values["rouge"]),
            Interval.from_json(values["quality"]),
            math.nan if cost is None else float(cost),
        )


def on_the_same_tables(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    """Whether two evaluations read the same pairs and labels."""
    return all(name in one and one.get(name) == other.get(name) for name in SAME_TABLES)


def newest_of_each(found: Iterable[Compared]) -> tuple[Compared, ...]:
    """Each pair once, as it was seen first, in order of its name and number."""
    once: dict[str, Compared] = {}
    for item in found:
        once.setdefault(item.pair, item)
    return tuple(sorted(once.values(), key=lambda item: (len(item.pair), item.pair)))
