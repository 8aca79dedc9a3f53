"""A box with torch alone must do: these packages never import pyspark."""

from __future__ import annotations

import subprocess
import sys

import pytest

BLOCKED = """
import importlib, pkgutil, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"pyspark", "delta"}:
            raise ImportError(f"blocked: {name}")

sys.meta_path.insert(0, Blocker())
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
    print(module.name)
"""


@pytest.mark.parametrize("package", ["lantern.inference", "lantern.distill", "lantern.evaluate"])
def test_imports_without_spark(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, package], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(package)
