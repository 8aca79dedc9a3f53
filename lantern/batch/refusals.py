"""The pairs that a model could not answer, in the words of the quarantine."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from lantern.batch.changes import PAIR
from lantern.tables.quarantine import replace_quarantine

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.tables.store import Warehouse


def quarantine_pairs(
    warehouse: Warehouse, table: str, failed: DataFrame | None, *, stage: str, day: dt.date
) -> None:
    """Make the quarantine of a step exactly the pairs that it failed on.

    Args:
        warehouse: where ``quarantine`` is.
        table: that the pairs' answers were meant for.
        failed: the pairs with ``error``; None: there are none. A pair that failed has no answer, so
            that the next run asks about it again: what is not here has been mended or is gone.
        stage: the step.
        day: the logical date.
    """
    from pyspark.sql import functions as F

    rows = None
    if failed is not None:
        rows = failed.select(
            F.concat_ws("|", *PAIR).alias("key"),
            F.col("error").alias("reason"),
            F.lit(None).cast("string").alias("source_hash"),
        )
    replace_quarantine(warehouse, {table: rows}, stage=stage, day=day)
