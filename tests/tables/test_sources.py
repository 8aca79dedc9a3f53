"""Reading sources: mapping, and what is said of files that cannot be used."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lantern.config import SourceSettings
from lantern.errors import InputError
from lantern.tables.sources import read_source

COLUMNS = {"text": "Resume", "headline": "Category"}


def _read(spark, path: Path, format_: str = "csv", columns=COLUMNS, kind: str = "members"):  # type: ignore[no-untyped-def]
    settings = SourceSettings(path=str(path), format=format_, columns=columns)
    return read_source(spark, kind, settings, salt="1")


def test_csv_with_quotes_and_line_breaks(spark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "resumes.csv"
    path.write_text('Category,Resume\nSales,"Sold ""big"" deals\nin two lines, daily"\nLaw,plain\n')
    rows = _read(spark, path).rows.orderBy("headline").collect()
    assert [row["text"] for row in rows] == ["plain", 'Sold "big" deals\nin two lines, daily']
    assert rows[0]["member_id"] is None
    assert len(rows[0]["source_hash"]) == 64


def test_jsonl_with_structure_and_a_broken_line(spark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "members.jsonl"
    row = {
        "member_id": "m1",
        "text": "about me",
        "skills": ["Java", "SQL"],
        "positions": [{"title": "Developer", "company": "Acme", "years": 2}],
        "years": 3,
    }
    path.write_text(json.dumps(row) + "\n{not json\n")
    columns = {name: name for name in ("member_id", "text", "skills", "positions", "years")}
    source = _read(spark, path, "jsonl", columns)
    read = source.rows.collect()
    assert len(read) == 1
    assert read[0]["skills"] == ["Java", "SQL"]
    assert read[0]["positions"][0].asDict() == {
        "title": "Developer",
        "company": "Acme",
        "years": 2.0,
        "description": None,
    }
    broken = source.broken.collect()
    assert [b["reason"] for b in broken] == ["not a valid jsonl row"]
    assert "not json" not in str(broken)


def test_skills_given_as_text_are_split(spark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "m.csv"
    path.write_text('about,skills\nhello,"Java; SQL , Go"\n')
    rows = _read(spark, path, "csv", {"text": "about", "skills": "skills"}).rows.collect()
    assert rows[0]["skills"] == ["Java", "SQL", "Go"]


@pytest.mark.parametrize("format_", ["parquet", "delta"])
def test_columnar_formats(spark, tmp_path: Path, format_: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "members"
    spark.createDataFrame([("Sales", "text")], "Category string, Resume string").write.format(
        format_
    ).save(str(path))
    assert _read(spark, path, format_).rows.collect()[0]["text"] == "text"


def test_the_hash_depends_on_content_and_salt_alone(spark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "r.csv"
    path.write_text("Category,Resume\nA,one\nA,two\nA,one\n")
    hashes = [r["source_hash"] for r in _read(spark, path).rows.collect()]
    assert len(set(hashes)) == 2
    settings = SourceSettings(path=str(path), format="csv", columns=COLUMNS)
    salted = read_source(spark, "members", settings, salt="2").rows.collect()
    assert not set(hashes) & {r["source_hash"] for r in salted}


def test_no_such_file(spark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="no such file"):
        _read(spark, tmp_path / "absent.csv")


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_empty_file(spark, tmp_path: Path, format_: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "empty"
    path.write_text("")
    with pytest.raises(InputError, match="empty"):
        _read(spark, path, format_)


def test_header_only(spark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "head.csv"
    path.write_text("Category,Resume\n")
    source = _read(spark, path)
    with pytest.raises(InputError, match=r"head\.csv: the file is empty"):
        source.check_read(source.rows.count())


def test_missing_column_names_it_and_what_is_there(spark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "r.csv"
    path.write_text("Kind,Body\na,b\n")
    with pytest.raises(InputError, match=r"no column Category, Resume; the file has Kind, Body"):
        _read(spark, path)


def test_binary_as_csv(spark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "r.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(4096))
    with pytest.raises(InputError, match="binary"):
        _read(spark, path)


def test_binary_as_jsonl(spark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\x1f\x8b\x08" + os.urandom(4096))
    with pytest.raises(InputError, match="no line is a JSON object"):
        _read(spark, path, "jsonl")


def test_csv_as_parquet(spark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "r.parquet"
    path.write_text("Category,Resume\na,b\n")
    with pytest.raises(InputError, match="not a readable parquet file"):
        _read(spark, path, "parquet")


def test_an_unset_path_and_an_unknown_field(spark, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=r"input.members.path is not set"):
        read_source(spark, "members", SourceSettings(path=None, format="csv", columns={}), salt="1")
    with pytest.raises(InputError, match="unknown fields body"):
        _read(spark, tmp_path, columns={"body": "Resume"})
    with pytest.raises(InputError, match="must map text"):
        _read(spark, tmp_path, columns={"headline": "Category"})
