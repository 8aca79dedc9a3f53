"""The way to the model registry: MLflow and its client, quiet, its errors turned into ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lantern.config import RegistrySettings
from lantern.errors import RegistryError
from lantern.registry.quiet import quiet_mlflow


class RegistryConnection:
    """The registry of the settings. Nothing is created or contacted before its first use.

    Args:
        settings: the section ``registry``.
        folder: the warehouse's folder, where the sqlite file and the artefacts go unless the
            settings name other places. None: they must name a tracking URI.
    """

    def __init__(self, settings: RegistrySettings, folder: str | Path | None) -> None:
        self.settings = settings
        self._folder = None if folder is None else Path(folder).absolute()
        self._client_: Any = None

    @property
    def tracking_uri(self) -> str:
        """Of the settings, else the sqlite file in the warehouse's folder."""
        return self.settings.tracking_uri or f"sqlite:///{self._place('mlflow.db')}"

    @property
    def registry_uri(self) -> str:
        """Where models are registered: with the runs, but on Databricks in Unity Catalog."""
        in_catalog = self.settings.classifier.count(".") == 2
        if self.tracking_uri.startswith("databricks") and in_catalog:
            return self.tracking_uri.replace("databricks", "databricks-uc", 1)
        return self.tracking_uri

    @contextmanager
    def reached(self, purpose: str, *, create: bool = False) -> Iterator[tuple[Any, Any]]:
        """MLflow and its client; what they raise inside becomes a RegistryError.

        Args:
            purpose: completes "cannot ..." in the error.
            create: make the sqlite file if there is none.
        """
        uri = self.tracking_uri
        if uri.startswith("sqlite:///"):
            self._check_sqlite(Path(uri.removeprefix("sqlite:///")), purpose, create)
        with quiet_mlflow():
            import mlflow
            from mlflow.exceptions import MlflowException
            from sqlalchemy.exc import SQLAlchemyError

            # MLflow keeps both for the whole process; ours uses one registry, that of the settings.
            mlflow.set_tracking_uri(uri)
            mlflow.set_registry_uri(self.registry_uri)
            try:
                if self._client_ is None:
                    self._client_ = mlflow.MlflowClient(uri, self.registry_uri)
                yield mlflow, self._client_
            except (MlflowException, SQLAlchemyError, OSError) as error:
                raise RegistryError(f"cannot {purpose}: {_reason(error)}") from error

    def experiment(self, client: Any) -> str:
        """The id of the settings' experiment, which is made if it is missing."""
        name = self.settings.experiment
        known = client.get_experiment_by_name(name)
        if known is not None:
            return str(known.experiment_id)
        location = self.settings.artifact_location
        if location is None and self.settings.tracking_uri is None:
            location = self._place("mlartifacts").as_uri()
        return str(client.create_experiment(name, artifact_location=location))

    def _place(self, name: str) -> Path:
        if self._folder is None:
            raise RegistryError("there is no folder for the registry; set registry.tracking_uri")
        return self._folder / name

    def _check_sqlite(self, path: Path, purpose: str, create: bool) -> None:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        elif not path.is_file():
            # MLflow would make an empty database, and so hide a wrong path.
            raise RegistryError(
                f"cannot {purpose}: there is no registry at {path}; train a classifier first, "
                "or set registry.tracking_uri"
            )


def _reason(error: Exception) -> str:
    """The first line of an error; MLflow's go on with stack traces of servers."""
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
