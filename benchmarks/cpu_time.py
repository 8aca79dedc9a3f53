"""CPU time of a whole process tree, read from ``/proc``.

Spark's driver, its JVM and its Python workers are one session (``setsid``) in the kernel's sense,
even though the Python daemon makes a process group of its own. The time of a process that ended is
kept by the parent that waited for it, and is counted there.
"""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def session_cpu_seconds() -> dict[str, float]:
    """User and system time of all processes of this session, summed by program.

    Returns:
        Seconds by ``driver`` (this process), ``jvm``, ``workers`` (other Pythons), ``other``.

    Raises:
        RuntimeError: where there is no Linux ``/proc``.
    """
    if not Path("/proc/self/stat").is_file():
        raise RuntimeError("CPU time is read from /proc: run the benchmark on Linux")
    session, own = os.getsid(0), os.getpid()
    sums = dict.fromkeys(("driver", "jvm", "workers", "other"), 0.0)
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = place.read_text(encoding="utf-8", errors="replace").rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended between the listing and the reading; its parent has its time
        fields = rest.split()
        if int(fields[3]) != session:
            continue
        pid, program = head.split(" (", 1)
        kind = "driver" if int(pid) == own else "jvm" if program.startswith("java") else "other"
        if kind == "other" and program.startswith("python"):
            kind = "workers"
        # utime, stime, and those of children that ended: fields 14 to 17 of proc(5).
        sums[kind] += sum(int(value) for value in fields[11:15]) / _TICKS
    return sums
