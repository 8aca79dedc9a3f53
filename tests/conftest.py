"""What all tests share: one Spark session, and a warehouse a test."""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lantern.config import Settings, WarehouseSettings, load_settings

DATA = Path(__file__).parents[2] / "shared" / "data"
NIGHT = dt.date(2026, 3, 1)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Side by side: a file stays with one worker, and so do all tests of the one world of nights.

    Whole nights and steps come first, so that workers end together.
    """
    first = {"e2e": 0, "steps": 1}
    items.sort(key=lambda item: first.get(item.path.parent.name, 2))
    for item in items:
        of_world = "world" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("world" if of_world else str(item.path)))


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
