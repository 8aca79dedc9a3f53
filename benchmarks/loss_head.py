"""``python -m benchmarks.loss_head``: memory and time of the distillation loss, beside rivals.

One step forward and backward from hidden states: the Jensen-Shannon divergence (β = 0.5), the one
that all have, of a student of width 896 and a teacher of width 1,536 over 151,936 tokens.
A fresh process an arm and round, arms interleaved in an order that rotates. The losses and the
gradients of all arms must agree before any figure is shown. Rivals that are not installed are
named in the result: ``uv pip install --no-deps liger-kernel trl accelerate datasets``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "loss_head.json"
WIDTH, TEACHER_WIDTH, VOCABULARY, BETA = 896, 1536, 151_936, 0.5
TOLERANCE = 1e-3
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
    "trl_gkd": _trl,
    "trl_chunked": _trl_chunked,
    "liger_default_chunk": _liger(1024),
    "liger_chunk_64": _liger(64),
}


def run_arm(name: str, tokens: int, out: Path) -> None:
    """One step in this process; writes its figures and what the arms are compared by."""
    torch.set_num_threads(2)
    generator = torch.Generator().manual_seed(7)

    def made(rows: int, width: int) -> Tensor:
        return torch.randn(rows, width, generator=generator).div_(width**0.5)

    hidden, of_teacher = made(tokens, WIDTH) * WIDTH**0.5, made(tokens, TEACHER_WIDTH)
    head, teacher_head = made(VOCABULARY, WIDTH), made(VOCABULARY, TEACHER_WIDTH)
    of_teacher = of_teacher * TEACHER_WIDTH**0.5 * 3
    labels = torch.randint(VOCABULARY, (tokens,), generator=generator)
    hidden.requires_grad_()
    head.requires_grad_()
    step = ARMS[name]
    # Imports, and kernels that are chosen at first use, outside the clock.
    small = tuple(t.detach()[:8].clone() for t in (hidden, of_teacher))
    few = (small[0].requires_grad_(), head.detach()[:32].clone().requires_grad_(), small[1],
           teacher_head[:32], labels[:8] % 32)  # fmt: skip
    step(few).backward()
    _forget_peak()
    before, cpu = _resident(), time.process_time()
    began = time.perf_counter()
    loss = step((hidden, head, of_teacher, teacher_head, labels))
    loss.backward()
    wall = time.perf_counter() - began
    peak = _peak()
    assert hidden.grad is not None
    assert head.grad is not None
    figures = {
        "wall_seconds": wall,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mib": (peak - before) / 2**20,
        "loss": float(loss.detach()),
    }
    np.savez(out, hidden=hidden.grad.numpy(), head=head.grad[::997].numpy())
    out.with_suffix(".json").write_text(json.dumps(figures), encoding="utf-8")


def _resident() -> int:
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM")


def _forget_peak() -> None:
    """Start the kernel's high-water mark anew: making the inputs needs more than some arms do."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))


def main() -> None:
    """Measure every arm in turn, compare, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loss_head", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--arm", choices=list(ARMS))
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.arm:
        run_arm(args.arm, args.tokens, args.out)
        return
    absent: dict[str, str] = {}
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in ARMS}
    with tempfile.TemporaryDirectory(prefix="lantern-loss-") as folder:
        for number in range(args.rounds):
            names = [name for name in ARMS if name not in absent]
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                out = Path(folder) / f"{name}.npz"
                failed = _spawn(name, args.tokens, out)
                if failed:
                    absent[name] = failed
                    continue
                measured[name].append(json.loads(out.with_suffix(".json").read_text()))
            errors = _compared(Path(folder), [n for n in ARMS if n not in absent])
    result = _summary(measured, absent, errors, args)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def _spawn(name: str, tokens: int, out: Path) -> str | None:
    command = [sys.executable, "-m", "benchmarks.loss_head", "--arm", name]
    done = subprocess.run(
        [*command, "--tokens", str(tokens), "--out", str(out)],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return None
    last = done.stderr.strip().splitlines()[-1:] or ["no message"]
    if "ModuleNotFoundError" in last[0] or "ImportError" in last[0]:
        return last[0]
    raise SystemExit(f"arm {name} failed:\n{done.stderr[-3000:]}")


def _compared(folder: Path, names: list[str]) -> dict[str, float]:
    """Relative error of each arm's gradients against the plain path's; asserts that it is small."""
    plain = np.load(folder / "plain.npz")
    errors = {}
    for name in names:
        found = np.load(folder / f"{name}.npz")
        errors[name] = max(
            float(np.linalg.norm(found[k] - plain[k]) / np.linalg.norm(plain[k])) for k in plain
        )
        assert errors[name] <= TOLERANCE, f"{name}: gradients differ by {errors[name]:.2g}"
    return errors


def _summary(
    measured: dict[str, list[dict[str, float]]],
    absent: dict[str, str],
    errors: dict[str, float],
    args: argparse.Namespace,
) -> dict[str, Any]:
    arms: dict[str, Any] = {}
    for name, rounds in measured.items():
        if not rounds:
            continue
        arms[name] = {"gradient_error": errors[name]} | {
            figure: {"median": statistics.median(values), "min": min(values), "max": max(values)}
            for figure in ("wall_seconds", "cpu_seconds", "peak_mib")
            if (values := [r[figure] for r in rounds])
        }
    return {
        "command": f"python -m benchmarks.loss_head --rounds {args.rounds} --tokens {args.tokens}",
        "shape": {"tokens": args.tokens, "vocabulary": VOCABULARY, "width": WIDTH,
                  "teacher_width": TEACHER_WIDTH, "dtype": "float32", "threads": 2},
        "torch": torch.__version__,
        "load_at_the_end": os.getloadavg()[0],
        "not_installed": absent,
        "arms": arms,
    }  # fmt: skip


if __name__ == "__main__":
    main()
