"""Ctrl-C while Spark works: the work ends at once, and the terminal shows no stack."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.conftest import SHORT_LIVED

_WORK = """
import sys, time
from pathlib import Path
from lantern.config import load_settings
from lantern.tables.session import open_session

java = f"spark.conf={{spark.driver.extraJavaOptions: '{sys.argv[2]}'}}"
spark = open_session(load_settings("local", [java]).spark, app="interrupted")
started = Path(sys.argv[1])

def work(batches):
    started.touch()
    time.sleep(600)
    yield from batches

for _ in range(2):
    try:
        spark.range(2).mapInPandas(work, "id long").count()
    except KeyboardInterrupt:
        print("left", spark.range(5).count())
        started.unlink()
"""


def test_what_runs_is_cancelled_and_the_session_can_still_be_used(tmp_path: Path) -> None:
    started = tmp_path / "started"
    process = subprocess.Popen(
        [sys.executable, "-c", _WORK, str(started), SHORT_LIVED],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def wait(there: bool) -> None:
        deadline = time.monotonic() + 120
        while started.exists() is not there and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    try:
        for _ in range(2):
            wait(there=True)
            process.send_signal(signal.SIGINT)
            wait(there=False)
        told, complained = process.communicate(timeout=120)
    finally:
        process.kill()
    assert told == "left 5\nleft 5\n", (process.returncode, complained[-3000:])
    assert "Traceback" not in complained, complained[-3000:]
