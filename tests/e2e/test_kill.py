"""A night that is killed and started again leaves the tables of one that never was."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lantern.errors import ExitCode
from lantern.steps.runner import NIGHT

from .conftest import FIRST, IN_A_SHORT_JVM, World

pytestmark = pytest.mark.e2e
_PATIENCE_S = 600


def _log(warehouse: Path, table: str) -> int:
    """How many commits a table has, seen from outside."""
    return len(list((warehouse / table / "_delta_log").glob("*.json")))


def _staged(warehouse: Path, label: str) -> bool:
    return (warehouse / "_staging" / label).exists()


# In the order of a night, so that each start gets further than the one before.
WAVES: tuple[tuple[str, Callable[[Path], bool]], ...] = (
    ("the first wave is scored", lambda w: _staged(w, "score/wave_0")),
    ("one wave is committed", lambda w: _log(w, "fit_scores") >= 2),
)


def _command(world: World, name: str, step: str) -> list[str]:
    options = [f"--set={assignment}" for assignment in world.options(name)]
    command = [sys.executable, "-m", "lantern", step, "--date", FIRST.isoformat()]
    return [*command, IN_A_SHORT_JVM, *options]


def _killed_when(world: World, name: str, step: str, reached: Callable[[Path], bool]) -> bool:
    """Start a step, kill -9 it and all its children as soon as the point is reached."""
    process = subprocess.Popen(
        _command(world, name, step),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + _PATIENCE_S
    try:
        while process.poll() is None and time.monotonic() < deadline:
            if reached(world.root / name):
                return True
            time.sleep(0.02)
        return False
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_killed_at_several_points(spark, world: World, first_night: Path, content) -> None:  # type: ignore[no-untyped-def]
    assert _killed_when(world, "killed", "night", lambda w: _staged(w, "ingest/members/built"))
    world.night(spark, "killed", steps=NIGHT[: NIGHT.index("score")])
    for point, reached in WAVES:
        assert _killed_when(world, "killed", "score", reached), f"not reached: {point}"
    killed, outcome = world.night(spark, "killed")
    assert outcome == ExitCode.DONE
    expected, found = content(world.context(spark, first_night.name)), content(killed)
    for table, rows in expected.items():
        assert found[table] == rows, f"{table} differs"
    keys = killed.warehouse.read("fit_scores").select("member_id", "posting_id")
    assert keys.distinct().count() == keys.count() == len(expected["candidates"])
    staging = world.root / "killed" / "_staging"
    left = sorted(str(p.relative_to(staging)) for p in staging.rglob("*.parquet"))
    assert not left, "what was staged is left behind"
