"""How many tasks a step that runs a model cuts its rows into."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def cores_of(spark: SparkSession) -> int:
    """The cores that Spark has for tasks."""
    return int(spark.sparkContext.defaultParallelism)


def model_tasks(rows: int, rows_a_task: int, cores: int, *, spread: bool = False) -> int:
    """Tasks of about as many rows as asked for, that keep all cores at work to the end.

    Args:
        rows: at least 1.
        rows_a_task: at most, but for an uneven hash.
        cores: that run tasks side by side; more tasks than that are a multiple of it.
        spread: where they are fewer, take a task for each core all the same: for rows of which
            each takes longer than it takes a worker to load the model.
    """
    needed = -(-rows // rows_a_task)
    if needed > cores:
        return -(-needed // cores) * cores
    return min(rows, cores) if spread else needed
