"""evaluate: the figures of the newest classifier and explanation model, as a pair."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from lantern.errors import SettingsError
from lantern.steps.context import Context
from lantern.steps.evaluation_figures import (
    Findings,
    classifier_report,
    engine_of_pair,
    explanation_figures_of,
    fairness_figures,
    overlap_figures,
    people_figures,
    robustness_figures_of,
)
from lantern.steps.evaluation_rows import TABLES, audited_pairs, test_rows
from lantern.steps.registry import open_pairs, open_registry
from lantern.steps.report_model import comparison_pictures
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from lantern.batch.progress import Figure
    from lantern.evaluate.comparison import Compared
    from lantern.evaluate.measure import ClassifierReport
    from lantern.evaluate.record import Evaluation
    from lantern.registry.pairs import PairVersion
    from lantern.registry.store import ModelVersion


def run(context: Context, manifest: Manifest) -> None:
    """Reads the tables and the registry; registers the pair and records its evaluation with it.

    The pair as it is packed is what is measured. The champion's classifier, where there is one, is
    measured on the same test pairs.
    """
    from lantern.evaluate.bias_audit import render_bias_audit
    from lantern.evaluate.comparison import newest_of_each
    from lantern.evaluate.measure import Drawing
    from lantern.report.model_charts import confusion_svg, reliability_svg

    registry, pairs = open_registry(context), open_pairs(context)
    with manifest.phase("package"):
        classifier, explainer = registry.newest(), registry.newest_explainer()
        pair = pairs.log(classifier, explainer, _limits(context))
        number = pairs.aliased(context.settings.registry.alias)
        champion = pairs.version(number) if number is not None else None
    manifest.versions_in = context.warehouse.versions(*TABLES)
    with manifest.phase("read"):
        rows, audited = test_rows(context), audited_pairs(context)
    if not rows:
        raise SettingsError(
            "no pair of the test split has an answer of T1; run `lantern label`, or change "
            "pairs.split"
        )
    settings = context.settings.evaluate
    drawing = Drawing(settings.seed, settings.draws)
    findings = Findings()
    engine = engine_of_pair(context, pair)
    with manifest.phase("classifier"):
        report = classifier_report(context, rows, pair, engine, champion, drawing)
        findings.figures |= report.figures
        overlap_figures(context, rows, {"classifier": classifier, "explainer": explainer}, findings)
        people_figures(context, report, findings, drawing)
    with manifest.phase("fairness"):
        fairness_figures(context, audited, engine, findings, drawing)
    with manifest.phase("robustness"):
        robustness_figures_of(context, audited, engine, findings)
    with manifest.phase("explanations"):
        explanation_figures_of(context, rows, report, pair, findings, drawing)
    evaluation = _evaluation(context, manifest, pair, champion, report, findings)
    with manifest.phase("compare"):
        mine = _compared(pair, explainer, report, findings)
        others = pairs.compared(manifest.versions_in)
        evaluation = replace(evaluation, compared=newest_of_each([mine, *others]))
    files = {
        "reliability.svg": reliability_svg(report.reliability, report.reliability_untempered),
        "confusion.svg": confusion_svg(report.confusion),
        **comparison_pictures(evaluation, pair.model_version),
    }
    if findings.groups:
        files["bias_audit.html"] = render_bias_audit(
            findings.groups,
            tool=pair.model_version,
            day=context.day.isoformat(),
            source="pairs of base_pairs",
        )
    with manifest.phase("record"):
        pairs.record(pair, evaluation, files)
    _tell(context, manifest, pair, report, findings)


def _limits(context: Context) -> dict[str, int | None]:
    documents, generation = context.settings.documents, context.settings.generation
    return {
        "max_chars": documents.max_chars,
        "min_letters": documents.min_letters,
        "answer_tokens": generation.answer_tokens,
        "context": generation.context,
    }


def _evaluation(
    context: Context,
    manifest: Manifest,
    pair: PairVersion,
    champion: PairVersion | None,
    report: ClassifierReport,
    findings: Findings,
) -> Evaluation:
    from lantern import __version__
    from lantern.evaluate.record import Evaluation

    manifest.counts |= {
        "test_pairs": len(report.pairs),
        "left_out": report.left_out,
        "test_members": len({item.member_id for item in report.pairs}),
    }
    return Evaluation(
        classifier=pair.classifier.model_version,
        explainer=pair.explainer,
        day=context.day.isoformat(),
        data=manifest.versions_in,
        champion=champion.version if champion else None,
        figures=findings.figures,
        champion_figures=report.champion_figures,
        differences=report.differences,
        confusion=report.confusion,
        reliability=report.reliability,
        reliability_untempered=report.reliability_untempered,
        groups=findings.groups,
        missing=findings.missing,
        facts={
            "lantern": __version__,
            "test_pairs": str(len(report.pairs)),
            "left_out": str(report.left_out),
            "run": context.run_id,
        },
    )


def _compared(
    pair: PairVersion,
    explainer: ModelVersion | None,
    report: ClassifierReport,
    findings: Findings,
) -> Compared:
    from lantern.evaluate.comparison import Compared
    from lantern.evaluate.intervals import Interval

    unknown = Interval(math.nan, math.nan, math.nan, 0, 0)
    objective = explainer.params.get("objective", "not recorded") if explainer else "rubric"
    return Compared(
        pair.model_version,
        objective,
        findings.figures.get("rougeL", unknown),
        findings.figures.get("qwk", unknown),
        report.cpu_ms,
    )


def _tell(
    context: Context,
    manifest: Manifest,
    pair: PairVersion,
    report: ClassifierReport,
    findings: Findings,
) -> None:
    estimates = {name: found.estimate for name, found in findings.figures.items()}
    manifest.figures |= {name: value for name, value in estimates.items() if math.isfinite(value)}
    manifest.facts |= {
        "pair": pair.model_version,
        "model_version": pair.classifier.model_version,
        "explainer": pair.explainer,
    } | {f"missing_{name}": why for name, why in findings.missing.items()}
    shown = ("accuracy", "macro_f1", "qwk", "ece", "swap_flips", "exact_quotes", "rougeL")
    told: dict[str, Figure] = {"test_pairs": len(report.pairs), "explainer": pair.explainer}
    told |= {name: estimates[name] for name in shown if name in estimates}
    if findings.missing:
        told["not_measured"] = ", ".join(findings.missing)
    context.reporter.line("evaluate", pair.model_version, told)
