"""Run steps: find them by name, record each in ``runs``, turn outcomes into exit codes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Final, Protocol, cast

from lantern.errors import ExitCode, LanternError
from lantern.steps.context import Context
from lantern.steps.teacher import require_teacher
from lantern.tables.failures import translated
from lantern.tables.runs import Manifest, write_manifest

STEPS: Final = {
    "ingest": "members, postings and events into their tables",
    "extract": "the requirements of new and changed postings",
    "pairs": "D_base: the pairs to label, with their splits",
    "label": "T1's answers to D_base",
    "curate": "D_seed: what people and filters keep of T1's answers",
    "train_teacher": "T2: fine-tune the in-house teacher on D_seed",
    "synthesize": "D_t: T2's answers to D_base, with their log-probabilities",
    "distill_explainer": "LM_exp: distil the explanation model from T2, stage by stage",
    "label_fit": "D_cls: the explanation model's class of every pair of D_base",
    "distill_classifier": "train LM_cls on the labels and register it",
    "evaluate": "the figures of the newest pair of models",
    "promote": "make the newest pair the champion, if it passes the gates",
    "candidates": "the pairs that tonight must have a score for",
    "score": "the fit of the candidates whose inputs changed",
    "explain": "the reasons of each member's best jobs",
    "report": "the page about the night",
}
NIGHT: Final = ("ingest", "extract", "candidates", "score", "explain", "report")
TRAINING: Final = (
    "ingest",
    "extract",
    "pairs",
    "label",
    "curate",
    "train_teacher",
    "synthesize",
    "distill_explainer",
    "label_fit",
    "distill_classifier",
    "evaluate",
    "promote",
)
# These have Spark's workers load models: decoders, the classifier, or the embedder of texts.
_WITH_MODELS: Final = {"pairs", "synthesize", "label_fit", "candidates", "score", "explain"}


class _Step(Protocol):
    def run(self, context: Context, manifest: Manifest) -> None: ...


def run_steps(context: Context, steps: Sequence[str]) -> ExitCode:
    """Run steps one after the other, under one run id; the first failure ends the run.

    Each step leaves a row in ``runs``, failed and interrupted ones too, as far as the tables can
    still be written.

    Returns:
        DONE, or QUARANTINED if a step left out more rows than its settings allow.

    Raises:
        LanternError: what stopped a step.
    """
    require_teacher(context.settings, steps)
    context.models_in_workers = not _WITH_MODELS.isdisjoint(steps)
    outcome = ExitCode.DONE
    for name in steps:
        step = cast(_Step, importlib.import_module(f"lantern.steps.{name}"))
        if run_recorded(context, name, step.run) is ExitCode.QUARANTINED:
            outcome = ExitCode.QUARANTINED
    return outcome


def run_recorded(
    context: Context, name: str, work: Callable[[Context, Manifest], None]
) -> ExitCode:
    """Run one piece of work as the step ``name``: its manifest is written, however it ends.

    Raises:
        LanternError: what stopped it.
    """
    manifest = context.manifest(name)
    try:
        with translated(f"step {name}"):
            work(context, manifest)
    except BaseException as error:
        _record_failure(context, manifest, error)
        raise
    write_manifest(context.warehouse, manifest)
    return ExitCode.QUARANTINED if manifest.outcome == "quarantined" else ExitCode.DONE


def _record_failure(context: Context, manifest: Manifest, error: BaseException) -> None:
    interrupted = isinstance(error, KeyboardInterrupt)
    manifest.outcome = "interrupted" if interrupted else "failed"
    # Our own messages are free of personal data; a foreign one may quote a row.
    ours = isinstance(error, LanternError)
    manifest.facts["error"] = f"{type(error).__name__}: {error}" if ours else type(error).__name__
    if "warehouse" not in vars(context):
        return  # the session never opened: there is nowhere to write to
    try:
        write_manifest(context.warehouse, manifest)
    except Exception as second:
        context.reporter.line(manifest.step, "not recorded", {"because": type(second).__name__})
