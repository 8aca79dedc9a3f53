"""MLflow runs of trainings: a parent for a chain of stages, a nested run for each.

A run is known by its id, which the training's folder keeps: a training that was killed and started
again goes on in the run that it began.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from lantern.registry.connection import RegistryConnection

Figures = Callable[[int, Mapping[str, float]], None]
_FILE: Final = "mlflow_run.json"
_NAME, _PARENT = "mlflow.runName", "mlflow.parentRunId"
_LONGEST = 6000


class TrainingRuns:
    """Opens and ends runs in the settings' experiment.

    Args:
        connection: to the registry.
    """

    def __init__(self, connection: RegistryConnection) -> None:
        self._connection = connection

    @contextmanager
    def run(
        self,
        folder: Path,
        name: str,
        params: Mapping[str, Any],
        *,
        parent: str | None = None,
    ) -> Iterator[tuple[str, Figures]]:
        """A run for as long as the block takes; it ends as failed if the block raises.

        Args:
            folder: of the training, which keeps the run's id.
            name: as people see it.
            params: of the training; they are logged when the run is new.
            parent: id of the run above, or None.

        Yields:
            The run's id, and who is told figures.

        Raises:
            RegistryError: MLflow cannot be reached.
        """
        identity = self._begun(folder / _FILE, name, params, parent)

        def figures(step: int, values: Mapping[str, float]) -> None:
            from mlflow.entities import Metric

            now = _milliseconds()
            with self._connection.reached("log figures of a training", create=True) as reached:
                metrics = [Metric(key, float(v), now, step) for key, v in values.items()]
                reached[1].log_batch(identity, metrics=metrics)

        try:
            yield identity, figures
        except BaseException as error:
            self._end(identity, "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
            raise
        self._end(identity, "FINISHED")

    def _begun(self, file: Path, name: str, params: Mapping[str, Any], parent: str | None) -> str:
        with self._connection.reached("begin a training's run", create=True) as (_, client):
            experiment = self._connection.experiment(client)
            known = _read(file)
            if known is not None and client.search_runs(
                [experiment], f"attributes.run_id = '{known}'", max_results=1
            ):
                client.set_terminated(known, "RUNNING")
                return known
            tags = {_NAME: name} | ({_PARENT: parent} if parent else {})
            identity = str(client.create_run(experiment, tags=tags).info.run_id)
            for key, value in params.items():
                client.log_param(identity, key, str(value)[:_LONGEST])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(identity), encoding="utf-8")
            return identity

    def _end(self, identity: str, status: str) -> None:
        with self._connection.reached("end a training's run", create=True) as (_, client):
            client.set_terminated(identity, status)


def forget_run(folder: Path) -> None:
    """Let the next training of a folder begin a run of its own."""
    (folder / _FILE).unlink(missing_ok=True)


def _read(file: Path) -> str | None:
    try:
        return str(json.loads(file.read_text("utf-8")))
    except (OSError, json.JSONDecodeError):
        return None


def _milliseconds() -> int:
    import time

    return int(time.time() * 1000)
