"""What a training needs in memory, before it begins, and what would fit where it does not.

Weights, gradients and AdamW's two moments are counted; activations are measured: one short forward
pass of the student tells how many bytes a token leaves for the backward pass, whatever its
architecture. The estimate is of one process, and leaves out what libraries hold for themselves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from lantern.config import DecoderSettings, LoraSettings
from lantern.distill.training_arguments import uses_bf16, zero_stage
from lantern.errors import TrainingError
from lantern.inference.causal_models import CausalModel

_GIB: Final = 2**30
_PROBE_TOKENS: Final = 32
_LORA: Final = LoraSettings(rank=16, alpha=32.0, dropout=0.0, target="all-linear")
_MOMENTS_BYTES: Final = 8  # two, in float32
_MACHINE: Final = Path("/proc/meminfo")
_CGROUP_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")
_CGROUP_USED: Final = Path("/sys/fs/cgroup/memory.current")


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes of one process.

    Attributes:
        weights: of the student.
        gradients: of what is trained.
        optimizer: moments of what is trained.
        activations: of a micro-batch.
        head: the loss head's gradient and its chunks.
        teacher: weights of a living teacher.
    """

    weights: int
    gradients: int
    optimizer: int
    activations: int
    head: int
    teacher: int

    @property
    def total(self) -> int:
        return (
            self.weights
            + self.gradients
            + self.optimizer
            + self.activations
            + self.head
            + self.teacher
        )

    def __str__(self) -> str:
        parts = (
            f"{name} {getattr(self, name) / _GIB:.1f}"
            for name in ("weights", "gradients", "optimizer", "activations", "head", "teacher")
            if getattr(self, name)
        )
        return f"{self.total / _GIB:.1f} GiB ({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class Footprint:
    """What the need of a training follows from; the shapes do not change with its settings.

    Attributes:
        parameters: of the student.
        adapted: parameters of the linear layers' adapters a unit of LoRA's rank.
        layers, width: of the student.
        head: elements of the output head.
        token_bytes: that a token of float32 leaves for the backward pass.
        teacher_parameters: of a living teacher, or 0.
        bf16: whether products are in bfloat16.
        processes: that share what ZeRO shares.
        stage: of ZeRO; 0 without DeepSpeed.
    """

    parameters: int
    adapted: int
    layers: int
    width: int
    head: int
    token_bytes: float
    teacher_parameters: int
    bf16: bool
    processes: int = 1
    stage: int = 0

    def need(self, settings: DecoderSettings) -> MemoryNeed:
        """Of a training with these settings."""
        lora = settings.lora
        trained = self.parameters if lora is None else self.adapted * lora.rank
        half = 2 if self.bf16 else 4
        token_bytes = self.token_bytes / (4 / half)
        if settings.activation_checkpointing:
            token_bytes = token_bytes / self.layers + self.layers * self.width * half
        tokens = settings.batch_rows * settings.context
        weights = (
            self.parameters * (half if lora else 4) // (self.processes if self.stage == 3 else 1)
        )
        shared = self.processes if self.stage >= 2 else 1
        return MemoryNeed(
            weights=weights + (trained * 4 if lora else 0),
            gradients=trained * 4 // shared,
            optimizer=trained * _MOMENTS_BYTES // shared,
            activations=round(tokens * token_bytes),
            head=self.head * 4 * (lora is None),
            teacher=self.teacher_parameters * half,
        )


def footprint(
    student: CausalModel,
    teacher: CausalModel | None,
    settings: DecoderSettings,
    place: torch.device,
    *,
    processes: int = 1,
    stage: int = 0,
) -> Footprint:
    """Count a student and its teacher; what a token takes is not measured yet."""
    model = student.model
    config: Any = model.config
    linear = [m for m in model.base_model.modules() if isinstance(m, nn.Linear)]
    head: Any = model.get_output_embeddings()
    return Footprint(
        parameters=sum(p.numel() for p in model.parameters()),
        adapted=sum(m.in_features + m.out_features for m in linear),
        layers=int(config.num_hidden_layers),
        width=int(config.hidden_size),
        head=int(head.weight.numel()),
        token_bytes=0.0,
        teacher_parameters=sum(p.numel() for p in teacher.model.parameters()) if teacher else 0,
        bf16=uses_bf16(settings, place),
        processes=processes,
        stage=stage,
    )


