"""label_fit: the explanation model over D_base gives D_cls, its class of every pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lantern.batch.changes import INPUTS, PAIR, current_inputs, wave_of
from lantern.batch.explaining import with_prompt_texts
from lantern.batch.fit_labelling import FitLabeller
from lantern.batch.models import ship_folder
from lantern.batch.partitions import cores_of, model_tasks
from lantern.batch.refusals import quarantine_pairs
from lantern.batch.watch import watched
from lantern.errors import ModelError
from lantern.fit import LEVEL_LABELS
from lantern.prompts.explanation import EXPLANATION_PROMPT_VERSION
from lantern.steps.context import Context
from lantern.steps.models import DecoderSource, decoder_source
from lantern.steps.registry import open_registry
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.batch.progress import Task

_READ = ("base_pairs", "members", "postings", "requirements", "seed", "fit_labels")


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``base_pairs``, ``seed`` and the documents; writes ``fit_labels`` and ``quarantine``.

    Only pairs without a label of this model, prompt, inputs and odds are labelled. The test split
    is labelled as well: a classifier is measured on it, and never trained.
    """
    from pyspark.sql import functions as F

    warehouse, settings = context.warehouse, context.settings.label_fit
    model = explanation_model(context)
    manifest.facts |= {"labeller": model.version, "prompt_version": EXPLANATION_PROMPT_VERSION}
    manifest.versions_in = warehouse.versions(*_READ)
    same = [*PAIR, *INPUTS]
    with manifest.phase("read"):
        odds = (1.0,) * len(LEVEL_LABELS)
        if settings.undo_balance:
            odds = level_odds(warehouse.read("seed"))
        manifest.figures |= {
            f"odds_{label}": value for label, value in zip(LEVEL_LABELS, odds, strict=True)
        }
        held = warehouse.read("fit_labels").where(
            (F.col("labeller") == model.version)
            & (F.col("prompt_version") == EXPLANATION_PROMPT_VERSION)
            & (F.col("level_odds") == F.lit(list(odds)))
        )
        current = current_inputs(
            warehouse.read("base_pairs").select(*PAIR, "split"),
            warehouse.read("members"),
            warehouse.read("postings"),
            warehouse.read("requirements"),
        )
        stale = current.join(held.select(*same), same, "left_anti")
        waves = -(-max(1, stale.count()) // settings.wave_pairs)
        pending = warehouse.stage("label_fit/plan", stale.withColumn("wave", wave_of(waves)))
        sizes = {row["wave"]: row["count"] for row in pending.groupBy("wave").count().collect()}
    total = sum(sizes.values())
    failed: DataFrame | None = None
    if total:
        shipped: Any = model.source
        if model.folder is not None:
            shipped = ship_folder(context.spark, model.folder, f"explainer-{model.digest}")
        labeller = FitLabeller(shipped, settings, odds)
        with context.reporter.task("label_fit", "pairs", total) as task:
            for wave, size in sorted(sizes.items()):
                pairs = pending.where(F.col("wave") == wave).drop("wave")
                errors = _label_wave(context, manifest, pairs, (wave, size), labeller, model, task)
                failed = errors if failed is None else failed.unionByName(errors)
    _report(context, manifest, failed, total)
    warehouse.unstage("label_fit")


def level_odds(seed: DataFrame) -> tuple[float, ...]:
    """How many times as often each level occurs as in D_seed, in the order of the levels.

    T2 learned from D_seed, and its students from T2, so they hold a level that was drawn more often
    for likelier than it is. Only the ratios count; a level without examples has the mean.
    """
    from pyspark.sql import functions as F

    learned = seed.where(F.col("split") != "test")
    rows = learned.groupBy("level").agg(F.avg("weight").alias("weight")).collect()
    weights = {row["level"]: round(row["weight"], 6) for row in rows}
    otherwise = sum(weights.values()) / len(weights) if weights else 1.0
    return tuple(weights.get(label, otherwise) for label in LEVEL_LABELS)


def explanation_model(context: Context) -> DecoderSource:
    """The explanation model: of ``label_fit.model``, else the version registered last.

    Raises:
        ModelError: there is none, or it cannot be loaded.
    """
    named = context.settings.label_fit.model
    if named is not None:
        return decoder_source(named)
    newest = open_registry(context).newest_explainer()
    if newest is None:
        raise ModelError(
            "there is no explanation model yet; run `lantern distill-explainer`, or name one in "
            "label_fit.model"
        )
    return decoder_source(str(newest.folder), name=newest.model_version)


def _label_wave(
    context: Context,
    manifest: Manifest,
    pairs: DataFrame,
    wave: tuple[int, int],
    labeller: FitLabeller,
    model: DecoderSource,
    task: Task,
) -> DataFrame:
    """Label one wave and commit it; returns its failures."""
    from pyspark.sql import functions as F

    warehouse, (number, size) = context.warehouse, wave
    rows_a_task = context.settings.label_fit.partition_pairs
    partitions = model_tasks(size, rows_a_task, cores_of(context.spark), spread=True)
    texts = with_prompt_texts(
        pairs,
        warehouse.read("members"),
        warehouse.read("postings"),
        warehouse.read("requirements"),
        partitions=partitions,
    )
    before = task.done
    with manifest.phase("infer"), watched(context.spark, partitions) as share:
        share.every(lambda done: task.update(before + round(size * done)))
        labelled = warehouse.stage(f"label_fit/wave_{number}", labeller.over(texts))
    task.update(before + size)
    good = F.col("error").isNull()
    rows = (
        labelled.where(good)
        .join(pairs.select(*PAIR, "split"), list(PAIR))
        .select(
            "*",
            F.lit(model.version).alias("labeller"),
            F.lit(EXPLANATION_PROMPT_VERSION).alias("prompt_version"),
            F.lit(list(labeller.odds)).alias("level_odds"),
            F.lit(context.day).alias("labelled_on"),
        )
    )
    with manifest.phase("commit"):
        warehouse.merge("fit_labels", rows)
    counted = labelled.agg(
        F.count_if(good).alias("labelled"),
        F.count_if(~good).alias("failed"),
        F.sum("tokens").alias("tokens"),
        F.count_if(F.col("profile_tokens_cut") > 0).alias("profiles_cut"),
        *(F.count_if(F.col("level") == label).alias(label) for label in LEVEL_LABELS),
    ).collect()[0]
    for name, value in counted.asDict().items():
        manifest.counts[name] = manifest.counts.get(name, 0) + int(value or 0)
    return labelled.where(~good).select(*PAIR, "error")


def _report(context: Context, manifest: Manifest, failed: DataFrame | None, total: int) -> None:
    manifest.counts["pending"] = total
    lost = manifest.counts.get("failed", 0)
    unread = failed if lost else None
    quarantine_pairs(context.warehouse, "fit_labels", unread, stage="label_fit", day=context.day)
    if total and lost / total > context.settings.label_fit.allowed_quarantine_share:
        manifest.outcome = "quarantined"
    told = ("labelled", *LEVEL_LABELS, *(["failed"] if lost else []))
    counts = {name: manifest.counts.get(name, 0) for name in told}
    context.reporter.line("label_fit", "LM_exp", counts)
