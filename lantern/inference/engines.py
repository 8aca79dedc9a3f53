"""One way to an engine, whatever the architecture of the classifier."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from lantern.errors import ModelError
from lantern.inference.classify import ClassifierEngine
from lantern.inference.encoder import FitClassifier
from lantern.inference.late_engine import LateInteractionEngine
from lantern.inference.late_interaction import LateInteractionClassifier
from lantern.inference.model_folder import (
    CONFIG_FILE,
    CROSS_ENCODER,
    LATE_INTERACTION,
    read_config,
)
from lantern.inference.pair_input import Pair
from lantern.inference.scored_batch import ScoredBatch

Classifier = FitClassifier | LateInteractionClassifier


class Engine(Protocol):
    """Pairs of texts in, probabilities out."""

    @property
    def calibrated(self) -> bool:
        """Whether the probabilities are temperature-scaled."""

    def score(self, pairs: Sequence[Pair]) -> ScoredBatch:
        """Probabilities of pairs ``(requirements, profile)``."""


def load_classifier(folder: str | Path) -> Classifier:
    """A saved classifier of either architecture.

    Raises:
        ModelError: if the folder does not hold one.
    """
    architecture = read_config(folder).get("architecture", CROSS_ENCODER)
    if architecture == CROSS_ENCODER:
        return FitClassifier.load(folder)
    if architecture == LATE_INTERACTION:
        return LateInteractionClassifier.load(folder)
    raise ModelError(f"{CONFIG_FILE} names an unknown architecture {architecture!r}")


def engine_of(
    model: Classifier, *, batch_tokens: int = 4096, dtype: str = "auto", device: str = "auto"
) -> Engine:
    """The engine of a classifier, which is moved to the device and dtype."""
    if isinstance(model, LateInteractionClassifier):
        return LateInteractionEngine(model, batch_tokens=batch_tokens, dtype=dtype, device=device)
    return ClassifierEngine(model, batch_tokens=batch_tokens, dtype=dtype, device=device)


def load_engine(
    folder: str | Path, *, batch_tokens: int = 4096, dtype: str = "auto", device: str = "auto"
) -> Engine:
    """An engine for a saved classifier of either architecture.

    Args:
        folder: that :func:`lantern.inference.model_folder.write_folder` wrote.
        batch_tokens: most padded tokens of a batch.
        dtype: ``auto``, ``float32`` or ``bfloat16``.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` ...

    Raises:
        ModelError: if the folder does not hold a classifier.
    """
    model = load_classifier(folder)
    return engine_of(model, batch_tokens=batch_tokens, dtype=dtype, device=device)
