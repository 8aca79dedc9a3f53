"""The settings of a decoder's training, as transformers' Trainer takes them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from transformers import TrainingArguments

from lantern.config import DecoderSettings
from lantern.distill.generated_rouge import SELECTED
from lantern.inference.device import pick_device, prefers_bf16


def training_arguments(
    settings: DecoderSettings, folder: Path, place: torch.device, deepspeed: str | Path | None
) -> TrainingArguments:
    """Trainer's arguments: quiet, one cadence for evaluation and checkpoints, the best one kept.

    Args:
        settings: of the training.
        folder: of its checkpoints.
        place: where it runs.
        deepspeed: a file of ``conf/deepspeed``, or None.
    """
    if place.type == "cpu":
        # Or DeepSpeed, which accelerate imports where it is installed, says aloud what it guessed.
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
    by_epoch = settings.checkpoint_steps is None
    strategy = "epoch" if by_epoch else "steps"
    args = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=settings.batch_rows,
        per_device_eval_batch_size=settings.batch_rows,
        gradient_accumulation_steps=settings.accumulation,
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=settings.warmup_share,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.gradient_norm,
        seed=settings.seed,
        data_seed=settings.seed,
        bf16=uses_bf16(settings, place),
        activation_checkpointing=settings.activation_checkpointing,
        save_strategy=strategy,
        eval_strategy=strategy,
        save_steps=settings.checkpoint_steps or 500,
        eval_steps=settings.checkpoint_steps,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model=SELECTED,
        greater_is_better=True,
        logging_steps=10,
        logging_nan_inf_filter=False,
        average_tokens_across_devices=True,
        remove_unused_columns=False,
        dataloader_pin_memory=place.type == "cuda",
        use_cpu=place.type == "cpu",
        deepspeed=str(deepspeed) if deepspeed else None,
        ddp_backend="gloo" if place.type == "cpu" and "WORLD_SIZE" in os.environ else None,
        report_to=[],
        disable_tqdm=True,
        log_level="error",
        log_level_replica="error",
        ddp_find_unused_parameters=False,
    )
    # Several GPUs in one process would be torch's DataParallel, which splits a batch without its
    # signal: several processes by torchrun are for that.
    args._n_gpu = min(args.n_gpu, 1)
    return args


def process_device(name: str) -> torch.device:
    """The device of this process: of several that torchrun started on a machine, each has its own.

    Raises:
        ModelError: a GPU is asked for that is not there.
    """
    place = pick_device(name)
    if place.type == "cuda" and ":" not in name and "LOCAL_RANK" in os.environ:
        place = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(place)
    return place


def uses_bf16(settings: DecoderSettings, place: torch.device) -> bool:
    """Whether products are in bfloat16; ``auto``: on a GPU that computes in it."""
    if settings.dtype == "auto":
        return place.type == "cuda" and prefers_bf16(place)
    return settings.dtype == "bfloat16"


def student_dtype(settings: DecoderSettings, place: torch.device) -> torch.dtype:
    """Of a student's weights: those that an optimizer steps must be float32, frozen ones not."""
    frozen = settings.lora is not None
    return torch.bfloat16 if frozen and uses_bf16(settings, place) else torch.float32


def zero_stage(deepspeed: str | Path | None) -> int:
    """The stage of ZeRO in a file of ``conf/deepspeed``; 0 without one."""
    if deepspeed is None:
        return 0
    settings = json.loads(Path(deepspeed).read_text("utf-8"))
    return int(settings.get("zero_optimization", {}).get("stage", 0))
