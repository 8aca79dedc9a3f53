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

from .conftest import FIRST, World

pytestmark = pytest.mark.e2e
_PATIENCE_S = 240


def _log(warehouse: Path, table: str) -> int:
    """How many commits a table has, seen from outside."""
    return len(list((warehouse / table / "_delta_log").glob("*.json")))


def _staged(warehouse: Path, label: str) -> bool:
    return (warehouse / "_staging" / label).exists()


# In the order of a night, so that each start gets further than the one before: while profiles
# are built, while the first wave is scored, between two commits of waves.
KILL_POINTS: tuple[tuple[str, Callable[[Path], bool]], ...] = (
    ("profiles are built", lambda w: _staged(w, "members_built")),
    ("the first wave is scored", lambda w: _staged(w, "score/wave_0")),
    ("one wave is committed", lambda w: _log(w, "fit_scores") >= 2),
)


def _command(world: World, name: str) -> list[str]:
    options = [f"--set={assignment}" for assignment in world.options(name)]
    return [sys.executable, "-m", "lantern", "night", "--date", FIRST.isoformat(), *options]


def _killed_when(world: World, name: str, reached: Callable[[Path], bool]) -> bool:
    """Start a night, kill -9 it and all its children as soon as the point is reached."""
    process = subprocess.Popen(
        _command(world, name),
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


def test_killed_at_several_points(spark, world: World, content) -> None:  # type: ignore[no-untyped-def]
    for point, reached in KILL_POINTS:
        assert _killed_when(world, "killed", reached), f"the night ended before: {point}"
    done = subprocess.run(_command(world, "killed"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    never, _ = world.night(spark, "never")
    killed = world.context(spark, "killed")
    expected, found = content(never), content(killed)
    for table, rows in expected.items():
        assert found[table] == rows, f"{table} differs"
    keys = killed.warehouse.read("fit_scores").select("member_id", "posting_id")
    assert keys.distinct().count() == keys.count() == len(expected["candidates"])
    staging = world.root / "killed" / "_staging"
    left = sorted(str(p.relative_to(staging)) for p in staging.rglob("*.parquet"))
    assert not left, "what was staged is left behind"
