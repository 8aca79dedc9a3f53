"""distill_classifier: train LM_cls on D_cls, or on T1's labels, and register it."""

from __future__ import annotations

import re
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lantern.errors import SettingsError
from lantern.steps.classifier_examples import TABLES, LabelledSplit, label_source, read_split
from lantern.steps.context import Context
from lantern.steps.registry import open_registry
from lantern.steps.splits import splits_told
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from lantern.distill.examples import Example
    from lantern.distill.training import TrainedClassifier
    from lantern.inference.engines import Engine

_SPLITS: Final = ("train", "validation", "test")
_FIRST: Final = "t1_"
_REGISTERED: Final = re.compile(r"(?P<name>[\w.-]+)/(?P<number>\d+)")


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``base_pairs``, labels and the documents; registers a model version.

    The figures that are logged with it are of the test split, whose members and postings the
    training never saw: against the labels of the training, and as ``t1_...`` against T1's.
    """
    manifest.versions_in = context.warehouse.versions(*TABLES)
    with manifest.phase("read"):
        source = label_source(context)
        splits = {split: read_split(context, source, split) for split in _SPLITS}
    manifest.counts |= {split: len(rows.examples) for split, rows in splits.items()}
    manifest.facts |= {"labels": source.table, "labeller": source.labeller or "T1"}
    trained = _train(context, manifest, {name: rows.examples for name, rows in splits.items()})
    with manifest.phase("evaluate"):
        metrics = _measured(context, trained, splits["test"])
    with manifest.phase("register"), tempfile.TemporaryDirectory() as folder:
        trained.model.save(folder)
        registered = open_registry(context).log_classifier(
            Path(folder),
            params=context.settings.classifier.model_dump()
            | {
                "tables": str(manifest.versions_in),
                "labels": source.table,
                "splits": splits_told(context.settings),
            },
            metrics=metrics,
            curves={
                name: [getattr(epoch, name) for epoch in trained.epochs]
                for name in ("train_loss", "validation_loss", "validation_macro_f1")
            },
        )
    manifest.figures |= metrics
    manifest.facts["model_version"] = registered.model_version
    # T1's labels are the better judge; D_cls of the test split is the explanation model's opinion.
    first = {n.removeprefix(_FIRST): v for n, v in metrics.items() if n.startswith(_FIRST)}
    shown = first or metrics
    context.reporter.line(
        "distill",
        "classifier",
        {
            "version": registered.model_version,
            "labels": source.table,
            "train": manifest.counts["train"],
            "test": round(shown["pairs"]),
            "judged_by": "T1's labels" if first else source.table,
            "accuracy": shown["accuracy"],
            "majority": shown["majority_accuracy"],
            "macro_F1": shown["macro_f1"],
            "QWK": shown["quadratic_weighted_kappa"],
            "ECE": shown["ece"],
        },
    )


def _train(
    context: Context, manifest: Manifest, examples: dict[str, list[Example]]
) -> TrainedClassifier:
    from lantern.distill.classifier import train_classifier
    from lantern.distill.soft_labels import taught_by

    settings = context.settings.classifier
    teacher = _teacher(context)
    if teacher is not None:
        with manifest.phase("teach"):
            for split in ("train", "validation"):
                examples[split] = taught_by(teacher, examples[split])
        manifest.facts["teacher"] = settings.teacher
    # Epoch 0 computes what is frozen, where anything is.
    caches = settings.architecture == "late_interaction" or settings.frozen_layers > 0
    with (
        manifest.phase("train"),
        context.reporter.task("distill", "classifier", (settings.epochs + caches) * 1000) as task,
    ):

        def advance(epoch: int, step: int, steps: int, loss: float, rate: float) -> None:
            task.update(round(1000 * ((epoch - 1 + caches) + step / steps)))

        return train_classifier(
            examples["train"], examples["validation"], settings, progress=advance
        )


def _teacher(context: Context) -> Engine | None:
    """The larger classifier that teaches, or None: a folder, or NAME/VERSION of the registry.

    Raises:
        SettingsError: the setting is neither.
        ModelError, RegistryError: it is not there or holds something else.
    """
    from lantern.inference.engines import load_engine

    named = context.settings.classifier.teacher
    if named == "labels":
        return None
    folder = Path(named)
    if not folder.is_dir():
        match = _REGISTERED.fullmatch(named)
        if match is None or match["name"] != context.settings.registry.classifier:
            raise SettingsError(
                f"classifier.teacher {named!r} is neither labels, nor a folder, nor "
                f"{context.settings.registry.classifier}/VERSION of the registry"
            )
        folder = open_registry(context).version(int(match["number"])).folder
    score = context.settings.score
    return load_engine(folder, batch_tokens=score.batch_tokens, dtype=score.dtype)


def _measured(
    context: Context, trained: TrainedClassifier, test: LabelledSplit
) -> dict[str, float]:
    import numpy as np

    from lantern.evaluate.agreement import agreement
    from lantern.inference.engines import engine_of

    engine = engine_of(
        trained.model, batch_tokens=context.settings.score.batch_tokens, dtype="float32"
    )
    scored = engine.score([(e.requirements, e.profile) for e in test.examples])
    labels = np.array([int(e.level) for e in test.examples])
    figures = agreement(labels, scored.probabilities)
    metrics = {k: float(v) for k, v in asdict(figures).items() if isinstance(v, int | float)}
    known = [row for row, level in enumerate(test.first_teacher) if level is not None]
    first = np.array([int(test.first_teacher[row] or 0) for row in known])
    if known and (len(known) < len(labels) or (first != labels).any()):
        against = agreement(first, scored.probabilities[known])
        metrics |= {f"{_FIRST}{name}": value for name, value in against.metrics().items()}
    return metrics
