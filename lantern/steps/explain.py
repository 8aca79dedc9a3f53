"""explain: the reasons of each member's best jobs, only of those that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lantern.batch.changes import INPUTS, PAIR
from lantern.batch.explaining import PairExplainer, with_prompt_texts
from lantern.batch.models import ship_folder
from lantern.batch.partitions import cores_of, model_tasks
from lantern.batch.refusals import quarantine_pairs
from lantern.batch.rubric import explained, with_documents
from lantern.batch.watch import watched
from lantern.steps.context import Context
from lantern.steps.registry import open_pairs
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
    held = warehouse.read("explanations")
    plan = warehouse.stage("explain/plan", differing(wanted, held, champion.explainer))
    fates = {row["fate"]: row["count"] for row in plan.groupBy("fate").count().collect()}
    stale = plan.where("fate IN ('new', 'changed')").drop("fate")
    total = fates.get("new", 0) + fates.get("changed", 0)
    leaving, deleted = plan.where("fate = 'gone'").select(*PAIR), fates.get("gone", 0)
    failed, unanswered = 0, None
    if total:
        with manifest.phase("explain"):
            answers = _answers(context, champion, stale, total)
        with manifest.phase("commit"):
            unanswered = answers.where("error IS NOT NULL")
            failed = unanswered.count()
            if failed:
                # Rather no explanation than last night's of other inputs.
                changed = plan.where("fate = 'changed'").select(*PAIR)
                outdated = changed.join(unanswered, list(PAIR), "left_semi")
                leaving, deleted = leaving.unionByName(outdated), deleted + outdated.count()
            good = answers.where("error IS NULL")
            rows = good.join(stale.select(*PAIR, "model_version"), list(PAIR)).select(
                "*",
                F.lit(champion.explainer).alias("explainer"),
                F.lit(context.day).alias("explained_on"),
                F.lit(context.run_id).alias("run_id"),
            )
            warehouse.merge("explanations", rows, leaving=leaving if deleted else None)
    elif deleted:
        warehouse.delete_keys("explanations", leaving)
    refused = unanswered if failed else None
    quarantine_pairs(warehouse, "explanations", refused, stage="explain", day=context.day)
    warehouse.unstage("explain")
    manifest.counts |= {"explained": total - failed, "failed": failed, "deleted": deleted}
    manifest.facts |= {"explainer": champion.explainer, "pair": champion.model_version}
    if total and failed / total > context.settings.generation.allowed_quarantine_share:
        manifest.outcome = "quarantined"
    told: dict[str, Any] = {"explained": total - failed, "deleted": deleted}
    context.reporter.line(
        "explain", champion.explainer, told | ({"failed": failed} if failed else {})
    )


def differing(wanted: DataFrame, explanations: DataFrame, explainer: str) -> DataFrame:
    """``wanted`` beside the explanations there are: what is to be written anew, and what goes.

    Returns:
        The columns of ``wanted`` and its ``fate``: ``new``, ``changed`` (there is one of another
        explainer or of other inputs) or ``gone`` (nobody wants it any more; only the keys).
    """
    from pyspark.sql import functions as F

    made_of = (*INPUTS, "level")
    held = explanations.select(
        *PAIR, F.col("explainer").alias("_explainer"), *[F.col(c).alias(f"_{c}") for c in made_of]
    )
    unlike = F.col("_explainer") != explainer
    for name in made_of:
        unlike = unlike | ~F.col(name).eqNullSafe(F.col(f"_{name}"))
    fate = (
        F.when(F.col("model_version").isNull(), "gone")
        .when(F.col("_explainer").isNull(), "new")
        .when(unlike, "changed")
    )
    return (
        wanted.join(held, list(PAIR), "full")
        .withColumn("fate", fate)
        .where(F.col("fate").isNotNull())
        .select(*wanted.columns, "fate")
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
    partitions = model_tasks(total, settings.partition_pairs, cores_of(context.spark), spread=True)
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
