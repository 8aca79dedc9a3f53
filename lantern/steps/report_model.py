"""The report's section on the models: the evaluation of the pair that the night used."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lantern.errors import RegistryError
from lantern.report.data import FigureRow, GateRow, ModelFigures
from lantern.steps.context import Context
from lantern.steps.registry import open_pairs

if TYPE_CHECKING:
    from lantern.evaluate.intervals import Interval
    from lantern.evaluate.record import Evaluation
    from lantern.report.comparison_charts import Dot


def model_figures(context: Context, pair_name: str) -> ModelFigures | None:
    """Figures and gates of a pair; None if it was never evaluated, or the registry is away.

    Args:
        context: names the registry and the profile of the gates.
        pair_name: name and version, as the night noted it; empty: the night noted none.
    """
    from lantern.evaluate.gate_settings import load_gates
    from lantern.evaluate.gates import check_gates
    from lantern.registry.promotion import TAG_WHY

    number = pair_name.rpartition("/")[2]
    if not number.isdigit():
        return None
    pairs = open_pairs(context)
    try:
        pair = pairs.version(int(number))
        evaluation = pairs.evaluation(pair)
    except RegistryError as error:
        context.reporter.line("report", "models", {"not shown": str(error).splitlines()[0]})
        return None
    gates = load_gates(context.settings.gates.profile)
    results = check_gates(evaluation.figures, evaluation.differences, gates)
    objectives, costs = dots_of(evaluation, pair.model_version)
    return ModelFigures(
        pair=pair.model_version,
        why=pair.tags.get(TAG_WHY, "not promoted"),
        day=evaluation.day,
        figures=tuple(
            _row(name, found)
            for name, found in evaluation.figures.items()
            if math.isfinite(found.estimate)
        ),
        gates=tuple(GateRow(r.name, r.passed, r.reason, r.distance, r.relaxed) for r in results),
        reliability=evaluation.reliability,
        reliability_untempered=evaluation.reliability_untempered,
        confusion=evaluation.confusion,
        missing=evaluation.missing,
        objectives=objectives,
        costs=costs,
    )


def comparison_pictures(evaluation: Evaluation, current: str) -> dict[str, str]:
    """The pictures of a pair beside earlier ones, as files of its run."""
    from lantern.report.comparison_charts import cost_svg, objectives_svg

    objectives, costs = dots_of(evaluation, current)
    return {
        "rouge_by_objective.svg": objectives_svg(objectives),
        "quality_and_cost.svg": cost_svg(costs),
    }


def dots_of(evaluation: Evaluation, current: str) -> tuple[tuple[Dot, ...], tuple[Dot, ...]]:
    """ROUGE-L by objective, and kappa with its cost, of the pairs in an evaluation.

    Args:
        evaluation: names this pair and earlier ones.
        current: the pair that is drawn in front.
    """
    from lantern.report.comparison_charts import Dot

    objectives, costs = [], []
    for one in evaluation.compared:
        mine = one.pair == current
        if one.rouge.known:
            found = one.rouge
            objectives.append(
                Dot(one.objective, found.estimate, found.low, found.high, current=mine)
            )
        if one.quality.known and math.isfinite(one.cpu_ms):
            found = one.quality
            dot = Dot(one.pair, found.estimate, found.low, found.high, one.cpu_ms, current=mine)
            costs.append(dot)
    return tuple(objectives), tuple(costs)


def _row(name: str, found: Interval) -> FigureRow:
    low, high = (found.low, found.high) if found.known else (None, None)
    return FigureRow(name, found.estimate, low, high, found.clusters)
