"""The rows that could not be used, and why."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from lantern.tables.catalog import table_spec

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.tables.store import Warehouse


def replace_quarantine(
    warehouse: Warehouse, rows: DataFrame, *, table: str, stage: str, day: dt.date
) -> None:
    """Make the quarantine of one table and stage exactly ``rows``.

    A row that is refused again keeps the day it was first seen; one that has been mended leaves.
    Nothing is committed where nothing changed.

    Args:
        warehouse: where ``quarantine`` is.
        rows: ``key``, ``reason``, ``source_hash``; any number a key.
        table: the table that the rows were meant for.
        stage: the step that refused them.
        day: the logical date.
    """
    from pyspark.sql import functions as F

    found = rows.select(
        F.lit(table).alias("table"),
        "key",
        F.lit(stage).alias("stage"),
        "reason",
        "source_hash",
        F.lit(day).alias("seen_on"),
    ).dropDuplicates(list(table_spec("quarantine").key))
    held = warehouse.read("quarantine").where((F.col("table") == table) & (F.col("stage") == stage))
    key = ["key", "reason"]
    arrived, left = F.lit(True).alias("_arrived"), F.lit(True).alias("_held")
    both = found.select(*key, arrived).join(held.select(*key, left), key, "full")
    if both.where("_arrived IS NULL OR _held IS NULL").isEmpty():
        return
    warehouse.merge(
        "quarantine",
        found,
        changed=["source_hash"],
        delete_unmatched=f"t.`table` = '{table}' AND t.stage = '{stage}'",
    )
