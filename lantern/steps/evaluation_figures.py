"""The figures of an evaluation, group by group: what is read, what is measured, what cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lantern.fit import FitLevel
from lantern.steps.context import Context
from lantern.steps.evaluation_rows import (
    TestRow,
    attacked_subjects,
    groups_of,
    reviewed_levels,
    trained_on,
    truth_of,
)

if TYPE_CHECKING:
    from lantern.documents.profile import Profile
    from lantern.evaluate.impact import GroupRates
    from lantern.evaluate.intervals import Interval
    from lantern.evaluate.measure import ClassifierReport, Drawing, TestPair
    from lantern.inference.engines import Engine
    from lantern.registry.explainers import Explainer
    from lantern.registry.pairs import PairVersion
    from lantern.registry.store import ModelVersion


@dataclass
class Findings:
    """What is known so far: figures, the bias audit, and why other figures are not known."""

    figures: dict[str, Interval] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    groups: tuple[GroupRates, ...] = ()


def engine_of_pair(context: Context, pair: PairVersion) -> Engine:
    """The engine of the classifier in a pair."""
    from lantern.inference.engines import load_engine

    score = context.settings.score
    return load_engine(pair.classifier.folder, batch_tokens=score.batch_tokens, dtype=score.dtype)


def classifier_report(
    context: Context,
    rows: list[TestRow],
    pair: PairVersion,
    engine: Engine,
    champion: PairVersion | None,
    drawing: Drawing,
) -> ClassifierReport:
    from lantern.evaluate.measure import measure_classifier
    from lantern.inference.model_folder import read_config

    return measure_classifier(
        [row.pair for row in rows],
        engine,
        engine_of_pair(context, champion) if champion else None,
        temperature=float(read_config(pair.classifier.folder).get("temperature") or 1.0),
        drawing=drawing,
    )


def overlap_figures(
    context: Context,
    rows: list[TestRow],
    models: Mapping[str, ModelVersion | None],
    findings: Findings,
) -> None:
    """Members and postings of the test pairs that either model was trained on."""
    from lantern.evaluate.measure import split_overlap

    seen: dict[str, set[str]] = {"members": set(), "postings": set()}
    for kind, model in models.items():
        if model is None:
            continue
        trained = trained_on(context, model)
        if trained is None:
            findings.missing["split_overlap"] = (
                f"{model.model_version} ({kind}) does not say which version of base_pairs it was "
                "trained on, that version is gone, or it is a copy trained under other splits"
            )
            return
        seen = {name: seen[name] | trained[name] for name in seen}
    findings.figures["split_overlap"] = split_overlap([row.pair for row in rows], seen)


def people_figures(
    context: Context, report: ClassifierReport, findings: Findings, drawing: Drawing
) -> None:
    """Agreement with reviewers, where there are any, and with the sample's truth."""
    from lantern.evaluate.humans import Reviewed, human_figures

    predicted = {
        (pair.member_id, pair.posting_id): FitLevel(int(row.argmax()))
        for pair, row in zip(report.pairs, report.probabilities, strict=True)
    }
    how = {"seed": drawing.seed, "draws": drawing.draws}
    found = human_figures(predicted, reviewed_levels(context), **how)
    if not found:
        findings.missing["human_agreement"] = "no test pair has been reviewed"
    findings.figures |= found
    truth = truth_of(context)
    if truth is None:
        return
    levels = [
        Reviewed(*key, FitLevel.from_label(truth[key]["level_shown"]))
        for key in predicted
        if key in truth
    ]
    shown = human_figures(predicted, levels, **how)
    findings.figures |= {name.replace("human", "truth"): value for name, value in shown.items()}


def fairness_figures(
    context: Context,
    pairs: list[TestPair],
    engine: Engine,
    findings: Findings,
    drawing: Drawing,
) -> None:
    from lantern.evaluate.measure import measure_groups, measure_swaps

    settings = context.settings.evaluate
    one_each = list({pair.member_id: pair for pair in pairs}.values())
    findings.figures |= measure_swaps(
        one_each[: settings.swapped_pairs], engine, seed=settings.seed
    )
    groups = groups_of(context)
    if groups is None:
        findings.missing["impact_ratio"] = "evaluate.groups names no file of group attributes"
        return
    ratios, findings.groups = measure_groups(pairs, engine, groups, settings.attributes, drawing)
    findings.figures |= ratios


