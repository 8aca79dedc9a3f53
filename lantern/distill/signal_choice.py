"""What a training minimises and by whom it is taught, from its settings."""

from __future__ import annotations

import torch

from lantern.config import DecoderSettings, ObjectiveSettings
from lantern.distill.batch_signal import LiveTeacher, SignalSource, cached_signal, no_signal
from lantern.distill.decoder_checks import check_packing, check_plain_head
from lantern.distill.divergences import divergence
from lantern.distill.encoded_answers import EncodedAnswers
from lantern.distill.objective import Objective
from lantern.distill.training_arguments import uses_bf16
from lantern.errors import TrainingError
from lantern.inference.causal_models import CausalModel, check_same_vocabulary


def objective_of(settings: ObjectiveSettings) -> Objective:
    """The objective of the settings; raises SettingsError where they contradict each other."""
    return Objective(
        divergence(settings.divergence, beta=settings.beta, alpha=settings.alpha, mu=settings.mu),
        sft_weight=settings.sft_weight,
        kd_weight=settings.kd_weight,
        temperature=settings.temperature,
    )


def shared_vocabulary(
    student: CausalModel,
    teacher: CausalModel | None,
    objective: ObjectiveSettings,
    splits: tuple[EncodedAnswers, EncodedAnswers],
) -> int | None:
    """Rows of the head that take part: what teacher and student share; None: all.

    Args:
        student: that is trained.
        teacher: a live one, or None.
        objective: of the training.
        splits: of the training, with cached signals or without.

    Raises:
        TrainingError: there is no signal where one is needed.
        ModelError: teacher and student have other tokenizers.
    """
    if objective.on_policy_share and (teacher is None or objective.kd_weight == 0):
        raise TrainingError(
            "on_policy_share is above 0: a live teacher must score the student's answers; name a "
            "teacher and set kd_weight above 0, or set on_policy_share to 0"
        )
    if objective.kd_weight == 0:
        return None
    if teacher is not None:
        return check_same_vocabulary(teacher.tokenizer, student.tokenizer)
    if not all(split.has_signal for split in splits):
        raise TrainingError(
            "kd_weight is above 0, but there is neither a live teacher nor a cached signal in "
            "every row; run synthesize, name a teacher, or set kd_weight to 0"
        )
    return int(max(student.tokenizer.get_vocab().values())) + 1


def signal_source(
    objective: ObjectiveSettings,
    teacher: CausalModel | None,
    place: torch.device,
    settings: DecoderSettings,
) -> SignalSource:
    """Where the teacher's signal of a batch comes from; a live teacher is put in its place.

    Args:
        objective: of the training.
        teacher: a live one, or None.
        place: where the training runs.
        settings: of the training.

    Raises:
        ModelError: the live teacher cannot be read as the student is.
    """
    if objective.kd_weight == 0:
        return no_signal
    if teacher is None:
        return cached_signal
    dtype = torch.bfloat16 if uses_bf16(settings, place) else torch.float32
    teacher.model.to(device=place, dtype=dtype).set_attn_implementation(settings.attention)
    check_plain_head(teacher)
    if settings.packing:
        check_packing(teacher)
    return LiveTeacher(teacher.model)
