"""spark-submit on two executors gives the scores of local[2]."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import FIRST, SHORT_LIVED, World

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]


def test_local_cluster_equals_local(spark, world: World, first_night: Path, content) -> None:  # type: ignore[no-untyped-def]
    world.copy(first_night, "cluster")
    shutil.rmtree(world.root / "cluster" / "fit_scores")
    options = [f"--set={assignment}" for assignment in world.options("cluster")]
    submitted = subprocess.run(
        [
            str(Path(sys.executable).with_name("spark-submit")),
            "--master",
            "local-cluster[2,1,2048]",
            f"--conf=spark.driver.extraJavaOptions={SHORT_LIVED}",
            "--conf=spark.executor.extraJavaOptions=-XX:TieredStopAtLevel=1",
            str(ROOT / "jobs" / "score.py"),
            "--env=local",
            f"--date={FIRST.isoformat()}",
            *options,
        ],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k not in ("SPARK_HOME", "PYSPARK_GATEWAY_PORT")}
        | {
            "VIRTUAL_ENV": sys.prefix,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert submitted.returncode == 0, submitted.stderr[-3000:]
    local = content(world.context(spark, first_night.name))["fit_scores"]
    assert content(world.context(spark, "cluster"))["fit_scores"] == local
    assert local
    # Quiet: the step's own lines and nothing else.
    noise = [line for line in submitted.stderr.splitlines() if "WARN" in line or "Ivy" in line]
    assert noise == []
