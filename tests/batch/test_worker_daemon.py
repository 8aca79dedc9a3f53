"""Spark's workers come from a process that has imported what loads a model."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pytest

from lantern.config import load_settings
from lantern.errors import InstallationError
from lantern.steps.context import WORKER_DAEMON, Context
from lantern.steps.runner import run_steps
from lantern.tables.session import start_workers


def _parent(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for _ in batches:
        ps = ["ps", "-o", "args=", "-p", str(os.getppid())]
        parent = subprocess.run(ps, capture_output=True, text=True, check=True).stdout
        loaded = "torch" in sys.modules and "transformers.modeling_utils" in sys.modules
        yield pa.RecordBatch.from_pydict({"parent": [parent], "loaded": [loaded]})


def test_workers_are_forked_with_torch_in_them(spark: Any) -> None:
    found = spark.range(1).mapInArrow(_parent, "parent string, loaded boolean").first()
    assert WORKER_DAEMON in found["parent"]
    assert found["loaded"]


def test_its_start_is_waited_for_by_nobody_and_its_faults_are_left_to_who_needs_it(
    spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start_workers(spark)
    assert started.daemon
    started.join(120)
    assert not started.is_alive()

    raised: list[object] = []
    monkeypatch.setattr("threading.excepthook", raised.append)

    class Broken:
        def range(self, *_: int) -> None:
            raise OSError("no workers here")

    start_workers(Broken()).join(10)  # type: ignore[arg-type]
    assert not raised


@pytest.mark.parametrize(("steps", "daemon"), [(("ingest",), None), (("score",), WORKER_DAEMON)])
def test_a_run_without_models_does_not_wait_for_torch(
    steps: tuple[str, ...], daemon: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    def refuse(*_: object, worker_daemon: str | None, **__: object) -> None:
        asked.append(worker_daemon)
        raise InstallationError("no Spark in this test")

    monkeypatch.setattr("lantern.steps.context.open_session", refuse)
    with pytest.raises(InstallationError):
        run_steps(Context(load_settings("local"), dt.date(2026, 3, 1)), steps)
    assert set(asked) == {daemon}