def placed_within_memory(
    student: CausalModel,
    teacher: CausalModel | None,
    settings: DecoderSettings,
    place: torch.device,
    deepspeed: str | Path | None,
) -> Footprint:
    """Move a student to its device, and make sure before and after that its training fits.

    Under ZeRO-3 it stays where it is: the device may have no room for the whole.

    Raises:
        TrainingError: see :func:`check_memory`.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    found = footprint(
        student, teacher, settings, place, processes=processes, stage=zero_stage(deepspeed)
    )
    free = free_memory(place)
    if place.type == "cpu":
        # Processes of one machine share it, and what is loaded is taken from it already.
        loaded = found.parameters + found.teacher_parameters
        free = free // int(os.environ.get("LOCAL_WORLD_SIZE", "1")) + 4 * loaded
    check_memory(found, settings, free)
    if found.stage < 3:  # ZeRO-3 moves each process's part only
        student.model.to(place)
    found = replace(found, token_bytes=measured_token_bytes(student))
    check_memory(found, settings, free)
    return found


def measured_token_bytes(student: CausalModel) -> float:
    """Bytes that a token of the decoder's body leaves for the backward pass, were it float32."""
    body = student.model.base_model
    kept: dict[int, int] = {p.untyped_storage().data_ptr(): 0 for p in body.parameters()}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept.setdefault(storage.data_ptr(), storage.nbytes())
        held.append(tensor)  # or its address would be given to another one
        return tensor

    held: list[Tensor] = []
    ids = torch.zeros(1, _PROBE_TOKENS, dtype=torch.long, device=student.model.device)
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        body(input_ids=ids, use_cache=False)
    itemsize = int(student.model.dtype.itemsize)
    return sum(kept.values()) / _PROBE_TOKENS * 4 / itemsize


def free_memory(place: torch.device) -> int:
    """Bytes that a process may still take on the device; a container's own limit counts."""
    if place.type == "cuda":
        return int(torch.cuda.mem_get_info(place)[0])
    free = _available()
    try:
        limit, used = (path.read_text().strip() for path in (_CGROUP_LIMIT, _CGROUP_USED))
    except OSError:
        return free
    return free if limit == "max" else min(free, int(limit) - int(used))


def _available() -> int:
    """Bytes that can be had without swapping; where the machine does not say, all it has."""
    try:
        lines = _MACHINE.read_text().splitlines()
    except OSError:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    (told,) = (line for line in lines if line.startswith("MemAvailable:"))
    return int(told.split()[1]) * 1024


def check_memory(found: Footprint, settings: DecoderSettings, free: int) -> None:
    """Refuse a training that cannot fit.

    Args:
        found: of the student.
        settings: asked for.
        free: bytes.

    Raises:
        TrainingError: says what is needed, what is free, and what would fit.
    """
    need = found.need(settings)
    if need.total > free:
        raise TrainingError(
            f"the training needs about {need}, {free / _GIB:.1f} GiB are free; "
            f"{what_fits(found, settings, free)}"
        )


def out_of_memory(found: Footprint, settings: DecoderSettings, step: int) -> TrainingError:
    """What to say where memory ran out all the same: the next milder settings."""
    need = found.need(settings)
    return TrainingError(
        f"out of memory at step {step}: about {need} were expected, and more was used; "
        f"{what_fits(found, settings, round(0.8 * need.total))}"
    )


def what_fits(found: Footprint, settings: DecoderSettings, free: int) -> str:
    """The first change, the mildest first, that makes a training fit."""
    for told, changed, where in _milder(found, settings):
        need = where.need(changed)
        if need.total <= free:
            return f"{told} would fit ({need.total / _GIB:.1f} GiB)"
    return "no setting of ours makes it fit: take a smaller base, or a machine with more memory"


def _milder(
    found: Footprint, settings: DecoderSettings
) -> Iterator[tuple[str, DecoderSettings, Footprint]]:
    """Changes of settings, each with those before it, and what it would then be measured by."""
    told: list[str] = []
    rows = settings.batch_rows
    while rows > 1:
        rows //= 2
        accumulation = settings.accumulation * settings.batch_rows // rows
        fewer = {"batch_rows": rows, "accumulation": accumulation}
        told = [f"batch_rows: {rows}", f"accumulation: {accumulation}"]
        yield ", ".join(told), settings.model_copy(update=fewer), found
    changed = settings
    if settings.batch_rows > 1:
        changed = settings.model_copy(update=fewer)
    further: list[tuple[str, str, object]] = []
    if not settings.activation_checkpointing:
        further.append(("activation_checkpointing: true", "activation_checkpointing", True))
    if settings.lora is None:
        further.append((f"lora of rank {_LORA.rank}", "lora", _LORA))
    for words, key, value in further:
        told, changed = [*told, words], changed.model_copy(update={key: value})
        yield ", ".join(told), changed, found
    if found.stage < 3:
        for processes in (2, 4, 8):
            shared = replace(found, processes=processes, stage=3)
            words = f"ZeRO-3 over {processes} devices"
            yield ", ".join([*told, words]), changed, shared
