"""Copy a pair from one environment's names to another's, with both of its models.

The copies point at the same files, and MLflow keeps their lineage. A decision is not copied: what
was passed under the gates of one environment has to pass those of the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lantern.errors import RegistryError
from lantern.registry.pairs import (
    TAG_CLASSIFIER,
    TAG_EXPLAINER,
    TAG_GATES,
    TAG_OVERRIDE,
    Pairs,
    PairVersion,
)
from lantern.registry.promotion import (
    TAG_FROM,
    TAG_ON,
    TAG_PROFILE,
    TAG_RELAXED,
    TAG_ROLLED_BACK,
    TAG_WHY,
)
from lantern.registry.quiet import quiet_mlflow
from lantern.registry.store import TAG_COPIED_FROM

_DECISION: Final = (
    TAG_GATES,
    TAG_OVERRIDE,
    TAG_FROM,
    TAG_ON,
    TAG_PROFILE,
    TAG_RELAXED,
    TAG_ROLLED_BACK,
    TAG_WHY,
)


def copy_pair(pairs: Pairs, pair: PairVersion, prefix: str) -> dict[str, str]:
    """Copy a pair and its models to other names in the same registry.

    Args:
        pairs: of the registry.
        pair: to copy.
        prefix: of the new names, such as ``prod.lantern``; what follows the last dot stays.

    Returns:
        Old name and version -> new name and version.

    Raises:
        RegistryError: if the prefix is the same, a version is gone, or the registry refuses. A copy
            that is broken off leaves single models that no pair names; run it again.
    """
    if f"{prefix}.{_last(pair.name)}" == pair.name:
        raise RegistryError(f"{pair.name!r} is already there; give another prefix than {prefix!r}")
    copied: dict[str, str] = {}
    with pairs.connection.reached(f"copy {pair.model_version} to {prefix!r}") as (_, client):
        for model in (pair.classifier.model_version, pair.explainer):
            name, slash, version = model.rpartition("/")
            if slash:
                copied[model] = _copied(client, name, version, prefix, {TAG_COPIED_FROM: model})
        tags = {
            TAG_COPIED_FROM: pair.model_version,
            TAG_CLASSIFIER: copied[pair.classifier.model_version],
            TAG_EXPLAINER: copied.get(pair.explainer, pair.explainer),
        }
        copied[pair.model_version] = _copied(client, pair.name, str(pair.version), prefix, tags)
    return copied


def _copied(client: Any, name: str, version: str, prefix: str, tags: Mapping[str, str]) -> str:
    """Copy one version, unless it is there already; returns its new name and version."""
    target = f"{prefix}.{_last(name)}"
    for found in client.search_model_versions(f"name = '{target}'"):
        held = client.get_model_version(target, found.version)  # a search may leave out tags
        if dict(held.tags).get(TAG_COPIED_FROM) == f"{name}/{version}":
            return f"{target}/{held.version}"
    with quiet_mlflow():
        made = client.copy_model_version(f"models:/{name}/{version}", target)
    for decision in _DECISION:
        if decision in dict(made.tags):
            client.delete_model_version_tag(target, made.version, decision)
    # The source last: a copy that was broken off before it is not taken for a whole one.
    for tag in sorted(tags, key=lambda tag: tag == TAG_COPIED_FROM):
        client.set_model_version_tag(target, made.version, tag, tags[tag])
    return f"{target}/{made.version}"


def _last(name: str) -> str:
    return name.rpartition(".")[2]
