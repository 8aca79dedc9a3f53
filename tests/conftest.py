"""What all tests share: one Spark session, and a warehouse a test."""

from __future__ import annotations

import datetime as dt
import gc
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lantern.config import Settings, WarehouseSettings, load_settings

DATA = Path(__file__).parents[2] / "shared" / "data"
NIGHT = dt.date(2026, 3, 1)
_OF_ONE_WORLD = {
    "test_full_disk.py",
    "test_kill.py",
    "test_night.py",
    "test_promotion.py",
    "test_real_files.py",
    "test_spark_submit.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole nights and steps come first, so that workers that run side by side end together."""
    first = {"e2e": 0, "steps": 1}
    items.sort(key=lambda item: first.get(item.path.parent.name, 2))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Side by side: a file stays with one worker, and so do all files of the one world of nights.

    The marker ``xdist_group`` is for that, but pytest-xdist 3.8 does not see it under pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            return "world" if Path(file).name in _OF_ONE_WORLD else file

    return ByFile(config, log)


def pytest_collection_finish() -> None:
    """What is imported by now stays: garbage collections, which some tests force, pass over it."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_settings("local")


@pytest.fixture(scope="session")
def spark(settings: Settings) -> Iterator[object]:
    from lantern.steps.context import WORKER_DAEMON
    from lantern.tables.session import open_session

    os.environ["PYTHONWARNINGS"] = "ignore"
    session = open_session(settings.spark, app="tests", worker_daemon=WORKER_DAEMON)
    yield session
    session.stop()


@pytest.fixture
def warehouse(spark, tmp_path):  # type: ignore[no-untyped-def]
    from lantern.tables.store import Warehouse

    return Warehouse(spark, WarehouseSettings(path=str(tmp_path / "warehouse"), catalog=None))


@pytest.fixture
def real_data() -> Path:
    """The folder of real résumés and postings; not part of a clone."""
    if not (DATA / "resumes.csv").is_file():
        pytest.skip("the real résumés and postings (../shared/data) are not here")
    return DATA


@pytest.fixture
def quiet() -> io.StringIO:
    return io.StringIO()
