"""What `lantern review` refuses before any Spark starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from lantern.cli import main
from lantern.errors import ExitCode


@pytest.fixture(autouse=True)
def _no_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("Spark was started")

    monkeypatch.setattr("lantern.steps.context.open_session", refuse)


def test_wrong_use_is_told_early(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "reviews.csv").write_text("somebody's work")
    (tmp_path / "cut.json").write_text("[{")
    cases = [
        (["export"], ExitCode.USAGE, "--out"),
        (["export", "--out", str(tmp_path / "used")], ExitCode.USAGE, "name another --out"),
        (["export", "--out", "x", "--format", "xlsx"], ExitCode.USAGE, "xlsx"),
        (["export", "--out", "x", "--pairs", "0"], ExitCode.USAGE, "x>=1"),
        (["export", "--out", "x", "--without", str(tmp_path)], ExitCode.FAILED, "no such file"),
        (["import", str(tmp_path / "cut.json")], ExitCode.FAILED, "with --batch"),
        (["import"], ExitCode.USAGE, "FILE"),
        (["agreement", "--set", "review.deciding=1"], ExitCode.USAGE, "review.deciding"),
    ]
    for argv, code, told in cases:
        assert main(["review", *argv]) == code, argv
        error = capsys.readouterr().err
        assert told in error
        assert "Traceback" not in error
    assert not Path("x").exists()
