"""What goes out and what is let in again: every tampered, cut or foreign file is refused whole."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantern.errors import InputError, SettingsError
from lantern.reviews import spreadsheet
from lantern.reviews.batch_folder import (
    BatchManifest,
    make_manifest,
    read_manifest,
    read_submission,
    write_batch,
)
from lantern.reviews.label_studio import interface, read_export, tasks_json
from lantern.reviews.spreadsheet import read_csv, tasks_csv
from lantern.reviews.tasks import SHOWN, ReviewTask

WEIGHTS = {"disagreement": 0.5, "inconsistency": 0.3, "rarity": 0.2}


def write(folder: Path, format_: Any, tasks: list[ReviewTask]) -> BatchManifest:
    manifest = make_manifest(format_, tasks, weights=WEIGHTS, counts={"rarity": len(tasks)})
    write_batch(folder, manifest, tasks)
    return manifest


@pytest.fixture
def studio(tmp_path: Path, tasks: list[ReviewTask]) -> Path:
    write(tmp_path / "batch", "label-studio", tasks)
    return tmp_path / "batch"


@pytest.fixture
def sheet(tmp_path: Path, tasks: list[ReviewTask]) -> Path:
    write(tmp_path / "batch", "csv", tasks)
    return tmp_path / "batch"


def annotated(folder: Path, *results: dict[str, Any], task: int = 0, by: Any = 7) -> list[Any]:
    """Label Studio's export of the folder's tasks, the one of them annotated."""
    rows = json.loads((folder / "tasks.json").read_text(encoding="utf-8"))
    for number, row in enumerate(rows):
        row |= {"id": number + 1, "annotations": [], "predictions": [], "meta": {}}
    rows[task]["annotations"] = [
        {
            "id": 31,
            "completed_by": by,
            "was_cancelled": False,
            "created_at": "2026-03-02T09:30:00.000000Z",
            "result": [{"id": "x", "to_name": "explanation", **result} for result in results],
        }
    ]
    return rows


def choice(name: str, *values: str) -> dict[str, Any]:
    return {"from_name": name, "type": "choices", "value": {"choices": list(values)}}


def text(name: str, value: str) -> dict[str, Any]:
    return {"from_name": name, "type": "textarea", "value": {"text": [value]}}


def submitted(folder: Path, content: Any) -> Path:
    path = folder / "export.json"
    told = content if isinstance(content, str) else json.dumps(content)
    path.write_text(told, encoding="utf-8")
    return path


def test_a_label_studio_batch_comes_back_with_its_decisions(studio: Path) -> None:
    rows = annotated(
        studio,
        choice("decision", "reject"),
        choice("level", "Low"),
        choice("reasons", "wrong class", "wrong verdict"),
        text("note", "not his work"),
    )
    read = read_submission(submitted(studio, rows), read_manifest(studio))
    assert [shown.task for shown in read.tasks] == ["t1", "t2"]
    [made] = read.decisions
    assert (made.task, made.reviewer, made.decision, made.level) == ("t1", "ls-7", "reject", "Low")
    assert made.reason == "wrong class; wrong verdict; not his work"
    assert str(made.decided_on) == "2026-03-02"


def test_a_real_export_is_read() -> None:
    """Of Label Studio 1.23.2: interface and tasks imported, annotated and exported by its API."""
    path = Path(__file__).with_name("label_studio_1_23_2.json")
    read = read_export(path.read_text(encoding="utf-8"), path.name)
    assert [shown.task for shown in read.tasks] == ["t1", "t2", "t3"]
    edited, rejected = read.decisions  # the third was skipped
    assert (edited.decision, edited.reviewer) == ("edit", "ls-1")
    assert edited.explanation.startswith("You are a Medium fit for this job.\nRequirements:\n")
    assert (rejected.decision, rejected.level, rejected.reason) == ("reject", "Low", "no")


def test_a_reviewer_is_a_number_never_an_address(studio: Path) -> None:
    user = {"id": 3, "email": "anna@example.org", "first_name": "Anna"}
    rows = annotated(studio, choice("decision", "accept"), by=user)
    [made] = read_submission(submitted(studio, rows), read_manifest(studio)).decisions
    assert made.reviewer == "ls-3"


def test_skipped_tasks_and_absent_ones_are_no_decisions(studio: Path) -> None:
    rows = annotated(studio, choice("decision", "accept"))
    rows[0]["annotations"][0]["was_cancelled"] = True
    read = read_submission(submitted(studio, rows[:1]), read_manifest(studio))
    assert read.decisions == ()


def test_texts_are_data_in_every_format(
    studio: Path, tmp_path: Path, tasks: list[ReviewTask]
) -> None:
    rows = json.loads((studio / "tasks.json").read_text(encoding="utf-8"))
    assert "<script>" in rows[1]["data"]["profile"]
    root = ET.fromstring(interface())  # noqa: S314 - our own file
    shown = [tag for tag in root.iter() if tag.get("value", "").startswith("$")]
    assert {tag.tag for tag in shown} == {"Text", "TextArea"}
    assert all(tag.get("valueType") == "text" for tag in shown if tag.tag == "Text")
    assert {tag.get("value", "")[1:] for tag in shown} == set(SHOWN) - {"task"}
    write(tmp_path / "sheet", "csv", tasks)
    content = (tmp_path / "sheet" / "reviews.csv").read_text(encoding="utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(content)) for cell in row]
    assert "'=Data engineer" in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_nothing_in_the_folder_tells_whom_it_is_about(studio: Path) -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in studio.iterdir())
    for secret in ("Ada", "555-0100", "m1", "p1", "originals"):
        assert secret not in written


def rewritten(change: Callable[[list[Any]], Any]) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        rows = annotated(folder, choice("decision", "accept"))
        return json.dumps(change(rows) or rows)

    return make


def set_data(field: str, value: str) -> Callable[[list[Any]], None]:
    def change(rows: list[Any]) -> None:
        rows[1]["data"][field] = value

    return change


STUDIO_FAULTS = {
    "cut off": (lambda f: rewritten(lambda r: None)(f)[:-40], "not whole JSON"),
    "nested without end": (lambda f: "[" * 100_000, "not whole JSON"),
    "empty": (lambda f: "[]", "not a list of tasks"),
    "JSON-MIN": (rewritten(lambda r: [{"decision": "accept"}]), "not as JSON-MIN"),
    "profile changed": (rewritten(set_data("profile", "I know everything")), "task 2: title, req"),
    "answer changed": (
        rewritten(set_data("explanation", "You are a High fit for this job.")),
        "task 2: title, req",
    ),
    "task unknown": (rewritten(set_data("task", "t9")), "task 2: a task that the batch does not"),
    "batch foreign": (rewritten(set_data("batch", "0" * 32)), "task 2: belongs to another batch"),
    "data gone": (rewritten(lambda r: r[1]["data"].pop("title") and None), "its data lack title"),
    "no annotator": (
        rewritten(lambda r: r[0]["annotations"][0].pop("completed_by") and None),
        "task 1: annotations.0.completed_by",
    ),
    "other interface": (
        lambda f: json.dumps(annotated(f, choice("sentiment", "positive"))),
        "task 1, annotation 31: it holds a control",
    ),
    "two decisions at once": (
        lambda f: json.dumps(annotated(f, choice("decision", "accept", "reject"))),
        "decision is given more than once",
    ),
    "a number for a choice": (
        lambda f: json.dumps(annotated(f, {"from_name": "level", "value": {"choices": [2]}})),
        "level holds neither choices nor text",
    ),
}


@pytest.mark.parametrize("fault", STUDIO_FAULTS)
def test_a_faulty_export_is_refused_whole(studio: Path, fault: str) -> None:
    make, told = STUDIO_FAULTS[fault]
    with pytest.raises(InputError, match="refused whole, nothing was written") as refused:
        read_submission(submitted(studio, make(studio)), read_manifest(studio))
    assert told in str(refused.value)
    assert "everything" not in str(refused.value)


def filled(folder: Path, **cells: str) -> str:
    """The CSV file with the first task's cells filled in."""
    content = (folder / "reviews.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))
    for name, value in cells.items():
        rows[1][rows[0].index(name)] = value
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def returned(folder: Path, content: str) -> Path:
    path = folder / "returned.csv"
    path.write_text(content, encoding="utf-8", newline="")
    return path


def test_a_spreadsheet_comes_back_whatever_wrote_it(sheet: Path) -> None:
    content = filled(sheet, reviewer="anna", decision="accept")
    manifest = read_manifest(sheet)
    rows = list(csv.reader(io.StringIO(content)))
    german = io.StringIO()
    csv.writer(german, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
    for version in (content, "\ufeff" + content, german.getvalue()):
        read = read_submission(returned(sheet, version), manifest)
        assert [shown.task for shown in read.tasks] == ["t1", "t2"]
        [made] = read.decisions
        assert (made.place, made.reviewer, made.decision) == ("row 2", "anna", "accept")
    unnamed = returned(sheet, filled(sheet, decision="accept"))
    assert read_submission(unnamed, manifest, "ben").decisions[0].reviewer == "ben"


def first_rows(content: str, count: int) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(list(csv.reader(io.StringIO(content)))[:count])
    return out.getvalue()


SHEET_FAULTS = {
    "half of it": (lambda c: first_rows(c, 2), "1 of the batch's 2 tasks are missing"),
    "cut in a cell": (lambda c: c[: c.index("<script>")], "not whole CSV"),
    "one byte changed": (lambda c: c.replace("Docker", "docker", 1), "row 2: title, requirements"),
    "a column renamed": (lambda c: c.replace("decision", "verdict", 1), "first row is not that of"),
    "a cell too many": (lambda c: c.rstrip("\r\n") + ",more\r\n", "row 3: 12 cells instead of 11"),
    "empty": (lambda c: "", "first row is not that of"),
}


@pytest.mark.parametrize("fault", SHEET_FAULTS)
def test_a_faulty_spreadsheet_is_refused_whole(sheet: Path, fault: str) -> None:
    change, told = SHEET_FAULTS[fault]
    content = change(filled(sheet, reviewer="anna", decision="accept"))
    with pytest.raises(InputError) as refused:
        read_submission(returned(sheet, content), read_manifest(sheet))
    assert told in str(refused.value)


def test_a_manifest_that_was_changed_is_refused(studio: Path) -> None:
    path = studio / "manifest.json"
    whole = path.read_text(encoding="utf-8")
    content = json.loads(whole)
    content["tasks"][0]["content_hash"] = content["tasks"][1]["content_hash"]
    for broken, told in (
        (json.dumps(content), "was changed after the export"),
        (whole[:-30], "not a whole manifest"),
        (json.dumps(json.loads(whole) | {"extra": 1}), "not a whole manifest"),
    ):
        path.write_text(broken, encoding="utf-8")
        with pytest.raises(InputError, match=told):
            read_manifest(studio)
    path.unlink()
    with pytest.raises(InputError, match="name the batch's folder with --batch"):
        read_manifest(studio)


def test_the_batch_is_a_function_of_its_content(tmp_path: Path, tasks: list[ReviewTask]) -> None:
    one, again = (write(tmp_path / name, "label-studio", tasks) for name in ("a", "b"))
    assert one == again
    other = make_manifest("csv", tasks, weights=WEIGHTS, counts={"rarity": 2})
    assert other.batch != one.batch
    for name in ("tasks.json", "interface.xml", "manifest.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_folder_with_something_in_it_is_left_alone(
    tmp_path: Path, tasks: list[ReviewTask]
) -> None:
    (tmp_path / "out").mkdir()
    work = tmp_path / "out" / "reviews.csv"
    work.write_text("a week of reviewing")
    with pytest.raises(SettingsError, match="name another --out"):
        write(tmp_path / "out", "csv", tasks)
    assert work.read_text() == "a week of reviewing"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


anything = st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None)
@given(title=anything, profile=anything)
def test_any_text_comes_back_from_a_spreadsheet_as_it_was(title: str, profile: str) -> None:
    task = ReviewTask("t1", "rubric", "v1", title, "", profile, "an answer", {})
    [shown] = read_csv(tasks_csv("b", [task]), "x.csv").tasks
    assert (shown.task, shown.content_hash) == ("t1", task.content_hash)


@settings(deadline=None)
@given(title=anything, profile=anything)
def test_any_text_comes_back_from_label_studio_as_it_was(title: str, profile: str) -> None:
    task = ReviewTask("t1", "rubric", "v1", title, "", profile, "an answer", {})
    rows = json.loads(tasks_json("b", [task]))
    rows[0]["annotations"] = []
    [shown] = read_export(json.dumps(rows), "x.json").tasks
    assert (shown.task, shown.content_hash) == ("t1", task.content_hash)


def test_guards_of_formulas_come_off_again() -> None:
    for cell in ("=1+1", "'quoted", "-5", "@x", "plain", "", "\tx"):
        assert spreadsheet._unguarded(spreadsheet._guarded(cell)) == cell
