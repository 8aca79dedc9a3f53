"""T1 over an API from Spark: nothing is lost, nothing is paid twice, what fails has its reason."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai", reason="the teacher behind an API needs the extra `teacher`")
pytest.importorskip("presidio_analyzer", reason="redaction needs the extra `teacher`")

from lantern.cli import main
from lantern.errors import ExitCode, TeacherError
from lantern.fit import parse_explanation
from tests.e2e.conftest import IN_A_SHORT_JVM
from tests.e2e.teacher_market import DAY, Market, manifest, rows, said
from tests.teachers.scripted_server import Fault, ScriptedServer, Seen, answer_of

pytestmark = pytest.mark.e2e
_PATIENCE_S = 240


@pytest.fixture(scope="module")
def market(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Market:
    return Market(spark, tmp_path_factory.mktemp("market"))


def some_faults(_: ScriptedServer, seen: Seen) -> Fault | None:
    """Faults by what is asked: of one member for good, of others in passing."""
    asked = seen.body["messages"][1]["content"]
    firm = next((n for n in range(8) if f"firm {n}." in asked), None)
    if seen.stage == "EXTRACT" and "Worker 1" in asked:
        return Fault(content="no JSON, whatever is said")
    if seen.stage == "EVALUATE" and firm == 1:
        return Fault(status=503)
    if seen.stage == "EVALUATE" and firm == 2:
        return Fault(content='{"verdicts": [')
    if seen.stage == "EVALUATE" and firm == 3 and not seen.repair:
        return Fault(content=answer_of(seen.body)[:-3])
    return None


def test_the_three_stages_run_from_spark_and_failures_are_named(market: Market) -> None:
    pairs = market.fill("stages", 5, 3, requirements=False)
    with ScriptedServer(faults=some_faults) as server:
        options = market.options("stages", server.base_url, "extract.by=teacher")
        context, code = market.run(options, ("extract", "label"))
        stages, answered, seen = server.stages(), server.answered(), list(server.seen)
        assert code == ExitCode.DONE
        assert set(answered.values()) == {1}
        # Stage 1: once a posting, whatever the pairs; one of the three could not be read twice.
        assert (stages["EXTRACT"], stages["EXTRACT repair"]) == (3, 1)
        labels = rows(context, "teacher_labels")
        quarantined = {
            row["key"]: row["reason"]
            for row in rows(context, "quarantine")
            if row["table"] == "teacher_labels"
        }
        named = {(r["member_id"], r["posting_id"]) for r in labels}
        assert len(named) == len(labels) == 9
        assert {key.split("|")[0] for key in quarantined} == {"m1", "m2"}
        assert len(named) + len(quarantined) == pairs
        assert (
            quarantined["m1|p0"] == "evaluate: 3 attempts failed, the last: HTTP 503 scripted_error"
        )
        assert quarantined["m2|p0"].endswith("also after one repair")
        stood_in = [r for r in rows(context, "quarantine") if r["table"] == "requirements"]
        assert [r["key"] for r in stood_in] == ["p1"]
        extractors = {r["posting_id"]: r["extractor"] for r in rows(context, "requirements")}
        assert extractors["p1"].startswith("rules-")
        assert extractors["p0"] == extractors["p2"] != extractors["p1"]
        for row in labels:
            assessment = parse_explanation(row["explanation"])
            assert assessment.level.label == row["level"]
            assert len(row["raw"]) == (3 if row["member_id"] == "m3" else 2)
        figures = manifest(context, "label")
        sent = [s for s in seen if s.stage != "EXTRACT"]
        assert figures["counts"]["calls"] == len(sent)
        assert figures["counts"]["answers"] == sum(s.answered for s in sent)
        assert figures["counts"]["tokens_in"] > 0
        assert figures["outcome"] == "done"
        told = " ".join(str(s.body["messages"]) for s in seen)
        assert "Maria" not in told
        assert "@example.com" not in told
        # The same run again: what failed for good was paid for already; 503 is tried again.
        again, _ = market.run(options)
        assert server.answered() == answered
        assert rows(again, "teacher_labels") == labels
        assert manifest(again, "label")["counts"]["answers"] == 0


def test_a_budget_stops_cleanly_and_the_next_run_goes_on(market: Market) -> None:
    pairs = market.fill("budget", 6, 2)
    with ScriptedServer() as server:
        options = market.options("budget", server.base_url)
        context, code = market.run([*options, "teacher.budget.calls=11"])
        assert code == ExitCode.DONE
        assert len(server.seen) == 11
        labelled = len(rows(context, "teacher_labels"))
        assert 3 <= labelled < pairs
        stop = next(line for line in said(context) if line["what"] == "budget spent")
        assert stop["pairs_remaining"] == pairs - labelled
        figures = manifest(context, "label")
        assert figures["counts"]["remaining"] == pairs - labelled
        assert figures["facts"]["stopped"] == "the budget is spent"
        rest, _ = market.run(options)
        assert len(rows(rest, "teacher_labels")) == pairs
        assert set(server.answered().values()) == {1}
        assert not rows(rest, "quarantine")


def test_killed_in_the_middle_it_goes_on_without_a_repeated_call(market: Market) -> None:
    """kill -9 of driver, JVM and workers while answers stand on disk that no table holds yet.

    What was on its way at that moment is never answered here, so it is not paid either.
    """
    pairs = market.fill("killed", 8, 2)
    kept = 9

    def stuck(server: ScriptedServer, _: Seen) -> Fault | None:
        done = sum(seen.answered for seen in server.seen)
        return Fault(hang_s=600) if done >= kept and not server.released.is_set() else None

    with ScriptedServer(faults=stuck) as server:
        options = market.options("killed", server.base_url, "teacher.timeout_s=600")
        command = [sys.executable, "-m", "lantern", "label", "--date", DAY.isoformat()]
        process = subprocess.Popen(
            [*command, IN_A_SHORT_JVM, *(f"--set={option}" for option in options)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        answers = market.root / "killed" / "_answers" / "label"

        def settled() -> bool:
            """All that was answered is on disk, and nothing more is being answered."""
            written = len(list(answers.glob("*.json")))
            time.sleep(1)
            return kept <= written == sum(server.answered().values())

        try:
            assert _reached(process, settled)
        finally:
            _kill_all(process)
        paid = server.answered()
        assert sum(paid.values()) >= kept
        server.released.set()
        context, code = market.run(options)
        assert code == ExitCode.DONE
        assert set(server.answered().values()) == {1}, "an answer was paid for twice"
        assert len(rows(context, "teacher_labels")) == pairs
        figures = manifest(context, "label")["counts"]
        assert figures["recovered"] == sum(paid.values())
        assert figures["answers"] == sum(server.answered().values()) - sum(paid.values())
        assert not answers.exists()
        keys = Counter((r["key"], r["turn"]) for r in rows(context, "teacher_answers"))
        assert len(keys) == len(server.answered())


def _kill_all(process: subprocess.Popen[bytes]) -> None:
    """kill -9 the driver, its JVM and Spark's workers, which have a process group of their own."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        told = subprocess.run(
            ["ps", "-eo", "pid=,sess="], capture_output=True, text=True, check=True
        )
        pairs = [line.split() for line in told.stdout.splitlines()]
        ours = [int(pid) for pid, session in pairs if session == str(process.pid)]
        for pid in ours:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.poll()
        if not ours:
            return
        time.sleep(0.05)
    raise AssertionError("something of the killed run is still alive")


