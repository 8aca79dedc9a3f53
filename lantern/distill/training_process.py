"""A training in processes of their own, started by torchrun; the starter hears how it goes.

The first process writes one JSON object a line to its standard output: progress, figures, and at
the end the result or the error. So the processes need neither Spark nor MLflow, and the starter
writes all records.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from lantern.distill.training_plan import TrainingPlan
from lantern.distill.training_progress import Figures, TrainingProgress, Watch
from lantern.errors import LanternError, ModelError, TrainingError
from lantern.inference.device import pick_device

RESULT: Final = "result.json"
"""In a plan's folder: the figures, once its training has ended."""

_MARK: Final = "lantern:"
_KEPT_LINES: Final = 20


def train_in_processes(
    plan_file: Path, processes: int, watch: Watch, figures: Figures
) -> Mapping[str, float]:
    """Run a plan by torchrun on this machine.

    Args:
        plan_file: of :meth:`TrainingPlan.save`.
        processes: how many.
        watch, figures: told as :func:`train_decoder` tells them.

    Returns:
        The figures of the kept checkpoint, with ``best_step`` and ``steps``.

    Raises:
        TrainingError, ModelError: what stopped the first process, or that they died.
    """
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
        *("--nproc-per-node", str(processes), "-m", __name__, str(plan_file)),
    ]
    result: Mapping[str, float] | None = None
    failure: LanternError | None = None
    said: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_environment()
    ) as child:
        for line in child.stdout or ():
            if not line.startswith(_MARK):
                said = [*said[1 - _KEPT_LINES :], line]
                continue
            told = json.loads(line.removeprefix(_MARK))
            match told:
                case {"progress": values}:
                    watch(TrainingProgress(**values))
                case {"step": step, "figures": values}:
                    figures(step, values)
                case {"result": values}:
                    result = values
                case {"error": message, "of": kind}:
                    failure = failure or _error(kind, message)
    if failure is not None:
        raise failure
    if child.returncode or result is None:
        sys.stderr.writelines(said)
        raise TrainingError(
            f"the training's processes ended with {child.returncode} and no word of why; "
            "their last lines are above"
        )
    return result


def _environment() -> dict[str, str]:
    """Of this process; one thread each unless it says otherwise, as torchrun would say aloud."""
    return {"OMP_NUM_THREADS": "1"} | os.environ


def _error(kind: str, message: str) -> LanternError:
    return ModelError(message) if kind == ModelError.__name__ else TrainingError(message)


def main(plan_file: str) -> int:
    """One of the processes; returns its exit code."""
    plan = TrainingPlan.open(Path(plan_file))
    if plan.deepspeed is not None and pick_device(plan.device).type == "cpu":
        _leave_to_gloo()
    try:
        trained = plan.run(
            lambda progress: _say({"progress": asdict(progress)}),
            lambda step, values: _say({"step": step, "figures": dict(values)}),
        )
    except LanternError as error:
        _say({"error": str(error), "of": type(error).__name__})
        return int(error.exit_code)
    if os.environ.get("RANK", "0") == "0":
        (plan.folder / RESULT).write_text(json.dumps(trained.summary), encoding="utf-8")
        _say({"result": trained.summary})
    return 0


def _leave_to_gloo() -> None:
    """Keep DeepSpeed from compiling sums of its own for a CPU: a compiler and a minute less."""
    import deepspeed.ops

    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False


def _say(event: Mapping[str, Any]) -> None:
    sys.stdout.write(_MARK + json.dumps(event) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
