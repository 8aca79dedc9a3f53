"""The command line: exit codes, and what is said of wrong use, without any Spark."""

from __future__ import annotations

from pathlib import Path

import pytest

from lantern.cli import main
from lantern.errors import ExitCode
from lantern.steps.runner import STEPS
from lantern.tables.catalog import TABLES

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _no_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("Spark was started")

    monkeypatch.setattr("lantern.steps.context.open_session", refuse)


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["score", "--set", "score.wave_pair=3"], "unknown setting 'score.wave_pair'"),
        (["score", "--env", "moon"], "unknown environment 'moon'"),
        (["score", "--date", "yesterday"], "yesterday"),
        (["fly"], "No such command"),
        (["sample", "--members", "0"], "greater than or equal to 1|at least one"),
        (["sample", "--change", "1.5"], "a share above 0 and up to 1"),
        (["demo", "--folder", "."], "a folder of its own"),
    ],
)
def test_wrong_use_ends_with_2_and_says_why(
    argv: list[str], told: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    if argv[0] == "sample":
        argv = [*argv, "--set", f"sample.path={tmp_path / 'sample'}"]
    assert main(argv) == ExitCode.USAGE
    told_parts = told.split("|")
    error = capsys.readouterr().err
    assert any(part in error for part in told_parts), error
    assert "Traceback" not in error


def test_every_step_has_a_job_a_module_and_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for step in STEPS:
        assert (ROOT / "jobs" / f"{step}.py").is_file()
        assert (ROOT / "lantern" / "steps" / f"{step}.py").is_file()
        assert step.replace("_", "-") in shown


def test_tables_prints_the_registry(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tables"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in TABLES)
    assert main(["tables", "fit_scores"]) == 0
    shown = capsys.readouterr().out
    assert "CHECK probabilities" in shown
    assert "model_version" in shown
    assert main(["tables", "scores"]) == ExitCode.FAILED


def test_a_demo_does_not_empty_a_folder_of_somebody_elses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "thesis.txt"
    mine.write_text("three years of work")
    assert main(["demo", "--folder", str(tmp_path)]) == ExitCode.USAGE
    assert mine.read_text() == "three years of work"
    assert "was not made by a demo" in capsys.readouterr().err


def test_a_wrong_setting_leaves_an_earlier_demo_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".lantern-demo").touch()
    (tmp_path / "report.html").write_text("of an earlier demo")
    argv = ["demo", "--folder", str(tmp_path), "--set", "curate.pairs=700"]
    assert main(argv) == ExitCode.USAGE
    assert "unknown setting 'curate.pairs'" in capsys.readouterr().err
    assert (tmp_path / "report.html").read_text() == "of an earlier demo"
