"""The arms of ``benchmarks.training_step``: our ``train_decoder`` and TRL's ``GKDTrainer``."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Mapping
from typing import Any

import torch

from benchmarks import training_models as made
from benchmarks.meter import Meter

STEPS, BETA, SEED = 10, 0.5, 7
TVD = {"divergence": "total_variation", "sft_weight": 1.0}
ARMS: dict[str, dict[str, Any]] = {
    "lantern": {},
    "trl_gkd": {},
    "lantern_packing": {"packing": True},
    "lantern_topk_cache": {"cached": True},
    "lantern_ce_tvd": {"objective": TVD},
    "lantern_all_three": {"packing": True, "cached": True, "objective": TVD},
    "lantern_lora": {"lora": {"rank": 16, "alpha": 32, "dropout": 0.0, "target": "all-linear"}},
}
"""What each changes."""

_LEARNING_RATE, _WARMUP, _WEIGHT_DECAY, _GRADIENT_NORM = 1e-3, 0.2, 0.01, 1.0
# Packing takes fewer rows of the same examples: some are left over by the others.
_EXAMPLES = 3 * STEPS // 2


class _Enough(Exception):  # noqa: N818
    """The measured steps are over; what a training does after them is not looked at."""


class _Clock:
    """Runs from the end of the first step to that of the last."""

    def __init__(self, device: torch.device) -> None:
        self.meter = Meter(device)

    def step_ended(self, step: int) -> None:
        if step == 1:
            self.meter.__enter__()
        elif step == STEPS:
            self.meter.__exit__(None, None, None)


def run(name: str, args: argparse.Namespace) -> dict[str, float]:
    """The figures of one arm: seconds, peak, loss, tokens."""
    clock = _Clock(torch.device(args.device))
    how = ARMS[name]
    found = _trl(args, clock) if name == "trl_gkd" else _lantern(how, args, clock)
    seconds = clock.meter.figures["wall_seconds"]
    flops = made.useful_flops(
        made.SHAPES[args.shape],
        int(found["tokens"]),
        int(found["answers"]),
        adapters="lora" in how,
        live=not how.get("cached", False),
    )
    return {
        **clock.meter.figures,
        **found,
        "tokens_per_second": found["tokens"] / seconds,
        "tokens_per_cpu_second": found["tokens"] / clock.meter.figures["cpu_seconds"],
        "useful_tflops": flops / seconds / 1e12,
    }


def batch_rows(args: argparse.Namespace) -> int:
    """Rows of a step, one example each."""
    return max(1, round(args.tokens / made.SHAPES[args.shape].mean_tokens))


def _lantern(how: Mapping[str, Any], args: argparse.Namespace, clock: _Clock) -> dict[str, float]:
    from lantern.config import DecoderSettings, ObjectiveSettings
    from lantern.distill.decoder_training import train_decoder

    shape, rows, packing = made.SHAPES[args.shape], batch_rows(args), how.get("packing", False)
    teacher = made.decoder(shape, "teacher", getattr(torch, args.dtype))
    teacher.model.to(args.device)
    cached = how.get("cached", False)
    data = made.examples(shape, rows * _EXAMPLES, teacher if cached else None)
    if packing:  # as many tokens a step, but in full rows
        rows = max(1, round(rows * shape.mean_tokens / shape.context))
    settings = DecoderSettings.model_validate(
        {
            "context": shape.context,
            "answer_tokens": 1,
            "epochs": 1,
            "learning_rate": _LEARNING_RATE,
            "warmup_share": _WARMUP,
            "weight_decay": _WEIGHT_DECAY,
            "gradient_norm": _GRADIENT_NORM,
            "batch_rows": rows,
            "accumulation": 1,
            "packing": packing,
            "lora": how.get("lora"),
            "dtype": args.dtype,
            "attention": "sdpa",
            "activation_checkpointing": False,
            "checkpoint_steps": None,
            "validation_rows": None,
            "validation_answers": 1,
            "seed": SEED,
        }
    )
    objective = {
        "divergence": "jensen_shannon", "beta": BETA, "alpha": 0.1, "mu": 0.5, "sft_weight": 0.0,
        "kd_weight": 1.0, "temperature": 1.0, "on_policy_share": 0.0,
    }  # fmt: skip
    seen: dict[int, int] = {}
    logged: dict[int, float] = {}

    def watch(progress: Any) -> None:
        clock.step_ended(progress.step)
        seen[progress.step] = progress.tokens

    def figures(step: int, values: Mapping[str, float]) -> None:
        if "loss" in values and step == STEPS:
            logged[step] = values["loss"]
            raise _Enough

    with (
        tempfile.TemporaryDirectory(prefix="lantern-step-") as folder,
        contextlib.suppress(_Enough),
    ):
        train_decoder(
            made.decoder(shape, "student"),
            data,
            data,
            settings,
            folder,
            objective=ObjectiveSettings.model_validate(objective | how.get("objective", {})),
            teacher=None if cached else teacher,
            device=args.device,
            watch=watch,
            figures=figures,
        )
    tokens = seen[STEPS] - seen[1]
    share = float(data.answer_lengths.sum() / data.lengths.sum())
    return {"loss": logged[STEPS], "tokens": float(tokens), "answers": tokens * share}


def _trl(args: argparse.Namespace, clock: _Clock) -> dict[str, float]:
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl.experimental.gkd import GKDConfig, GKDTrainer

    shape, rows = made.SHAPES[args.shape], batch_rows(args)
    dtype = getattr(torch, args.dtype)
    student, teacher = made.decoder(shape, "student"), made.decoder(shape, "teacher", dtype)
    data = made.examples(shape, rows * _EXAMPLES)
    order = made.in_order(data, rows, SEED)

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            clock.step_ended(state.global_step)

        def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == STEPS:
                raise _Enough

    with tempfile.TemporaryDirectory(prefix="lantern-step-") as folder:
        trainer = GKDTrainer(
            model=student.model.train(),
            teacher_model=teacher.model.to(args.device),
            args=GKDConfig(
                output_dir=folder,
                lmbda=0.0,
                beta=BETA,
                per_device_train_batch_size=rows,
                num_train_epochs=1,
                learning_rate=_LEARNING_RATE,
                lr_scheduler_type="cosine",
                warmup_steps=_WARMUP,
                weight_decay=_WEIGHT_DECAY,
                max_grad_norm=_GRADIENT_NORM,
                max_length=shape.context,
                gradient_checkpointing=False,
                bf16=dtype is torch.bfloat16,
                seed=SEED,
                train_sampling_strategy="sequential",
                save_strategy="no",
                logging_steps=STEPS,
                use_cpu=args.device == "cpu",
                dataloader_pin_memory=args.device != "cpu",
                report_to=[],
                disable_tqdm=True,
            ),
            train_dataset=Dataset.from_list(made.as_dicts(data, order)),
            processing_class=student.tokenizer,
            callbacks=[Watch()],
        )
        with contextlib.suppress(_Enough):
            trainer.train()
    read = order[rows : rows * STEPS]
    return {
        "loss": float(trainer.state.log_history[-1]["loss"]),
        "tokens": float(data.lengths[read].sum()),
        "answers": float(data.answer_lengths[read].sum()),
    }
