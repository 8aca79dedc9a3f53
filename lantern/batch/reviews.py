"""Which answers reviewers are asked about next, and the answers behind the tasks of a batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from lantern.batch.answers import ANSWER, task_id
from lantern.batch.changes import PAIR
from lantern.config import ReviewSettings
from lantern.fit import FitLevel
from lantern.reviews.tasks import Answer
from lantern.tables.quarantine import replace_quarantine

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.tables.store import Warehouse


def review_queue(standing: DataFrame, settings: ReviewSettings) -> DataFrame:
    """The answers that want a decision, in the order they are asked.

    Conflicts come first, then answers that lack a further reviewer's decision, then the rest by
    priority: the weighted sum of

    ``disagreement``   how far the teachers' levels lie apart, 0 to 1;
    ``inconsistency``  share of the answer's samples with another level;
    ``rarity``         mean of 1 - n / n_max of the answer's level and of the posting's field.

    Args:
        standing: of :func:`lantern.batch.answers.standing_answers`; read more than once.
        settings: weights, reviewers wanted an answer, and the seed of the order among equals.

    Returns:
        ``task``, the answer, ``because`` (conflict, begun, the heaviest part of the priority, or
        rest where all parts are 0) and ``place``: a struct that sorts as the queue does.
    """
    from pyspark.sql import functions as F

    decisions, conflict = F.col("decisions"), F.col("conflict")
    weighted = {
        name: F.lit(weight) * F.col(name) for name, weight in settings.weights.model_dump().items()
    }
    heaviest = F.greatest(*weighted.values())
    because = F.when(conflict, "conflict").when(decisions > 0, "begun").when(heaviest == 0, "rest")
    for name, part in weighted.items():
        because = because.when(part == heaviest, name)
    tier = F.when(conflict, 0).when(decisions > 0, 1).otherwise(2)
    # Rounded, so that the order does not hang on the last bit of a sum.
    priority = F.round(sum(weighted.values(), F.lit(0.0)), 6)
    place = F.struct(tier, -priority, F.xxhash64(F.lit(settings.seed), *PAIR), *PAIR)
    return (
        _with_rarity(standing)
        .withColumn("inconsistency", 1 - F.col("sample_share"))
        .where(conflict | (decisions < settings.reviewers))
        .select(
            task_id().alias("task"),
            *ANSWER,
            "level",
            "explanation",
            because.alias("because"),
            place.alias("place"),
        )
    )


def without_tasks(queue: DataFrame, tasks: Collection[str]) -> DataFrame:
    """The queue without the tasks of batches that are out already."""
    from pyspark.sql import functions as F

    return queue.where(~F.col("task").isin(*tasks)) if tasks else queue


def answers_of_tasks(warehouse: Warehouse, answers: DataFrame, tasks: Collection[str]) -> DataFrame:
    """The rows of ``answers`` that have these task ids; samples of equal text are one."""
    wanted = warehouse.spark.createDataFrame([(task,) for task in tasks], "task string")
    told = answers.select(task_id().alias("task"), *ANSWER, "level", "explanation")
    return told.join(wanted, "task", "left_semi").dropDuplicates(["task"])


def with_shown_documents(warehouse: Warehouse, answers: DataFrame) -> DataFrame:
    """Answers with all that goes into a task; bring few rows, they are for the driver."""
    return (
        answers.join(warehouse.read("members").select("member_id", "text", "name"), "member_id")
        .join(warehouse.read("postings").select("posting_id", "title"), "posting_id")
        .join(warehouse.read("requirements").select("posting_id", "requirements"), "posting_id")
    )


def answer_from(row: Any) -> Answer:
    """The domain's answer of a collected row of :func:`with_shown_documents`."""
    return Answer(
        task=row["task"],
        member_id=row["member_id"],
        posting_id=row["posting_id"],
        teacher=row["teacher"],
        prompt_version=row["prompt_version"],
        answer_hash=row["answer_hash"],
        level=FitLevel.from_label(row["level"]),
        explanation=row["explanation"],
        title=row["title"],
        requirements=tuple((item["importance"], item["text"]) for item in row["requirements"]),
        profile=row["text"],
        names=(row["name"],) if row["name"] else (),
    )


def quarantine_of_reviews(
    warehouse: Warehouse, stage: str, reasons: Mapping[str, str], day: dt.date
) -> None:
    """Make the quarantine of a review step exactly these keys and reasons."""
    from pyspark.sql import functions as F

    held = warehouse.read("quarantine").where(
        (F.col("table") == "reviews") & (F.col("stage") == stage)
    )
    # A few rows, most often none: comparing them here spares a join a command.
    if {(row["key"], row["reason"]) for row in held.collect()} == set(reasons.items()):
        return
    rows = warehouse.spark.createDataFrame(
        [(key, reason, None) for key, reason in reasons.items()],
        "key string, reason string, source_hash string",
    )
    replace_quarantine(warehouse, {"reviews": rows}, stage=stage, day=day)


def _with_rarity(standing: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    rows = standing
    for column in ("level", "field"):
        counted = standing.groupBy(column).agg(F.count("*").alias("_n"))
        most = counted.agg(F.max("_n").alias("_most"))
        rarity = counted.crossJoin(most).select(
            F.col(column).alias("_value"), (1 - F.col("_n") / F.col("_most")).alias(f"_{column}")
        )
        # A posting without a field is of a field of its own.
        same = F.col(column).eqNullSafe(F.col("_value"))
        rows = rows.join(F.broadcast(rarity), same).drop("_value")
    return rows.withColumn("rarity", (F.col("_level") + F.col("_field")) / 2)
