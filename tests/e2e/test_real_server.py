"""T1's three stages against a real OpenAI-compatible server: ``transformers serve``, a tiny model.

What the model knows is three answers by heart (``overfitted_teacher.py``): the test is of the way
from Spark through the protocol into the tables, not of the answers' worth.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai", reason="the teacher behind an API needs the extra `teacher`")
pytest.importorskip("presidio_analyzer", reason="redaction needs the extra `teacher`")
pytest.importorskip("uvicorn", reason="transformers serve needs transformers[serving]")

from lantern.errors import ExitCode, TeacherError
from tests.e2e.teacher_market import Market, manifest, rows

pytestmark = pytest.mark.e2e
_PATIENCE_S = 300


@dataclass
class Served:
    """A running server and the models in its reach."""

    base_url: str
    model: Path
    without_template: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    from tests.e2e.overfitted_teacher import save_teacher

    root = tmp_path_factory.mktemp("models")
    model, bare = root / "tiny", root / "bare"
    save_teacher(model)
    shutil.copytree(model, bare)
    (bare / "chat_template.jinja").unlink()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = Path(sys.executable).with_name("transformers")
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with (root / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(command), "serve", "--port", str(port), "--device", "cpu"],
            stdout=log,
            stderr=log,
            env=environment,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", process, root / "log")
            yield Served(f"http://127.0.0.1:{port}/v1", model, bare)
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - this machine
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.5)
    raise AssertionError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")


def test_three_stages_of_a_real_server_land_in_the_tables(
    spark: Any, served: Served, tmp_path: Path
) -> None:
    market = Market(spark, tmp_path)
    pairs = market.fill("real", 3, 2, requirements=False)
    options = market.options(
        "real",
        served.base_url,
        "extract.by=teacher",
        f"teacher.model={served.model}",
        "teacher.timeout_s=120",
        "teacher.concurrency=2",
        "teacher.price.input_per_1k=0.5",
    )
    context, code = market.run(options, ("extract", "label"))
    assert code == ExitCode.DONE
    assert [r["requirements"][0]["text"] for r in rows(context, "requirements")] == [
        "Experience with Python"
    ] * 2
    labels = rows(context, "teacher_labels")
    assert len(labels) == pairs
    assert not rows(context, "quarantine")
    for row in labels:
        assert row["level"] == "Low"
        assert "- Experience with Python [not shown]\nSummary: Your profile" in row["explanation"]
        assert len(row["raw"]) == 2
        assert row["tokens_in"] > 1000
        assert row["cost"] == pytest.approx(row["tokens_in"] * 0.5 / 1000)
    answers = rows(context, "teacher_answers")
    stages = [r["stage"] for r in answers]
    # The two postings differ in nothing that stage 3 reads but their titles.
    assert {stage: stages.count(stage) for stage in set(stages)} == {
        "extract": 2,
        "evaluate": pairs,
        "explain": 2,
    }
    assert manifest(context, "label")["counts"]["answers"] == pairs + 2


def test_a_model_without_a_chat_template_ends_the_run_with_one_line(
    spark: Any, served: Served, tmp_path: Path
) -> None:
    """This server answers 500 to it; the line says what that may mean."""
    market = Market(spark, tmp_path)
    market.fill("bare", 3, 1)
    options = market.options(
        "bare",
        served.base_url,
        f"teacher.model={served.without_template}",
        "teacher.timeout_s=120",
        "teacher.give_up_after=2",
        "teacher.max_attempts=2",
    )
    with pytest.raises(TeacherError, match="a model without a chat template fails so") as error:
        market.run(options)
    assert "\n" not in str(error.value)
    assert not rows(market.context(options), "teacher_labels")
