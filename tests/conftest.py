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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole nights and steps first: workers side by side end together if short files come last."""
    first = {"e2e": 0, "steps": 1}
    items.sort(key=lambda item: first.get(item.path.parent.name, 2))


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_settings("local")


@pytest.fixture(scope="session")
def spark(settings: Settings) -> Iterator[object]:
    from lantern.tables.session import open_session

    os.environ["PYTHONWARNINGS"] = "ignore"
    session = open_session(settings.spark, app="tests")
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
