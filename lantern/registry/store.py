"""The model registry: log a classifier, point an alias at a version, resolve the alias once.

A night resolves ``champion`` to a version on the driver, and writes that version in every row: an
alias that moves during the night changes nothing in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lantern.config import RegistrySettings
from lantern.errors import RegistryError
from lantern.inference.engines import load_classifier
from lantern.registry.quiet import quiet_mlflow

_ARTIFACT = "classifier"
_MODEL_FILE = Path(__file__).with_name("pyfunc_model.py")
_REQUIRED = (
    "mlflow",
    "numpy",
    "pandas",
    "pydantic",
    "pyyaml",
    "safetensors",
    "tokenizers",
    "torch",
    "transformers",
)
_EXAMPLE = {
    "requirements": ["Registered nurse\nMust have: nursing license"],
    "profile": ["Nurse on a surgical ward, 4 years, licensed"],
}


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A concrete version of a registered model.

    Attributes:
        name: of the registered model.
        version: its number.
        folder: the classifier's files on this machine.
        metrics: that were logged with it.
    """

    name: str
    version: int
    folder: Path
    metrics: Mapping[str, float]

    @property
    def model_version(self) -> str:
        """Name and number in one, as ``fit_scores.model_version`` holds it."""
        return f"{self.name}/{self.version}"


