"""Wall time, CPU time and the peak of memory of a stretch of code, on a CPU or a GPU."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType

import torch


class Meter:
    """``with Meter(device) as meter: ...``; then ``meter.figures``.

    The peak is above what was held at the beginning: resident memory of the process on a CPU (the
    kernel's high-water mark, started anew), torch's allocated memory on a GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self.figures: dict[str, float] = {}

    def __enter__(self) -> Meter:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
            torch.cuda.reset_peak_memory_stats(self._device)
            self._before = torch.cuda.memory_allocated(self._device)
        else:
            Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
            self._before = _status("VmRSS")
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
            peak = torch.cuda.max_memory_allocated(self._device)
        else:
            peak = _status("VmHWM")
        self.figures = {
            "wall_seconds": time.perf_counter() - self._wall,
            "cpu_seconds": time.process_time() - self._cpu,
            "peak_mib": (peak - self._before) / 2**20,
        }


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))
