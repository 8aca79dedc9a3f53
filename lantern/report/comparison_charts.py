"""Pictures of several pairs of models as SVG: ROUGE by objective, quality against cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from lantern.report.model_charts import INK, LEFT, LINE, PLOT, SOFT, TOP, axes, svg, text

_SHORT: Final = {
    "sft": "SFT",
    "forward_kl": "FKL",
    "reverse_kl": "RKL",
    "jensen_shannon": "JS",
    "total_variation": "TVD",
    "skewed_kl": "SKL",
    "skewed_reverse_kl": "SRKL",
    "adaptive_kl": "AKL",
}
_ROUND: Final = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Dot:
    """A measured value with its 95 % interval.

    Attributes:
        group: what it belongs to: an objective, a pair of models.
        value, low, high: drawn between 0 and 1; a kappa below 0 stands at 0.
        cost: CPU milliseconds a pair; only :func:`cost_svg` looks at it.
        current: whether it is of the model that is spoken of; the others are drawn soft.
    """

    group: str
    value: float
    low: float
    high: float
    cost: float = math.nan
    current: bool = False


def objectives_svg(dots: Sequence[Dot]) -> str:
    """ROUGE-L of explanation models, a column an objective; several of one stand side by side."""
    groups = list(dict.fromkeys(dot.group for dot in dots))
    body = [axes("what the explanation model was distilled with", "ROUGE-L", across_ticks=())]
    width = 1 / max(len(groups), 1)
    for number, group in enumerate(groups):
        members = [dot for dot in dots if dot.group == group]
        left = number * width
        for at, dot in enumerate(members, 1):
            body.append(_dot(left + width * at / (len(members) + 1), dot))
        name = _SHORT.get(group, group)
        body.append(text(LEFT + (left + width / 2) * PLOT, TOP + PLOT + 18, name))
    spoken = "; ".join(f"{d.group} {d.value:.3f} ({d.low:.3f} to {d.high:.3f})" for d in dots)
    return svg(f"ROUGE-L by objective: {spoken or 'none measured'}", body)


def cost_svg(dots: Sequence[Dot]) -> str:
    """Quality against the CPU time of a pair: what is higher is better, further left cheaper."""
    drawn = [dot for dot in dots if math.isfinite(dot.cost)]
    most = _round_up(max((dot.cost for dot in drawn), default=1.0))
    ticks = tuple((share, f"{share * most:g}") for share in (0, 0.5, 1))
    body = [axes("CPU ms a pair", "quadratic weighted kappa", across_ticks=ticks)]
    for dot in drawn:
        body.append(_dot(dot.cost / most, dot))
        x, y = LEFT + dot.cost / most * PLOT, _height(dot.value)
        beside = -9 if x > LEFT + PLOT / 2 else 21
        name = dot.group.rpartition("/")[2] or dot.group
        body.append(text(x + beside, y + 4, name, size=11, end=True))
    spoken = "; ".join(f"{d.group} {d.value:.3f} at {d.cost:.2f} ms" for d in drawn)
    return svg(f"Quality against cost: {spoken or 'none measured'}", body)


def _dot(x: float, dot: Dot) -> Markup:
    colour = LINE if dot.current else SOFT
    place = LEFT + x * PLOT
    value, low, high = map(_height, (dot.value, dot.low, dot.high))
    return Markup(
        '<line x1="{0:.1f}" y1="{2:.1f}" x2="{0:.1f}" y2="{3:.1f}" stroke="{4}" stroke-width="2">'
        '</line><circle cx="{0:.1f}" cy="{1:.1f}" r="5" fill="{4}" stroke="{5}"></circle>'
    ).format(place, value, low, high, colour, INK if dot.current else colour)


def _height(share: float) -> float:
    return TOP + (1 - min(max(share, 0.0), 1.0)) * PLOT


def _round_up(value: float) -> float:
    """The next of 1, 2, 5 times a power of ten, for the end of an axis."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return power * next(step for step in _ROUND if step * power >= value * (1 - 1e-9))
