"""explain: the reasons of each member's best jobs, only of those that changed."""

from __future__ import annotations

from lantern.batch.changes import INPUTS, PAIR
from lantern.batch.rubric import explained, with_documents
from lantern.steps.context import Context
from lantern.tables.runs import Manifest
from lantern.teachers.rubric import RUBRIC_VERSION, RubricTeacher

EXPLAINER = f"{RubricTeacher.name}-{RUBRIC_VERSION}"


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``fit_scores`` and the documents; writes ``explanations``.

    The explanation's class is the classifier's class, always: the explainer is handed the level
    and only says what speaks for and against it.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    warehouse = context.warehouse
    best = Window.partitionBy("member_id").orderBy(F.desc("score"), "posting_id")
    wanted = (
        warehouse.read("fit_scores")
        .withColumn("_rank", F.row_number().over(best))
        .where(F.col("_rank") <= context.settings.explain.per_member)
        .select(*PAIR, *INPUTS, "level", "model_version")
    )
    held = warehouse.read("explanations").where(F.col("explainer") == EXPLAINER)
    same = [*PAIR, *INPUTS, "level"]
    stale = wanted.join(held.select(*same), same, "left_anti")
    answers = explained(
        with_documents(
            stale,
            warehouse.read("members"),
            warehouse.read("postings"),
            warehouse.read("requirements"),
        )
    ).drop("score")
    with manifest.phase("explain"):
        staged = warehouse.stage("explanations", answers)
        written = staged.count()
    with manifest.phase("commit"):
        if written:
            rows = staged.join(stale.select(*PAIR, "model_version"), list(PAIR)).select(
                "*",
                F.lit(EXPLAINER).alias("explainer"),
                F.lit(context.day).alias("explained_on"),
                F.lit(context.run_id).alias("run_id"),
            )
            if warehouse.read("explanations").isEmpty():
                warehouse.append("explanations", rows)
            else:
                warehouse.merge("explanations", rows)
        gone = warehouse.stage(
            "explanations_gone",
            warehouse.read("explanations").select(*PAIR).join(wanted, list(PAIR), "left_anti"),
        )
        deleted = gone.count()
        if deleted:
            warehouse.delete_keys("explanations", gone)
    for label in ("explanations", "explanations_gone"):
        warehouse.unstage(label)
    manifest.counts |= {"explained": written, "deleted": deleted}
    manifest.facts["explainer"] = EXPLAINER
    context.reporter.line("explain", "rubric", {"explained": written, "deleted": deleted})
