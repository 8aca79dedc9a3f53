"""Where a model runs: the device and the number format.

bfloat16 is chosen only where the hardware is faster for it. A CPU without the instructions emulates
them, and is then many times slower than in float32. With AVX-512's dot product of bfloat16 alone,
AMD's CPUs take half the time of float32 and Intel's a third more
(``python -m benchmarks.cpu_dtype``).
"""

from __future__ import annotations

from pathlib import Path

import torch

from lantern.errors import ModelError

_MATRIX_FLAGS = frozenset({"amx_bf16", "bf16"})
_DOT_PRODUCT_FLAG, _DOT_PRODUCT_VENDOR = "avx512_bf16", "AuthenticAMD"
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
        return torch.bfloat16 if prefers_bf16(device) else torch.float32
    try:
        return _DTYPES[name]
    except KeyError:
        raise ModelError(f"unknown dtype {name!r}; use auto, float32 or bfloat16") from None


def prefers_bf16(device: torch.device, cpu_info: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the hardware computes faster in bfloat16 than in float32.

    Args:
        device: a GPU counts from compute capability 8.0 on.
        cpu_info: where Linux lists the CPU's maker and features; elsewhere the answer is no, which
            costs speed and never correctness.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= _CUDA_BF16_CAPABILITY
    if device.type != "cpu" or not cpu_info.is_file():
        return False
    vendor, flags = "", frozenset[str]()
    for line in cpu_info.read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "vendor_id":
            vendor = value.strip()
        elif key.strip() in {"flags", "Features"}:
            flags = frozenset(value.split())
            break
    if not _MATRIX_FLAGS.isdisjoint(flags):
        return True
    return vendor == _DOT_PRODUCT_VENDOR and _DOT_PRODUCT_FLAG in flags
