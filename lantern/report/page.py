"""The night's report as one self-contained HTML page: no script, nothing loaded from elsewhere.

All text is escaped by the template engine; the content security policy allows this page's own
style sheet, by its hash, and nothing else, so that even a fault there could run nothing.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Final, NamedTuple

import jinja2
from markupsafe import Markup

from lantern.fit import (
    Assessment,
    ExplanationFormatError,
    FitLevel,
    VerdictKind,
    class_line,
    parse_explanation,
)
from lantern.report.charts import Part, percent, score_bar, share_bar
from lantern.report.comparison_charts import cost_svg, objectives_svg
from lantern.report.data import BoardJob, BoardMember, LastNight, LevelCounts, ReportData
from lantern.report.drift import drift_word, population_stability_index
from lantern.report.model_charts import confusion_svg, reliability_svg

_LEVELS: Final = ("High", "Medium", "Low")
_DOTS: Final = {"High": "●●●", "Medium": "●●○", "Low": "●○○"}
_MARKS: Final = {
    VerdictKind.MET: Markup('<span class="kind met">✓ met</span>'),
    VerdictKind.PARTLY_MET: Markup('<span class="kind partly">◐ partly met</span>'),
    VerdictKind.NOT_SHOWN: Markup('<span class="kind open">○ not shown</span>'),
}
_OUTCOMES: Final = {
    "done": ("✓ done", "done"),
    "quarantined": ("! done, many rows set aside", "warn"),
    "running": ("… running", ""),
    "failed": ("✕ failed", "warn"),
    "interrupted": ("✕ interrupted", "warn"),
}
_PHASE_COLOURS: Final = 6


class _Outcome(NamedTuple):
    word: str
    css: str


class _Job(NamedTuple):
    job: BoardJob
    bar: Markup
    reason: Assessment | None
    class_line: str
    open: bool


class _Member(NamedTuple):
    member: BoardMember
    jobs: tuple[_Job, ...]


class _DriftRow(NamedTuple):
    name: str
    before: str
    tonight: str
    change: str


class _Drift(NamedTuple):
    psi: float
    word: str
    rows: tuple[_DriftRow, ...]
    model_changed: bool


class _Picture(NamedTuple):
    title: str
    svg: Markup
    note: str


def render_report(data: ReportData) -> str:
    """The whole page as HTML text, to be written as UTF-8."""
    css = _style_sheet()
    level_parts = _level_parts(data.levels)
    phase_parts = _phase_parts(data)
    last = data.last_night
    template = _environment().get_template("page.html")
    return template.render(
        data=data,
        css=Markup(css),  # noqa: S704 - our own file
        policy=_policy(css),
        night=f"{data.logical_date:%A}, {data.logical_date.day} {data.logical_date:%B %Y}",
        headline=_headline(data),
        outcome=_Outcome(*_OUTCOMES.get(data.outcome, (data.outcome, ""))),
        kept_note=f"{_number(data.pairs.kept)} earlier scores still stand",
        rate_note=_rate(data),
        quarantined=sum(item.rows for item in data.quarantine),
        level_parts=level_parts,
        levels_bar=share_bar(level_parts, "Levels tonight"),
        last_bar=share_bar(_level_parts(last.levels), "Levels last night") if last else None,
        drift=_drift(data, last) if last and last.levels.total else None,
        phase_parts=phase_parts,
        phase_bar=share_bar(phase_parts, "Time of scoring by phase"),
        board=_board(data.board),
        pictures=_pictures(data),
    )


def _pictures(data: ReportData) -> tuple[_Picture, ...]:
    """Of tonight's models, and of them beside others; their texts are escaped where drawn."""
    model = data.model
    if model is None or not model.confusion:
        return ()
    reliability = reliability_svg(model.reliability, model.reliability_untempered)
    honest = "On the dashed line they are honest. Thin: without temperature scaling."
    drawn = [
        ("Can its probabilities be trusted?", reliability, honest),
        ("What it confuses", confusion_svg(model.confusion), ""),
    ]
    among = "Strong: these models. Soft: earlier ones that were measured on the same tables."
    if model.objectives:
        drawn.append(("Explanations by objective", objectives_svg(model.objectives), among))
    if model.costs:
        drawn.append(("Quality and cost of the classifier", cost_svg(model.costs), among))
    return tuple(_Picture(title, Markup(svg), note) for title, svg, note in drawn)  # noqa: S704


def _headline(data: ReportData) -> str:
    parts = [f"{_number(item.total)} {item.name}" for item in data.entities]
    parts.append(f"{_number(data.pairs.candidates)} candidate pairs")
    return " · ".join(parts)


def _rate(data: ReportData) -> str:
    if not data.costs.score_seconds or not data.pairs.scored:
        return "nothing had to be scored" if not data.pairs.scored else ""
    rate = data.pairs.scored / data.costs.score_seconds
    return f"{_duration(data.costs.score_seconds)} of it scoring, {rate:,.0f} pairs a second"


def _level_parts(levels: LevelCounts) -> list[Part]:
    low, medium, high = levels.shares
    return [Part("High", high, "high"), Part("Medium", medium, "medium"), Part("Low", low, "low")]


def _phase_parts(data: ReportData) -> list[Part]:
    total = sum(data.phases.values())
    if total <= 0:
        return []
    return [
        Part(name, seconds / total, f"p{number % _PHASE_COLOURS}")
        for number, (name, seconds) in enumerate(data.phases.items())
    ]


def _drift(data: ReportData, last: LastNight) -> _Drift | None:
    if not data.levels.total:
        return None
    tonight, before = data.levels.shares, last.levels.shares
    index = population_stability_index(tonight, before)
    rows = tuple(
        _DriftRow(name, f"{100 * q:.1f} %", f"{100 * p:.1f} %", f"{100 * (p - q):+.1f} points")
        for name, p, q in zip(_LEVELS, reversed(tonight), reversed(before), strict=True)
    )
    model = data.facts.get("Model version")
    changed = None not in (model, last.model_version) and model != last.model_version
    return _Drift(index, drift_word(index), rows, changed)


def _board(members: Sequence[BoardMember]) -> tuple[_Member, ...]:
    """The members' jobs ready to draw; the very first reason is open, to show what is there."""
    drawn: list[_Member] = []
    opened = False
    for member in members:
        jobs: list[_Job] = []
        for job in member.jobs:
            reason = _reason(job.explanation)
            is_first = reason is not None and not opened
            opened = opened or is_first
            line = class_line(reason.level) if reason else ""
            bar = score_bar(job.score, _level_css(job.level))
            jobs.append(_Job(job, bar, reason, line, is_first))
        drawn.append(_Member(member, tuple(jobs)))
    return tuple(drawn)


def _reason(explanation: str | None) -> Assessment | None:
    """The parsed explanation; None for one in another form, which is then shown as plain text."""
    if not explanation:
        return None
    try:
        return parse_explanation(explanation)
    except ExplanationFormatError:
        return None


def _policy(css: str) -> str:
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@functools.cache
def _style_sheet() -> str:
    return (files("lantern.report") / "templates" / "page.css").read_text("utf-8")


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lantern.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=_number,
        duration=_duration,
        percent=percent,
        level_css=_level_css,
        level_dots=lambda name: _DOTS.get(name, "○○○"),
        verdict_mark=lambda kind: _MARKS[kind],
    )
    return environment


def _level_css(name: str) -> str:
    """The CSS class of a level; no class for a name that is no level."""
    return name.lower() if name in {level.label for level in FitLevel} else ""


def _number(value: int) -> str:
    return f"{value:,}"


def _duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 05 s`` or ``2 h 07 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
