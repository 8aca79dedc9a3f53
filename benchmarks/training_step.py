"""``python -m benchmarks.training_step``: a training step beside TRL's ``GKDTrainer``.

Ten optimizer steps by ``train_decoder`` and by ``GKDTrainer`` (off-policy: ``lmbda=0``), the first
outside the clock: the same models, the same batches in the same order, the same divergence
(Jensen-Shannon, β = 0.5), optimizer and schedule, no packing. Tokens are those of the examples,
padding not counted; the peak is above what is held after the first step (weights, optimizer). The
mean loss of the ten steps must agree before any figure is written. Rows of their own, with no
rival: packing, the teacher's top 32 from a cache, cross-entropy with total variation, all three,
LoRA. A fresh process an arm and round, interleaved. A rival that is not installed is named in the
result: ``uv pip install --no-deps trl accelerate datasets``.

On a GPU: ``python -m benchmarks.training_step --device cuda --dtype bfloat16 --tokens 8192
--shape half_billion --peak-tflops 989``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import torch

from benchmarks.interleaved import ROOT, Rounds, machine, measured, ratios, spreads, versions
from benchmarks.training_arms import ARMS, BETA, STEPS, batch_rows, run
from benchmarks.training_models import SHAPES

RESULTS = ROOT / "benchmarks" / "results"
THREADS = 2
TOLERANCE = {"float32": 1e-4, "bfloat16": 2e-2}
COMPARED = ("lantern", "trl_gkd")


def main() -> None:
    """Measure every arm in turn, compare the losses, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training_step", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=440, help="of a step, about")
    parser.add_argument("--shape", choices=list(SHAPES), default="wide")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=list(TOLERANCE), default="float32")
    parser.add_argument("--peak-tflops", type=float, help="of the device, for the share of it")
    parser.add_argument("--only", nargs="+", choices=list(ARMS), default=list(ARMS))
    parser.add_argument("--room", type=float, default=0.0, help="GiB to wait for before an arm")
    parser.add_argument("--result", type=Path, help="where the figures go")
    parser.add_argument("--arm", choices=list(ARMS))
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.arm:
        torch.set_num_threads(THREADS)
        args.out.write_text(json.dumps(run(args.arm, args)), encoding="utf-8")
        return
    arguments = [
        f"--{name}={getattr(args, name)}" for name in ("tokens", "shape", "device", "dtype")
    ]
    name = "training_step" if args.device == "cpu" else f"training_step_{args.device}_{args.dtype}"
    place = args.result or RESULTS / f"{name}.json"

    def after_round(rounds: Rounds, absent: dict[str, str]) -> None:
        _check_losses(rounds, args.dtype)
        result = _summary(rounds, absent, args, arguments)
        place.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")

    with tempfile.TemporaryDirectory(prefix="lantern-steps-") as folder:
        measured(
            "benchmarks.training_step", args.only, args.rounds, arguments, Path(folder),
            after_round=after_round, room_gib=args.room,
        )  # fmt: skip
    print(place.read_text(encoding="utf-8"))


def _check_losses(rounds: Rounds, dtype: str) -> None:
    losses = {name: rounds[name][-1]["loss"] for name in COMPARED if name in rounds}
    if len(losses) == len(COMPARED):
        ours, theirs = losses.values()
        assert abs(ours - theirs) <= TOLERANCE[dtype] * theirs, f"losses differ: {losses}"


def _summary(
    rounds: Rounds, absent: dict[str, str], args: argparse.Namespace, arguments: list[str]
) -> dict[str, Any]:
    compared = {name: figures for name, figures in rounds.items() if name in COMPARED}
    shape = SHAPES[args.shape]
    arms = spreads(rounds)
    if args.peak_tflops:
        for figures in arms.values():
            figures["share_of_peak"] = figures["useful_tflops"]["median"] / args.peak_tflops
    result: dict[str, Any] = {
        "command": f"python -m benchmarks.training_step --rounds={args.rounds} "
        + " ".join(arguments),
        "models": {"vocabulary": shape.vocabulary, "student": shape.student,
                   "teacher": shape.teacher, "prompt": shape.prompt, "answer": shape.answer},
        "rounds": max(len(figures) for figures in rounds.values()),
        "rows_a_step": batch_rows(args),
        "measured_steps": STEPS - 1,
        "beta": BETA,
        "threads": THREADS,
        "machine": machine(torch.device(args.device)),
        "versions": versions("torch", "transformers", "trl", "accelerate", "peft"),
        "not_installed": absent,
        "arms": arms,
    }  # fmt: skip
    if len(compared) == len(COMPARED):
        figures = ("tokens_per_second", "tokens_per_cpu_second", "peak_mib")
        result["lantern_over_trl_gkd_within_rounds"] = {
            figure: ratios(compared, "lantern", figure)["trl_gkd"] for figure in figures
        }
    return result


if __name__ == "__main__":
    main()