def _reached(process: subprocess.Popen[bytes], point: Any) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        if point():
            return True
        time.sleep(0.05)
    return False


def test_an_endpoint_that_fails_keeps_what_was_answered_and_says_why(market: Market) -> None:
    market.fill("dead", 6, 1)

    def dies(server: ScriptedServer, _: Seen) -> Fault | None:
        """The first four requests are answered, whatever runs beside them."""
        return Fault(status=500) if len(server.seen) > 4 else None

    with ScriptedServer(faults=dies) as server:
        options = market.options("dead", server.base_url, "teacher.give_up_after=2")
        with pytest.raises(TeacherError, match="failed 2 requests in a row"):
            market.run(options)
        context = market.context(options)
        assert manifest(context, "label")["outcome"] == "failed"
        assert sum(server.answered().values()) == 4
        assert len(rows(context, "teacher_answers")) == 4


@pytest.mark.parametrize("case", ["no key", "wrong key", "unreachable"])
def test_what_can_be_known_is_said_before_spark_starts(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("Spark was started")

    monkeypatch.setattr("lantern.steps.context.open_session", refuse)
    monkeypatch.setenv("LANTERN_TEST_KEY", "wrong")
    if case == "no key":
        monkeypatch.delenv("LANTERN_TEST_KEY")
    with ScriptedServer(key="right") as server:
        base_url = "http://127.0.0.1:9/v1" if case == "unreachable" else server.base_url
        options = Market(None, tmp_path).options("w", base_url, "teacher.connect_timeout_s=1")
        options.append("teacher.api_key_env=LANTERN_TEST_KEY")
        code = main(["label", *(f"--set={option}" for option in options)])
        assert not server.seen, "no request of ours was sent"
    told = {
        "no key": (ExitCode.USAGE, "set the environment variable LANTERN_TEST_KEY"),
        "wrong key": (ExitCode.FAILED, "refused the key in $LANTERN_TEST_KEY"),
        "unreachable": (ExitCode.FAILED, "cannot be reached"),
    }[case]
    error = capsys.readouterr().err.strip()
    assert code == told[0]
    assert told[1] in error
    assert len(error.splitlines()) == 1
