"""The manifest of a run: what went in, what came of it, how long each phase took."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lantern import __version__
from lantern.tables.catalog import table_spec

if TYPE_CHECKING:
    from lantern.tables.store import Warehouse


@dataclass(slots=True)
class Manifest:
    """Collects a step's figures while it runs; :func:`write_manifest` stores them in ``runs``."""

    run_id: str
    step: str
    logical_date: dt.date
    config: str
    outcome: str = "done"
    started_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    versions_in: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the wall time of the block to ``seconds[name]``."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + spent


def write_manifest(warehouse: Warehouse, manifest: Manifest, *, killed: bool = False) -> None:
    """Append the manifest as a row of ``runs``.

    Args:
        warehouse: where ``runs`` is.
        manifest: of a step that ended, or of one that was found killed.
        killed: the step never ended: its end is left empty.
    """
    row = (
        manifest.run_id,
        manifest.step,
        manifest.logical_date,
        manifest.outcome,
        manifest.started_at,
        None if killed else dt.datetime.now(dt.UTC),
        manifest.versions_in,
        manifest.counts,
        manifest.seconds,
        manifest.figures,
        manifest.facts,
        manifest.config,
        __version__,
    )
    rows = warehouse.spark.createDataFrame([row], table_spec("runs").ddl)
    warehouse.append("runs", rows)
