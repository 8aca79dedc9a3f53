"""``python -m benchmarks.night_agreement WAREHOUSE``: are a night's own scores those of T1?

The test split is drawn as D_base is; a night scores other pairs, each member's likeliest jobs and
those that the member took an interest in. The rubric judges all that a night has scored; pairs
whose member and posting are both of the test split, so that no training saw them, stand apart.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lantern.batch.changes import PAIR
from lantern.batch.rubric import judged, with_documents
from lantern.config import load_settings
from lantern.evaluate.agreement import agreement
from lantern.fit import LEVEL_LABELS, FitLevel
from lantern.tables.session import open_session
from lantern.tables.store import Warehouse

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RESULT: Final = Path(__file__).with_name("results") / "night_agreement.json"
_KEYS: Final = (*PAIR, "member_fingerprint", "posting_fingerprint", "requirements_version")


def main(argv: Sequence[str] | None = None) -> None:
    """Judge what the last night left in ``fit_scores``; print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", type=Path, help="of a demo")
    arguments = parser.parse_args(argv)
    settings = load_settings("local", [f"warehouse.path={arguments.warehouse}"])
    spark = open_session(settings.spark, app="night_agreement")
    rows = [row.asDict() for row in _judged(Warehouse(spark, settings.warehouse)).collect()]
    spark.stop()
    held_out = [row for row in rows if row["split"] == "test"]
    result = {
        "all": _told(rows),
        "of members and postings that no training saw": _told(held_out),
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def _judged(warehouse: Warehouse) -> DataFrame:
    """The night's pairs with T1's level; ``split`` where member and posting have the same one."""
    from pyspark.sql import functions as F

    scores = warehouse.read("fit_scores")
    pairs = with_documents(
        scores.select(*_KEYS),
        warehouse.read("members"),
        warehouse.read("postings"),
        warehouse.read("requirements"),
    )
    first = judged(pairs).select(*PAIR, F.col("level").alias("t1_level"))
    base = warehouse.read("base_pairs")
    of_member = base.groupBy("member_id").agg(F.first("split").alias("split"))
    of_posting = base.groupBy("posting_id").agg(F.first("split").alias("posting_split"))
    same = F.when(F.col("split") == F.col("posting_split"), F.col("split"))
    return (
        scores.select(*PAIR, "p_low", "p_medium", "p_high")
        .join(first, list(PAIR))
        .join(of_member, "member_id", "left")
        .join(of_posting, "posting_id", "left")
        .withColumn("split", same)
    )


def _told(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    levels = np.array([int(FitLevel.from_label(row["t1_level"])) for row in rows])
    probabilities = np.array([[row[f"p_{name.lower()}"] for name in LEVEL_LABELS] for row in rows])
    told = asdict(agreement(levels, probabilities))
    for who, said in (("T1", levels), ("classifier", probabilities.argmax(axis=1))):
        shares = np.bincount(said, minlength=len(LEVEL_LABELS)) / len(rows)
        told[f"shares of {who}"] = dict(zip(LEVEL_LABELS, shares.round(4).tolist(), strict=True))
    return told


if __name__ == "__main__":
    main()
