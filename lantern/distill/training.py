"""What the trainings of both architectures share: their result, progress, weights and schedule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from lantern.distill.confusion import confusion_matrix, macro_f1
from lantern.inference.engines import Classifier

ProgressCallback = Callable[[int, int, int, float, float], None]
"""Called with epoch, step, steps, loss, pairs per second. Epoch 0 is the computing of what is
frozen: its steps are pairs (cross_encoder) or units (late_interaction), and its loss is nan."""

GRADIENT_NORM = 1.0


@dataclass(frozen=True, slots=True)
class EpochResult:
    """What an epoch came to.

    Attributes:
        epoch: from 1 on.
        train_loss: mean loss of its pairs, dropout on.
        validation_loss: cross-entropy, not calibrated.
        validation_macro_f1: of the most probable levels.
    """

    epoch: int
    train_loss: float
    validation_loss: float
    validation_macro_f1: float

    @classmethod
    def of(cls, epoch: int, train_loss: float, logits: Tensor, levels: Tensor) -> EpochResult:
        """From the validation split's logits ``[pairs, 3]`` and levels ``[pairs]``."""
        loss = float(nn.functional.cross_entropy(logits, levels))
        matrix = confusion_matrix(levels.numpy(), logits.argmax(dim=1).numpy())
        return cls(epoch, train_loss, loss, macro_f1(matrix))


@dataclass(frozen=True, slots=True)
class TrainedClassifier:
    """A trained, calibrated classifier and how it came about.

    Attributes:
        model: with the weights after the last epoch, in evaluation mode, on the CPU.
        epochs: one result an epoch.
        temperature: fitted on the validation split.
        train_pairs, validation_pairs: sizes of the splits.
        seconds: wall time.
    """

    model: Classifier
    epochs: tuple[EpochResult, ...]
    temperature: float
    train_pairs: int
    validation_pairs: int
    seconds: float


def linear_schedule(warmup: int, steps: int) -> Callable[[int], float]:
    """Up to 1 in ``warmup`` steps, then down to 0 at ``steps``."""

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / (warmup + 1)
        return max(0.0, (steps - step) / max(1, steps - warmup))

    return factor


def silent(*_: object) -> None:
    """The callback of nobody who watches."""
