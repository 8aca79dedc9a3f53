"""``python -m benchmarks.cold_night DEMO``: a night in a fresh process, by local settings of Spark.

On a copy of a demo's folder whose sample changed by 2 %; the arms differ in settings alone. CPU is
user and system time of the driver, its JVM and its Python workers, from the start of the night.
Before a figure is written, the tables that all arms wrote must be equal.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cpu_time import session_cpu_seconds

if TYPE_CHECKING:
    from benchmarks.interleaved import Rounds
    from lantern.tables.store import Warehouse

RESULT = Path(__file__).parent / "results" / "cold_night.json"
OURS = "ours"
_JVM = "spark.driver.extraJavaOptions: '-XX:+UseSerialGC -Xshare:auto"
_ITS_OWN = f"{_JVM}'"
_FIRST_COMPILER = f"{_JVM} -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m'"
_DAEMON = "spark.python.daemon.module: pyspark.daemon"
_TRACEBACK = "spark.sql.execution.pyspark.udf.simplifiedTraceback.enabled: 'true'"
ARMS = {
    OURS: "",
    "the JVM's own thresholds": _ITS_OWN,
    "the JVM's first compiler alone": _FIRST_COMPILER,
    "Spark's own daemon": _DAEMON,
    "Spark's own settings of all three": f"{_ITS_OWN}, {_DAEMON}, {_TRACEBACK}",
}
TABLES = ("members", "postings", "requirements", "candidates", "fit_scores", "explanations")


def main(argv: Sequence[str] | None = None) -> None:
    """Measure all arms, or one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path, help="the folder that `lantern demo` made")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--arm", choices=list(ARMS))
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(argv)
    if args.arm:
        figures = _night(args.demo, ARMS[args.arm], args.out)
        args.out.write_text(json.dumps(figures), encoding="utf-8")
        return
    from benchmarks.interleaved import machine, measured, ratios, spreads, versions

    with tempfile.TemporaryDirectory(prefix="lantern-night-") as made:

        def after_round(rounds: Rounds, absent: dict[str, str]) -> None:
            import torch

            written = {(Path(made) / f"{arm}.rows").read_text() for arm in rounds}
            assert len(written) == 1, "the arms wrote different tables"
            whole = {arm: figures for arm, figures in rounds.items() if figures}
            result = {
                "rounds": len(rounds[OURS]),
                "arms": spreads(whole),
                "cpu of ours over": ratios(whole, OURS, "cpu"),
                "wall of ours over": ratios(whole, OURS, "wall"),
                "machine": machine(torch.device("cpu")),
                "versions": versions("pyspark", "delta-spark", "torch", "transformers"),
            }
            RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")

        measured(
            "benchmarks.cold_night", list(ARMS), args.rounds, [str(args.demo.absolute())],
            Path(made), after_round=after_round,
        )  # fmt: skip
    print(RESULT.read_text(encoding="utf-8"))


def _night(demo: Path, conf: str, out: Path) -> dict[str, float]:
    """One night on a copy; leaves the hash of what it wrote beside ``out``."""
    from lantern.steps import sample
    from lantern.steps.demo import CHANGED_SHARE, demo_context
    from lantern.steps.runner import NIGHT, run_steps

    with tempfile.TemporaryDirectory(prefix="lantern-copy-") as copied:
        folder = Path(copied) / "demo"
        shutil.copytree(demo, folder)
        context = demo_context(folder, [f"spark.conf={{{conf}}}"])
        sample.change(context, CHANGED_SHARE)
        context = replace(context, day=dt.date(2999, 1, 1))  # after whatever night the demo had
        before, began = session_cpu_seconds(), time.perf_counter()
        run_steps(context, NIGHT)
        wall = time.perf_counter() - began
        spent = {kind: s - before[kind] for kind, s in session_cpu_seconds().items()}
        out.with_suffix(".rows").write_text(_hash(context.warehouse), encoding="utf-8")
        context.spark.stop()
    return {"wall": wall, "cpu": sum(spent.values()), **spent}


def _hash(warehouse: Warehouse) -> str:
    told = hashlib.sha256()
    for name in TABLES:
        rows = warehouse.read(name).drop("run_id").collect()
        for line in sorted(repr(row) for row in rows):
            told.update(line.encode())
    return told.hexdigest()


if __name__ == "__main__":
    main()
