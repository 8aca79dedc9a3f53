"""train_teacher: T2, the in-house teacher, fine-tuned on D_seed."""

from __future__ import annotations

from lantern.batch.shards import seed_answers
from lantern.prompts.explanation import EXPLANATION_PROMPT_VERSION
from lantern.steps.context import Context
from lantern.steps.models import decoder_source
from lantern.steps.training import Training, check_training_settings, training_folder
from lantern.tables.runs import Manifest


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``seed`` and the documents; leaves T2's folder, which ``synthesize`` reads.

    Cross-entropy on the tokens of the kept answers alone; of the checkpoints the one whose
    generated answers are closest to those of the validation split is kept.
    """
    from lantern.distill.decoder_stage import DecoderStage, identity_of
    from lantern.distill.decoder_training import SUPERVISED
    from lantern.distill.stage_chain import Stage

    check_training_settings(context)
    settings = context.settings.teacher_training
    base = decoder_source(settings.base)
    inputs = {"table": "seed", "prompt": EXPLANATION_PROMPT_VERSION}
    chosen = {"base": base.version, "decoder": settings.decoder.model_dump(mode="json")}
    training = Training(
        context,
        manifest,
        "train_teacher",
        training_folder(context, settings.folder, "models/teacher"),
        "seed",
        lambda versions: seed_answers(context.warehouse, versions),
        {**inputs, **chosen},
    )
    work = DecoderStage(
        shards=training.shards,
        base=base.source,
        revision=settings.revision,
        settings=settings.decoder,
        objective=SUPERVISED,
        cached=False,
        where=context.settings.training,
        watched=training.watched,
    )
    identity = identity_of(work, {"base": base.version, "revision": settings.revision})
    training.run([Stage("teacher", identity, work)], None, inputs)
    manifest.facts |= {"base": base.version, "prompt_version": EXPLANATION_PROMPT_VERSION}
