"""Answers out to reviewers, decisions in, D_seed out of both: on real tables, in one session."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest

from lantern.batch.progress import Reporter
from lantern.config import load_settings
from lantern.errors import InputError
from lantern.reviews.batch_folder import make_manifest, read_manifest, write_batch
from lantern.steps import curate, review_agreement, review_export, review_import
from lantern.steps.context import Context
from lantern.steps.runner import run_recorded
from lantern.tables.catalog import table_spec

DAY = dt.date(2026, 3, 1)
PROFILE = "Ada Example, ada@example.org\nbuilt Python services\nran containers with Docker"
ANSWERS = {
    "Low": "Python [not shown]\n- Docker [partly met]",
    "Medium": 'Python [met]: "built Python services"\n- Docker [not shown]',
    "High": 'Python [met]: "built Python services"\n- Docker [met]: "containers with Docker"',
}


def explained(level: str, summary: str = "What the profile shows.") -> str:
    end = "" if level == "High" else "\nNext step: Say more."
    lines = f"Requirements:\n- {ANSWERS[level]}\nSummary: {summary}{end}"
    return f"You are a {level} fit for this job.\n{lines}"


def append(warehouse: Any, table: str, *rows: dict[str, Any]) -> None:
    """Rows with what the test does not care about filled in by type."""
    empty = {"string": "-", "int": 0, "bigint": 0, "double": 0.0, "boolean": False, "date": DAY}
    spec = table_spec(table)
    values = [
        tuple(row.get(c.name, None if c.nullable else empty.get(c.type, [])) for c in spec.columns)
        for row in rows
    ]
    warehouse.append(table, warehouse.spark.createDataFrame(values, spec.ddl))


def label(posting: str, level: str, teacher: str = "rubric", **given: Any) -> dict[str, Any]:
    return {
        "member_id": "m1",
        "posting_id": posting,
        "teacher": teacher,
        "prompt_version": "v1",
        "member_fingerprint": "f1",
        "posting_fingerprint": "g1",
        "requirements_version": "r1",
        "level": level,
        "explanation": explained(level),
        **given,
    }


@pytest.fixture
def context(spark: Any, tmp_path: Path) -> Context:
    pytest.importorskip("presidio_analyzer", reason="the extra 'teacher' is not installed")
    settings = load_settings("local", [f"warehouse.path={tmp_path / 'tables'}"])
    made = Context(settings, DAY, reporter=Reporter(io.StringIO(), terminal=False))
    vars(made)["spark"] = spark
    postings = ("split", "wavering", "plain", "invented", "stale")
    asked = [
        {"kind": "skill", "importance": "must_have", "text": text, "any_of": False, "skills": []}
        for text in ("Python", "Docker")
    ]
    warehouse = made.warehouse
    member = {"member_id": "m1", "fingerprint": "f1", "name": "Ada Example", "text": PROFILE}
    append(warehouse, "members", member)
    append(warehouse, "postings", *[{"posting_id": p, "fingerprint": "g1"} for p in postings])
    append(
        warehouse,
        "requirements",
        *[
            {"posting_id": p, "posting_fingerprint": "g1", "version": "r1", "requirements": asked}
            for p in postings
        ],
    )
    append(
        warehouse,
        "base_pairs",
        *[
            {
                "member_id": "m1",
                "posting_id": p,
                "split": "train",
                "stratum": "near",
                "field": "it",
                "level": "Low",
            }
            for p in postings
        ],
    )
    wavering = [
        label("wavering", level, "api", sample=n, explanation=explained(level, f"Sample {n}."))
        for n, level in enumerate(["High", "Medium", "Medium"])
    ]
    invented = explained("Medium").replace("built Python", "invented Python")
    append(
        warehouse,
        "teacher_labels",
        label("split", "Low"),
        label("split", "High", "api"),
        *wavering,
        label("plain", "Medium"),
        label("invented", "Medium", explanation=invented),
        label("stale", "Medium", member_fingerprint="f0"),
    )
    return made


def exported(context: Context, folder: Path, format_: Any, pairs: int = 10) -> None:
    asked = review_export.Export.asked(format_, pairs, folder)
    run_recorded(context, review_export.STEP, lambda c, m: review_export.run(c, m, asked))


def imported(context: Context, path: Path, **options: Any) -> int:
    """Import a file; returns the version of ``reviews`` afterwards."""
    options = {"folder": None, "reviewer": None, "replace": False} | options
    given = review_import.Import.given(path, **options)
    run_recorded(context, review_import.STEP, lambda c, m: review_import.run(c, m, given))
    return context.warehouse.version("reviews")


def refused(context: Context, path: Path, told: str, **options: Any) -> None:
    before = context.warehouse.version("reviews")
    with pytest.raises(InputError, match=told):
        imported(context, path, **options)
    assert context.warehouse.version("reviews") == before


def rows(context: Context, table: str, *columns: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in context.warehouse.read(table).select(*columns).collect())


def last_run(context: Context, step: str) -> Any:
    runs = context.warehouse.read("runs").where(f"step = '{step}' AND outcome = 'done'")
    return runs.orderBy("started_at").collect()[-1]


def annotation(by: int, decision: str, **given: str) -> dict[str, Any]:
    result = [{"from_name": "decision", "value": {"choices": [decision]}}]
    if "level" in given:
        result.append({"from_name": "level", "value": {"choices": [given["level"]]}})
    if "note" in given:
        result.append({"from_name": "note", "value": {"text": [given["note"]]}})
    if "edited" in given:
        result.append({"from_name": "edited", "value": {"text": [given["edited"]]}})
    made_at = "2026-03-02T10:00:00Z"
    return {"id": by, "completed_by": by, "created_at": made_at, "result": result}


def test_out_edited_in_twice_and_curated(context: Context, tmp_path: Path) -> None:
    exported(context, tmp_path / "one", "label-studio")
    tasks = json.loads((tmp_path / "one" / "tasks.json").read_text())
    # Both levels of the split pair are as far apart as can be; two of three samples agree; the
    # plain and the invented one have the common level; the stale one has no answer that holds.
    shown = [task["data"]["explanation"] for task in tasks]
    assert shown[:2] == [explained("High"), explained("Medium", "Sample 1.")]
    assert sorted(shown[2:]) == [
        explained("Medium"),
        explained("Medium").replace("built Python", "invented Python"),
    ]
    assert "Ada" not in str(tasks)
    assert "ada@" not in str(tasks)
    counts = last_run(context, review_export.STEP)["counts"]
    assert counts["tasks"] == 4
    assert (counts["disagreement"], counts["inconsistency"]) == (1, 1)

    split, wavering = tasks[0], tasks[1]
    better = explained("High", "Everything is there.")
    split["annotations"] = [annotation(1, "edit", edited=better), annotation(2, "accept")]
    wavering["annotations"] = [
        annotation(1, "accept"),
        annotation(2, "reject", level="Low", note="says too little"),
    ]
    for task in tasks[2:]:
        task["annotations"] = []
    path = tmp_path / "one" / "export.json"
    path.write_text(json.dumps(tasks))
    first = imported(context, path)
    told = ("posting_id", "reviewer", "decision", "level", "explanation", "reason")
    written = rows(context, "reviews", *told)
    assert written == [
        ("split", "ls-1", "edit", "High", better, None),
        ("split", "ls-2", "accept", "High", None, None),
        ("wavering", "ls-1", "accept", "Medium", None, None),
        ("wavering", "ls-2", "reject", "Low", None, "says too little"),
    ]
    assert imported(context, path) == first
    assert rows(context, "reviews", *told) == written

    whole = path.read_text()
    path.write_text(whole[:-9])
    refused(context, path, "not whole JSON")
    path.write_text(whole.replace("Sample 1.", "Sample 9."))
    refused(context, path, "were changed")
    path.write_text(whole.replace("says too little", "says too much"))
    refused(context, path, "--replace takes the new ones")
    _foreign(context, tmp_path, whole)

    _queued_again(context, tmp_path)
    split["annotations"].append(annotation(3, "edit", edited=better))
    path.write_text(json.dumps(tasks))
    assert imported(context, path) == first + 1
    assert len(rows(context, "reviews", "reviewer")) == 5
    _agreement(context)
    _seed(context, better)


def _foreign(context: Context, tmp_path: Path, whole: str) -> None:
    """A batch that is whole in itself, but was not given out by these tables."""
    ours = read_manifest(tmp_path / "one")
    theirs = make_manifest("label-studio", [], weights={}, counts={"rarity": 7})
    theirs = theirs.model_copy(update={"tasks": ours.tasks, "batch": ""})
    from lantern.reviews.batch_folder import _batch_id

    theirs = theirs.model_copy(update={"batch": _batch_id(theirs)})
    write_batch(tmp_path / "foreign", theirs, [])
    path = tmp_path / "foreign" / "export.json"
    path.write_text(whole.replace(ours.batch, theirs.batch))
    refused(context, path, "not exported from these tables")


def _queued_again(context: Context, tmp_path: Path) -> None:
    """Both answers are in conflict: first in line, whatever else there is."""
    exported(context, tmp_path / "two", "csv", pairs=3)
    content = (tmp_path / "two" / "reviews.csv").read_text(encoding="utf-8-sig")
    shown = [row["explanation"] for row in csv.DictReader(io.StringIO(content))]
    assert set(shown[:2]) == {explained("High"), explained("Medium", "Sample 1.")}
    assert len(shown) == 3
    counts = last_run(context, review_export.STEP)["counts"]
    assert (counts["conflict"], counts["rest"]) == (2, 1)


def _seed(context: Context, better: str) -> None:
    """Two of three edited the one answer, so it is decided; the other is still in conflict."""
    warehouse = context.warehouse
    gone = {"posting_id": "gone", "field": "it", "level": "Low", "kept_by": "filter"}
    gone |= {"weight": 1.0}
    append(warehouse, "seed", {"member_id": "m1", **gone})
    run_recorded(context, "curate", curate.run)
    kept = rows(context, "seed", "posting_id", "teacher", "level", "explanation", "kept_by")
    assert kept == [
        ("plain", "rubric", "Medium", explained("Medium"), "filter"),
        ("split", "api", "High", better, "human"),
    ]
    assert rows(context, "quarantine", "key", "stage", "reason") == [
        ("m1|invented", "curate", "a quote is not an exact span of the profile"),
        ("m1|wavering", "curate", "reviewers disagree and nobody has decided yet"),
    ]
    counts = last_run(context, "curate")["counts"]
    expected = {"kept_by_human": 1, "kept_by_filter": 1, "dropped": 2, "without_answer": 1}
    expected |= {"dropped_not_grounded": 1, "dropped_conflict": 1, "dropped_rejected": 0}
    assert expected.items() <= counts.items()
    before = warehouse.versions("seed", "quarantine")
    run_recorded(context, "curate", curate.run)
    assert warehouse.versions("seed", "quarantine") == before


def _agreement(context: Context) -> None:
    run_recorded(context, review_agreement.STEP, review_agreement.run)
    run = last_run(context, review_agreement.STEP)
    assert run["counts"] == {"answers": 2, "shared": 2}
    # Levels: High High High of one answer, Medium Low of the other. Disagreement observed
    # 2 / 5, by chance (20 - 3 * 2) / 20 = 14 / 20: alpha 1 - (2/5) / (14/20) = 3/7.
    assert run["figures"]["level_alpha"] == pytest.approx(3 / 7)
