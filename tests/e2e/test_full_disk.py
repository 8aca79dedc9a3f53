"""A disk that fills up: one clear line, nothing half-written, and the next start goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import FIRST, IN_A_SHORT_JVM, World

pytestmark = pytest.mark.e2e
# A file system of its own, private to the script and seen by nobody else; $1 is where.
_SCRIPT = """
mount -t tmpfs -o size=$2 tmpfs "$1" || exit 77
shift 2
"$@" --set=warehouse.path="$DISK/warehouse"; ended=$?
cp -R "$DISK/warehouse" "$KEPT"
exit $ended
"""


@pytest.fixture
def private_mounts() -> None:
    tried = shutil.which("unshare") and subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
        capture_output=True,
        check=False,
    )
    if not tried or tried.returncode:
        pytest.skip("this machine lets no process mount a small disk of its own (unshare -rm)")


def test_a_full_disk(  # type: ignore[no-untyped-def]
    spark, world: World, first_night: Path, content, tmp_path: Path, private_mounts: None
) -> None:
    disk, kept = tmp_path / "disk", world.root / "refilled"
    disk.mkdir()
    ingest = [sys.executable, "-m", "lantern", "ingest", "--date", FIRST.isoformat()]
    command = [*ingest, IN_A_SHORT_JVM, *(f"--set={assignment}" for assignment in world.overrides)]
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", _SCRIPT, "sh", str(disk), "96k", *command],
        env={"DISK": str(disk), "KEPT": str(kept), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "no space left on the storage; free some and run the step again" in done.stderr
    # What it left, on a disk with room: the same step again.
    again, _ = world.night(spark, kept.name, steps=("ingest",))
    expected, found = content(world.context(spark, first_night.name)), content(again)
    for table in ("members", "postings", "events"):
        assert found[table] == expected[table], f"{table} differs"
    assert len(expected["members"]) == 30
    assert again.warehouse.read("quarantine").count() == 0
