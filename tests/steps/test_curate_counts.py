"""What curate says of D_seed is of the rows that D_seed holds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import functions as F

from lantern.config import CurateSettings
from lantern.steps.curate import _count, bounded


def _curate(most: int | None, balance: float) -> CurateSettings:
    return CurateSettings(
        teachers=[],
        without_review="filter",
        sample_agreement=0.5,
        unreviewed_pairs=most,
        level_balance=balance,
    )


@pytest.mark.parametrize(
    ("most", "balance", "drawn"),
    [
        (21, 0.0, {"Low": 16, "Medium": 4, "High": 1}),
        (28, 0.5, {"Low": 16, "Medium": 8, "High": 4}),
        (28, 1.0, {"Low": 12, "Medium": 12, "High": 4}),
        (90, 0.5, {"Low": 70, "Medium": 16, "High": 4}),
        (None, 1.0, {"Low": 74, "Medium": 16, "High": 4}),
    ],
)
def test_rare_levels_are_drawn_more_often_as_far_as_they_last(
    spark: Any, most: int | None, balance: float, drawn: dict[str, int]
) -> None:
    learned = ["Low"] * 64 + ["Medium"] * 16 + ["High"] * 4
    rows = [(f"m{n}", "p", "train", "filter", level) for n, level in enumerate(learned)]
    rows += [(f"t{n}", "p", "test", "filter", "Low") for n in range(10)]
    schema = "member_id string, posting_id string, split string, kept_by string, level string"
    kept = bounded(spark.createDataFrame(rows, schema), _curate(most, balance))
    assert {row["level"]: row["count"] for row in kept.groupBy("level").count().collect()} == drawn
    stands_for = kept.where("split = 'train'").groupBy("level").agg(F.sum("weight").alias("pairs"))
    assert {row["level"]: round(row["pairs"], 9) for row in stands_for.collect()} == {
        "Low": 64,
        "Medium": 16,
        "High": 4,
    }


def test_levels_are_those_of_the_rows_that_were_kept(spark: Any) -> None:
    schema = "member_id string, posting_id string, split string, kept_by string, level string"
    decided = spark.createDataFrame(
        [
            *[(f"m{n}", "p", "test", "filter", "Medium") for n in range(3)],
            *[(f"m{n}", "p", "train", "filter", "Low") for n in range(3, 5)],
            ("m8", "p", "test", "human", "High"),
            ("m9", "p", "train", None, "Medium"),
        ],
        schema,
    ).withColumn(
        "dropped",
        F.expr(
            "IF(kept_by IS NULL, array('not_grounded', 'rejected'), cast(array() AS array<string>))"
        ),
    )
    kept = bounded(decided.where(F.size("dropped") == 0), _curate(2, 0.0))
    assert not kept.where("kept_by = 'filter' AND split = 'test'").count()
    said: list[dict[str, int]] = []
    context = SimpleNamespace(
        warehouse=SimpleNamespace(read=lambda _: spark.range(10)),
        reporter=SimpleNamespace(line=lambda _step, _what, figures: said.append(figures)),
    )
    manifest = SimpleNamespace(counts={})
    _count(context, manifest, decided, kept)  # type: ignore[arg-type]
    told = {name: count for name, count in manifest.counts.items() if count}
    assert told == {
        "kept_by_human": 1,
        "kept_by_filter": 2,
        "Low": 2,
        "High": 1,
        "dropped": 1,
        "dropped_not_grounded": 1,
        "dropped_rejected": 1,
        "left_out_by_size": 3,
        "without_answer": 3,
    }
    assert said == [told]
