"""The gates: from figures to a decision, gate by gate, with the reason of each.

Pure: figures and gates in, results out. The worst bound of the 95 % interval decides, so a figure
that looks good on too little data blocks, and says how much data it would take.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lantern.evaluate.gate_settings import Gate, Gates
from lantern.evaluate.intervals import Interval, clusters_needed

_EXACT = 1e-12


@dataclass(frozen=True, slots=True)
class GateResult:
    """What one gate says.

    Attributes:
        name: of the gate.
        passed: whether it lets the challenger through.
        value: the figure's estimate; None if it was not measured.
        bound: the worst bound of its 95 % interval, where that decides.
        threshold: what the bound is held against.
        distance: how far inside the gate it is, in the figure's unit; negative: how far outside.
        reason: one line, for people.
        relaxed: why a profile relaxed this gate; None if it is as strict as the file.
    """

    name: str
    passed: bool
    value: float | None
    bound: float | None
    threshold: float | None
    distance: float | None
    reason: str
    relaxed: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> GateResult:
        return cls(**values)


def check_gates(
    challenger: Mapping[str, Interval],
    differences: Mapping[str, Interval] | None,
    gates: Gates,
) -> tuple[GateResult, ...]:
    """All gates, in their order.

    Args:
        challenger: the challenger's figures by name.
        differences: challenger less champion by figure, on the same pairs; None: no champion, and
            the gates that compare are left out (they pass, and say why).
        gates: of the environment's profile.
    """
    return tuple(_check(name, gate, challenger, differences) for name, gate in gates.gates.items())


def all_passed(results: Sequence[GateResult]) -> bool:
    """Whether every gate passed; no gate at all lets nothing through."""
    return bool(results) and all(result.passed for result in results)


def _check(
    name: str,
    gate: Gate,
    challenger: Mapping[str, Interval],
    differences: Mapping[str, Interval] | None,
) -> GateResult:
    if gate.left_out:
        return GateResult(
            name, True, None, None, None, None, "left out by the profile", gate.relaxed_because
        )
    compares = gate.champion_margin is not None
    if compares and differences is None:
        return GateResult(
            name, True, None, None, None, None, "no champion to compare with", gate.relaxed_because
        )
    found = (differences if compares and differences is not None else challenger).get(gate.figure)
    if found is None or math.isnan(found.estimate):
        reason = f"{gate.figure} was not measured; run `lantern evaluate` on data that tells it"
        return GateResult(name, False, None, None, None, None, reason, gate.relaxed_because)
    if gate.exactly is not None:
        return _exact(name, gate, found)
    return _bounded(name, gate, found)


def _exact(name: str, gate: Gate, found: Interval) -> GateResult:
    wanted = float(gate.exactly or 0.0)
    equal = abs(found.estimate - wanted) < _EXACT
    enough = found.clusters >= gate.least_clusters
    if not equal:
        reason = f"{_number(found.estimate)} is not {_number(wanted)}"
    elif not enough:
        reason = _too_few(found, gate)
    else:
        reason = f"exactly {_number(wanted)}"
    return GateResult(
        name=name,
        passed=equal and enough,
        value=found.estimate,
        bound=None,
        threshold=wanted,
        distance=0.0 if equal else -abs(found.estimate - wanted),
        reason=reason,
        relaxed=gate.relaxed_because,
    )


def _bounded(name: str, gate: Gate, found: Interval) -> GateResult:
    upper = gate.at_most is not None
    threshold, estimate_threshold = _thresholds(gate)
    sign = -1.0 if upper else 1.0
    bound = (found.high if upper else found.low) if gate.decide_on == "bound" else found.estimate
    slack = sign * (bound - threshold)
    estimate_slack = sign * (found.estimate - estimate_threshold)
    distance = min(slack, estimate_slack)
    enough = found.clusters >= gate.least_clusters and not math.isnan(bound)
    if estimate_slack < 0:
        reason = f"{_number(found.estimate)} is {_side(upper)} {_number(estimate_threshold)}"
        if found.known:
            span = f"{_number(found.low)} to {_number(found.high)}"
            reason += f" ({span}, of {found.clusters} members or postings)"
    elif not enough:
        reason = _too_few(found, gate)
    elif slack < 0:
        reason = _undecided(found, bound, threshold, upper)
    else:
        basis = "worst bound" if gate.decide_on == "bound" else "estimate"
        reason = f"{basis} {_number(bound)}, gate {_number(threshold)}"
    return GateResult(
        name=name,
        passed=enough and distance >= 0,
        value=found.estimate,
        bound=None if math.isnan(bound) else bound,
        threshold=threshold,
        distance=None if math.isnan(distance) else distance,
        reason=reason,
        relaxed=gate.relaxed_because,
    )


def _thresholds(gate: Gate) -> tuple[float, float]:
    """Of the deciding bound, and of the estimate."""
    if gate.champion_margin is not None:
        return -gate.champion_margin, -gate.champion_margin if gate.decide_on == "estimate" else 0.0
    if gate.at_most is not None:
        return gate.at_most, gate.at_most
    at_least = gate.at_least if gate.at_least is not None else math.nan
    return at_least, gate.estimate_at_least if gate.estimate_at_least is not None else at_least


def _too_few(found: Interval, gate: Gate) -> str:
    if found.clusters < gate.least_clusters:
        return (
            f"too little data: {found.clusters} independent members or postings, "
            f"{gate.least_clusters} are the least"
        )
    return f"too little data for an interval: {found.clusters} members or postings"


def _undecided(found: Interval, bound: float, threshold: float, upper: bool) -> str:
    """The estimate would do, the bound does not: what it would take to tell."""
    said = (
        f"too little data to tell: {_number(found.estimate)} of {found.clusters} members or "
        f"postings may be {_number(bound)}, {_side(upper)} {_number(threshold)}"
    )
    needed = _needed(found, bound, threshold)
    return f"{said}; it takes about {needed:,}" if needed is not None else said


def _needed(found: Interval, bound: float, threshold: float) -> int | None:
    """Clusters from which this estimate would pass: widths shrink with their square root."""
    room = abs(threshold - found.estimate)
    if not room:
        return None
    needed = math.ceil(found.clusters * ((bound - found.estimate) / room) ** 2)
    if found.estimate in (0.0, 1.0) and 0 < room < 1:
        needed = clusters_needed(room)  # no hit at all: the bound is 3.7 / clusters
    return max(needed, found.clusters + 1)


def _side(upper: bool) -> str:
    return "above" if upper else "below"


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") or "0"
