"""One arm, one round, in a process of its own: ``python -m benchmarks.one_arm ARM WORK OUT``.

Spark starts, a warm-up query loads the model in both workers, then each workload is measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.arms import ARMS, Arm
from benchmarks.cpu_time import session_cpu_seconds
from lantern.config import load_settings
from lantern.tables.session import open_session

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

TASKS = 2
_OWN_TIMES = ("tokenise_seconds", "plan_seconds", "model_seconds", "padded_tokens", "tokens")


def main(arm: str, work: Path, out: Path) -> None:
    """Measure an arm over the workloads in ``work``; the result is JSON in ``out``."""
    overrides = [f"spark.master=local[{TASKS}]"]
    spark = open_session(load_settings("local", overrides).spark, app=f"bench {arm}")
    score = ARMS[arm](work / "model")
    warm_up = _read(spark, work / "warm_up")
    assert _threads(warm_up) == [1] * TASKS
    _measure(score, warm_up)
    results = {name: _measure(score, _read(spark, work / name)) for name in ("rendered", "whole")}
    out.write_text(json.dumps(results), encoding="utf-8")
    spark.stop()


def _read(spark: SparkSession, folder: Path) -> DataFrame:
    pairs = spark.read.parquet(str(folder))
    assert pairs.rdd.getNumPartitions() == TASKS
    return pairs


def _threads(pairs: DataFrame) -> list[int]:
    """Threads of torch in each task."""

    def count(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow
        import torch

        for _ in batches:
            pass
        yield pyarrow.RecordBatch.from_pydict({"threads": [torch.get_num_threads()]})

    return [row["threads"] for row in pairs.mapInArrow(count, "threads long").collect()]


def _measure(score: Arm, pairs: DataFrame) -> dict[str, Any]:
    wanted = score(pairs)
    own = [name for name in _OWN_TIMES if name in wanted.columns]
    cpu, wall = session_cpu_seconds(), time.perf_counter()
    rows = wanted.select("posting_id", "p", *own).collect()
    wall = time.perf_counter() - wall
    spent = {kind: after - cpu[kind] for kind, after in session_cpu_seconds().items()}
    return {
        "pairs": len(rows),
        "wall": wall,
        "cpu": spent,
        "inside": {name: sum(float(row[name]) for row in rows) for name in own},
        "scores": {row["posting_id"]: list(row["p"]) for row in rows},
    }


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
