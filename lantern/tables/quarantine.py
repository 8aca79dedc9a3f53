"""The rows that could not be used, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from lantern.tables.catalog import table_spec

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.tables.store import Warehouse


def replace_quarantine(
    warehouse: Warehouse, rows: Mapping[str, DataFrame | None], *, stage: str, day: dt.date
) -> None:
    """Make the quarantine of a stage's tables exactly ``rows``.

    A row that is refused again keeps the day it was first seen; one that has been mended leaves.
    Nothing is committed where nothing changed.

    Args:
        warehouse: where ``quarantine`` is.
        rows: of each table that rows were meant for ``key``, ``reason``, ``source_hash`` of those
            that were refused, any number a key; None: nothing was refused. Other tables' rows are
            left alone.
        stage: the step that refused them.
        day: the logical date.
    """
    from pyspark.sql import DataFrame
    from pyspark.sql import functions as F

    here = F.col("table").isin(*rows) & (F.col("stage") == stage)
    held = warehouse.read("quarantine").where(here)
    refused = [
        refusals.select(
            F.lit(table).alias("table"),
            "key",
            F.lit(stage).alias("stage"),
            "reason",
            "source_hash",
            F.lit(day).alias("seen_on"),
        )
        for table, refusals in rows.items()
        if refusals is not None
    ]
    if not refused:
        if not held.isEmpty():
            warehouse.delete_where("quarantine", here)
        return
    found = reduce(DataFrame.unionByName, refused).dropDuplicates(
        list(table_spec("quarantine").key)
    )
    key = ["table", "key", "reason"]
    arrived, left = F.lit(True).alias("_arrived"), F.lit(True).alias("_held")
    both = found.select(*key, arrived).join(held.select(*key, left), key, "full")
    if both.where("_arrived IS NULL OR _held IS NULL").isEmpty():
        return
    named = ", ".join(f"'{table}'" for table in rows)
    warehouse.merge(
        "quarantine",
        found,
        changed=["source_hash"],
        delete_unmatched=f"t.`table` IN ({named}) AND t.stage = '{stage}'",
    )
