"""What the report shows: plain values, filled from the tables by the step, drawn by the page.

Names of members are not part of it: a report is passed on more freely than a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from lantern.report.comparison_charts import Dot
from lantern.report.model_charts import Point


@dataclass(frozen=True, slots=True)
class EntityCounts:
    """What tonight's ingest found of one entity.

    Attributes:
        name: shown as it is, such as ``members``.
        total: rows in the table after the night.
        new: rows that were not there before.
        changed: rows with another fingerprint.
        vanished: rows that are gone.
    """

    name: str
    total: int
    new: int = 0
    changed: int = 0
    vanished: int = 0


@dataclass(frozen=True, slots=True)
class PairCounts:
    """What became of tonight's pairs.

    Attributes:
        candidates: pairs that must have a score.
        scored: pairs scored tonight.
        kept: pairs whose score of an earlier night still stands.
        deleted: scores removed with a vanished member, posting or candidate.
        failed: pairs that could not be scored.
        explained: explanations written tonight.
    """

    candidates: int
    scored: int
    kept: int = 0
    deleted: int = 0
    failed: int = 0
    explained: int = 0


@dataclass(frozen=True, slots=True)
class Costs:
    """What the night cost.

    Attributes:
        seconds: wall clock of the whole night.
        score_seconds: wall clock of the score step; 0 if it did not run.
        tokens: tokens that the classifier read.
        padding_ratio: tokens computed, padding included, over real tokens; None if none.
        pairs_cut: pairs whose profile did not fit.
        tokens_cut_share: share of the profiles' tokens that was left out, 0..1.
        teacher_cost: money paid to a teacher, in the currency of the price list.
    """

    seconds: float
    score_seconds: float = 0.0
    tokens: int = 0
    padding_ratio: float | None = None
    pairs_cut: int = 0
    tokens_cut_share: float = 0.0
    teacher_cost: float = 0.0


@dataclass(frozen=True, slots=True)
class LevelCounts:
    """Pairs of each level in ``fit_scores``."""

    low: int
    medium: int
    high: int

    @property
    def total(self) -> int:
        return self.low + self.medium + self.high

    @property
    def shares(self) -> tuple[float, float, float]:
        """Shares of Low, Medium and High; all zero where there is no pair."""
        total = self.total
        if not total:
            return 0.0, 0.0, 0.0
        return self.low / total, self.medium / total, self.high / total


@dataclass(frozen=True, slots=True)
class LastNight:
    """The night before, to compare with."""

    logical_date: date
    levels: LevelCounts
    model_version: str | None = None


@dataclass(frozen=True, slots=True)
class BoardJob:
    """One job of a member.

    Attributes:
        title: the posting's.
        level: ``Low``, ``Medium`` or ``High``.
        score: 0..1.
        organization: the posting's, if known.
        location: the posting's, if known.
        explanation: the text of ``explanations``, in the format of the fit domain; None if none.
    """

    title: str
    level: str
    score: float
    organization: str | None = None
    location: str | None = None
    explanation: str | None = None


@dataclass(frozen=True, slots=True)
class BoardMember:
    """A member and some of the member's jobs, best first.

    Attributes:
        member_id: the key, which is all that identifies the member here.
        headline: title or category of the profile.
        jobs: shown in this order.
        note: one more line about the member, such as ``7 years, master's degree``.
    """

    member_id: str
    headline: str | None
    jobs: tuple[BoardJob, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class QuarantineCount:
    """Rows refused for one reason."""

    table: str
    stage: str
    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step of the night, in the order they ran."""

    step: str
    outcome: str
    seconds: float
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure of a model with its 95 % interval; ``clusters`` are independent members."""

    name: str
    value: float
    low: float | None
    high: float | None
    clusters: int


@dataclass(frozen=True, slots=True)
class GateRow:
    """What a gate said of a model.

    Attributes:
        name: of the gate.
        passed: whether it let the model through.
        reason: one line.
        distance: how far inside the gate, in the figure's unit; negative: outside; None: unknown.
        relaxed: why it is relaxed in this environment; None if it is not.
    """

    name: str
    passed: bool
    reason: str
    distance: float | None = None
    relaxed: str | None = None


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """The evaluation of the pair of models that the night used.

    Attributes:
        pair: name and version.
        why: it was promoted.
        day: of the evaluation.
        figures: in the order they are shown.
        gates: of the environment, as they judge these figures.
        reliability, confusion: bins and counts for the pictures.
        missing: name of a figure -> why it was not measured.
        objectives, costs: this and earlier pairs of the same tables, for the pictures.
    """

    pair: str
    why: str
    day: str
    figures: tuple[FigureRow, ...]
    gates: tuple[GateRow, ...]
    reliability: tuple[Point, ...] = ()
    reliability_untempered: tuple[Point, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    objectives: tuple[Dot, ...] = ()
    costs: tuple[Dot, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportData:
    """All that one page shows.

    Attributes:
        logical_date: the night that the report is for.
        outcome: outcome of the night, as in ``runs``.
        entities: members, postings, and what else was ingested.
        pairs: what became of the pairs.
        costs: what the night cost.
        levels: all current scores by level.
        last_night: to compare with; None on the first night.
        phases: name of a phase (read, plan, tokenise, model, commit) -> seconds, in order.
        steps: the night's steps.
        board: several members with their jobs.
        quarantine: refused rows by table, stage and reason.
        table_versions: table -> version after the night.
        facts: further names and values, such as ``Model version``; shown as they are.
        model: the evaluation of tonight's models; None if there is none to be had.
    """

    logical_date: date
    outcome: str
    entities: tuple[EntityCounts, ...]
    pairs: PairCounts
    costs: Costs
    levels: LevelCounts
    last_night: LastNight | None = None
    phases: Mapping[str, float] = field(default_factory=dict)
    steps: tuple[StepRun, ...] = ()
    board: tuple[BoardMember, ...] = ()
    quarantine: tuple[QuarantineCount, ...] = ()
    table_versions: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    model: ModelFigures | None = None
