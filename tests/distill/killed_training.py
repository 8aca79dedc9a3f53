"""A training that is killed by the system's hardest signal: run as a process by a test.

Arguments: folder of student and teacher, folder of the training, the step to die after.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from lantern.config import LoraSettings
from lantern.distill.decoder_training import SUPERVISED, TrainedDecoder, train_decoder
from lantern.distill.training_progress import TrainingProgress
from lantern.inference.causal_models import load_causal_model
from tests.distill.tiny_decoders import settings, short_examples

KD = SUPERVISED.model_copy(update={"kd_weight": 0.5, "on_policy_share": 0.4})
LORA = LoraSettings(rank=4, alpha=8, dropout=0.3, target="all-linear")


def train(models: Path, folder: Path, die_after: int | None = None) -> TrainedDecoder:
    """12 steps with dropout and on-policy samples; a checkpoint every 2."""

    def watch(progress: TrainingProgress) -> None:
        if progress.step == die_after:
            os.kill(os.getpid(), signal.SIGKILL)

    return train_decoder(
        load_causal_model(str(models / "student")),
        short_examples(24, 100),
        short_examples(4, 100, seed=1),
        settings(epochs=2, checkpoint_steps=2, lora=LORA, learning_rate=1e-2),
        folder,
        objective=KD,
        teacher=load_causal_model(str(models / "teacher")),
        watch=watch,
    )


if __name__ == "__main__":
    train(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
