"""Pictures of a classifier as SVG: how far its probabilities can be trusted, what it confuses.

Each stands alone (its colours are attributes, not a page's classes), because MLflow shows it as a
file of its own; the page of the night shows the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from markupsafe import Markup

from lantern.fit import LEVEL_LABELS

_SIZE: Final = 320
LEFT, TOP, PLOT = 46, 16, 250
_SHARES: Final = ((0.0, "0"), (0.5, "0.5"), (1.0, "1"))
INK, SOFT, LINE = "#475569", "#94a3b8", "#0f766e"


class Point(Protocol):
    """A bin of a reliability table: its pairs, mean probability, and share that is right."""

    @property
    def pairs(self) -> int: ...
    @property
    def confidence(self) -> float: ...
    @property
    def accuracy(self) -> float: ...


def reliability_svg(after: Sequence[Point], before: Sequence[Point] = ()) -> str:
    """Share that is right against probability: on the diagonal the probabilities are honest.

    Args:
        after: bins of the probabilities as they are used, low to high.
        before: the same without temperature scaling, drawn as a thin line.
    """
    spoken = "; ".join(
        f"{b.pairs} pairs of probability {b.confidence:.2f} are right in {b.accuracy:.2f}"
        for b in after
    )
    most = max((b.pairs for b in after), default=1)
    body = [axes("probability of the level", "share that is right")]
    body.append(_line([(0.0, 0.0), (1.0, 1.0)], SOFT, dashed=True))
    if before:
        body.append(_line([(b.confidence, b.accuracy) for b in before], SOFT))
    body.append(_line([(b.confidence, b.accuracy) for b in after], LINE))
    for b in after:
        x, y = _place(b.confidence, b.accuracy)
        radius = 3 + 6 * (b.pairs / most) ** 0.5
        body.append(
            Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}" fill="{}"></circle>').format(
                x, y, radius, LINE
            )
        )
    return svg(f"Reliability: {spoken}", body)


def confusion_svg(matrix: Sequence[Sequence[int]]) -> str:
    """Counts of label against prediction, shaded by the share of the label's row."""
    body = []
    side = PLOT / len(matrix)
    for row, counts in enumerate(matrix):
        total = sum(counts) or 1
        for column, count in enumerate(counts):
            x, y = LEFT + column * side, TOP + row * side
            share = count / total
            body.append(
                Markup(
                    '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"'
                    ' fill-opacity="{:.2f}" stroke="{}"></rect>'
                ).format(x, y, side, side, LINE, 0.06 + 0.6 * share, SOFT)
            )
            body.append(text(x + side / 2, y + side / 2 + 5, str(count), size=16))
        body.append(text(LEFT - 6, TOP + row * side + side / 2, LEVEL_LABELS[row], end=True))
    for column, label in enumerate(LEVEL_LABELS[: len(matrix)]):
        body.append(text(LEFT + (column + 0.5) * side, TOP + PLOT + 18, label))
    body.append(text(LEFT + PLOT / 2, _SIZE - 10, "predicted; rows are the teacher's level"))
    rows = ", ".join(
        f"{LEVEL_LABELS[at]}: {' '.join(map(str, counts))}" for at, counts in enumerate(matrix)
    )
    return svg(f"Confusion, predicted Low Medium High by label. {rows}", body)


def _place(x: float, y: float) -> tuple[float, float]:
    return LEFT + x * PLOT, TOP + (1 - y) * PLOT


def _line(points: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False) -> Markup:
    places = " ".join("{:.1f},{:.1f}".format(*_place(x, y)) for x, y in points)
    dash = Markup(' stroke-dasharray="4 4"') if dashed else Markup("")
    return Markup(
        '<polyline points="{}" fill="none" stroke="{}" stroke-width="2"{}></polyline>'
    ).format(places, colour, dash)


def axes(across: str, up: str, *, across_ticks: Sequence[tuple[float, str]] = _SHARES) -> Markup:
    """A frame whose height is a share of 0 to 1, with the names of its axes.

    Args:
        across, up: names.
        across_ticks: place between 0 and 1, and what stands there.
    """
    frame = Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" fill="none" stroke="{}"></rect>'
    ).format(LEFT, TOP, PLOT, PLOT, SOFT)
    ticks = [text(LEFT + share * PLOT, TOP + PLOT + 18, shown) for share, shown in across_ticks] + [
        text(LEFT - 6, TOP + (1 - share) * PLOT + 4, f"{share:g}", end=True) for share in (0.5, 1)
    ]
    middle = TOP + PLOT / 2
    turned = Markup(
        '<text x="12" y="{0}" font-size="12" fill="{1}" text-anchor="middle"'
        ' transform="rotate(-90 12 {0})">{2}</text>'
    ).format(middle, INK, up)
    across_text = text(LEFT + PLOT / 2, _SIZE - 10, across)
    return frame + Markup("").join(ticks) + across_text + turned


def text(x: float, y: float, text: str, *, size: int = 12, end: bool = False) -> Markup:
    return Markup(
        '<text x="{:.1f}" y="{:.1f}" font-size="{}" fill="{}" text-anchor="{}">{}</text>'
    ).format(x, y, size, INK, "end" if end else "middle", text)


def svg(label: str, body: Sequence[Markup]) -> str:
    opening = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {0} {0}" width="{0}"'
        ' height="{0}" font-family="system-ui, sans-serif"><title>{1}</title>'
    ).format(_SIZE, label)
    return str(opening + Markup("").join(body) + Markup("</svg>"))
