"""Versions of both models: log a classifier or an explanation model, find a version again.

Which versions a night uses is decided for both at once, by :mod:`lantern.registry.pairs`. The
aliases of the single models are for people; a night never reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lantern.config import RegistrySettings
from lantern.errors import RegistryError
from lantern.registry.connection import RegistryConnection
from lantern.registry.packaging import CLASSIFIER, EXPLAINER, Packaged
from lantern.registry.quiet import quiet_mlflow

TAG_COPIED_FROM: Final = "lantern.copied_from"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A concrete version of a registered model.

    Attributes:
        name: of the registered model.
        version: its number.
        folder: the model's files on this machine.
        metrics, params: that were logged with it.
        copied_from: name and version in another environment; None: it was made here.
    """

    name: str
    version: int
    folder: Path
    metrics: Mapping[str, float]
    params: Mapping[str, str] = field(default_factory=dict)
    copied_from: str | None = None

    @property
    def model_version(self) -> str:
        """Name and number in one, as ``fit_scores.model_version`` holds it."""
        return f"{self.name}/{self.version}"


class Registry:
    """The models of the settings. Nothing is created or contacted before its first use.

    Args:
        settings: the section ``registry``.
        folder: the warehouse's folder, where the sqlite file and the artefacts go unless the
            settings name other places. None: they must name a tracking URI.
    """

    def __init__(self, settings: RegistrySettings, folder: str | Path | None) -> None:
        self.settings = settings
        self.connection = RegistryConnection(settings, folder)

    def log_classifier(
        self,
        folder: str | Path,
        *,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        curves: Mapping[str, Sequence[float]] | None = None,
        alias: str | None = None,
    ) -> ModelVersion:
        """Log a saved classifier and register it as a new version.

        Args:
            folder: that a classifier's ``save`` wrote; it is loaded once to see that it works.
            params: settings of the training, ``base`` and ``tables`` among them.
            metrics: figures of the training's own test.
            curves: figures of each epoch, from the first on, by name.
            alias: to point at the new version at once; None: :meth:`set_alias` does it later.

        Raises:
            ModelError: if the folder holds no classifier.
            RegistryError: if the registry refuses.
        """
        from lantern.inference.engines import load_classifier  # a night's driver needs no torch

        load_classifier(folder)
        name = self.settings.classifier
        number = self._log(CLASSIFIER, name, folder, params, metrics, curves or {})
        if alias is not None:
            self.set_alias(alias, number)
        return self.version(number)

    def log_explainer(
        self, folder: str | Path, *, params: Mapping[str, Any], metrics: Mapping[str, float]
    ) -> ModelVersion:
        """Log a saved explanation model and register it as a new version.

        Args:
            folder: that :meth:`lantern.inference.causal_models.CausalModel.save` wrote.
            params: settings of the training, ``base`` and ``tables`` among them.
            metrics: figures of the training's own test.

        Raises:
            ModelError: if the folder holds no decoder.
            RegistryError: if the registry refuses.
        """
        from lantern.inference.causal_models import load_causal_model

        load_causal_model(str(folder))
        number = self._log(EXPLAINER, self.settings.explainer, folder, params, metrics, {})
        return self.explainer_version(number)

    def set_alias(self, alias: str, number: int) -> None:
        """Point an alias at a version of the classifier; it leaves the one that it pointed at.

        Raises:
            RegistryError: if there is no such version, or the registry refuses.
        """
        name = self.settings.classifier
        with self.connection.reached(f"point {alias!r} at version {number} of {name!r}") as reached:
            reached[1].set_registered_model_alias(name, alias, str(number))

    def resolve(self, alias: str | None = None) -> ModelVersion:
        """The version of the classifier that an alias points at now.

        Args:
            alias: None: the one of the settings.

        Raises:
            RegistryError: if the registry, the model or the alias is missing.
        """
        name, chosen = self.settings.classifier, alias or self.settings.alias
        purpose = f"find {chosen!r} of the model {name!r}"
        with self.connection.reached(purpose) as (mlflow, client):
            found = client.get_model_version_by_alias(name, chosen)
            return _found(mlflow, client, found, CLASSIFIER)

    def newest(self) -> ModelVersion:
        """The version of the classifier that was registered last.

        Raises:
            RegistryError: if the registry or the model is missing, or it has no version.
        """
        name = self.settings.classifier
        number = self._newest(name)
        if number is None:
            raise RegistryError(
                f"the model {name!r} has no version yet; run `lantern distill-classifier`"
            )
        return self.version(number)

    def newest_explainer(self) -> ModelVersion | None:
        """The version of the explanation model that was registered last; None if there is none.

        Raises:
            RegistryError: if the registry is missing.
        """
        number = self._newest(self.settings.explainer)
        return None if number is None else self.explainer_version(number)

    def version(self, number: int) -> ModelVersion:
        """A version of the classifier by its number.

        Raises:
            RegistryError: if the registry, the model or the version is missing.
        """
        return self._version(self.settings.classifier, number, CLASSIFIER)

    def explainer_version(self, number: int) -> ModelVersion:
        """A version of the explanation model by its number; raises as :meth:`version` does."""
        return self._version(self.settings.explainer, number, EXPLAINER)

    def _version(self, name: str, number: int, packaged: Packaged) -> ModelVersion:
        purpose = f"find version {number} of the model {name!r}"
        with self.connection.reached(purpose) as (mlflow, client):
            return _found(mlflow, client, client.get_model_version(name, str(number)), packaged)

    def _newest(self, name: str) -> int | None:
        with self.connection.reached(f"find the newest version of the model {name!r}") as reached:
            found = reached[1].search_model_versions(f"name = '{name}'")
            return max((int(version.version) for version in found), default=None)

    def _log(
        self,
        packaged: Packaged,
        name: str,
        folder: str | Path,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        curves: Mapping[str, Sequence[float]],
    ) -> int:
        with self.connection.reached(f"log the model {name!r}", create=True) as (mlflow, client):
            with mlflow.start_run(experiment_id=self.connection.experiment(client)) as run:
                mlflow.log_params(dict(params))
                mlflow.log_metrics(dict(metrics))
                now = int(run.info.start_time)
                for curve, values in curves.items():
                    steps = enumerate(map(float, values), start=1)
                    points = [mlflow.entities.Metric(curve, value, now, at) for at, value in steps]
                    client.log_batch(run.info.run_id, metrics=points)
                logged = packaged.log(mlflow, {packaged.artifact: str(folder)})
            with quiet_mlflow():  # once more: logging a model turns MLflow's printing on again
                return int(mlflow.register_model(logged.model_uri, name).version)


def artifact_folders(mlflow: Any, client: Any, found: Any) -> dict[str, Path]:
    """The folders of a version's artefacts on this machine, by name; a remote one is fetched."""
    place = client.get_model_version_download_uri(found.name, found.version)
    local = Path(mlflow.artifacts.download_artifacts(artifact_uri=place))
    flavor = mlflow.models.Model.load(str(local)).flavors["python_function"]
    return {name: local / item["path"] for name, item in flavor["artifacts"].items()}


def _found(mlflow: Any, client: Any, found: Any, packaged: Packaged) -> ModelVersion:
    folders = artifact_folders(mlflow, client, found)
    if packaged.artifact not in folders:
        raise RegistryError(
            f"version {found.version} of {found.name!r} is no {packaged.artifact} of Lantern; "
            "check the section registry of the settings"
        )
    data = client.get_run(found.run_id).data
    return ModelVersion(
        found.name,
        int(found.version),
        folders[packaged.artifact],
        dict(data.metrics),
        dict(data.params),
        dict(found.tags).get(TAG_COPIED_FROM),
    )
