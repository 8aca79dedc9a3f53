"""Decisions to promote, and registries to promote in, for the tests."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

from lantern.evaluate.gates import GateResult
from lantern.registry.pairs import Pairs, PairVersion
from lantern.registry.promotion import Promotion, promote
from tests.registry.test_store import registry_of

GOOD = (GateResult("calibration", True, 0.02, 0.025, 0.03, 0.005, "worst bound 0.025"),)
BAD = (GateResult("calibration", False, 0.2, 0.25, 0.03, -0.22, "0.2 is above 0.03"),)
DAY = "2026-03-01"


def copy_of(logged: Path, folder: Path) -> Pairs:
    """A registry of its own over the same models; what its runs log goes to its own folder."""
    from mlflow.tracking._tracking_service import utils

    shutil.copy(logged / "mlflow.db", folder)
    with sqlite3.connect(folder / "mlflow.db") as database:
        # MLflow remembers in the process where a run's files are.
        utils._artifact_repos_cache.clear()
        database.execute("UPDATE runs SET artifact_uri = ? || run_uuid", (f"{folder.as_uri()}/",))
    return Pairs(registry_of(None, tracking_uri=f"sqlite:///{folder / 'mlflow.db'}"))


def decision(
    pair: PairVersion, expected: int | None, results: Any = GOOD, override: str | None = None
) -> Promotion:
    return Promotion(pair, expected, results, "strict", DAY, override)


def crown(pairs: Pairs, *numbers: int) -> None:
    """Promote these, one after the other."""
    for number in numbers:
        promote(pairs, decision(pairs.version(number), pairs.aliased("champion")))
