"""synthesize: T2 over D_base gives D_t, texts and their log-probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lantern.batch.changes import INPUTS, PAIR, current_inputs
from lantern.batch.explaining import PairExplainer, with_prompt_texts
from lantern.batch.models import ship_folder
from lantern.batch.partitions import cores_of, model_tasks
from lantern.batch.refusals import quarantine_pairs
from lantern.batch.watch import watched
from lantern.prompts.explanation import EXPLANATION_PROMPT_VERSION
from lantern.steps.context import Context
from lantern.steps.models import teacher_model
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_READ = ("base_pairs", "members", "postings", "requirements", "synthetic")


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``base_pairs`` and the documents; writes ``synthetic`` and ``quarantine``.

    T2 chooses the class itself; it is drawn, because the likeliest class of every pair would lose
    the rarer classes that T2 sees. Only pairs without an answer of this teacher to these inputs are
    asked; pairs of the test split are not: nothing may be trained or chosen on them.
    """
    from pyspark.sql import functions as F

    warehouse, settings = context.warehouse, context.settings.synthesize
    teacher = teacher_model(context)
    manifest.facts |= {"teacher": teacher.version, "prompt_version": EXPLANATION_PROMPT_VERSION}
    manifest.versions_in = warehouse.versions(*_READ)
    same = [*PAIR, *INPUTS]
    held = warehouse.read("synthetic").where(
        (F.col("teacher") == teacher.version)
        & (F.col("prompt_version") == EXPLANATION_PROMPT_VERSION)
    )
    with manifest.phase("read"):
        pairs = _asked(warehouse.read("base_pairs"), settings.pairs)
        current = current_inputs(
            pairs,
            warehouse.read("members"),
            warehouse.read("postings"),
            warehouse.read("requirements"),
        )
        pending = warehouse.stage(
            "synthesize/plan", current.join(held.select(*same), same, "left_anti")
        )
        total = pending.count()
    staged = None
    if total:
        model: Any = teacher.source
        if teacher.folder is not None:
            model = ship_folder(context.spark, teacher.folder, f"teacher-{teacher.digest}")
        explainer = PairExplainer(
            model,
            context.settings.generation,
            top_k=settings.top_k,
            class_temperature=settings.class_temperature,
        )
        size = context.settings.generation.partition_pairs
        partitions = model_tasks(total, size, cores_of(context.spark), spread=True)
        texts = with_prompt_texts(
            pending.withColumn("level", F.lit(None).cast("string")),
            warehouse.read("members"),
            warehouse.read("postings"),
            warehouse.read("requirements"),
            partitions=partitions,
        )
        with (
            context.reporter.task("synthesize", "pairs", total) as task,
            manifest.phase("generate"),
            watched(context.spark, partitions) as share,
        ):
            share.every(lambda done: task.update(round(total * done)))
            staged = warehouse.stage("synthesize/answers", explainer.over(texts))
            task.update(total)
        with manifest.phase("commit"):
            rows = staged.where(F.col("error").isNull()).select(
                "*",
                F.lit(teacher.version).alias("teacher"),
                F.lit(EXPLANATION_PROMPT_VERSION).alias("prompt_version"),
                F.lit(teacher.tokenizer_hash).alias("tokenizer_hash"),
            )
            splits = warehouse.read("base_pairs").select(*PAIR, "split")
            warehouse.merge("synthetic", rows.join(splits, list(PAIR)))
    _report(context, manifest, staged, total)
    warehouse.unstage("synthesize")


def _asked(base_pairs: DataFrame, most: int | None) -> DataFrame:
    """The pairs that T2 is asked about: of train and validation, the same ones in every run."""
    from pyspark.sql import functions as F

    asked = base_pairs.where(F.col("split") != "test").select(*PAIR)
    if most is None:
        return asked
    return asked.orderBy(F.xxhash64(*PAIR), *PAIR).limit(most)


def _report(context: Context, manifest: Manifest, staged: DataFrame | None, total: int) -> None:
    from pyspark.sql import functions as F

    counts: dict[str, Any] = {"written": 0, "failed": 0, "tokens": 0, "mass": None, "cut": 0}
    levels: dict[str, int] = {}
    if staged is not None:
        good = F.col("error").isNull()
        summed = staged.agg(
            F.count_if(good).alias("written"),
            F.count_if(~good).alias("failed"),
            F.sum(F.when(good, F.size("token_ids"))).alias("tokens"),
            F.count_if(F.col("profile_tokens_cut") > 0).alias("cut"),
            (
                F.sum(F.col("captured_mass") * F.size("token_ids"))
                / F.sum(F.when(good, F.size("token_ids")))
            ).alias("mass"),
        ).collect()[0]
        counts = summed.asDict()
        levels = {r["level"]: r["count"] for r in staged.groupBy("level").count().collect()}
        levels.pop(None, None)  # type: ignore[call-overload]
    failed = staged.where("error IS NOT NULL") if staged is not None and counts["failed"] else None
    quarantine_pairs(context.warehouse, "synthetic", failed, stage="synthesize", day=context.day)
    manifest.counts |= {
        "asked": total,
        "written": counts["written"],
        "failed": counts["failed"],
        "answer_tokens": int(counts["tokens"] or 0),
        "profiles_cut": counts["cut"],
        **levels,
    }
    if counts["mass"] is not None:
        manifest.figures["captured_mass"] = float(counts["mass"])
    if total and counts["failed"] / total > context.settings.generation.allowed_quarantine_share:
        manifest.outcome = "quarantined"
    context.reporter.line(
        "synthesize",
        "T2",
        {
            "written": counts["written"],
            **levels,
            **({"failed": counts["failed"]} if counts["failed"] else {}),
            **({"captured_mass": f"{counts['mass']:.3f}"} if counts["mass"] is not None else {}),
        },
    )
