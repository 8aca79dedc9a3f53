"""Where a model runs: the device, the number format and the threads.

bfloat16 is chosen only where the hardware computes in it. A CPU without the instructions emulates
them, and is then many times slower than in float32.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch

from lantern.errors import ModelError

_CPU_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
_CUDA_BF16_CAPABILITY = (8, 0)
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def pick_device(name: str = "auto") -> torch.device:
    """The device to run on.

    Args:
        name: ``auto`` (a GPU if there is one, else the CPU) or a name of torch, e.g. ``cuda:1``.

    Raises:
        ModelError: if a GPU is asked for that is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ModelError(f"no GPU is visible, but {name!r} was asked for; use auto or cpu")
    return device


def pick_dtype(name: str, device: torch.device) -> torch.dtype:
    """The number format of the encoder.

    Args:
        name: ``auto``, ``float32`` or ``bfloat16``.
        device: where it will run; ``auto`` asks it whether it computes in bfloat16.

    Raises:
        ModelError: if the name is none of these.
    """
    if name == "auto":
        return torch.bfloat16 if has_native_bf16(device) else torch.float32
    try:
        return _DTYPES[name]
    except KeyError:
        raise ModelError(f"unknown dtype {name!r}; use auto, float32 or bfloat16") from None


def has_native_bf16(device: torch.device, cpu_info: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the hardware has instructions for bfloat16.

    Args:
        device: a GPU counts from compute capability 8.0 on.
        cpu_info: where Linux lists the CPU's features; elsewhere the answer is no, which costs
            speed and never correctness.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= _CUDA_BF16_CAPABILITY
    if device.type != "cpu" or not cpu_info.is_file():
        return False
    for line in cpu_info.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith(("flags", "Features")):
            return not _CPU_BF16_FLAGS.isdisjoint(line.split())
    return False


def use_threads(count: int) -> None:
    """Let torch and the tokenizer use so many threads in this process.

    A Spark worker calls it before its first model with the cores of its task: by default every
    worker would take every core of the machine.
    """
    os.environ["OMP_NUM_THREADS"] = str(count)
    os.environ["RAYON_NUM_THREADS"] = str(count)
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if count > 1 else "false"
    torch.set_num_threads(count)
