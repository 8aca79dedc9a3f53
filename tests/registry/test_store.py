from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lantern.config import RegistrySettings
from lantern.errors import ModelError, RegistryError
from lantern.inference.classify import ClassifierEngine
from lantern.registry.store import Registry
from tests.inference.tiny_models import PAIRS, classifier_of

SETTINGS: dict[str, Any] = {
    "tracking_uri": None,
    "artifact_location": None,
    "experiment": "lantern",
    "classifier": "lantern.classifier",
    "explainer": "lantern.explainer",
    "pair": "lantern.pair",
    "alias": "champion",
}


def registry_of(folder: Path | None, **changes: Any) -> Registry:
    return Registry(RegistrySettings.model_validate(SETTINGS | changes), folder)


@pytest.fixture(scope="module")
def saved(tiny_bert: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "a-folder-of-any-name"
    model = classifier_of(tiny_bert)
    model.calibrate(1.5)
    model.save(folder)
    return folder


@pytest.fixture(scope="module")
def warehouse(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry of two versions, the second one the champion's successor."""
    folder = tmp_path_factory.mktemp("warehouse") / "made" / "lazily"
    registry = registry_of(folder)
    assert not folder.exists()
    first = registry.log_classifier(
        saved, params={"epochs": 3}, metrics={"macro_f1": 0.71}, alias="champion"
    )
    second = registry.log_classifier(
        saved,
        params={"epochs": 4},
        metrics={"macro_f1": 0.74},
        curves={"validation_loss": [0.7, 0.5, 0.6]},
    )
    assert (first.version, second.version) == (1, 2)
    return folder


def test_an_alias_is_resolved_to_a_version(warehouse: Path, saved: Path) -> None:
    found = registry_of(warehouse).resolve()
    assert (found.name, found.version) == ("lantern.classifier", 1)
    assert found.model_version == "lantern.classifier/1"
    assert found.metrics == {"macro_f1": 0.71}
    engine = ClassifierEngine.load(found.folder, device="cpu")
    assert engine.calibrated
    expected = ClassifierEngine.load(saved, device="cpu").score(PAIRS)
    assert engine.score(PAIRS).probabilities.tobytes() == expected.probabilities.tobytes()


def test_an_alias_moves(warehouse: Path) -> None:
    registry = registry_of(warehouse)
    registry.set_alias("challenger", 1)
    registry.set_alias("challenger", 2)
    assert registry.resolve("challenger").version == 2
    assert registry.resolve().version == 1
    assert registry.version(2).metrics == {"macro_f1": 0.74, "validation_loss": 0.6}
    with registry.connection.reached("read a curve") as (_, client):
        run = client.get_model_version("lantern.classifier", "2").run_id
        curve = client.get_metric_history(run, "validation_loss")
    assert [(at.step, at.value) for at in curve] == [(1, 0.7), (2, 0.5), (3, 0.6)]


def test_the_files_lie_beside_the_sqlite_file(warehouse: Path) -> None:
    assert (warehouse / "mlflow.db").is_file()
    assert registry_of(warehouse).resolve().folder.is_relative_to(warehouse / "mlartifacts")
    assert not list(warehouse.rglob("*.pkl"))


def test_the_version_says_what_it_needs(warehouse: Path) -> None:
    model = registry_of(warehouse).resolve().folder.parent.parent
    lines = (model / "requirements.txt").read_text().split()
    names = [line.partition("==")[0] for line in lines]
    assert {"mlflow", "torch", "transformers"} <= set(names)
    assert all("==" in line and "+" not in line for line in lines)
    assert (model / "input_example.json").is_file()


PREDICT = """
import socket, sys

def refuse(*_, **__):
    raise OSError("no network here")

socket.socket.connect = refuse
import mlflow, pandas as pd
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/lantern.classifier@champion")
import lantern
print(lantern.__file__)
rows = pd.DataFrame({"requirements": ["5 years of python"] * 2, "profile": ["sql", "nurse care"]})
print(model.predict(rows).to_json())
"""


def test_the_pyfunc_predicts_in_a_process_that_knows_no_lantern(
    warehouse: Path, tmp_path: Path
) -> None:
    uri = registry_of(warehouse).connection.tracking_uri
    command = [sys.executable, "-I", "-W", "ignore", "-c", PREDICT, uri]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=clean, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]

    place, table = done.stdout.splitlines()[-2:]
    assert Path(place).is_relative_to(warehouse), "the version brings its code"
    answer = pd.read_json(StringIO(table))
    engine = ClassifierEngine.load(registry_of(warehouse).resolve().folder, device="cpu")
    scored = engine.score([("5 years of python", "sql"), ("5 years of python", "nurse care")])
    columns = answer[["p_low", "p_medium", "p_high"]].to_numpy()
    np.testing.assert_allclose(columns, scored.probabilities, atol=1e-5)
    assert set(answer["level"]) <= {"Low", "Medium", "High"}
    assert list(answer["error"]) == ["", ""]


def test_logging_and_loading_are_quiet(saved: Path, tmp_path: Path) -> None:
    code = f"""
from lantern.config import RegistrySettings
from lantern.registry.store import Registry
registry = Registry(RegistrySettings.model_validate({SETTINGS!r}), {str(tmp_path / "w")!r})
registry.log_classifier({str(saved)!r}, params={{}}, metrics={{}}, alias="champion")
assert registry.resolve().version == 1
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (done.stdout, done.stderr) == ("", "")


def test_no_registry_is_made_by_asking(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"there is no registry at .* train a classifier first"):
        registry_of(tmp_path).resolve()
    assert not list(tmp_path.iterdir())


def test_what_is_missing_is_named(warehouse: Path) -> None:
    registry = registry_of(warehouse)
    with pytest.raises(RegistryError, match="cannot find 'nobody' of the model"):
        registry.resolve("nobody")
    with pytest.raises(RegistryError, match="cannot find version 99"):
        registry.version(99)
    with pytest.raises(RegistryError, match="cannot point 'champion' at version 99"):
        registry.set_alias("champion", 99)
    with pytest.raises(RegistryError, match="of the model 'other'"):
        registry_of(warehouse, classifier="other").resolve()


def test_a_server_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    registry = registry_of(None, tracking_uri="http://127.0.0.1:9")
    with pytest.raises(RegistryError, match="cannot find 'champion'"):
        registry.resolve()


def test_a_file_that_is_no_registry(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database, but long enough to be read as one" * 50)
    with pytest.raises(RegistryError, match="cannot find 'champion'"):
        registry_of(tmp_path).resolve()


def test_a_folder_without_a_classifier_is_not_logged(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        registry_of(tmp_path / "w").log_classifier(tmp_path, params={}, metrics={})
    assert not (tmp_path / "w").exists()


def test_nowhere_to_be(saved: Path) -> None:
    with pytest.raises(RegistryError, match=r"set registry\.tracking_uri"):
        registry_of(None).resolve()


def test_a_catalogs_model_is_registered_in_unity_catalog() -> None:
    registry = registry_of(None, tracking_uri="databricks", classifier="main.lantern.classifier")
    assert registry.connection.registry_uri == "databricks-uc"
    assert registry_of(None, tracking_uri="databricks").connection.registry_uri == "databricks"
