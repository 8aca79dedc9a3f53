"""Tell an out-of-memory error from others, on a GPU and on a CPU."""

from __future__ import annotations

import gc

import torch

_SIGNS = ("out of memory", "DefaultCPUAllocator", "can't allocate memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out.

    torch raises ``torch.OutOfMemoryError`` on a GPU, but on a CPU a plain RuntimeError whose text
    names its allocator.
    """
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)


def release_memory(device: torch.device) -> None:
    """Give back what a failed batch still holds, before a smaller one is tried."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
