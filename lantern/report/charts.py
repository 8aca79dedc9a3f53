"""The report's pictures as inline SVG: no script, no style attribute, coloured by CSS classes.

Each picture carries its numbers as a title for screen readers, and the page repeats them as text:
nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

_LABEL_FROM: Final = 0.1
"""A part that is narrower has its percentage in the legend only."""


class Part(NamedTuple):
    """A part of a bar: what it is called, its share 0..1, and the CSS class that colours it."""

    name: str
    share: float
    css: str


def share_bar(parts: Sequence[Part], label: str, *, height: int = 34) -> Markup:
    """A bar as wide as its place, split into parts; wide enough parts carry their percentage.

    Args:
        parts: their shares add up to 1, or are all 0 for an empty bar.
        label: what the bar shows, for screen readers.
        height: in CSS pixels.
    """
    spoken = ", ".join(f"{part.name} {percent(part.share)}" for part in parts)
    body = [Markup('<rect class="track" width="100%" height="{}"></rect>').format(height)]
    left = 0.0
    for part in parts:
        if part.share <= 0:
            continue
        width = 100 * part.share
        body.append(
            Markup('<rect class="part {}" x="{:.2f}%" width="{:.2f}%" height="{}"></rect>').format(
                part.css, left, width, height
            )
        )
        if part.share >= _LABEL_FROM:
            body.append(
                Markup('<text class="{}" x="{:.2f}%" y="{:.1f}">{}</text>').format(
                    part.css, left + width / 2, height / 2 + 1, percent(part.share)
                )
            )
        left += width
    return _svg(f"{label}: {spoken}", height, body)


def score_bar(score: float, css: str, *, height: int = 6) -> Markup:
    """A thin bar for a score in 0..1; a value beyond is drawn at the edge."""
    width = 100 * min(max(score, 0.0), 1.0)
    body = [
        Markup('<rect class="track" width="100%" height="{}"></rect>').format(height),
        Markup('<rect class="{}" width="{:.1f}%" height="{}"></rect>').format(css, width, height),
    ]
    return _svg(f"Score {score:.2f} of 1", height, body)


def percent(share: float) -> str:
    """``12 %``; ``under 1 %`` for what would round to nothing."""
    if 0 < share < 0.005:
        return "under 1 %"
    return f"{100 * share:.0f} %"


def _svg(label: str, height: int, body: Sequence[Markup]) -> Markup:
    opening = Markup(
        '<svg class="bar" role="img" width="100%" height="{}"><title>{}</title>'
    ).format(height, label)
    return opening + Markup("").join(body) + Markup("</svg>")
