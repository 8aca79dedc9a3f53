"""label: T1's answers to D_base, from the rubric or from behind an API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lantern.batch.api_labels import LabelWork, pairs_to_ask
from lantern.batch.changes import INPUTS, PAIR, current_inputs
from lantern.batch.rubric import judged, with_documents
from lantern.batch.teacher_answers import AnswerStore
from lantern.batch.teacher_waves import Outcome, Waves
from lantern.errors import TeacherError
from lantern.steps.context import Context
from lantern.steps.teacher import open_teacher
from lantern.tables.quarantine import replace_quarantine
from lantern.tables.runs import Manifest
from lantern.teachers.rubric import RUBRIC_VERSION, RubricTeacher

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``base_pairs`` and the documents; writes ``teacher_labels``.

    Only pairs without an answer of this teacher to these inputs are asked about.
    """
    if context.settings.label.teacher == "api":
        _label_over_api(context, manifest)
    else:
        _label_by_rubric(context, manifest)


def _label_by_rubric(context: Context, manifest: Manifest) -> None:
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
            warehouse.merge("teacher_labels", staged)
    levels = {row["level"]: row["count"] for row in staged.groupBy("level").count().collect()}
    warehouse.unstage("teacher_labels")
    manifest.counts |= {"labelled": labelled} | levels
    manifest.facts |= {"teacher": RubricTeacher.name, "prompt_version": RUBRIC_VERSION}
    context.reporter.line("label", "T1 rubric", {"labelled": labelled, **levels})


def _label_over_api(context: Context, manifest: Manifest) -> None:
    """Ask the endpoint, commit wave by wave; what failed for good goes to ``quarantine``.

    Raises:
        TeacherError: the endpoint cannot be used; what was answered before is committed.
    """
    from pyspark.sql import functions as F

    from lantern.teachers.api_teacher import ONE_CALL_LABEL_VERSION, STAGED_VERSION

    settings = context.settings.label
    teacher = open_teacher(context)
    one_call = settings.calls == "one_call"
    version = ONE_CALL_LABEL_VERSION if one_call else STAGED_VERSION
    warehouse = context.warehouse
    store = AnswerStore(warehouse, teacher, "label", context.day)
    with manifest.phase("read"):
        manifest.counts["recovered"] = store.recover()
        pending = pairs_to_ask(
            warehouse,
            teacher=str(teacher.model),
            prompt_version=version,
            samples=teacher.samples,
            calls=settings.calls,
        )
        plan = warehouse.stage("label/plan", pending)
        total = plan.count()

    def commit(labels: DataFrame) -> None:
        rows = labels.withColumns(
            {
                "teacher": F.lit(teacher.model),
                "prompt_version": F.lit(version),
                "labelled_on": F.lit(context.day),
            }
        )
        warehouse.merge("teacher_labels", rows)

    waves = Waves(warehouse, store, teacher, LabelWork(settings.calls), "label", commit, manifest)
    with context.reporter.task("label", "pairs", total) as progress:
        outcome = waves.run(plan, total, settings.wave_pairs, progress)
    _quarantine(context, plan, outcome)
    warehouse.unstage("label")
    outcome.note(manifest)
    manifest.counts["labelled"] = outcome.rows["answered"]
    manifest.facts |= {"teacher": str(teacher.model), "prompt_version": version}
    _report(context, outcome)


def _quarantine(context: Context, plan: DataFrame, outcome: Outcome) -> None:
    """What failed in this run; what failed before and was not asked again stays, too."""
    from pyspark.sql import functions as F

    warehouse, key = context.warehouse, F.concat_ws("|", *PAIR)
    nothing = F.lit(None).cast("string")
    held = warehouse.read("quarantine").where("`table` = 'teacher_labels' AND stage = 'label'")
    if outcome.failed is None:
        failed = held.select("key", "reason", "source_hash").limit(0)
    else:
        failed = outcome.failed.select(key.alias("key"), "reason", nothing.alias("source_hash"))
    if outcome.rows["unasked"]:
        labelled = warehouse.read("teacher_labels").select(key.alias("key"))
        waiting = (
            plan.select(key.alias("key"))
            .distinct()
            .join(failed.select("key"), "key", "left_anti")
            .join(labelled, "key", "left_anti")
        )
        failed = failed.unionByName(
            held.join(waiting, "key", "left_semi").select("key", "reason", "source_hash")
        )
    replace_quarantine(warehouse, {"teacher_labels": failed}, stage="label", day=context.day)


def _report(context: Context, outcome: Outcome) -> None:
    spent = outcome.spent
    context.reporter.line(
        "label",
        "T1",
        {
            "labelled": outcome.rows["answered"],
            "quarantined": outcome.rows["failed"],
            "calls": int(spent.get("calls", 0)),
            "tokens": int(spent.get("tokens_in", 0) + spent.get("tokens_out", 0)),
            "cost": round(spent.get("cost", 0.0), 4),
        },
    )
    if outcome.stopped:
        raise TeacherError(outcome.stopped)
    if outcome.budget_spent:
        context.reporter.line(
            "label",
            "budget spent",
            {"pairs_remaining": outcome.rows["unasked"], "next": "run label again to go on"},
        )
