"""Train the head of a late-interaction classifier over frozen vectors of units.

The vectors are computed once; an epoch costs the head alone. After each epoch the validation split
is scored. The last one is kept, its learning rate has fallen to 0, and calibrated on that split.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from lantern.config import ClassifierSettings
from lantern.distill.examples import Example, check_levels
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
from lantern.distill.verdict_targets import UNKNOWN, verdict_targets
from lantern.errors import TrainingError
from lantern.inference.device import pick_device
from lantern.inference.late_engine import PairTables, tabulate
from lantern.inference.late_interaction import LateInteractionClassifier
from lantern.inference.unit_input import padded_size
from lantern.inference.unit_vectors import UnitEncoder

BATCH_TOKENS = 4096
VALIDATION_PAIRS = 256


def train_late_interaction(
    train: Sequence[Example],
    validation: Sequence[Example],
    settings: ClassifierSettings,
    *,
    device: str = "auto",
    progress: ProgressCallback | None = None,
) -> TrainedClassifier:
    """Train a late-interaction classifier; see ``train_classifier``, which calls this.

    Raises:
        TrainingError: if a split is empty or has a row that cannot be used, all labels are one
            level, or the loss is not a number.
        ModelError: if the base cannot be loaded or is too small for the settings.
    """
    started = time.perf_counter()
    for name, split in (("train", train), ("validation", validation)):
        if not split:
            raise TrainingError(
                f"the {name} split is empty; label more pairs or change pairs.split"
            )
    labels = torch.tensor([int(e.level) for e in (*train, *validation)])
    check_levels(labels[: len(train)])
    place = pick_device(device)
    with torch.random.fork_rng(devices=[place] if place.type == "cuda" else []):
        torch.manual_seed(settings.seed)
        model = LateInteractionClassifier.from_base(
            settings.base,
            revision=settings.revision,
            pooling=settings.pooling,
            hidden_size=settings.hidden_size,
            dropout=settings.dropout,
            unit_tokens=settings.unit_tokens,
            requirement_units=settings.requirement_units,
            profile_units=settings.profile_units,
            layers=settings.layers,
        ).to(place)
        tables = tabulate(model, [(e.requirements, e.profile) for e in (*train, *validation)])
        _refuse_errors(tables, len(train))
        vectors = _vectors(model, tables, place, progress or silent)
        run = _Run(model, tables, vectors, labels, train, settings, progress or silent)
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


def _refuse_errors(tables: PairTables, train_pairs: int) -> None:
    for row, reason in sorted(tables.errors.items()):
        split, first = ("train", 0) if row < train_pairs else ("validation", train_pairs)
        raise TrainingError(f"row {row - first} of the {split} split: {reason}")


def _vectors(
    model: LateInteractionClassifier,
    tables: PairTables,
    device: torch.device,
    progress: ProgressCallback,
) -> Tensor:
    started = time.perf_counter()
    units = tables.units.inputs

    def report(done: int) -> None:
        progress(0, done, len(units), float("nan"), done / (time.perf_counter() - started))

    encoder = UnitEncoder(model, batch_tokens=BATCH_TOKENS, device=device, remembered=0)
    vectors = encoder.encode(units, report)
    if vectors.failed:
        reason = next(iter(vectors.failed.values()))
        raise TrainingError(f"{len(vectors.failed)} of {len(units)} units: {reason}")
    return vectors.table


class _Run:
    """The state of one training."""

    def __init__(
        self,
        model: LateInteractionClassifier,
        tables: PairTables,
        vectors: Tensor,
        labels: Tensor,
        train: Sequence[Example],
        settings: ClassifierSettings,
        progress: ProgressCallback,
    ) -> None:
        self.model, self.tables, self.vectors, self.labels = model, tables, vectors, labels
        self.train_pairs, self.settings, self.progress = len(train), settings, progress
        self.loss = LevelLoss(train, settings)
        width = tables.requirements.side.rows.shape[1]
        self.verdicts = verdict_targets(train, width) if settings.verdict_weight else None

    def train(self) -> tuple[tuple[EpochResult, ...], float]:
        """All epochs, and the temperature of the last one."""
        settings, head = self.settings, self.model.head
        generator = torch.Generator().manual_seed(settings.seed)
        steps = -(-self.train_pairs // settings.batch_pairs)
        groups: list[dict[str, object]] = [
            {"params": [p for p in head.parameters() if p.ndim > 1]},
            {"params": [p for p in head.parameters() if p.ndim <= 1], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(
            groups, lr=settings.head_learning_rate, weight_decay=settings.weight_decay
        )
        warmup = int(settings.warmup_share * steps * settings.epochs)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, linear_schedule(warmup, steps * settings.epochs)
        )
        held = self.labels[self.train_pairs :]
        results: list[EpochResult] = []
        for epoch in range(1, settings.epochs + 1):
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
        order = torch.randperm(self.train_pairs, generator=generator).tolist()
        size = self.settings.batch_pairs
        for step, start in enumerate(range(0, len(order), size), start=1):
            rows = order[start : start + size]
            loss = self._loss(rows)
            value = float(loss.detach())
            if not np.isfinite(value):
                raise TrainingError(
                    f"the loss is not a number at epoch {epoch}, step {step}; "
                    "lower classifier.head_learning_rate"
                )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.model.head.parameters(), GRADIENT_NORM)
            optimizer.step()
            schedule.step()
            pairs += len(rows)
            total += value * len(rows)
            self.progress(epoch, step, steps, value, pairs / (time.perf_counter() - started))
        return total / pairs

    def _loss(self, rows: list[int]) -> Tensor:
        logits, judged = self._judged(rows)
        loss = self.loss(logits, rows)
        if self.verdicts is None:
            return loss
        said = self.verdicts[rows, : judged.shape[1]].to(judged.device)
        known = int((said != UNKNOWN).sum())
        summed = nn.functional.cross_entropy(
            judged.flatten(0, 1), said.flatten(), ignore_index=UNKNOWN, reduction="sum"
        )
        return loss + self.settings.verdict_weight * summed / max(1, known)

    @torch.no_grad()
    def _validation_logits(self) -> Tensor:
        self.model.eval()
        rows = range(self.train_pairs, len(self.labels))
        parts = [
            self._judged(rows[start : start + VALIDATION_PAIRS])[0].cpu()
            for start in range(0, len(rows), VALIDATION_PAIRS)
        ]
        logits = torch.cat(parts)
        if not bool(torch.isfinite(logits).all()):
            raise TrainingError("the model's answers are not numbers; lower head_learning_rate")
        return logits

    def _judged(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Logits of some pairs and of their items; only the units they name are projected."""
        device = self.vectors.device
        sides = []
        for table, of_pair in (
            (self.tables.requirements, self.tables.first),
            (self.tables.profiles, self.tables.second),
        ):
            texts = [of_pair[row] for row in rows]
            width = padded_size(max(table.sizes[text] for text in texts))
            sides.append(table.take(texts, width).to(device))
        named = torch.cat([side.rows.flatten() for side in sides])
        distinct, numbers = torch.unique(named, return_inverse=True)
        border = sides[0].rows.numel()
        return self.model.head.judge(
            self.model.head.project(self.vectors[distinct]),
            sides[0]._replace(rows=numbers[:border].view_as(sides[0].rows)),
            sides[1]._replace(rows=numbers[border:].view_as(sides[1].rows)),
        )
