"""What a run says while it runs: aligned lines and a bar on a terminal, JSON lines elsewhere."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

Figure = int | float | str
_JSON_INTERVAL_S = 10.0


class Reporter:
    """Writes to a stream; which form depends on whether it is a terminal.

    Args:
        stream: standard output by default.
        terminal: overrides the detection.
    """

    def __init__(self, stream: TextIO | None = None, *, terminal: bool | None = None) -> None:
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty() if terminal is None else terminal
        self._console = Console(file=self._stream, highlight=False, force_terminal=self._terminal)

    @property
    def terminal(self) -> bool:
        return self._terminal

    def line(self, step: str, what: str, figures: Mapping[str, Figure] | None = None) -> None:
        """One line: which step, about what, and its figures."""
        figures = figures or {}
        if self._terminal:
            told = ", ".join(_shown(name, value) for name, value in figures.items())
            self._console.print(f"[bold]{step:<12}[/bold] {what:<12} {told}", soft_wrap=True)
        else:
            self._json({"step": step, "what": what, **figures})

    def text(self, line: str) -> None:
        """A line for people; left out where a program reads."""
        if self._terminal:
            self._console.print(line, markup=False, soft_wrap=True)

    @contextmanager
    def task(self, step: str, what: str, total: int) -> Iterator[Task]:
        """A counted task with rate and time left."""
        if self._terminal:
            columns = (
                TextColumn(f"[bold]{step:<12}[/bold] {what:<12}"),
                BarColumn(bar_width=28),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(compact=True),
            )
            with Progress(*columns, console=self._console, transient=True) as bar:
                identity = bar.add_task("", total=total, rate="")
                yield _BarTask(total, bar, identity)
        else:
            yield _JsonTask(total, self, step, what)

    def _json(self, fields: Mapping[str, object]) -> None:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        self._stream.write(json.dumps({"time": now, **fields}, default=str) + "\n")
        self._stream.flush()


class Task:
    """Counts what is done; subclasses show it."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self._start = time.monotonic()

    @property
    def rate(self) -> float:
        """Per second since the task began."""
        return self.done / max(time.monotonic() - self._start, 1e-9)

    def update(self, done: int) -> None:
        """Set what is done so far; never goes back, never past the total."""
        self.done = max(self.done, min(done, self.total))
        self._show()

    def _show(self) -> None:
        raise NotImplementedError


class _BarTask(Task):
    def __init__(self, total: int, bar: Progress, identity: object) -> None:
        super().__init__(total)
        self._bar, self._identity = bar, identity

    def _show(self) -> None:
        self._bar.update(self._identity, completed=self.done, rate=f"{self.rate:,.1f}/s")  # type: ignore[arg-type]


class _JsonTask(Task):
    def __init__(self, total: int, reporter: Reporter, step: str, what: str) -> None:
        super().__init__(total)
        self._reporter, self._step, self._what = reporter, step, what
        self._said, self._ended = time.monotonic(), False

    def _show(self) -> None:
        now = time.monotonic()
        if self._ended or (now - self._said < _JSON_INTERVAL_S and self.done < self.total):
            return
        self._said, self._ended = now, self.done == self.total
        self._reporter._json(
            {
                "step": self._step,
                "what": self._what,
                "done": self.done,
                "total": self.total,
                "per_second": round(self.rate, 2),
                "seconds_left": round((self.total - self.done) / self.rate) if self.rate else None,
            }
        )


def _shown(name: str, value: Figure) -> str:
    label = name.replace("_", " ")
    if isinstance(value, str):
        return f"{label} {value}"
    if isinstance(value, int):
        return f"{value:,} {label}"
    return f"{label} {value:.3g}" if abs(value) < 100 else f"{label} {value:,.0f}"
