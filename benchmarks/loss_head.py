"""``python -m benchmarks.loss_head``: memory and time of the distillation loss, beside rivals.

One step forward and backward from hidden states: the Jensen-Shannon divergence (β = 0.5), the one
that all have, of a student of width 896 and a teacher of width 1,536 over 151,936 tokens.
A fresh process an arm and round, arms interleaved in an order that rotates. The losses and the
gradients of all arms must agree with full logits in float32 before any figure is written. Rivals
that are not installed are named in the result:
``uv pip install --no-deps liger-kernel trl accelerate datasets``.

On a GPU: ``python -m benchmarks.loss_head --device cuda --dtype bfloat16 --tokens 8192``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.interleaved import ROOT, Rounds, machine, measured, ratios, spreads, versions
from benchmarks.meter import Meter

RESULTS = ROOT / "benchmarks" / "results"
WIDTH, TEACHER_WIDTH, VOCABULARY, BETA = 896, 1536, 151_936, 0.5
TOLERANCE = {"float32": 1e-3, "bfloat16": 3e-2}
THREADS = 2
REFERENCE = "plain_float32"
Tensor = torch.Tensor
Inputs = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]  # hidden, head, teacher's two, labels


def _lantern(inputs: Inputs) -> Tensor:
    from lantern.distill.divergences import divergence
    from lantern.distill.loss_head import chunked_explanation_loss
    from lantern.distill.objective import Objective
    from lantern.distill.teacher_signal import LiveHead

    hidden, head, of_teacher, teacher_head, labels = inputs
    objective = Objective(divergence("jensen_shannon", beta=BETA), sft_weight=0.0)
    teacher = LiveHead(of_teacher, teacher_head)
    return chunked_explanation_loss(hidden, head, labels, teacher, objective).total


def _plain(inputs: Inputs) -> Tensor:
    from lantern.distill.divergences import divergence
    from lantern.distill.objective import Objective, explanation_loss
    from lantern.distill.teacher_signal import LiveHead

    hidden, head, of_teacher, teacher_head, labels = inputs
    objective = Objective(divergence("jensen_shannon", beta=BETA), sft_weight=0.0)
    teacher = LiveHead(of_teacher, teacher_head)
    return explanation_loss(hidden @ head.T, labels, teacher, objective).total


def _trl(inputs: Inputs) -> Tensor:
    from trl.experimental.gkd import GKDTrainer

    hidden, head, of_teacher, teacher_head, labels = inputs
    logits = hidden @ head.T
    with torch.no_grad():
        of_teacher = of_teacher @ teacher_head.T
    return GKDTrainer.generalized_jsd_loss(  # type: ignore[no-any-return]
        logits[None], of_teacher[None], labels=labels[None], beta=BETA
    )


def _trl_chunked(inputs: Inputs) -> Tensor:
    from trl.trainer.distillation_trainer import _chunked_divergence_loss

    hidden, head, of_teacher, teacher_head, labels = inputs
    mask = torch.ones_like(labels)
    loss, _, _ = _chunked_divergence_loss(hidden, of_teacher, head, teacher_head, mask, BETA)
    return loss  # type: ignore[no-any-return]


def _liger(chunk_size: int) -> Callable[[Inputs], Tensor]:
    def step(inputs: Inputs) -> Tensor:
        from liger_kernel.chunked_loss import LigerFusedLinearJSDLoss

        hidden, head, of_teacher, teacher_head, labels = inputs
        loss = LigerFusedLinearJSDLoss(
            weight_hard_loss=0.0,
            weight_soft_loss=1.0,
            beta=BETA,
            compiled=False,
            chunk_size=chunk_size,
        )
        return loss(hidden, head, of_teacher, teacher_head, labels)

    return step


ARMS: dict[str, Callable[[Inputs], Tensor]] = {
    "lantern": _lantern,
    "plain": _plain,
    REFERENCE: _plain,
    "trl_gkd": _trl,
    "trl_chunked": _trl_chunked,
    "liger_default_chunk": _liger(1024),
    "liger_chunk_64": _liger(64),
}


def run_arm(name: str, args: argparse.Namespace) -> None:
    """One step in this process; writes its figures and what the arms are compared by."""
    torch.set_num_threads(THREADS)
    device = torch.device(args.device)
    inputs = _inputs(args, torch.float32 if name == REFERENCE else getattr(torch, args.dtype))
    step = ARMS[name]
    # Imports, and kernels that are chosen at first use, outside the clock.
    hidden, head, of_teacher, teacher_head, labels = (tensor.detach()[:8] for tensor in inputs)
    step((hidden.clone().requires_grad_(), head.clone().requires_grad_(), of_teacher,
          teacher_head, labels % 8)).backward()  # fmt: skip
    with Meter(device) as meter:
        loss = step(inputs)
        loss.backward()
    hidden_grad, head_grad = inputs[0].grad, inputs[1].grad
    assert hidden_grad is not None
    assert head_grad is not None
    compared = {
        "loss": loss.detach(),
        "hidden": hidden_grad,
        "head": head_grad[:: max(1, args.vocabulary // 152)],
    }
    np.savez(args.out.with_suffix(".npz"), **{k: v.float().cpu() for k, v in compared.items()})
    args.out.write_text(json.dumps(meter.figures), encoding="utf-8")


def _inputs(args: argparse.Namespace, dtype: torch.dtype) -> Inputs:
    generator = torch.Generator().manual_seed(7)

    def made(rows: int, width: int, scale: float) -> Tensor:
        drawn = torch.randn(rows, width, generator=generator).mul_(scale)
        return drawn.to(getattr(torch, args.dtype)).to(args.device, dtype)

    hidden = made(args.tokens, WIDTH, 1.0)
    of_teacher = made(args.tokens, TEACHER_WIDTH, 3.0)
    head = made(args.vocabulary, WIDTH, WIDTH**-0.5)
    teacher_head = made(args.vocabulary, TEACHER_WIDTH, TEACHER_WIDTH**-0.5)
    labels = torch.randint(args.vocabulary, (args.tokens,), generator=generator).to(args.device)
    return hidden.requires_grad_(), head.requires_grad_(), of_teacher, teacher_head, labels


def main() -> None:
    """Measure every arm in turn, compare, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loss_head", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--vocabulary", type=int, default=VOCABULARY)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=list(TOLERANCE), default="float32")
    parser.add_argument("--room", type=float, default=0.0, help="GiB to wait for before an arm")
    parser.add_argument("--result", type=Path, help="where the figures go")
    parser.add_argument("--arm", choices=list(ARMS))
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.arm:
        run_arm(args.arm, args)
        return
    # In float32 the plain arm is the reference itself.
    names = [name for name in ARMS if name != REFERENCE or args.dtype != "float32"]
    arguments = [f"--{k}={getattr(args, k)}" for k in ("tokens", "vocabulary", "device", "dtype")]
    place = args.result or RESULTS / ("loss_head.json" if args.device == "cpu" else
                                      f"loss_head_{args.device}_{args.dtype}.json")  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="lantern-loss-") as made:

        def after_round(rounds: Rounds, absent: dict[str, str]) -> None:
            errors = _compared(Path(made), list(rounds), args.dtype)
            result = _summary(rounds, absent, errors, args, arguments)
            place.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")

        measured(
            "benchmarks.loss_head", names, args.rounds, arguments, Path(made),
            after_round=after_round, room_gib=args.room,
        )  # fmt: skip
    print(place.read_text(encoding="utf-8"))


