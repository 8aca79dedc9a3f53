"""distill_classifier: train LM_cls on the teacher's labels and register it."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from lantern.batch.changes import PAIR
from lantern.fit import FitLevel
from lantern.steps.context import Context
from lantern.steps.registry import open_registry
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from lantern.distill.examples import Example

_SPLITS = ("train", "validation", "test")


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``base_pairs``, ``teacher_labels`` and the documents; registers a model version.

    The figures that are logged with it are of the test split, whose members and postings the
    training never saw.
    """
    import numpy as np

    from lantern.distill.classifier import train_classifier
    from lantern.evaluate.agreement import agreement
    from lantern.inference.engines import engine_of

    settings = context.settings.classifier
    tables = ("base_pairs", "teacher_labels", "members", "requirements")
    manifest.versions_in = context.warehouse.versions(*tables)
    with manifest.phase("read"):
        examples = {split: _examples(context, split) for split in _SPLITS}
    manifest.counts |= {split: len(rows) for split, rows in examples.items()}
    # Epoch 0 computes what is frozen, where anything is.
    caches = settings.architecture == "late_interaction" or settings.frozen_layers > 0
    with (
        manifest.phase("train"),
        context.reporter.task("distill", "classifier", (settings.epochs + caches) * 1000) as task,
    ):

        def advance(epoch: int, step: int, steps: int, loss: float, rate: float) -> None:
            task.update(round(1000 * ((epoch - 1 + caches) + step / steps)))

        trained = train_classifier(
            examples["train"], examples["validation"], settings, progress=advance
        )
    with manifest.phase("evaluate"):
        engine = engine_of(
            trained.model, batch_tokens=context.settings.score.batch_tokens, dtype="float32"
        )
        test = examples["test"]
        scored = engine.score([(e.requirements, e.profile) for e in test])
        figures = agreement(np.array([int(e.level) for e in test]), scored.probabilities)
    metrics = {k: float(v) for k, v in asdict(figures).items() if isinstance(v, int | float)}
    with manifest.phase("register"), tempfile.TemporaryDirectory() as folder:
        trained.model.save(folder)
        registered = open_registry(context).log_classifier(
            Path(folder),
            params=settings.model_dump() | {"tables": str(manifest.versions_in)},
            metrics=metrics,
        )
    manifest.figures |= metrics
    manifest.facts["model_version"] = registered.model_version
    context.reporter.line(
        "distill",
        "classifier",
        {
            "version": registered.model_version,
            "train": len(examples["train"]),
            "test": len(test),
            "accuracy": figures.accuracy,
            "majority": figures.majority_accuracy,
            "macro_F1": figures.macro_f1,
            "QWK": figures.quadratic_weighted_kappa,
            "ECE": figures.ece,
        },
    )


def _examples(context: Context, split: str) -> list[Example]:
    from pyspark.sql import functions as F

    from lantern.distill.examples import Example

    warehouse = context.warehouse
    pairs = warehouse.read("base_pairs").where(F.col("split") == split).select(*PAIR)
    labels = (
        warehouse.read("teacher_labels")
        .where(F.col("sample") == 0)
        .groupBy(*PAIR)
        .agg(F.max_by("level", F.struct("labelled_on", "prompt_version")).alias("level"))
    )
    rows = (
        pairs.join(labels, list(PAIR))
        .join(
            warehouse.read("requirements").selectExpr("posting_id", "model_text AS requirements"),
            "posting_id",
        )
        .join(
            warehouse.read("members").selectExpr("member_id", "model_text AS profile"), "member_id"
        )
        .orderBy(*PAIR)
        .select("requirements", "profile", "level")
        .toArrow()
        .to_pylist()
    )
    return [
        Example(row["requirements"], row["profile"], FitLevel.from_label(row["level"]))
        for row in rows
    ]
