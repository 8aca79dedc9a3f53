"""doctor: what is installed and works, on one screen."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from rich.console import Console

from lantern import __version__
from lantern.config import Settings
from lantern.errors import LanternError

_PACKAGES = ("pyspark", "delta-spark", "pandas", "pyarrow", "torch", "transformers", "mlflow")
_MINIMUM_FREE_GB = 1.0

Finding = tuple[bool, str]


def examine(settings: Settings, console: Console | None = None) -> bool:
    """Check everything that the environment needs; returns whether it can run."""
    console = console or Console(highlight=False)
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("lantern", lambda: (True, f"{__version__}, environment {settings.env}")),
        ("packages", _packages),
        ("java", _java),
        ("workers", _workers),
        ("delta", lambda: _delta(settings)),
        ("gpu", _gpu),
        ("models", lambda: _models(settings)),
        ("registry", lambda: _registry(settings)),
        ("disk", lambda: _disk(settings)),
    )
    able = True
    for name, check in checks:
        try:
            good, told = check()
        except LanternError as error:
            good, told = False, str(error)
        able = able and good
        mark = "[green]ok[/green]     " if good else "[red]missing[/red]"
        console.print(f"{name:<10} {mark} ", end="")
        console.print(told, markup=False, soft_wrap=True)
    console.print(f"{settings.env} {'can run' if able else 'cannot run: mend what is missing'}")
    return able


def _packages() -> Finding:
    told, missing = [f"python {sys.version.split()[0]}"], []
    for name in _PACKAGES:
        try:
            told.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return False, f"not installed: {', '.join(missing)}; run `make setup`"
    return True, ", ".join(told)


def _java() -> Finding:
    from lantern.tables.java import find_java, java_version

    java = find_java()
    return True, f"{java_version(java)} at {java}"


def _workers() -> Finding:
    chosen = os.environ.get("PYSPARK_PYTHON")
    if chosen and shutil.which(chosen) is None:
        return False, f"PYSPARK_PYTHON is {chosen}, which does not run; unset it"
    return True, chosen or sys.executable


def _delta(settings: Settings) -> Finding:
    from lantern.tables.spark_home import delta_jars

    if settings.spark.master is None:
        return True, "comes from the cluster"
    jars = delta_jars()
    if not jars:
        return False, "no jars; run `lantern setup` once with a network"
    core = next((jar.name for jar in jars if "delta-spark" in jar.name), jars[0].name)
    return True, f"{core} and {len(jars) - 1} more"


def _gpu() -> Finding:
    try:
        import torch
    except ImportError:
        return False, "torch is not installed; run `make setup`"
    if torch.cuda.is_available():
        return True, f"{torch.cuda.device_count()} x {torch.cuda.get_device_name(0)}"
    return True, "none; models run on the CPU"


def _models(settings: Settings) -> Finding:
    from lantern.inference.base_models import resolve_base

    base = resolve_base(settings.classifier.base, settings.classifier.revision)
    return True, f"classifier base {base.name}"


def _registry(settings: Settings) -> Finding:
    if settings.registry.tracking_uri is not None:
        return True, f"{settings.registry.tracking_uri} (not asked)"
    database = Path(settings.warehouse.path).absolute() / "mlflow.db"
    state = "there" if database.is_file() else "made by the first training"
    return True, f"sqlite, {state}: {database}"


def _disk(settings: Settings) -> Finding:
    path = settings.warehouse.path
    if ":/" in path:
        return True, f"{path} (not asked)"
    place = Path(path).absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 1e9
    return free >= _MINIMUM_FREE_GB, f"{free:.1f} GB free at {place}"
