"""The model card of a pair: what it was made of, what it can do, what it must not be used for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Final

from lantern.evaluate.gates import GateResult
from lantern.evaluate.intervals import Interval
from lantern.evaluate.record import Evaluation
from lantern.registry.pairs import PairVersion
from lantern.registry.store import ModelVersion

_SHOWN: Final = (
    "accuracy",
    "macro_f1",
    "qwk",
    "ece",
    "ndcg_at_10",
    "human_agreement",
    "truth_agreement",
    "verdict_accuracy",
    "rougeL",
    "rougeL_floor",
)
_UNKNOWN: Final = "not stated by the base; find it out before you use the model"


def model_card(
    pair: PairVersion,
    evaluation: Evaluation,
    results: Sequence[GateResult],
    models: Mapping[str, ModelVersion],
    *,
    why: str,
) -> str:
    """The card as Markdown.

    Args:
        pair: that is promoted.
        evaluation: of it.
        results: of the gates.
        models: ``classifier`` and, unless the rubric explains, ``explainer``.
        why: it is promoted: the gates, or the reason of an override.
    """
    lines = [
        f"# {pair.model_version}",
        "",
        f"Classifier {evaluation.classifier}, explanations by {evaluation.explainer}. "
        f"Evaluated on {evaluation.day}: {why}.",
        "",
        "## Intended use",
        "To order and explain jobs to the members themselves, as one signal beside others. The "
        "level speaks of what a profile shows, never of the person.",
        "",
        "Not for: rejecting applicants without a person's decision, ranking people for an "
        "employer, or any decision on data other than profiles and postings. Where Local Law 144 "
        "or the EU AI Act applies, an independent audit is needed; bias_audit.html is none.",
        "",
        "## Made of",
        *_made_of(models),
        f"- data of the evaluation: {_pairs_of(evaluation.data)}",
        "",
        "## Figures",
        "95 % intervals over whole members.",
        "",
        *_figures(evaluation.figures),
        "",
        "## Gates",
        *[_gate(result) for result in results],
        "",
        "## Limits",
        f"- Labels are a teacher's; the test split has {evaluation.facts.get('test_pairs', '?')} "
        "pairs, and its members and postings were not trained on.",
        "- English profiles and postings; other languages were not measured.",
        "- What a profile does not tell is not known: 'not shown' is no lack.",
        *[f"- not measured: {name} ({reason})" for name, reason in evaluation.missing.items()],
        "",
    ]
    return "\n".join(lines)


def licence_of(base: str) -> str:
    """The licence of a base model: of its pip package, or as its README's header states it."""
    folder = Path(base)
    if folder.is_dir():
        readme = folder / "README.md"
        if not readme.is_file():
            return _UNKNOWN
        header = readme.read_text(encoding="utf-8", errors="replace").partition("\n---")[0]
        found = re.search(r"^license:\s*(\S+)", header, re.MULTILINE)
        return found[1] if found else _UNKNOWN
    try:
        told = metadata(base)
    except (PackageNotFoundError, ValueError):
        return _UNKNOWN
    stated = [told[name] for name in ("License-Expression", "License") if name in told]
    return str(stated[0]).split("\n")[0] if stated else _UNKNOWN


def _made_of(models: Mapping[str, ModelVersion]) -> list[str]:
    lines = []
    for kind, model in models.items():
        base = model.params.get("base", "")
        # A folder's place is nobody's business; its name and licence are.
        name = Path(base).name if "/" in base and Path(base).is_dir() else base or "not recorded"
        lines.append(f"- {kind}: {model.model_version}, base {name}, licence: {licence_of(base)}")
        lines.append(f"- {kind}'s tables: {model.params.get('tables', 'not recorded')}")
    return lines


def _figures(figures: Mapping[str, Interval]) -> list[str]:
    rows = ["| figure | value | interval | members or postings |", "|---|---|---|---|"]
    for name in _SHOWN:
        found = figures.get(name)
        if found is not None and found.known:
            rows.append(
                f"| {name} | {found.estimate:.3f} | {found.low:.3f} to {found.high:.3f} "
                f"| {found.clusters} |"
            )
    return rows


def _gate(result: GateResult) -> str:
    mark = "passed" if result.passed else "**blocked**"
    relaxed = f" (relaxed: {result.relaxed})" if result.relaxed else ""
    return f"- {result.name}: {mark}, {result.reason}{relaxed}"


def _pairs_of(data: Mapping[str, int]) -> str:
    return ", ".join(f"{table} version {version}" for table, version in sorted(data.items()))
