"""Arms measured in turn: a fresh process an arm and round, the order rotated, ratios within rounds.

A module that is measured so takes ``--arm NAME --out FILE`` and writes its figures to that JSON.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).parents[1]
_ATTEMPTS = 5
Rounds = dict[str, list[dict[str, float]]]


def measured(
    module: str,
    arms: Sequence[str],
    rounds: int,
    arguments: Sequence[str],
    folder: Path,
    *,
    after_round: Callable[[Rounds, dict[str, str]], None],
    room_gib: float = 0.0,
    timeout: float = 3600,
) -> None:
    """All rounds of all arms that are installed.

    Args:
        module: is started as ``python -m``.
        arms: their names.
        rounds: how often.
        arguments: further ones of the module.
        folder: for ``ARM.json`` and what else an arm writes beside it.
        after_round: called with the figures of each arm, one entry a round so far, and of an arm
            that is not installed, why; raises if the arms disagree.
        room_gib: memory that must be free before an arm starts; it is waited for: the machine may
            be shared.
        timeout: seconds of one arm.
    """
    absent: dict[str, str] = {}
    found: Rounds = {name: [] for name in arms}
    for number in range(rounds):
        names = [name for name in arms if name not in absent]
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            out = folder / f"{name}.json"
            missing = _run(module, name, arguments, out, timeout, room_gib)
            if missing:
                absent[name] = missing
                continue
            found[name].append(json.loads(out.read_text(encoding="utf-8")))
            print(f"round {number + 1}: {name} {_short(found[name][-1])}", flush=True)
        after_round({name: figures for name, figures in found.items() if figures}, absent)


def _run(
    module: str, name: str, arguments: Sequence[str], out: Path, timeout: float, room_gib: float
) -> str | None:
    for _ in range(_ATTEMPTS):
        while _available_gib() < room_gib:
            time.sleep(5)
        done = subprocess.run(
            [sys.executable, "-m", module, "--arm", name, "--out", str(out), *arguments],
            # Threads that wait must not burn the time of whoever else is on the machine.
            env=os.environ | {"OMP_WAIT_POLICY": "passive", "TRL_EXPERIMENTAL_SILENCE": "1"},
            preexec_fn=_first_to_go,
            cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip
        if done.returncode == 0:
            return None
        if done.returncode != -signal.SIGKILL:
            break
        print(f"{name} was killed, for want of memory it seems; again", flush=True)
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    if "ModuleNotFoundError" in last or "ImportError" in last:
        return last
    raise SystemExit(f"arm {name} failed ({done.returncode}):\n{done.stderr[-3000:]}")


def _first_to_go() -> None:
    """Where memory runs out, a benchmark is what may be killed."""
    Path("/proc/self/oom_score_adj").write_text("1000", encoding="utf-8")


def _available_gib() -> float:
    lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) / 2**20


def _short(figures: dict[str, float]) -> str:
    return " ".join(f"{name} {value:.4g}" for name, value in figures.items())


def spreads(rounds: Rounds) -> dict[str, dict[str, Any]]:
    """Median, least and greatest of each figure of each arm."""
    return {
        arm: {name: spread([one[name] for one in figures]) for name in figures[0]}
        for arm, figures in rounds.items()
    }


def ratios(rounds: Rounds, ours: str, figure: str) -> dict[str, dict[str, float]]:
    """Ours over each other arm, taken within each round."""
    own = [one[figure] for one in rounds[ours]]
    return {
        arm: spread([a / b[figure] for a, b in zip(own, figures, strict=True)])
        for arm, figures in rounds.items()
        if arm != ours
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and greatest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def machine(device: torch.device) -> dict[str, Any]:
    """What the figures were taken on; no name of a host."""
    named = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "device": named,
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "load_at_the_end": round(os.getloadavg()[0], 1),
    }


def versions(*packages: str) -> dict[str, str]:
    """Of the packages that are installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
