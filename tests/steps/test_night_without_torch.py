"""The driver of a night loads no model, so it neither needs torch nor waits for its import."""

from __future__ import annotations

import subprocess
import sys

from lantern.steps.runner import NIGHT

_BLOCKED = """
import importlib, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "transformers"}:
            raise ImportError(f"blocked: {name}")

sys.meta_path.insert(0, Blocker())
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def test_the_steps_of_a_night_and_the_registry_import_without_torch() -> None:
    modules = [f"lantern.steps.{step}" for step in NIGHT]
    modules += [
        "lantern.cli",
        "lantern.registry.pairs",
        "lantern.registry.store",
        "lantern.registry.promotion",
    ]
    done = subprocess.run(
        [sys.executable, "-c", _BLOCKED, *modules], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
