"""Decisions to promote, and registries to promote in, for the tests."""

from __future__ import annotations

import shutil
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
    """A registry of its own over the same files."""
    shutil.copy(logged / "mlflow.db", folder)
    return Pairs(registry_of(None, tracking_uri=f"sqlite:///{folder / 'mlflow.db'}"))


def decision(
    pair: PairVersion, expected: int | None, results: Any = GOOD, override: str | None = None
) -> Promotion:
    return Promotion(pair, expected, results, "strict", DAY, override)


def crown(pairs: Pairs, *numbers: int) -> None:
    """Promote these, one after the other."""
    for number in numbers:
        promote(pairs, decision(pairs.version(number), pairs.aliased("champion")))
