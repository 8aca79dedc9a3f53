"""What one evaluation found of a pair: the figures, what they were measured on, what is missing.

It is an artefact of the pair's run, as JSON. ``promote`` reads it and measures nothing itself, so
that what was looked at and what was decided upon are the same numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lantern.evaluate.classification import Bin
from lantern.evaluate.comparison import Compared
from lantern.evaluate.impact import GroupRates
from lantern.evaluate.intervals import Interval

FORMAT: Final = 2


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of a pair.

    Attributes:
        classifier, explainer: the versions that were measured.
        day: logical date.
        data: table -> version that was read.
        champion: version of the pair that it was compared with; None: there was none.
        figures: name -> figure with its interval.
        champion_figures: of the champion's classifier on the same pairs.
        differences: challenger less champion on the same pairs.
        confusion: counts, row the label, column the prediction.
        reliability, reliability_untempered: with and without temperature scaling.
        groups: the bias audit.
        missing: name of a figure -> why it was not measured.
        facts: names of what was used: teacher, attack suite, code.
        compared: this and earlier pairs that were evaluated on the same tables.
    """

    classifier: str
    explainer: str
    day: str
    data: Mapping[str, int]
    champion: int | None
    figures: Mapping[str, Interval]
    champion_figures: Mapping[str, Interval] | None = None
    differences: Mapping[str, Interval] | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    reliability: tuple[Bin, ...] = ()
    reliability_untempered: tuple[Bin, ...] = ()
    groups: tuple[GroupRates, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    compared: tuple[Compared, ...] = ()

    def to_json(self) -> str:
        """Text for the artefact; :meth:`from_json` is its inverse."""
        content = {
            "format": FORMAT,
            "classifier": self.classifier,
            "explainer": self.explainer,
            "day": self.day,
            "data": dict(self.data),
            "champion": self.champion,
            "figures": _plain(self.figures),
            "champion_figures": _plain(self.champion_figures),
            "differences": _plain(self.differences),
            "confusion": self.confusion,
            "reliability": [item.to_json() for item in self.reliability],
            "reliability_untempered": [item.to_json() for item in self.reliability_untempered],
            "groups": [row.to_json() for row in self.groups],
            "missing": dict(self.missing),
            "facts": dict(self.facts),
            "compared": [item.to_json() for item in self.compared],
        }
        return json.dumps(content, indent=1, sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Evaluation:
        """Read the artefact back.

        Raises:
            ValueError: if it is no evaluation, or of another format.
        """
        try:
            read: dict[str, Any] = json.loads(text)
            if read.pop("format") != FORMAT:
                raise ValueError("it is of another version of Lantern")
            return cls(
                **read
                | {
                    "figures": _intervals(read["figures"]) or {},
                    "champion_figures": _intervals(read["champion_figures"]),
                    "differences": _intervals(read["differences"]),
                    "confusion": tuple(tuple(row) for row in read["confusion"]),
                    "reliability": _bins(read["reliability"]),
                    "reliability_untempered": _bins(read["reliability_untempered"]),
                    "groups": tuple(GroupRates.from_json(row) for row in read["groups"]),
                    "compared": tuple(Compared.from_json(row) for row in read["compared"]),
                }
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is damaged: {type(error).__name__}") from error

    def metrics(self) -> dict[str, float]:
        """The figures as MLflow's metrics: ``name``, ``name_low`` and ``name_high``."""
        found: dict[str, float] = {}
        for name, interval in self.figures.items():
            values = {"": interval.estimate, "_low": interval.low, "_high": interval.high}
            found |= {f"{name}{end}": v for end, v in values.items() if v == v}  # no nan in MLflow
        return found


def _plain(figures: Mapping[str, Interval] | None) -> dict[str, Any] | None:
    return None if figures is None else {name: v.to_json() for name, v in figures.items()}


def _intervals(values: Mapping[str, Any] | None) -> dict[str, Interval] | None:
    return None if values is None else {n: Interval.from_json(v) for n, v in values.items()}


def _bins(values: list[dict[str, Any]]) -> tuple[Bin, ...]:
    return tuple(Bin(**value) for value in values)
