"""Checkpoints of a training's folder: which are whole."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

_NAME = re.compile(r"checkpoint-(\d+)")
_STATE = "trainer_state.json"


def last_checkpoint(folder: str | Path) -> Path | None:
    """The newest whole checkpoint, or None. Trainer writes the state's file last."""
    whole = [path for path in _checkpoints(folder) if _is_whole(path)]
    return whole[-1] if whole else None


def remove_broken_checkpoints(folder: str | Path) -> None:
    """Remove what a killed run left half written."""
    for path in _checkpoints(folder):
        if not _is_whole(path):
            shutil.rmtree(path)


def _checkpoints(folder: str | Path) -> list[Path]:
    found = [
        (int(m[1]), path)
        for path in Path(folder).glob("checkpoint-*")
        if (m := _NAME.fullmatch(path.name))
    ]
    return [path for _, path in sorted(found)]


def _is_whole(path: Path) -> bool:
    try:
        json.loads((path / _STATE).read_text("utf-8"))
    except (OSError, json.JSONDecodeError):
        return False
    return True
