"""What every step is handed: settings, the night, the session, and where to say things."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lantern.batch.progress import Reporter
from lantern.config import Settings
from lantern.errors import SettingsError
from lantern.tables.runs import Manifest
from lantern.tables.session import open_session
from lantern.tables.store import Warehouse, new_run_id

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WORKER_DAEMON: Final = "lantern.batch.worker_daemon"


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """What ``promote`` is asked for.

    Attributes:
        version: of the pair; None: the newest.
        dry_run: say what the gates say, and change nothing.
        override: why the pair may be used although a gate stops it.
    """

    version: int | None = None
    dry_run: bool = False
    override: str | None = None


@dataclass
class Context:
    """One run, of a single step or of a whole night.

    Attributes:
        settings: of the environment, overrides included.
        day: the logical date; what a table says of time comes from here, never from a clock.
        reporter: where the run says what it does.
        full: score every candidate, changed or not.
        verbose: let Spark and the libraries speak.
        promotion: what ``promote`` is asked for; other steps do not look at it.
        run_id: shared by the steps of one night.
        models_in_workers: a step of the run has Spark's workers load models.
    """

    settings: Settings
    day: dt.date
    reporter: Reporter = field(default_factory=Reporter)
    full: bool = False
    verbose: bool = False
    promotion: PromotionRequest = PromotionRequest()
    run_id: str = field(default_factory=new_run_id)
    models_in_workers: bool = False

    @cached_property
    def spark(self) -> SparkSession:
        return open_session(
            self.settings.spark,
            app=self.run_id,
            verbose=self.verbose,
            worker_daemon=WORKER_DAEMON if self.models_in_workers else None,
        )

    @cached_property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.spark, self.settings.warehouse)

    @property
    def local_folder(self) -> Path:
        """The warehouse's folder on this machine; raises SettingsError where it is elsewhere."""
        path = self.settings.warehouse.path
        if ":/" in path:
            raise SettingsError(
                f"warehouse.path {path} is not a folder of this machine; set registry.tracking_uri "
                "and report.path, whose defaults are folders beside the tables"
            )
        return Path(path).absolute()

    def manifest(self, step: str) -> Manifest:
        return Manifest(self.run_id, step, self.day, self.settings.model_dump_json())
