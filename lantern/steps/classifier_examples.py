"""The pairs that a classifier learns from and is measured on: D_cls, or T1's labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lantern.batch.changes import INPUTS, PAIR, current_inputs
from lantern.errors import TrainingError
from lantern.fit import LEVEL_LABELS, FitLevel, Verdict, VerdictKind
from lantern.prompts.explanation import EXPLANATION_PROMPT_VERSION
from lantern.steps.label_fit import explanation_model
from lantern.teachers.rubric import HIGH_FROM, MEDIUM_FROM, RubricTeacher

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.distill.examples import Example
    from lantern.steps.context import Context

TABLES = ("base_pairs", "seed", "fit_labels", "teacher_labels", "members", "requirements")


class LabelledSplit(NamedTuple):
    """A split of D_base.

    Attributes:
        examples: in the order of the pairs' ids.
        first_teacher: T1's level of each pair; None where T1 was not asked.
    """

    examples: list[Example]
    first_teacher: list[FitLevel | None]


class LabelSource(NamedTuple):
    """Where the labels come from: a table, and whose rows of it."""

    table: str
    labeller: str | None


def label_source(context: Context) -> LabelSource:
    """The labels that ``classifier.labels`` names; auto: D_cls where there is one, else T1's.

    Raises:
        TrainingError: ``fit_labels`` has no label of the explanation model.
        ModelError: there are labels of D_cls, but no explanation model to tell whose count.
    """
    from pyspark.sql import functions as F

    chosen = context.settings.classifier.labels
    labels = context.warehouse.read("fit_labels")
    if chosen == "teacher_labels" or (chosen == "auto" and labels.isEmpty()):
        return LabelSource("teacher_labels", None)
    labeller = explanation_model(context).version
    todays = F.col("prompt_version") == EXPLANATION_PROMPT_VERSION
    if labels.where(todays & (F.col("labeller") == labeller)).isEmpty():
        raise TrainingError(
            f"fit_labels has no label of {labeller} with today's prompt; run `lantern label-fit`, "
            "or set classifier.labels to teacher_labels"
        )
    return LabelSource("fit_labels", labeller)


def read_split(context: Context, source: LabelSource, split: str) -> LabelledSplit:
    """The pairs of a split that have a label of their current inputs.

    A pair of D_seed keeps the label that curation left it, where ``classifier.seed_labels`` says
    so. T1's verdicts come with the pairs wherever T1 was asked.
    """
    from pyspark.sql import functions as F

    warehouse = context.warehouse
    members, requirements = warehouse.read("members"), warehouse.read("requirements")
    pairs = current_inputs(
        warehouse.read("base_pairs").where(F.col("split") == split).select(*PAIR),
        members,
        warehouse.read("postings"),
        requirements,
    )
    first = _first_teacher(warehouse.read("teacher_labels"))
    same = [*PAIR, *INPUTS]
    if source.table == "fit_labels":
        labels = warehouse.read("fit_labels").where(
            (F.col("labeller") == source.labeller)
            & (F.col("prompt_version") == EXPLANATION_PROMPT_VERSION)
        )
        labelled = pairs.join(labels.select(*same, "level", "p_low", "p_medium", "p_high"), same)
        labelled = labelled.join(first, same, "left")
        if context.settings.classifier.seed_labels:
            labelled = _with_seed_labels(labelled, warehouse.read("seed"))
    else:
        labelled = pairs.join(first, same).withColumn("level", F.col("t1_level"))
    rows = (
        labelled.join(
            requirements.selectExpr("posting_id", "model_text AS requirements"), "posting_id"
        )
        .join(members.selectExpr("member_id", "model_text AS profile"), "member_id")
        .orderBy(*PAIR)
        .drop(*PAIR, *INPUTS)
        .toArrow()
        .to_pylist()
    )
    return LabelledSplit(
        [_example(row) for row in rows],
        [FitLevel.from_label(row["t1_level"]) if row["t1_level"] else None for row in rows],
    )


def _with_seed_labels(labelled: DataFrame, seed: DataFrame) -> DataFrame:
    """The curated level in place of the explanation model's, and T1's probabilities of it.

    D_seed does not say of which inputs it is: where T1 has no answer to the current ones, the
    explanation model's label stays.
    """
    from pyspark.sql import functions as F

    curated = seed.select(*PAIR, F.col("level").alias("seed_level"))
    is_seed = F.col("seed_level").isNotNull() & F.col("t1_level").isNotNull()
    return (
        labelled.join(curated, list(PAIR), "left")
        .withColumn("level", F.when(is_seed, F.col("seed_level")).otherwise(F.col("level")))
        .withColumns({p: F.when(~is_seed, F.col(p)) for p in ("p_low", "p_medium", "p_high")})
        .drop("seed_level")
    )


def _first_teacher(labels: DataFrame) -> DataFrame:
    """T1's latest answer to each pair, with the shares of the levels among its samples."""
    from pyspark.sql import functions as F

    same = [*PAIR, *INPUTS]
    answered = labels.groupBy(*same, "teacher", "prompt_version").agg(
        F.max("labelled_on").alias("labelled_on"),
        F.max_by(F.struct("level", "score", "verdicts"), F.when(F.col("sample") == 0, 1)).alias(
            "first"
        ),
        *(F.count_if(F.col("level") == label).alias(f"votes_{label}") for label in LEVEL_LABELS),
    )
    latest = F.struct("labelled_on", "prompt_version", "teacher")
    return (
        answered.where(F.col("first").isNotNull())
        .groupBy(*same)
        .agg(F.max_by(F.struct("*"), latest).alias("answer"))
        .select(
            *same,
            F.col("answer.first.level").alias("t1_level"),
            F.col("answer.first.score").alias("t1_score"),
            F.col("answer.first.verdicts").alias("t1_verdicts"),
            F.col("answer.teacher").alias("t1_teacher"),
            *(F.col(f"answer.votes_{label}").alias(f"votes_{label}") for label in LEVEL_LABELS),
        )
    )


def _example(row: dict[str, Any]) -> Example:
    from lantern.distill.examples import Example

    verdicts = tuple(
        Verdict(item["requirement"], VerdictKind(item["kind"]), item["quote"])
        for item in row["t1_verdicts"] or ()
    )
    return Example(
        row["requirements"],
        row["profile"],
        FitLevel.from_label(row["level"]),
        _probabilities(row),
        verdicts,
    )


def _probabilities(row: dict[str, Any]) -> tuple[float, float, float] | None:
    """The explanation model's; else T1's: shares of its samples, or made of the rubric's score.

    None where T1 gives none, or where curation changed its level.
    """
    from lantern.distill.soft_labels import from_score

    if row.get("p_low") is not None:
        return row["p_low"], row["p_medium"], row["p_high"]
    if row["level"] != row["t1_level"]:
        return None
    votes = [row[f"votes_{label}"] or 0 for label in LEVEL_LABELS]
    if sum(votes) > 1:
        low, medium, high = (count / sum(votes) for count in votes)
        return low, medium, high
    if row["t1_teacher"] == RubricTeacher.name and row["t1_score"] is not None:
        return from_score(row["t1_score"], MEDIUM_FROM, HIGH_FROM)
    return None
