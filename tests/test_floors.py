"""The floors of docs/architecture.md hold, and each side runs without the other's packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

_BLOCKED = """
import sys, importlib, pkgutil
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Refuse())
import lantern
for package in {packages!r}:
    module = importlib.import_module("lantern." + package)
    for info in pkgutil.walk_packages(getattr(module, '__path__', []), module.__name__ + "."):
        importlib.import_module(info.name)
"""


def test_imports_only_go_down() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([str(tool)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("blocked", "packages"),
    [
        (
            ("pyspark", "delta", "py4j"),
            ("documents", "inference", "sample", "teachers", "distill", "evaluate", "registry"),
        ),
        (
            ("torch", "transformers", "mlflow"),
            ("documents", "sample", "tables", "batch", "report", "steps"),
        ),
        # What the driver of a night reads of the registry: it loads no model.
        (("torch", "transformers"), ("registry.pairs", "registry.store", "registry.promotion")),
    ],
)
def test_packages_import_without(blocked: tuple[str, ...], packages: tuple[str, ...]) -> None:
    script = _BLOCKED.format(blocked=set(blocked), packages=packages)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
