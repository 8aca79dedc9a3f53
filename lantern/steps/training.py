"""What the trainings of decoders share: pinned inputs, shards, a chain of stages, its records.

A training that was killed goes on with the table versions that it began with, and in the stage that
it was in. What holds texts of profiles goes when it ends: shards, encoded answers, checkpoints.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lantern.batch.shards import READ, shard_counts, write_shards
from lantern.errors import SettingsError
from lantern.steps.registry import open_registry

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.distill.stage_chain import FinishedStage, Stage
    from lantern.distill.training_progress import Figures, TrainingProgress, Watch
    from lantern.steps.context import Context
    from lantern.tables.runs import Manifest

_SHARDS: Final = "shards"
_STAGES: Final = "stages"
_INPUTS: Final = "inputs.json"
_MODEL: Final = "model"


@dataclass
class Training:
    """One training of a step, in a folder of this machine.

    Attributes:
        context, manifest: of the step.
        name: of the step, as people see it.
        folder: holds the stages, and the result under ``model``.
        table: whose answers are learned from: ``seed`` or ``synthetic``.
        answers: reads them as of the given table versions.
        chosen: what the training depends on beside the tables: settings, models.
    """

    context: Context
    manifest: Manifest
    name: str
    folder: Path
    table: str
    answers: Callable[[Mapping[str, int]], DataFrame]
    chosen: Mapping[str, Any]
    versions: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        pinned = self._pinned()
        self.versions = pinned or self.context.warehouse.versions(self.table, *READ)
        self.manifest.versions_in = dict(self.versions)
        if pinned:
            self.context.reporter.line(self.name, "goes on", {"tables": str(pinned)})
            return
        shutil.rmtree(self.folder / _SHARDS, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        inputs = {"chosen": self.chosen, "versions": self.versions}
        (self.folder / _INPUTS).write_text(json.dumps(inputs, indent=1), encoding="utf-8")

    def shards(self) -> Path:
        """The folder of the shards; they are written where they are not there yet."""
        folder = self.folder / _SHARDS
        counts = shard_counts(folder)
        if counts is None:
            with self.manifest.phase("shards"):
                rows = self.answers(self.versions)
                counts = write_shards(self.context.warehouse, rows, self.versions, folder)
        self.manifest.counts |= counts
        return folder

    def run(
        self, stages: Sequence[Stage], teacher: str | None, inputs: Mapping[str, Any]
    ) -> tuple[FinishedStage, ...]:
        """Run the stages that are not done; the result lies in ``folder/model`` afterwards.

        Args:
            stages: of the chain.
            teacher: of the first one: a folder, a name on the hub, or None.
            inputs: what all depend on beside the tables.
        """
        from lantern.distill.stage_chain import run_chain
        from lantern.registry.training_runs import TrainingRuns, forget_run

        runs = TrainingRuns(open_registry(self.context).connection)
        params = {"tables": str(self.versions), "stages": " -> ".join(s.name for s in stages)}
        with ExitStack() as ended, self.manifest.phase("train"):
            parent: list[str] = []

            @contextmanager
            def opened(stage: Stage, place: Path) -> Iterator[Figures]:
                if not parent:
                    above = runs.run(self.folder, self.name, params)
                    parent.append(ended.enter_context(above)[0])
                told = params | {k: json.dumps(v) for k, v in stage.identity.items()}
                with runs.run(place, stage.name, told, parent=parent[0]) as (_, figures):
                    yield figures

            finished = run_chain(
                stages,
                self.folder / _STAGES,
                teacher,
                {**inputs, "tables": self.versions},
                opened,
            )
        self._publish(finished[-1].model)
        forget_run(self.folder)
        shutil.rmtree(self.folder / _SHARDS, ignore_errors=True)
        (self.folder / _INPUTS).unlink(missing_ok=True)
        self._report(finished)
        return finished

    @contextmanager
    def watched(self, tokens: int) -> Iterator[Watch]:
        """Progress in tokens, with their rate and the time left, from the first step on."""
        with ExitStack() as shown:
            tasks: list[Any] = []

            def watch(progress: TrainingProgress) -> None:
                if not tasks:
                    left = (progress.steps - progress.resumed_at) / max(progress.steps, 1)
                    task = self.context.reporter.task(self.name, "tokens", round(tokens * left))
                    tasks.append(shown.enter_context(task))
                last = progress.step == progress.steps
                tasks[0].update(tasks[0].total if last else progress.tokens)

            yield watch

    def _pinned(self) -> dict[str, int] | None:
        """The table versions of a training of the same choice that has not ended, or None."""
        try:
            known = json.loads((self.folder / _INPUTS).read_text("utf-8"))
        except (OSError, json.JSONDecodeError):
            return None
        same = known.get("chosen") == json.loads(json.dumps(self.chosen))
        return {k: int(v) for k, v in known["versions"].items()} if same else None

    def _publish(self, model: Path) -> None:
        """Put the result where its readers look; they find the old one or the new one, whole."""
        target, fresh = self.folder / _MODEL, self.folder / f"{_MODEL}.new"
        old = self.folder / f"{_MODEL}.old"
        for path in (fresh, old):
            shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(model, fresh, copy_function=_link_or_copy)
        if target.exists():
            target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)

    def _report(self, finished: Sequence[FinishedStage]) -> None:
        for stage in finished:
            told: dict[str, int | float | str] = {"done before": "yes"} if stage.skipped else {}
            shown = {"rougeL": "eval_rougeL", "loss": "eval_loss", "steps": "steps"}
            told |= {
                name: int(value) if name == "steps" else value
                for name, key in shown.items()
                if (value := stage.figures.get(key)) is not None
            }
            self.context.reporter.line(self.name, stage.name, told)
            self.manifest.figures |= {f"{stage.name}.{k}": v for k, v in stage.figures.items()}


def training_folder(context: Context, named: str | None, default: str) -> Path:
    """The folder of a training: of the settings, else beside the tables."""
    return Path(named).absolute() if named else context.local_folder / default


def check_training_settings(context: Context) -> None:
    """Refuse what could only fail late.

    Raises:
        SettingsError: a DeepSpeed file that is not there.
    """
    named = context.settings.training.deepspeed
    if named is not None and not Path(named).is_file():
        raise SettingsError(f"training.deepspeed: there is no file {named}; see conf/deepspeed")


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)
    return target