class Registry:
    """The registry of the settings. Nothing is created or contacted before its first use.

    Args:
        settings: the section ``registry``.
        folder: the warehouse's folder, where the sqlite file and the artefacts go unless the
            settings name other places. None: they must name a tracking URI.
    """

    def __init__(self, settings: RegistrySettings, folder: str | Path | None) -> None:
        self._settings = settings
        self._folder = None if folder is None else Path(folder).absolute()
        self._client_: Any = None

    def log_classifier(
        self,
        folder: str | Path,
        *,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        alias: str | None = None,
    ) -> ModelVersion:
        """Log a saved classifier and register it as a new version.

        Args:
            folder: that a classifier's ``save`` wrote; it is loaded once to see that it works.
            params: settings of the training.
            metrics: figures of the evaluation.
            alias: to point at the new version at once; None: :meth:`set_alias` does it later.

        Raises:
            ModelError: if the folder holds no classifier.
            RegistryError: if the registry refuses.
        """
        load_classifier(folder)
        name = self._settings.classifier
        with self._reached(f"log the model {name!r}", create=True) as (mlflow, client):
            with mlflow.start_run(experiment_id=self._experiment(client)):
                mlflow.log_params(dict(params))
                mlflow.log_metrics(dict(metrics))
                logged = mlflow.pyfunc.log_model(
                    name=_ARTIFACT,
                    python_model=str(_MODEL_FILE),
                    artifacts={_ARTIFACT: str(folder)},
                    code_paths=[str(Path(__file__).parent.parent)],
                    signature=_signature(),
                    input_example=_example(),
                    pip_requirements=_pip_requirements(),
                )
            with quiet_mlflow():  # once more: logging a model turns MLflow's printing on again
                number = int(mlflow.register_model(logged.model_uri, name).version)
        if alias is not None:
            self.set_alias(alias, number)
        return self.version(number)

    def set_alias(self, alias: str, number: int) -> None:
        """Point an alias at a version; it leaves the version that it pointed at.

        Raises:
            RegistryError: if there is no such version, or the registry refuses.
        """
        name = self._settings.classifier
        with self._reached(f"point {alias!r} at version {number} of {name!r}") as (_, client):
            client.set_registered_model_alias(name, alias, str(number))

    def resolve(self, alias: str | None = None) -> ModelVersion:
        """The version that an alias points at now.

        Args:
            alias: None: the one of the settings.

        Raises:
            RegistryError: if the registry, the model or the alias is missing.
        """
        name, chosen = self._settings.classifier, alias or self._settings.alias
        with self._reached(f"find {chosen!r} of the model {name!r}") as (mlflow, client):
            return self._found(mlflow, client, client.get_model_version_by_alias(name, chosen))

    def newest(self) -> ModelVersion:
        """The version that was registered last.

        Raises:
            RegistryError: if the registry or the model is missing, or it has no version.
        """
        name = self._settings.classifier
        with self._reached(f"find the newest version of the model {name!r}") as (mlflow, client):
            numbers = [int(v.version) for v in client.search_model_versions(f"name = '{name}'")]
            if not numbers:
                raise RegistryError(
                    f"the model {name!r} has no version yet; run `lantern distill-classifier`"
                )
            return self._found(mlflow, client, client.get_model_version(name, str(max(numbers))))

    def version(self, number: int) -> ModelVersion:
        """A version by its number.

        Raises:
            RegistryError: if the registry, the model or the version is missing.
        """
        name = self._settings.classifier
        with self._reached(f"find version {number} of the model {name!r}") as (mlflow, client):
            return self._found(mlflow, client, client.get_model_version(name, str(number)))

    @property
    def tracking_uri(self) -> str:
        """Of the settings, else the sqlite file in the warehouse's folder."""
        return self._settings.tracking_uri or f"sqlite:///{self._place('mlflow.db')}"

    @property
    def registry_uri(self) -> str:
        """Where models are registered: with the runs, but on Databricks in Unity Catalog."""
        in_catalog = self._settings.classifier.count(".") == 2
        if self.tracking_uri.startswith("databricks") and in_catalog:
            return self.tracking_uri.replace("databricks", "databricks-uc", 1)
        return self.tracking_uri

    def _found(self, mlflow: Any, client: Any, found: Any) -> ModelVersion:
        place = client.get_model_version_download_uri(found.name, found.version)
        local = Path(mlflow.artifacts.download_artifacts(artifact_uri=place))
        flavor = mlflow.models.Model.load(str(local)).flavors["python_function"]
        folder = local / flavor["artifacts"][_ARTIFACT]["path"]
        run = client.get_run(found.run_id)
        return ModelVersion(found.name, int(found.version), folder, dict(run.data.metrics))

    def _experiment(self, client: Any) -> str:
        name = self._settings.experiment
        known = client.get_experiment_by_name(name)
        if known is not None:
            return str(known.experiment_id)
        location = self._settings.artifact_location
        if location is None and self._settings.tracking_uri is None:
            location = self._place("mlartifacts").as_uri()
        return str(client.create_experiment(name, artifact_location=location))

    def _place(self, name: str) -> Path:
        if self._folder is None:
            raise RegistryError("there is no folder for the registry; set registry.tracking_uri")
        return self._folder / name

    @contextmanager
    def _reached(self, purpose: str, *, create: bool = False) -> Iterator[tuple[Any, Any]]:
        """MLflow and its client, quiet, its errors turned into ours."""
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

    def _check_sqlite(self, path: Path, purpose: str, create: bool) -> None:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        elif not path.is_file():
            # MLflow would make an empty database, and so hide a wrong path.
            raise RegistryError(
                f"cannot {purpose}: there is no registry at {path}; train a classifier first, "
                "or set registry.tracking_uri"
            )


def _example() -> Any:
    import pandas as pd

    return pd.DataFrame(_EXAMPLE)


def _signature() -> Any:
    from mlflow.models.signature import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    inputs = [ColSpec("string", name) for name in _EXAMPLE]
    figures = [ColSpec("float", name) for name in ("p_low", "p_medium", "p_high", "score")]
    outputs = [ColSpec("string", "level"), *figures, ColSpec("string", "error")]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs))


def _pip_requirements() -> list[str]:
    """What the model's code imports, as installed here; a build's suffix (2.9+cpu) is dropped."""
    return [f"{name}=={version(name).split('+')[0]}" for name in _REQUIRED]


def _reason(error: Exception) -> str:
    """The first line of an error; MLflow's go on with stack traces of servers."""
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
