"""The notebook runs as plain Python over a warehouse, and says what is in it."""

from __future__ import annotations

import datetime as dt
import runpy
import sys
from pathlib import Path

import pytest

from lantern.tables.catalog import table_spec

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "explore_night.py"
FIRST, SECOND = dt.date(2026, 3, 1), dt.date(2026, 3, 2)


def _rows(spark, table, rows):  # type: ignore[no-untyped-def]
    """Rows of a table from the columns that matter; the others get a plain value of their type."""
    plain = {"string": "x", "date": FIRST, "boolean": False, "int": 1, "float": 0.0}
    spec = table_spec(table)
    full = []
    for row in rows:
        values = {
            c.name: None if c.nullable else plain.get(c.type, [] if "array" in c.type else 0)
            for c in spec.columns
        }
        assert row.keys() <= values.keys()
        full.append(tuple((values | row).values()))
    return spark.createDataFrame(full, spec.ddl)


def _score(member, posting, level, day):  # type: ignore[no-untyped-def]
    p = [float(level == name) for name in ("Low", "Medium", "High")]
    return {
        "member_id": member,
        "posting_id": posting,
        "level": level,
        "p_low": p[0],
        "p_medium": p[1],
        "p_high": p[2],
        "score": p[1] / 2 + p[2],
        "scored_on": day,
    }


def _run(monkeypatch, capsys, folder):  # type: ignore[no-untyped-def]
    monkeypatch.setattr(sys, "argv", [str(NOTEBOOK), str(folder)])
    for name in ("LANTERN_WAREHOUSE", "LANTERN_CATALOG", "LANTERN_MEMBER"):
        monkeypatch.delenv(name, raising=False)
    runpy.run_path(str(NOTEBOOK))
    return capsys.readouterr().out


def test_it_shows_a_second_night(spark, warehouse, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    for name in ("members", "requirements", "candidates"):
        warehouse.ensure(name)
    warehouse.append(
        "postings", _rows(spark, "postings", [{"posting_id": "p1", "title": "Night nurse"}])
    )
    reason = "You are a High fit for this job. Your licence is what they ask for."
    warehouse.append(
        "explanations",
        _rows(
            spark,
            "explanations",
            [{"member_id": "m1", "posting_id": "p1", "level": "High", "explanation": reason}],
        ),
    )
    refused = {"table": "members", "key": "m9", "stage": "ingest", "reason": "no letters"}
    warehouse.append("quarantine", _rows(spark, "quarantine", [refused]))
    first = [_score("m1", "p1", "Low", FIRST), _score("m2", "p1", "Medium", FIRST)]
    second = [_score("m1", "p1", "High", SECOND), _score("m3", "p1", "Low", SECOND)]
    warehouse.append("fit_scores", _rows(spark, "fit_scores", first))
    warehouse.merge("fit_scores", _rows(spark, "fit_scores", second))

    out = _run(monkeypatch, capsys, warehouse.root)

    shown = [[cell.strip() for cell in line.split("|")[1:-1]] for line in out.splitlines()]
    assert ["postings", "1", "1"] in shown
    assert ["High", "1", "0.333", "1.0", "1"] in shown
    assert "Jobs of member m1" in out
    assert ["p1", "Night nurse", "High", "1.0"] in shown
    assert reason in out
    assert f"Changes of the night of {SECOND}" in out
    assert [row for row in shown if row[:1] in (["kept"], ["new"], ["another level"])] == [
        ["another level", "1"],
        ["kept", "1"],
        ["new", "1"],
    ]
    assert ["m1", "p1", "Low", "High"] in shown
    assert ["members", "ingest", "no letters", "1", str(FIRST)] in shown


def test_a_folder_without_a_night_is_refused_and_left_alone(
    spark, tmp_path, monkeypatch, capsys
) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SystemExit, match="no night in"):
        _run(monkeypatch, capsys, tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
