"""When the next request may start: evenly spaced, and not before the server wants one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pacer:
    """Spaces the requests of one task; safe to share between threads.

    Args:
        per_minute: this task's part of the global rate; None: no limit.
        offset: share of the interval, in 0..1, before the first request, so that tasks that start
            together do not all begin with one.
        clock: seconds, monotonic.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        per_minute: float | None,
        *,
        offset: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next = clock() + offset * self._interval
        self._held_until = clock()

    def wait(self) -> None:
        """Return when the caller may send; every call takes one place in the row."""
        with self._lock:
            start = max(self._clock(), self._next, self._held_until)
            self._next = start + self._interval
        while (left := start - self._clock()) > 0:
            self._sleep(left)
            # A server may have asked all of us to hold while this one waited for its place.
            start = max(start, self._held_until)

    def hold(self, seconds: float) -> None:
        """Let no request start for so long: a server that says Retry-After means all of us."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock() + seconds)
