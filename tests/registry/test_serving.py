from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lantern.fit import FitLevel, parse_explanation
from lantern.registry.pairs import Pairs
from lantern.registry.serving import serving_texts
from tests.inference.tiny_models import classifier_of
from tests.registry.test_store import registry_of

ASKED = {
    "title": "Registered nurse",
    "profile": "Registered Nurse with a nursing license. Cared for patients on a ward, 5 years.",
}
POSTING = "Requirements:\n- Nursing license\n- 3 years of experience in surgical nursing\n"
STARTS_WITHIN = 600


@pytest.fixture(scope="module")
def server(tiny_bert: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`mlflow models serve` of a pair, as an operator starts it; its address."""
    folder = tmp_path_factory.mktemp("served")
    model = classifier_of(tiny_bert, max_tokens=128)
    model.calibrate(1.5)
    model.save(folder / "model")
    registry = registry_of(folder)
    pair = Pairs(registry).log(
        registry.log_classifier(folder / "model", params={}, metrics={}), None
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    command += ["-m", f"models:/{pair.name}/{pair.version}", "-h", "127.0.0.1", "-p", str(port)]
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": registry.connection.tracking_uri,
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "OMP_NUM_THREADS": "1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    log = folder / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env=environment, cwd=folder, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process, log)
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(STARTS_WITHIN * 2):
        try:
            urllib.request.urlopen(f"{address}/ping", timeout=5)  # noqa: S310
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert process.poll() is None, log.read_text()[-2000:]
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"it did not start: {log.read_text()[-2000:]}")


def ask(address: str, body: Any) -> tuple[int, Any]:
    """Status and answer of a request, by Python's plain HTTP client."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310
        f"{address}/invocations", data, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize(
    "asked",
    [
        {"posting": POSTING},
        {"requirements": "nursing license\n3 years of experience in surgical nursing"},
    ],
)
def test_it_answers_with_level_probabilities_and_explanation(
    server: str, asked: dict[str, str]
) -> None:
    status, answer = ask(server, {"dataframe_records": [ASKED | asked, ASKED | asked]})
    assert status == 200, answer
    first, second = answer["predictions"]
    assert first == second
    probabilities = [first["p_low"], first["p_medium"], first["p_high"]]
    assert sum(probabilities) == pytest.approx(1, abs=1e-4)
    level = FitLevel(probabilities.index(max(probabilities)))
    assert first["level"] == level.label
    assert first["score"] == pytest.approx(probabilities[1] / 2 + probabilities[2], abs=1e-5)
    explained = parse_explanation(first["explanation"])
    assert explained.level is level
    assert len(explained.verdicts) == 2
    assert all(v.quote in ASKED["profile"] for v in explained.verdicts if v.quote)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not json", "JSON"),
        ({"rows": []}, "dataframe_split"),
        ({"dataframe_records": [{"title": "Nurse", "posting": POSTING}]}, "profile"),
        ({"dataframe_records": [ASKED]}, "row 0: give the text of either posting or requ"),
        (
            {"dataframe_records": [ASKED | {"posting": POSTING, "requirements": "x"}]},
            "and not of both",
        ),
        (
            {"dataframe_records": [ASKED | {"posting": POSTING}, ASKED | {"posting": "Hm."}]},
            "row 1: posting: too few letters",
        ),
        (
            {"dataframe_records": [ASKED | {"posting": POSTING, "profile": "  "}]},
            "row 0: profile: the text is missing",
        ),
        ({"dataframe_records": [ASKED | {"posting": POSTING, "profile": 7}]}, "profile"),
    ],
)
def test_what_cannot_be_answered_is_a_4xx_with_its_reason(
    server: str, body: Any, reason: str
) -> None:
    status, answer = ask(server, body)
    assert 400 <= status < 500, answer
    assert reason in answer


def test_documents_are_built_as_at_night() -> None:
    texts = serving_texts(ASKED | {"posting": POSTING}, 0)
    assert [item.text for item in texts.extracted.requirements] == [
        "Nursing license",
        "3 years of experience in surgical nursing",
    ]
    assert texts.extracted.model_text.startswith("Registered nurse\n")
    assert "nursing license" in texts.profile.model_text.lower()
