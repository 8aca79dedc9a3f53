"""Pairs: a classifier and an explanation model that were tested together, as one model version.

A pair is a registered model of its own. A version of it holds copies of both models, so what was
tested is what a night loads and what is served, and deleting a single model's version takes
nothing away from it. One alias of the pair decides what a night uses: moving it is one write, so
there is no moment in which a new classifier stands beside an old explanation model.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lantern.errors import RegistryError
from lantern.evaluate.comparison import Compared, on_the_same_tables
from lantern.evaluate.record import Evaluation
from lantern.registry.explainers import RUBRIC_EXPLAINER
from lantern.registry.packaging import CLASSIFIER, EXPLAINER, PAIR
from lantern.registry.quiet import quiet_mlflow
from lantern.registry.store import ModelVersion, Registry, artifact_folders

EVALUATION_FILE: Final = "evaluation.json"
TAG_CLASSIFIER: Final = "lantern.classifier"
TAG_EXPLAINER: Final = "lantern.explainer"
TAG_GATES: Final = "lantern.gates"
TAG_OVERRIDE: Final = "lantern.override"
_LOOKED_AT: Final = 50
PASSED, BLOCKED, OVERRIDDEN = "passed", "blocked", "overridden"


class NotEvaluatedError(RegistryError):
    """A pair has no evaluation that can be used."""


@dataclass(frozen=True, slots=True)
class PairVersion:
    """A concrete version of a pair.

    Attributes:
        name, version: of the registered pair.
        run_id: of the MLflow run that holds its artefacts.
        classifier: the classifier in it; its folder is the pair's own copy.
        explainer: name and version of the explanation model, or the rubric's.
        explainer_folder: the pair's copy of it; None for the rubric.
        tags: gates passed, why it was promoted, and from what.
    """

    name: str
    version: int
    run_id: str
    classifier: ModelVersion
    explainer: str
    explainer_folder: Path | None
    tags: Mapping[str, str]

    @property
    def model_version(self) -> str:
        """Name and number in one."""
        return f"{self.name}/{self.version}"


def require_promotable(pair: PairVersion) -> None:
    """Refuse a pair that no gates let through and nobody answered for.

    The alias can be moved by hand, past all gates; a night still does not use such a pair.

    Raises:
        RegistryError: if its gates were not passed, and no override is recorded.
    """
    state = pair.tags.get(TAG_GATES)
    if state == PASSED or (state == OVERRIDDEN and pair.tags.get(TAG_OVERRIDE)):
        return
    said = "has no passing evaluation" if state is None else f"was {state} by its gates"
    raise RegistryError(
        f"{pair.model_version} {said}, so no night uses it; run `lantern evaluate` and "
        "`lantern promote`, or record why it may be used with `lantern promote --override REASON`"
    )


class Pairs:
    """The pairs of a registry.

    Args:
        registry: of the settings.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.connection = registry.connection
        self.name = registry.settings.pair

    def log(
        self,
        classifier: ModelVersion,
        explainer: ModelVersion | None,
        limits: Mapping[str, int | None] | None = None,
    ) -> PairVersion:
        """The pair of these two versions; it is registered if it is not yet.

        Args:
            classifier: as the registry holds it.
            explainer: as the registry holds it; None: the rubric explains.
            limits: of the served pair: ``max_chars`` and ``min_letters`` of texts,
                ``answer_tokens`` and ``context`` of explanations.

        Raises:
            RegistryError: if the registry refuses.
        """
        written_by = explainer.model_version if explainer else RUBRIC_EXPLAINER
        held = self._find(classifier.model_version, written_by)
        if held is not None:
            return self.version(held)
        artifacts = {CLASSIFIER.artifact: str(classifier.folder)}
        if explainer is not None:
            artifacts[EXPLAINER.artifact] = str(explainer.folder)
        tags = {TAG_CLASSIFIER: classifier.model_version, TAG_EXPLAINER: written_by}
        params = {"classifier": classifier.model_version, "explainer": written_by}
        with self.connection.reached(f"log the pair {self.name!r}", create=True) as (
            mlflow,
            client,
        ):
            with mlflow.start_run(experiment_id=self.connection.experiment(client)):
                mlflow.log_params(params)
                logged = PAIR.log(mlflow, artifacts, limits)
            with quiet_mlflow():  # once more: logging a model turns MLflow's printing on again
                number = int(mlflow.register_model(logged.model_uri, self.name, tags=tags).version)
        return self.version(number)

    def version(self, number: int) -> PairVersion:
        """A pair by its number.

        Raises:
            RegistryError: if the registry, the pair or the version is missing, or it is no pair.
        """
        with self.connection.reached(f"find version {number} of the pair {self.name!r}") as reached:
            return self._found(*reached, reached[1].get_model_version(self.name, str(number)))

    def newest(self) -> PairVersion:
        """The pair that was registered last; raises RegistryError if there is none."""
        with self.connection.reached(f"find the newest pair of {self.name!r}") as (_, client):
            found = client.search_model_versions(f"name = '{self.name}'")
        if not found:
            raise RegistryError(f"there is no pair {self.name!r} yet; run `lantern evaluate`")
        return self.version(max(int(item.version) for item in found))

    def resolve(self, alias: str | None = None) -> PairVersion:
        """The pair that an alias points at now.

        Args:
            alias: None: the one of the settings.

        Raises:
            RegistryError: if the registry, the pair or the alias is missing.
        """
        chosen = alias or self.registry.settings.alias
        with self.connection.reached(f"find {chosen!r} of the pair {self.name!r}") as reached:
            found = reached[1].get_model_version_by_alias(self.name, chosen)
            return self._found(*reached, found)

    def aliased(self, alias: str) -> int | None:
        """The number that an alias points at; None if there is no such alias, model or registry.

        Raises:
            RegistryError: if the registry cannot be reached.
        """
        purpose = f"ask for {alias!r} of the pair {self.name!r}"
        with self.connection.reached(purpose, create=True) as (_, client):
            from mlflow.exceptions import MlflowException

            try:
                aliases = client.get_registered_model(self.name).aliases
            except MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return None
                raise
            return int(aliases[alias]) if alias in aliases else None

    def champion(self) -> PairVersion:
        """What a night uses: the pair of the settings' alias, if it may be used.

        Raises:
            RegistryError: if there is none, or it has no passing evaluation.
        """
        pair = self.resolve()
        require_promotable(pair)
        return pair

    def record(self, pair: PairVersion, evaluation: Evaluation, files: Mapping[str, str]) -> None:
        """Keep an evaluation with its pair: figures as metrics, the record and files as artefacts.

        Args:
            pair: that was evaluated.
            evaluation: is written last, so that one that is there is whole.
            files: name -> text of further artefacts, such as a page or a picture.
        """
        # A copy of a pair shares its run: each version has a folder of its own in it.
        texts = dict(files) | {EVALUATION_FILE: evaluation.to_json()}
        with self.connection.reached(f"record the evaluation of {pair.model_version}") as reached:
            client = reached[1]
            for name, value in evaluation.metrics().items():
                client.log_metric(pair.run_id, name, value)
            for name, text in texts.items():
                client.log_text(pair.run_id, text, f"{pair.model_version}/{name}")

    def evaluation(self, pair: PairVersion) -> Evaluation:
        """The evaluation of a pair; raises RegistryError if there is none or it is damaged."""
        return self._evaluation(pair.run_id, pair.model_version)

    def compared(self, data: Mapping[str, int]) -> tuple[Compared, ...]:
        """The pairs whose newest evaluation read the same tables, as each remembers itself.

        Pairs that were never evaluated, or by another version of Lantern, are left out.

        Args:
            data: table -> version that was read.

        Raises:
            RegistryError: if the registry cannot be reached.
        """
        with self.connection.reached(f"list the versions of {self.name!r}") as (_, client):
            found = client.search_model_versions(f"name = '{self.name}'")
        newest = sorted(found, key=lambda item: int(item.version), reverse=True)[:_LOOKED_AT]
        held: list[Compared] = []
        for item in newest:
            name = f"{item.name}/{item.version}"
            try:
                evaluation = self._evaluation(item.run_id, name)
            except NotEvaluatedError:
                continue
            if on_the_same_tables(evaluation.data, data):
                held += [one for one in evaluation.compared if one.pair == name]
        return tuple(held)

    def _evaluation(self, run_id: str, name: str) -> Evaluation:
        with (
            self.connection.reached(f"read the evaluation of {name}") as reached,
            tempfile.TemporaryDirectory() as folder,
        ):
            client = reached[1]
            place = f"{name}/{EVALUATION_FILE}"
            if place not in {item.path for item in client.list_artifacts(run_id, name)}:
                raise NotEvaluatedError(f"{name} was never evaluated; run `lantern evaluate`")
            path = client.download_artifacts(run_id, place, folder)
            text = Path(path).read_text(encoding="utf-8")
        try:
            return Evaluation.from_json(text)
        except ValueError as error:
            raise NotEvaluatedError(
                f"the evaluation of {name} cannot be used: {error}; run `lantern evaluate` again"
            ) from None

    def _find(self, classifier: str, explainer: str) -> int | None:
        """The version of these two, if there is one already: an evaluation can be repeated.

        Unity Catalog leaves tags out of a search, so each is asked for, the newest first.
        """
        wanted = {TAG_CLASSIFIER: classifier, TAG_EXPLAINER: explainer}
        with self.connection.reached(f"look for the pair of {classifier}", create=True) as reached:
            client = reached[1]
            found = client.search_model_versions(f"name = '{self.name}'")
            for number in sorted((int(item.version) for item in found), reverse=True)[:_LOOKED_AT]:
                version = client.get_model_version(self.name, str(number))
                if wanted.items() <= dict(version.tags).items():
                    return number
        return None

    def _found(self, mlflow: Any, client: Any, found: Any) -> PairVersion:
        tags = dict(found.tags)
        if not {TAG_CLASSIFIER, TAG_EXPLAINER} <= tags.keys():
            raise RegistryError(
                f"version {found.version} of {found.name!r} does not say which models it holds; "
                "it was not made by `lantern evaluate`"
            )
        folders = artifact_folders(mlflow, client, found)
        name, _, number = tags[TAG_CLASSIFIER].rpartition("/")
        classifier = ModelVersion(name, int(number), folders[CLASSIFIER.artifact], {})
        return PairVersion(
            name=found.name,
            version=int(found.version),
            run_id=found.run_id,
            classifier=classifier,
            explainer=tags[TAG_EXPLAINER],
            explainer_folder=folders.get(EXPLAINER.artifact),
            tags=tags,
        )
