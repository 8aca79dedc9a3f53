"""One training as a file: what a process that torchrun starts, on whichever machine, reads.

``python -m lantern.distill.training_process PLAN`` runs it; so does torchrun with ``-m``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import torch
from pydantic import BaseModel, ConfigDict

from lantern.config import DecoderSettings, ObjectiveSettings
from lantern.distill.decoder_training import TrainedDecoder, train_decoder
from lantern.distill.encoded_answers import EncodedAnswers
from lantern.distill.training_arguments import process_device, student_dtype, uses_bf16
from lantern.distill.training_progress import Figures, Watch
from lantern.inference.causal_models import load_causal_model


class TrainingPlan(BaseModel):
    """All that a training depends on.

    Attributes:
        student: hub id, folder or pip package; ``revision`` of the hub.
        teacher: the living teacher's, or None.
        train, validation: Arrow files of :func:`encoded_answers.write_encoded`.
        settings, objective: of the training.
        folder: for checkpoints and the result.
        device: ``auto``, ``cpu`` or ``cuda``.
        deepspeed: a file of ``conf/deepspeed``, or None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    student: str
    revision: str | None
    teacher: str | None
    train: Path
    validation: Path
    settings: DecoderSettings
    objective: ObjectiveSettings
    folder: Path
    device: str
    deepspeed: Path | None

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(self.model_dump_json(indent=1), encoding="utf-8")

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read it back."""
        return cls.model_validate_json(path.read_text("utf-8"))

    def run(self, watch: Watch, figures: Figures) -> TrainedDecoder:
        """Load both models and train; raises what :func:`train_decoder` raises."""
        place = process_device(self.device)
        half = torch.bfloat16 if uses_bf16(self.settings, place) else torch.float32
        student = load_causal_model(
            self.student, revision=self.revision, dtype=student_dtype(self.settings, place)
        )
        teacher = None if self.teacher is None else load_causal_model(self.teacher, dtype=half)
        return train_decoder(
            student,
            EncodedAnswers.open(self.train),
            EncodedAnswers.open(self.validation),
            self.settings,
            self.folder,
            objective=self.objective,
            teacher=teacher,
            device=self.device,
            deepspeed=self.deepspeed,
            watch=watch,
            figures=figures,
        )
