"""Fixtures: a tiny model, a registry with pairs of it, one of them the champion."""

from __future__ import annotations

from pathlib import Path

import pytest

from lantern.registry.pairs import Pairs
from tests.inference.tiny_models import classifier_of, save_tiny_bert
from tests.registry.promoting import copy_of, crown
from tests.registry.test_store import registry_of


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_bert(tmp_path_factory.mktemp("tiny-bert"))


@pytest.fixture(scope="session")
def logged(tiny_bert: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with three pairs of one classifier, and none a champion."""
    folder = tmp_path_factory.mktemp("pairs")
    model = classifier_of(tiny_bert)
    model.calibrate(1.5)
    model.save(folder / "model")
    registry = registry_of(folder)
    classifier = registry.log_classifier(folder / "model", params={"base": "tiny"}, metrics={})
    pairs = Pairs(registry)
    first = pairs.log(classifier, None)
    with pairs.connection.reached("register it twice more") as (_, client):
        version = client.get_model_version(pairs.name, "1")
        for number in (2, 3):
            client.create_model_version(
                pairs.name,
                version.source,
                version.run_id,
                tags=first.tags | {"number": str(number)},
                model_id=version.model_id,
            )
    return folder


@pytest.fixture
def pairs(logged: Path, tmp_path: Path) -> Pairs:
    """The same, to be changed."""
    return copy_of(logged, tmp_path)


@pytest.fixture(scope="session")
def with_champion(logged: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, the first pair its champion."""
    folder = tmp_path_factory.mktemp("crowned")
    crown(copy_of(logged, folder), 1)
    return folder


@pytest.fixture
def crowned(with_champion: Path, tmp_path: Path) -> Pairs:
    """Version 1 is the champion; to be changed."""
    return copy_of(with_champion, tmp_path)
