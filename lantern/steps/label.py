"""label: T1's answers to D_base."""

from __future__ import annotations

from lantern.batch.changes import INPUTS, PAIR, current_inputs
from lantern.batch.rubric import judged, with_documents
from lantern.steps.context import Context
from lantern.tables.runs import Manifest
from lantern.teachers.rubric import RUBRIC_VERSION, RubricTeacher


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``base_pairs`` and the documents; writes ``teacher_labels``.

    Only pairs without an answer of this teacher to these inputs are asked.
    """
    from pyspark.sql import functions as F

    warehouse = context.warehouse
    members, postings = warehouse.read("members"), warehouse.read("postings")
    requirements = warehouse.read("requirements")
    labels = warehouse.read("teacher_labels").where(
        (F.col("teacher") == RubricTeacher.name) & (F.col("prompt_version") == RUBRIC_VERSION)
    )
    current = current_inputs(
        warehouse.read("base_pairs").select(*PAIR), members, postings, requirements
    )
    asked = current.join(labels.select(*PAIR, *INPUTS), [*PAIR, *INPUTS], "left_anti")
    answers = judged(with_documents(asked, members, postings, requirements)).select(
        "*",
        F.lit(RubricTeacher.name).alias("teacher"),
        F.lit(RUBRIC_VERSION).alias("prompt_version"),
        F.lit(0).alias("sample"),
        F.array().cast("array<string>").alias("raw"),
        F.lit(0).cast("bigint").alias("tokens_in"),
        F.lit(0).cast("bigint").alias("tokens_out"),
        F.lit(0.0).alias("cost"),
        F.array().cast("array<string>").alias("flags"),
        F.lit(context.day).alias("labelled_on"),
    )
    with manifest.phase("judge"):
        staged = warehouse.stage("teacher_labels", answers)
        labelled = staged.count()
    with manifest.phase("commit"):
        if labelled:
            if warehouse.read("teacher_labels").isEmpty():
                warehouse.append("teacher_labels", staged)
            else:
                warehouse.merge("teacher_labels", staged)
    levels = {row["level"]: row["count"] for row in staged.groupBy("level").count().collect()}
    warehouse.unstage("teacher_labels")
    manifest.counts |= {"labelled": labelled} | levels
    manifest.facts |= {"teacher": RubricTeacher.name, "prompt_version": RUBRIC_VERSION}
    context.reporter.line("label", "T1 rubric", {"labelled": labelled, **levels})