def explanation_figures_of(
    context: Context,
    rows: list[TestRow],
    report: ClassifierReport,
    pair: PairVersion,
    findings: Findings,
    drawing: Drawing,
) -> None:
    """Explanations of the classifier's class on test pairs, read back and held against them."""
    from lantern.evaluate.explanations import Written, explanation_figures, shown_verdicts
    from lantern.evaluate.text_metrics import rouge_figures
    from lantern.registry.explainers import explainer_of

    levels = {
        (found.member_id, found.posting_id): FitLevel(int(row.argmax()))
        for found, row in zip(report.pairs, report.probabilities, strict=True)
    }
    keyed = [(row, (row.pair.member_id, row.pair.posting_id)) for row in rows]
    chosen = [(row, key) for row, key in keyed if key in levels]
    step = max(1, len(chosen) // context.settings.evaluate.explained_pairs)
    chosen = chosen[::step][: context.settings.evaluate.explained_pairs]
    generation = context.settings.generation
    explainer = explainer_of(
        pair.explainer_folder,
        answer_tokens=generation.answer_tokens,
        context=generation.context,
    )
    texts = explainer.explain([replace(row.request, level=levels[key]) for row, key in chosen])
    truth = truth_of(context) or {}
    written = [
        Written(
            member_id=key[0],
            level=levels[key],
            requirements=tuple(item.text for item in row.request.requirements),
            profile=row.request.profile,
            text=text,
            truth=shown_verdicts(
                [item.text for item in row.request.requirements], truth[key]["requirements"]
            )
            if key in truth
            else (),
        )
        for (row, key), text in zip(chosen, texts, strict=True)
    ]
    how = {"seed": drawing.seed, "draws": drawing.draws}
    findings.figures |= explanation_figures(written, **how)
    findings.figures |= rouge_figures(
        texts, [row.explanation for row, _ in chosen], [key[0] for _, key in chosen], **how
    )
    findings.figures |= _attacked(context, [row for row, _ in chosen], levels, explainer)


def _attacked(
    context: Context,
    rows: Sequence[TestRow],
    levels: Mapping[tuple[str, str], FitLevel],
    explainer: Explainer,
) -> Mapping[str, Interval]:
    """What the attack suite does to explanations of the classifier's class; one pair a member."""
    from lantern.evaluate.attacked_explanations import attacked_explanations
    from lantern.evaluate.robustness import Limits
    from lantern.registry.explainers import ExplanationRequest

    settings, documents = context.settings.evaluate, context.settings.documents
    one_each = list({row.pair.member_id: row for row in rows}.values())
    chosen = one_each[: settings.attacked_explanations]
    if not chosen:
        return {}

    def request(at: int, profile: Profile) -> ExplanationRequest:
        pair, asked = chosen[at].pair, chosen[at].request
        return ExplanationRequest.of(
            asked.title,
            asked.requirements,
            profile,
            levels[pair.member_id, pair.posting_id],
            posting_seniority=asked.posting_seniority,
        )

    return attacked_explanations(
        attacked_subjects(context, [row.pair for row in chosen]),
        lambda asked: explainer.explain([request(at, profile) for at, profile in asked]),
        limits=Limits(documents.max_chars, documents.min_letters),
        seed=settings.seed,
        attacks_a_subject=settings.attacks_an_explanation,
    )


def robustness_figures_of(
    context: Context, pairs: list[TestPair], engine: Engine, findings: Findings
) -> None:
    """What must hold whatever the labels, and what the attack suite does; one pair a member."""
    from lantern.evaluate.invariances import invariance_figures
    from lantern.evaluate.robustness import Limits, robustness

    settings, documents = context.settings.evaluate, context.settings.documents
    one_each = list({pair.member_id: pair for pair in pairs}.values())[: settings.attacked_pairs]
    findings.figures |= invariance_figures(one_each, engine)
    found = robustness(
        attacked_subjects(context, one_each),
        lambda texts: engine.score(texts).probabilities,
        limits=Limits(documents.max_chars, documents.min_letters),
        seed=settings.seed,
        attacks_a_subject=settings.attacks_a_pair,
    )
    findings.figures |= found.figures