def _compared(folder: Path, names: list[str], dtype: str) -> dict[str, float]:
    """Largest relative error of each arm's loss and gradients; asserts that it is small."""
    truth = np.load(folder / f"{REFERENCE if REFERENCE in names else 'plain'}.npz")
    errors = {}
    for name in names:
        found = np.load(folder / f"{name}.npz")
        errors[name] = max(
            float(np.linalg.norm(found[k] - truth[k]) / np.linalg.norm(truth[k])) for k in truth
        )
        assert errors[name] <= TOLERANCE[dtype], f"{name} is off by {errors[name]:.2g}"
    return errors


def _summary(
    rounds: Rounds,
    absent: dict[str, str],
    errors: dict[str, float],
    args: argparse.Namespace,
    arguments: list[str],
) -> dict[str, Any]:
    rivals = {name: f for name, f in rounds.items() if name not in ("plain", REFERENCE)}
    figures = ("peak_mib", "cpu_seconds", "wall_seconds")
    return {
        "command": f"python -m benchmarks.loss_head --rounds={args.rounds} {' '.join(arguments)}",
        "rounds": len(rounds["lantern"]),
        "width": WIDTH,
        "teacher_width": TEACHER_WIDTH,
        "threads": THREADS,
        "machine": machine(torch.device(args.device)),
        "versions": versions("torch", "trl", "liger-kernel", "transformers"),
        "not_installed": absent,
        "error_of_loss_and_gradients": errors,
        "arms": spreads(rounds),
        "ours_over_rival_within_rounds": {f: ratios(rivals, "lantern", f) for f in figures},
    }


if __name__ == "__main__":
    main()
