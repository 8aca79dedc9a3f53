"""What a program reads of a run's progress: seldom, once at the end, never more than is done."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lantern.batch import progress
from lantern.batch.progress import Reporter
from lantern.batch.watch import watched


def test_lines_come_seldom_and_the_end_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    stream = io.StringIO()
    with Reporter(stream, terminal=False).task("score", "pairs", 10) as task:
        for second, done in ((1, 0), (11, 0), (12, 4), (22, 5), (23, 10), (24, 10), (40, 10)):
            now[0] = float(second)
            task.update(done)
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["done"], line["seconds_left"]) for line in told] == [(0, None), (5, 22), (10, 0)]


def test_what_ran_before_with_as_many_tasks_is_not_taken_for_the_work(
    spark: Any, tmp_path: Path
) -> None:
    seen = tmp_path / "half of it was told"

    def work(batches: Iterator[Any]) -> Iterator[Any]:
        deadline = time.monotonic() + 60
        for batch in batches:
            while batch["half"].iloc[0] and not seen.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            yield batch

    def tell(share: float) -> None:
        told.append(share)
        if share == 0.5:
            seen.touch()

    rows = spark.range(0, 200, numPartitions=2).selectExpr("id", "id % 2 AS half")
    halves = rows.repartitionByRange(2, "half").mapInPandas(work, rows.schema)
    told: list[float] = []
    with watched(spark, 2) as share:
        share.every(tell)
        rows.write.format("noop").mode("overwrite").save()
        time.sleep(1.2)  # a look or two at a block of which no job runs
        halves.write.format("noop").mode("overwrite").save()
    assert 0.5 in told
    assert max(told) < 1
    assert told == sorted(told)
