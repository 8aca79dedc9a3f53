"""``python -m benchmarks``: time and CPU of a scored pair, ours beside three rivals.

A fresh process an arm and round, arms interleaved in an order that rotates. The scores of all arms
must be equal before any figure is shown. Results go to ``benchmarks/results/scoring.json`` and to
the marked part of ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import inputs, summary
from benchmarks.arms import ARMS

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
TOLERANCE = 1e-4
TIMEOUT_SECONDS = 600


def main() -> None:
    """Prepare, measure, compare, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=192, help="with rendered profiles")
    parser.add_argument("--whole-pairs", type=int, default=96, help="with whole profiles")
    parser.add_argument("--data", type=Path, default=DATA, help="resumes.csv and postings.csv")
    args = parser.parse_args()
    command = "python -m benchmarks" + "".join(
        f" --{name.replace('_', '-')} {getattr(args, name)}"
        for name in ("rounds", "pairs", "whole_pairs")
    )
    with tempfile.TemporaryDirectory(prefix="lantern-bench-") as folder:
        work = Path(folder)
        source, shapes = prepare(work, args)
        rounds: list[dict[str, Any]] = []
        names = list(ARMS)
        for number in range(args.rounds):
            turn = number % len(names)
            measured = {}
            for arm in names[turn:] + names[:turn]:
                print(f"round {number + 1} of {args.rounds}: {arm}", file=sys.stderr, flush=True)
                measured[arm] = run_arm(arm, work)
            assert_equal(measured)
            rounds.append(measured)
            # After every round, so that a run that is cut short leaves what it measured.
            result = summary.summarise(rounds, shapes, source=source, command=command)
            summary.write(result, ROOT)
    print(summary.as_text(result))


def prepare(work: Path, args: argparse.Namespace) -> tuple[str, dict[str, dict[str, float]]]:
    """Write the model and the workloads; returns the texts' source and the workloads' lengths."""
    source, profiles, requirements = inputs.documents(args.data)
    print(f"texts: {source}", file=sys.stderr)
    for name, text, count in (
        ("warm_up", "model_text", inputs.WARM_UP_PAIRS),
        ("rendered", "model_text", args.pairs),
        ("whole", "text", args.whole_pairs),
    ):
        inputs.write_pairs(work / name, profiles, requirements, text, count)
    inputs.save_model(work / "model")
    shapes = {n: inputs.describe(work / n, work / "model") for n in ("rendered", "whole")}
    for name, text in (("rendered", "model_text"), ("whole", "text")):
        # Sorting pays more the more there is to sort: the padding of a night's tasks, unmeasured.
        large = work / f"large_{name}"
        inputs.write_pairs(large, profiles, requirements, text, inputs.LARGE_PAIRS)
        found = inputs.describe(large, work / "model")
        shapes[name] |= {f"large_{k}": v for k, v in found.items() if k.startswith("padding")}
    return source, shapes


def run_arm(arm: str, work: Path) -> dict[str, Any]:
    """One round of an arm, in a session of its own (so that its CPU time can be summed)."""
    out = work / "result.json"
    out.unlink(missing_ok=True)
    threads = {"OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.one_arm", arm, str(work), str(out)],
        cwd=ROOT,
        env={**os.environ, **threads, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        start_new_session=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"arm {arm} failed:\n{done.stderr[-3000:]}")
    return json.loads(out.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def assert_equal(measured: dict[str, Any]) -> None:
    """All arms gave the same pairs the same probabilities; takes the scores out of the result."""
    for workload in ("rendered", "whole"):
        scores = {arm: result[workload].pop("scores") for arm, result in measured.items()}
        ours = scores["lantern"]
        spread = max(p[2] for p in ours.values()) - min(p[2] for p in ours.values())
        assert spread > 100 * TOLERANCE, "the head gives all pairs the same score: no test"
        for arm, theirs in scores.items():
            assert theirs.keys() == ours.keys(), f"{arm} scored other pairs"
            gap = max(abs(a - b) for k in ours for a, b in zip(ours[k], theirs[k], strict=True))
            assert gap <= TOLERANCE, f"{arm} differs by {gap:.2g} on the workload {workload}"
            measured[arm][workload]["largest_difference"] = gap


if __name__ == "__main__":
    main()
