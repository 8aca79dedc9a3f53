"""distill_explainer: LM_exp, distilled from T2 on D_t, stage by stage, and registered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lantern.batch.shards import synthetic_answers
from lantern.config import ExplainerSettings, StageSettings
from lantern.prompts.explanation import EXPLANATION_PROMPT_VERSION
from lantern.steps.context import Context
from lantern.steps.models import DecoderSource, decoder_source, teacher_model
from lantern.steps.registry import open_registry
from lantern.steps.splits import splits_told
from lantern.steps.training import Training, check_training_settings, training_folder
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from lantern.distill.stage_chain import FinishedStage, Stage

_REGISTERED = "registered.json"


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``synthetic`` and the documents; registers a version of the explanation model.

    Each stage's result is the teacher of the next one, and a run of its own under one parent.
    """
    check_training_settings(context)
    settings = context.settings.explainer
    named = settings.teacher
    teacher = decoder_source(named) if named else teacher_model(context)
    inputs = {
        "table": "synthetic",
        "prompt": EXPLANATION_PROMPT_VERSION,
        "teacher": teacher.version,
    }
    training = Training(
        context,
        manifest,
        "distill_explainer",
        training_folder(context, settings.folder, "models/explainer"),
        "synthetic",
        lambda versions: synthetic_answers(
            context.warehouse, versions, teacher.version, EXPLANATION_PROMPT_VERSION
        ),
        {**inputs, "explainer": settings.model_dump(mode="json")},
    )
    stages = [_stage(context, training, stage, teacher) for stage in settings.stages]
    finished = training.run(stages, teacher.source, inputs)
    _register(context, training, finished, manifest)
    manifest.facts |= {"teacher": teacher.version, "prompt_version": EXPLANATION_PROMPT_VERSION}


def _stage(
    context: Context, training: Training, stage: StageSettings, teacher: DecoderSource
) -> Stage:
    from lantern.distill.decoder_stage import DecoderStage, identity_of
    from lantern.distill.stage_chain import Stage

    base = decoder_source(stage.base) if stage.base else None
    identity: Mapping[str, Any] = {"base": base and base.version, "revision": stage.revision}
    if stage.kind != "distill":
        return _folder_stage(context, training, stage, base, identity)
    settings = context.settings.explainer
    cached = stage.signal == "cache"
    if cached and base is not None:
        _check_cache(teacher, base)
    work = DecoderStage(
        shards=training.shards,
        base=base.source if base else None,
        revision=stage.revision,
        settings=settings.decoder_of(stage),
        objective=settings.objective_of(stage),
        cached=cached,
        where=context.settings.training,
        watched=training.watched,
    )
    return Stage(stage.name, identity_of(work, identity), work)


def _folder_stage(
    context: Context,
    training: Training,
    stage: StageSettings,
    base: DecoderSource | None,
    identity: Mapping[str, Any],
) -> Stage:
    from lantern.distill.folder_stage import FOLDER_KINDS, FolderStage
    from lantern.distill.stage_chain import Stage

    kind = FOLDER_KINDS[stage.kind]
    length = context.settings.explainer.decoder_of(stage).context
    source = base.source if base else None
    work = FolderStage(kind.function, source, training.shards, length, stage.options)
    told = {**identity, "kind": stage.kind, "context": length, "options": stage.options}
    return Stage(stage.name, told, work, teaches=kind.teaches)


def _check_cache(teacher: DecoderSource, student: DecoderSource) -> None:
    """Refuse a cache of another vocabulary before anything is read; the message names tokens."""
    from lantern.inference.base_models import load_tokenizer, resolve_base
    from lantern.inference.causal_models import check_same_vocabulary

    if teacher.tokenizer_hash != student.tokenizer_hash:
        check_same_vocabulary(
            load_tokenizer(resolve_base(teacher.source)),
            load_tokenizer(resolve_base(student.source)),
        )


def _register(
    context: Context, training: Training, finished: tuple[FinishedStage, ...], manifest: Manifest
) -> None:
    """Log the last stage's model as a new version, unless this very one is registered."""
    import json

    last = finished[-1]
    marker = training.folder / _REGISTERED
    known = json.loads(marker.read_text("utf-8")) if marker.is_file() else {}
    version = known.get("model_version")
    if known.get("digest") != last.digest:
        settings = context.settings.explainer
        version = (
            open_registry(context)
            .log_explainer(
                training.folder / "model",
                params={
                    "base": settings.stages[-1].base or "the stage before",
                    "stages": " -> ".join(stage.name for stage in settings.stages),
                    "objective": _objective(settings),
                    "tables": str(training.versions),
                    "splits": splits_told(context.settings),
                    "prompt_version": EXPLANATION_PROMPT_VERSION,
                },
                metrics=dict(last.figures),
            )
            .model_version
        )
        told = {"digest": last.digest, "model_version": version}
        marker.write_text(json.dumps(told), encoding="utf-8")
    manifest.facts["explainer"] = str(version)
    context.reporter.line("distill_explainer", "explainer", {"version": str(version)})


def _objective(settings: ExplainerSettings) -> str:
    """What the last stage that learns minimises; ``sft``: its teacher's texts alone."""
    learned = [stage for stage in settings.stages if stage.kind == "distill"]
    if not learned:
        return "none"
    last = settings.objective_of(learned[-1])
    return last.divergence if last.kd_weight > 0 else "sft"
