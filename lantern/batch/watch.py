"""Follow a running Spark job from the side: what share of its tasks is done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from uuid import uuid4

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_INTERVAL_S: Final = 0.5


class Share:
    """Tells a callback the share of finished tasks, while the block of :func:`watched` runs."""

    def __init__(self) -> None:
        self._tell: Callable[[float], None] | None = None

    def every(self, tell: Callable[[float], None]) -> None:
        """Call ``tell`` with a share in 0 up to but not 1 about twice a second."""
        self._tell = tell

    def told(self, share: float) -> None:
        if self._tell is not None:
            self._tell(share)


@contextmanager
def watched(spark: SparkSession, tasks: int) -> Iterator[Share]:
    """Watch the Spark jobs that the block starts.

    Args:
        spark: the session.
        tasks: how many tasks the stage of interest has; other stages are not counted.
    """
    context = spark.sparkContext
    group = f"lantern-{uuid4().hex[:8]}"
    context.setJobGroup(group, "lantern")
    share, stopped = Share(), threading.Event()

    def follow() -> None:
        tracker = context.statusTracker()
        while not stopped.wait(_INTERVAL_S):
            jobs = (tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group))
            stages = [
                s for info in jobs if info and info.status == "RUNNING" for s in info.stageIds
            ]
            # The stage of interest is the last one of its job. A shuffle or an earlier job may have
            # as many tasks, so one that is finished tells nothing: the end of the block does.
            seen = tracker.getStageInfo(max(stages)) if stages else None
            if seen and seen.numTasks == tasks > seen.numCompletedTasks:
                share.told(seen.numCompletedTasks / tasks)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield share
    finally:
        stopped.set()
        thread.join()
        context.setLocalProperty("spark.jobGroup.id", None)  # type: ignore[arg-type]
