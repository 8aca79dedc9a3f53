"""Train LM_cls on the levels of D_cls (or of T1, where there is no D_cls yet).

A plain loop over :class:`FitClassifier`. After each epoch the validation split is scored. The last
one is kept, its learning rate has fallen to 0, and calibrated on that split.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext

import numpy as np
import torch
from torch import Tensor, nn

from lantern.config import ClassifierSettings
from lantern.distill.examples import (
    EncodedExamples,
    Example,
    check_levels,
    encode_examples,
    shuffled_batches,
)
from lantern.distill.frozen_layers import (
    KeptStates,
    freeze_lower_layers,
    lower_states,
    without_lower_layers,
)
from lantern.distill.late_interaction import train_late_interaction
from lantern.distill.level_loss import LevelLoss
from lantern.distill.temperature import fit_temperature
from lantern.distill.training import (
    GRADIENT_NORM,
    EpochResult,
    ProgressCallback,
    TrainedClassifier,
    linear_schedule,
    silent,
)
from lantern.errors import TrainingError
from lantern.fit import LEVEL_LABELS
from lantern.inference.batches import plan_batches
from lantern.inference.device import pick_device, prefers_bf16
from lantern.inference.encoder import FitClassifier
from lantern.inference.model_folder import LATE_INTERACTION
from lantern.inference.pair_input import PairEncoder, collate

BATCH_TOKENS = 4096


def train_classifier(
    train: Sequence[Example],
    validation: Sequence[Example],
    settings: ClassifierSettings,
    *,
    device: str = "auto",
    progress: ProgressCallback | None = None,
) -> TrainedClassifier:
    """Train a classifier of the architecture that the settings name.

    On a CPU the result depends on the examples, their order, the settings and the number of
    threads alone. The caller's random state is left as it was.

    Args:
        train: pairs to learn from.
        validation: pairs of other members and postings; they pick the epoch and the temperature.
        settings: the section ``classifier``.
        device: ``auto``, ``cpu``, ``cuda`` ...
        progress: see :data:`ProgressCallback`.

    Raises:
        TrainingError: if a split is empty, all labels are one level, or the loss is not a number.
        ModelError: if the base cannot be loaded or is too small for the settings.
    """
    if settings.architecture == LATE_INTERACTION:
        return train_late_interaction(train, validation, settings, device=device, progress=progress)
    started = time.perf_counter()
    place = pick_device(device)
    with torch.random.fork_rng(devices=[place] if place.type == "cuda" else []):
        torch.manual_seed(settings.seed)
        model = FitClassifier.from_base(
            settings.base,
            revision=settings.revision,
            pooling=settings.pooling,
            hidden_size=settings.hidden_size,
            dropout=settings.dropout,
            max_tokens=settings.max_tokens,
            layers=settings.layers,
        ).to(place)
        encoder = PairEncoder(model.tokenizer, model.config.template, settings.max_tokens)
        splits = (
            encode_examples(train, encoder, "train"),
            encode_examples(validation, encoder, "validation"),
        )
        check_levels(splits[0].labels)
        loss = LevelLoss(train, settings)
        run = _Run(model, splits, loss, settings, place, progress or silent)
        epochs, temperature = run.train()
    model.calibrate(temperature)
    return TrainedClassifier(
        model=model.cpu().eval(),
        epochs=epochs,
        temperature=temperature,
        train_pairs=len(train),
        validation_pairs=len(validation),
        seconds=time.perf_counter() - started,
    )


class _Run:
    """The state of one training."""

    def __init__(
        self,
        model: FitClassifier,
        splits: tuple[EncodedExamples, EncodedExamples],
        loss: LevelLoss,
        settings: ClassifierSettings,
        device: torch.device,
        progress: ProgressCallback,
    ) -> None:
        self.model, self.settings, self.device = model, settings, device
        self.train_set, self.validation_set = splits
        self.loss, self.progress = loss, progress
        self.lengths = [len(item) for item in self.train_set.inputs]
        self.kept: KeptStates | None = None
        self.train_states: list[Tensor] = []
        self.validation_states: list[Tensor] = []
        freeze_lower_layers(model.encoder, settings.frozen_layers)

    def train(self) -> tuple[tuple[EpochResult, ...], float]:
        """All epochs, and the temperature of the last one."""
        frozen = self.settings.frozen_layers
        if frozen:
            self._keep_lower_states(frozen)
        context = without_lower_layers(self.model.encoder, frozen) if frozen else nullcontext()
        with context as self.kept:
            return self._epochs()

    def _keep_lower_states(self, layers: int) -> None:
        started = time.perf_counter()
        inputs = self.train_set.inputs + self.validation_set.inputs

        def report(done: int) -> None:
            rate = done / (time.perf_counter() - started)
            self.progress(0, done, len(inputs), float("nan"), rate)

        states = lower_states(
            self.model,
            inputs,
            layers,
            batch_tokens=BATCH_TOKENS,
            device=self.device,
            done=report,
        )
        self.train_states = states[: len(self.lengths)]
        self.validation_states = states[len(self.lengths) :]

    def _epochs(self) -> tuple[tuple[EpochResult, ...], float]:
        generator = torch.Generator().manual_seed(self.settings.seed)
        steps = -(-len(self.lengths) // self.settings.batch_pairs)
        optimizer = _optimizer(self.model, self.settings)
        warmup = int(self.settings.warmup_share * steps * self.settings.epochs)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, linear_schedule(warmup, steps * self.settings.epochs)
        )
        results: list[EpochResult] = []
        held = self.validation_set.labels
        for epoch in range(1, self.settings.epochs + 1):
            train_loss = self._epoch(epoch, steps, generator, optimizer, schedule)
            logits = self._validation_logits()
            results.append(EpochResult.of(epoch, train_loss, logits, held))
        return tuple(results), fit_temperature(logits.numpy(), held.numpy())

    def _epoch(
        self,
        epoch: int,
        steps: int,
        generator: torch.Generator,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
    ) -> float:
        self.model.train()
        started, pairs, total = time.perf_counter(), 0, 0.0
        batches = shuffled_batches(self.lengths, self.settings.batch_pairs, generator)
        for step, rows in enumerate(batches, start=1):
            loss = self.loss(self._logits(self.train_set, self.train_states, rows), rows)
            value = float(loss.detach())
            if not np.isfinite(value):
                raise TrainingError(
                    f"the loss is not a number at epoch {epoch}, step {step}; "
                    "lower classifier.learning_rate or head_learning_rate"
                )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.model.parameters(), GRADIENT_NORM)
            optimizer.step()
            schedule.step()
            pairs += len(rows)
            total += value * len(rows)
            self.progress(epoch, step, steps, value, pairs / (time.perf_counter() - started))
        return total / pairs

    @torch.no_grad()
    def _validation_logits(self) -> Tensor:
        self.model.eval()
        split = self.validation_set
        logits = torch.empty(len(split.inputs), len(LEVEL_LABELS))
        for batch in plan_batches([len(item) for item in split.inputs], BATCH_TOKENS):
            rows = batch.tolist()
            logits[rows] = self._logits(split, self.validation_states, rows).cpu()
        if not bool(torch.isfinite(logits).all()):
            raise TrainingError("the model's answers are not numbers; lower the learning rates")
        return logits

    def _logits(self, split: EncodedExamples, states: Sequence[Tensor], rows: list[int]) -> Tensor:
        batch = collate([split.inputs[row] for row in rows], self.model.config.template)
        if self.kept is not None:
            self.kept.set_batch([states[row] for row in rows], self.device)
        use_bf16 = self.device.type == "cuda" and prefers_bf16(self.device)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=use_bf16):
            return self.model.logits(batch.to(self.device))


def _optimizer(model: FitClassifier, settings: ClassifierSettings) -> torch.optim.Optimizer:
    """AdamW; the head learns faster, and biases and norms do not decay."""
    groups: list[dict[str, object]] = []
    parts = ((model.encoder, settings.learning_rate), (model.head, settings.head_learning_rate))
    for part, rate in parts:
        trained = [p for p in part.parameters() if p.requires_grad]
        for decay, members in (
            (settings.weight_decay, [p for p in trained if p.ndim > 1]),
            (0.0, [p for p in trained if p.ndim <= 1]),
        ):
            if members:
                groups.append({"params": members, "lr": rate, "weight_decay": decay})
    return torch.optim.AdamW(groups)
