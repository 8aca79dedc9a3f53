"""Fixtures of the tiny models."""

from __future__ import annotations

from pathlib import Path

import pytest

from lantern.inference.encoder import FitClassifier
from tests.inference.tiny_models import classifier_of, save_tiny_bert, save_tiny_qwen


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_bert(tmp_path_factory.mktemp("tiny-bert"))


@pytest.fixture(scope="session")
def tiny_qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_qwen(tmp_path_factory.mktemp("tiny-qwen"))


@pytest.fixture
def bert_classifier(tiny_bert: Path) -> FitClassifier:
    return classifier_of(tiny_bert)
