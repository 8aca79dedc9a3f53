"""The bias audit as one self-contained page, in the layout of New York City's Local Law 144."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import jinja2

from lantern.evaluate.impact import SMALL_SHARE, UNKNOWN, GroupRates
from lantern.evaluate.intervals import Interval


class _Table(NamedTuple):
    attribute: str
    rows: tuple[GroupRates, ...]
    unknown: int


def render_bias_audit(rows: Sequence[GroupRates], *, tool: str, day: str, source: str) -> str:
    """The whole page as HTML text; every value is escaped by the template engine.

    Args:
        rows: of :func:`lantern.evaluate.impact.impact_table`, at least one.
        tool: name and version of what was audited.
        day: of the audit.
        source: where the people and pairs come from.

    Raises:
        ValueError: if there are no rows.
    """
    if not rows:
        raise ValueError("there is nothing to audit: no group of any attribute")
    tables = []
    for attribute, found in groupby(rows, key=lambda row: row.attribute):
        all_of_it = tuple(found)
        known = tuple(row for row in all_of_it if row.group != UNKNOWN)
        unknown = sum(row.members for row in all_of_it if row.group == UNKNOWN)
        tables.append(_Table(attribute, known, unknown))
    first = [row for row in rows if row.attribute == rows[0].attribute]
    return (
        _environment()
        .get_template("bias_audit.html")
        .render(
            tool=tool,
            day=day,
            source=source,
            people=sum(row.members for row in first),
            pairs=sum(row.pairs for row in first),
            tables=tables,
            any_small=any(row.small for row in rows),
            small_percent=f"{SMALL_SHARE:.0%}",
        )
    )


def _rate(interval: Interval) -> str:
    return f"{100 * interval.estimate:.1f} %"


def _ratio(interval: Interval | None) -> str:
    """``0.93 (0.85 to 1.02)``; a dash where none is computed."""
    if interval is None or interval.estimate != interval.estimate:
        return "–"
    told = f"{interval.estimate:.2f}"
    return f"{told} ({interval.low:.2f} to {interval.high:.2f})" if interval.known else told


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lantern.evaluate"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(rate=_rate, ratio=_ratio, number=lambda value: f"{value:,}")
    return environment
