"""Bring a model's folder to the workers, and give each worker process one copy of it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Model = TypeVar("Model")
_loaded: dict[Hashable, Any] = {}


@dataclass(frozen=True, slots=True)
class ShippedFolder:
    """A folder as a worker finds it: the driver's own, or an archive that Spark distributed."""

    path: str
    archive: str | None

    def resolve(self) -> Path:
        """The folder on this worker."""
        if self.archive is None:
            return Path(self.path)
        from pyspark import SparkFiles

        return Path(SparkFiles.get(self.archive))


def ship_folder(spark: SparkSession, folder: Path, name: str) -> ShippedFolder:
    """Make ``folder`` readable by all workers.

    In local mode they share the driver's files; elsewhere the folder travels once an executor, as
    an archive that Spark removes when it stops. One session can ship many folders, and one of them
    again and again.

    Args:
        spark: the session.
        folder: on the driver.
        name: differs between what the folder holds at different times.
    """
    master = spark.sparkContext.master or ""
    if master.startswith("local") and not master.startswith("local-cluster"):
        return ShippedFolder(str(folder), None)
    from pyspark import SparkFiles

    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]
    archive = f"{name}-{place}"
    if not any(known.endswith(f"#{archive}") for known in spark.sparkContext.listArchives):
        packed = tempfile.mkdtemp(prefix="shipped-", dir=SparkFiles.getRootDirectory())
        file = shutil.make_archive(str(Path(packed) / archive), "zip", root_dir=folder)
        spark.sparkContext.addArchive(f"{file}#{archive}")
    return ShippedFolder(str(folder), archive)


def loaded_once(key: Hashable, load: Callable[[], Model]) -> Model:
    """The model of ``key`` in this worker process; one is kept, an older one is let go."""
    if key not in _loaded:
        _loaded.clear()
        _loaded[key] = load()
    return _loaded[key]  # type: ignore[no-any-return]


def worker_device() -> str:
    """The device of this task: the GPU that Spark assigned to it, else ``cpu``.

    Spark never sets CUDA_VISIBLE_DEVICES; it names the addresses in the task's resources. Without
    an assignment a task must not take a GPU that another task may hold.
    """
    from pyspark import TaskContext

    task = TaskContext.get()
    if task is None:
        return "auto"
    assigned = task.resources().get("gpu")
    if assigned is None or not assigned.addresses:
        return "cpu"
    return f"cuda:{assigned.addresses[0]}"
