"""Fixtures of the tiny models."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inference.tiny_models import save_tiny_bert, save_tiny_modernbert, save_tiny_qwen


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_bert(tmp_path_factory.mktemp("tiny-bert"))


@pytest.fixture(scope="session")
def tiny_qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_qwen(tmp_path_factory.mktemp("tiny-qwen"))


@pytest.fixture(scope="session")
def tiny_modernbert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_modernbert(tmp_path_factory.mktemp("tiny-modernbert"))
