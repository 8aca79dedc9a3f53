"""Merge the YAML files of an environment and the command line into settings."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from lantern.config.merging import deep_merge
from lantern.config.settings import Settings
from lantern.errors import SettingsError


def conf_folder() -> Path:
    """The folder of the YAML files: $LANTERN_CONF, else ``conf/`` here or beside the package."""
    named = os.environ.get("LANTERN_CONF")
    places = [Path(named)] if named else [Path("conf"), Path(__file__).parents[2] / "conf"]
    for place in places:
        if (place / "base.yaml").is_file():
            return place
    raise SettingsError(
        f"no base.yaml in {' or '.join(str(p) for p in places)}; "
        "run from the project's folder or set LANTERN_CONF to its conf/ folder"
    )


def load_settings(
    env: str = "local", overrides: Iterable[str] = (), folder: Path | None = None
) -> Settings:
    """Merge base.yaml, ``{env}.yaml`` and the overrides, in this order.

    Args:
        env: name of an environment file in the folder, without its ending.
        overrides: ``a.b=c`` assignments; the value is read as YAML.
        folder: where the files are; :func:`conf_folder` by default.

    Raises:
        SettingsError: one line for each key that is unknown or wrong.
    """
    folder = folder or conf_folder()
    known = sorted(p.stem for p in folder.glob("*.yaml") if p.stem not in ("base", "gates"))
    if env not in known:
        raise SettingsError(f"unknown environment {env!r}; {folder} has {', '.join(known)}")
    merged: dict[str, Any] = {"env": env}
    for name in ("base", env):
        merged = deep_merge(merged, _read_yaml(folder / f"{name}.yaml"))
    for assignment in overrides:
        merged = deep_merge(merged, _parse_assignment(assignment))
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(error, env))) from None


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f" line {place.line + 1}" if place else ""
        raise SettingsError(f"{path}{line}: not valid YAML; mend the file") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: expected a mapping of settings at the top level")
    return content


def _parse_assignment(assignment: str) -> dict[str, Any]:
    key, equals, raw = assignment.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise SettingsError(f"--set {assignment!r}: expected KEY=VALUE, e.g. score.wave_pairs=5000")
    try:
        value: Any = yaml.safe_load(raw) if raw else None
    except yaml.YAMLError:
        raise SettingsError(f"--set {key}: the value is not valid YAML") from None
    for part in reversed(parts):
        value = {part: value}
    return value  # type: ignore[no-any-return]


def _explain(error: ValidationError, env: str) -> Iterable[str]:
    for problem in error.errors(include_url=False):
        place = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            yield f"unknown setting {place!r} (environment {env}); conf/base.yaml lists all keys"
        elif problem["type"] == "missing":
            yield f"missing setting {place!r}; conf/base.yaml holds its default"
        elif not place:
            yield f"settings (environment {env}): {problem['msg']}"  # what it got is all of them
        else:
            given = problem["input"]
            got = "" if isinstance(given, dict | list) else f" (got {given!r})"
            yield f"setting {place!r}: {problem['msg']}{got}"
