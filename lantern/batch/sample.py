"""Write a large sample marketplace with Spark: every row depends on its index alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from lantern.tables.files import delete_folder

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

_ROWS_A_TASK: Final = 5_000


def write_sample_on_spark(
    spark: SparkSession, folder: str, members: int, postings: int, seed: int, today: dt.date
) -> dict[str, int]:
    """The files of :func:`lantern.sample.write.write_sample`, each as a folder of parts.

    A member's rows are made in one go and written once, partitioned by the file that they belong
    to; returns how many rows each has.
    """
    from pyspark.sql import functions as F

    def member_lines(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from lantern.sample.marketplace import member_rows

        for batch in batches:
            lines: list[tuple[str, str]] = []
            for index in batch.column("id").to_pylist():
                rows = member_rows(seed, index, postings, today)
                lines += [
                    ("members", _encoded(rows.member)),
                    ("audit_groups", _encoded(rows.audit_group)),
                    *(("events", _encoded(event)) for event in rows.events),
                    *(("truth", _encoded(truth)) for truth in rows.truth),
                ]
            yield _lines(lines)

    def posting_lines(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from lantern.sample.marketplace import posting

        for batch in batches:
            indices = batch.column("id").to_pylist()
            yield _lines([("postings", _encoded(posting(seed, index))) for index in indices])

    schema = "file string, value string"
    lines = (
        spark.range(0, members, 1, -(-members // _ROWS_A_TASK))
        .mapInArrow(member_lines, schema)
        .unionByName(
            spark.range(0, postings, 1, -(-postings // _ROWS_A_TASK)).mapInArrow(
                posting_lines, schema
            )
        )
    )
    parts = f"{folder}/_lines"
    lines.write.mode("overwrite").partitionBy("file").parquet(parts)
    written = spark.read.parquet(parts)
    counts = {
        str(row["file"]): int(row["count"]) for row in written.groupBy("file").count().collect()
    }
    for name in counts:
        only = written.where(F.col("file") == name).select("value")
        only.write.mode("overwrite").text(f"{folder}/{name}.jsonl")
    delete_folder(spark, parts)
    return counts


def _encoded(row: object) -> str:
    import json

    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _lines(lines: list[tuple[str, str]]) -> pa.RecordBatch:
    import pyarrow

    return pyarrow.RecordBatch.from_arrays(
        [
            pyarrow.array([file for file, _ in lines], pyarrow.string()),
            pyarrow.array([value for _, value in lines], pyarrow.string()),
        ],
        names=["file", "value"],
    )
