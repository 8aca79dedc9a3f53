"""explain: the reasons of each member's best jobs, only of those that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lantern.batch.changes import INPUTS, PAIR
from lantern.batch.explaining import PairExplainer, with_prompt_texts
from lantern.batch.models import ship_folder
from lantern.batch.rubric import explained, with_documents
from lantern.batch.watch import watched
from lantern.steps.context import Context
from lantern.steps.registry import open_pairs
from lantern.tables.quarantine import replace_quarantine
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.registry.pairs import PairVersion


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``fit_scores`` and the documents; writes ``explanations`` and ``quarantine``.

    The explanation's class is the classifier's class, always: the explainer is handed the level
    and only says what speaks for and against it. It is the one that was tested together with the
    classifier; where that pair holds no explanation model, the rubric explains.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    warehouse = context.warehouse
    champion = open_pairs(context).champion()
    best = Window.partitionBy("member_id").orderBy(F.desc("score"), "posting_id")
    wanted = (
        warehouse.read("fit_scores")
        .withColumn("_rank", F.row_number().over(best))
        .where(F.col("_rank") <= context.settings.explain.per_member)
        .select(*PAIR, *INPUTS, "level", "model_version")
    )
    held = warehouse.read("explanations").where(F.col("explainer") == champion.explainer)
    same = [*PAIR, *INPUTS, "level"]
    stale = warehouse.stage("explain/plan", wanted.join(held.select(*same), same, "left_anti"))
    total = stale.count()
    with manifest.phase("explain"):
        answers = _answers(context, champion, stale, total)
    with manifest.phase("commit"):
        good = answers.where("error IS NULL").join(stale.select(*PAIR, "model_version"), list(PAIR))
        rows = good.select(
            "*",
            F.lit(champion.explainer).alias("explainer"),
            F.lit(context.day).alias("explained_on"),
            F.lit(context.run_id).alias("run_id"),
        )
        if total:
            if warehouse.read("explanations").isEmpty():
                warehouse.append("explanations", rows)
            else:
                warehouse.merge("explanations", rows)
        gone = warehouse.stage(
            "explain/gone",
            # What failed tonight has no explanation rather than last night's of other inputs.
            warehouse.read("explanations")
            .select(*PAIR)
            .join(wanted, list(PAIR), "left_anti")
            .unionByName(answers.where("error IS NOT NULL").select(*PAIR)),
        )
        deleted = gone.count()
        if deleted:
            warehouse.delete_keys("explanations", gone)
    failed = _quarantine(context, answers)
    warehouse.unstage("explain")
    manifest.counts |= {"explained": total - failed, "failed": failed, "deleted": deleted}
    manifest.facts |= {"explainer": champion.explainer, "pair": champion.model_version}
    if total and failed / total > context.settings.generation.allowed_quarantine_share:
        manifest.outcome = "quarantined"
    told: dict[str, Any] = {"explained": total - failed, "deleted": deleted}
    context.reporter.line(
        "explain", champion.explainer, told | ({"failed": failed} if failed else {})
    )


def _answers(context: Context, champion: PairVersion, stale: DataFrame, total: int) -> DataFrame:
    """The explanations of the pairs, staged, with ``error`` where there is none."""
    from pyspark.sql import functions as F

    warehouse = context.warehouse
    members, postings = warehouse.read("members"), warehouse.read("postings")
    requirements = warehouse.read("requirements")
    if champion.explainer_folder is None:
        texts = with_documents(stale, members, postings, requirements)
        answers = explained(texts).drop("score").withColumn("error", F.lit(None).cast("string"))
        return warehouse.stage("explain/answers", answers)
    settings = context.settings.generation
    name = champion.model_version.replace("/", "-")
    model = ship_folder(context.spark, champion.explainer_folder, f"explainer-{name}")
    partitions = max(
        1,
        -(-total // settings.partition_pairs),
        min(total, context.spark.sparkContext.defaultParallelism),
    )
    texts = with_prompt_texts(stale, members, postings, requirements, partitions=partitions)
    answers = PairExplainer(model, settings).over(texts).drop("tokens", "profile_tokens_cut")
    with (
        context.reporter.task("explain", "pairs", total) as task,
        watched(context.spark, partitions) as share,
    ):
        share.every(lambda done: task.update(round(total * done)))
        staged = warehouse.stage("explain/answers", answers)
        task.update(total)
    return staged


def _quarantine(context: Context, answers: DataFrame) -> int:
    from pyspark.sql import functions as F

    failed = answers.where("error IS NOT NULL").select(
        F.concat_ws("|", *PAIR).alias("key"),
        F.col("error").alias("reason"),
        F.lit(None).cast("string").alias("source_hash"),
    )
    count = failed.count()
    replace_quarantine(
        context.warehouse, failed, table="explanations", stage="explain", day=context.day
    )
    return count
