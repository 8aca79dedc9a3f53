"""Stages one after the other: each makes a model folder, and the next one learns from it.

A stage that is done leaves ``done.json`` with a hash of its settings and of all that it was made
from, the stage before included. A chain that is run again skips the stages whose hash is still
right, goes on in the middle of the one that was killed, and begins anew where anything differs.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol

from lantern.distill.training_progress import Figures

MODEL: Final = "model"
_DONE: Final = "done.json"
_BEGUN: Final = "begun.json"


@dataclass(frozen=True, slots=True)
class Models:
    """What a stage starts from; each a folder or a name on the hub.

    Attributes:
        teacher: who teaches now: T2, or the last stage whose result teaches; None: nobody.
        previous: the result of the stage before, or None.
    """

    teacher: str | None
    previous: str | None = None


class Work(Protocol):
    """Makes ``folder/model``.

    Args:
        models: to start from.
        folder: the stage's own; what a killed run left in it may be gone on with.
        figures: told losses and scores while it works.

    Returns:
        The figures of the result.
    """

    def __call__(self, models: Models, folder: Path, figures: Figures) -> Mapping[str, float]: ...


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    Attributes:
        name: of its folder and its run.
        identity: everything that its result depends on, but the stages before.
        work: what it does.
        teaches: whether its result is the teacher of what follows.
    """

    name: str
    identity: Mapping[str, Any]
    work: Work
    teaches: bool = True


@dataclass(frozen=True, slots=True)
class FinishedStage:
    """A stage that is done.

    Attributes:
        name: of the stage.
        model: its result's folder.
        digest: of all that it was made from.
        figures: of the result.
        skipped: it was done by an earlier run.
    """

    name: str
    model: Path
    digest: str
    figures: Mapping[str, float] = field(default_factory=dict)
    skipped: bool = False


Opened = Callable[[Stage, Path], AbstractContextManager[Figures]]
"""Opens the record of a stage's run: told the stage and its folder, gives who is told figures."""


def run_chain(
    stages: Sequence[Stage],
    folder: Path,
    teacher: str | None,
    inputs: Mapping[str, Any],
    opened: Opened,
) -> tuple[FinishedStage, ...]:
    """Run the stages that are not done yet.

    Args:
        stages: in their order.
        folder: of the chain; each stage gets a folder in it.
        teacher: of the first stage, or None.
        inputs: what all stages read: table versions, the teacher's identity.
        opened: see :data:`Opened`.
    """
    models = Models(teacher)
    digest = _digest(inputs)
    finished: list[FinishedStage] = []
    for number, stage in enumerate(stages, start=1):
        place = folder / f"{number}-{stage.name}"
        digest = _digest({"before": digest, "stage": stage.identity})
        known = _read(place / _DONE)
        if known.get("hash") == digest and (place / MODEL).is_dir():
            done = FinishedStage(stage.name, place / MODEL, digest, known["figures"], skipped=True)
        else:
            done = _run(stage, place, models, digest, opened)
        finished.append(done)
        made = str(done.model)
        models = Models(made if stage.teaches else models.teacher, made)
    return tuple(finished)


def _run(stage: Stage, place: Path, models: Models, digest: str, opened: Opened) -> FinishedStage:
    if _read(place / _BEGUN).get("hash") != digest:
        if place.exists():
            shutil.rmtree(place)
        place.mkdir(parents=True)
        _write(place / _BEGUN, {"hash": digest})
    with opened(stage, place) as figures:
        result = dict(stage.work(models, place, figures))
    _write(place / _DONE, {"hash": digest, "figures": result})
    return FinishedStage(stage.name, place / MODEL, digest, result)


def _digest(identity: Mapping[str, Any]) -> str:
    told = json.dumps(identity, sort_keys=True, ensure_ascii=False)
    return sha256(told.encode("utf-8")).hexdigest()[:16]


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, json.JSONDecodeError):
        return {}
    return found


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=1), encoding="utf-8")
    partial.replace(path)
