"""Label Studio: tasks to import, the labelling interface, and its JSON export read back.

Texts are data: tasks are JSON strings that the interface shows with its ``Text`` tag, which escapes
them and is told not to take them for addresses. The interface itself holds no text of anybody.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, StrictInt, StrictStr, ValidationError

from lantern.reviews.submission import RawDecision, ShownTask, Submission, refuse
from lantern.reviews.tasks import SHOWN, ReviewTask, content_hash

TASKS_FILE: Final = "tasks.json"
INTERFACE_FILE: Final = "interface.xml"
_CONTROLS: Final = frozenset({"decision", "level", "reasons", "note", "edited"})


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Result(_Lenient):
    from_name: StrictStr
    value: dict[str, Any]


class _User(_Lenient):
    id: StrictInt


class _Annotation(_Lenient):
    id: StrictInt | StrictStr | None = None
    completed_by: StrictInt | _User
    result: list[_Result]
    was_cancelled: bool = False
    created_at: dt.datetime | None = None


class _Task(_Lenient):
    data: dict[str, Any]
    annotations: list[_Annotation]


def interface() -> str:
    """The labelling interface (Label Studio's XML)."""
    return (files("lantern.reviews") / "templates" / "interface.xml").read_text("utf-8")


def tasks_json(batch: str, tasks: Iterable[ReviewTask]) -> str:
    """Tasks in Label Studio's import format, without predictions: a reviewer starts unbiased."""
    rows = [{"data": {"batch": batch, **task.shown}} for task in tasks]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def read_export(text: str, name: str) -> Submission:
    """Read a JSON export.

    Skipped tasks (``was_cancelled``) and tasks without an annotation are no decisions.

    Args:
        text: of the file.
        name: of the file, for messages.

    Raises:
        InputError: not JSON, cut off, or not Label Studio's export of our interface.
    """
    rows = _rows(text, name)
    problems: list[str] = []
    tasks: list[ShownTask] = []
    decisions: list[RawDecision] = []
    for number, row in enumerate(rows, start=1):
        place = f"task {number}"
        try:
            task = _Task.model_validate(row)
        except ValidationError as error:
            problems += [f"{place}: {_problem(error)}"]
            continue
        shown = {key: task.data.get(key) for key in ("batch", *SHOWN)}
        wrong = sorted(key for key, value in shown.items() if not isinstance(value, str))
        if wrong:
            problems.append(f"{place}: its data lack {', '.join(wrong)}")
            continue
        told = {key: str(value) for key, value in shown.items()}
        tasks.append(ShownTask(place, told["batch"], told["task"], content_hash(told)))
        for annotation in task.annotations:
            if annotation.was_cancelled:
                continue
            where = f"{place}, annotation {annotation.id}"
            found = _decision(where, told["task"], annotation)
            if isinstance(found, str):
                problems.append(f"{where}: {found}")
            else:
                decisions.append(found)
    if problems:
        refuse(name, problems)
    return Submission(tuple(tasks), tuple(decisions))


def _rows(text: str, name: str) -> Sequence[Any]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        refuse(name, ["not whole JSON: it was cut off or changed; export it again"])
    if not isinstance(rows, list) or not rows:
        refuse(name, ["not a list of tasks; export from Label Studio as JSON"])
    if all(isinstance(row, dict) and "annotations" not in row for row in rows):
        refuse(name, ["its tasks have no annotations; export as JSON, not as JSON-MIN"])
    return rows


def _decision(place: str, task: str, annotation: _Annotation) -> RawDecision | str:
    """The decision of an annotation, or what is wrong with it."""
    given: dict[str, list[str]] = {}
    for result in annotation.result:
        if result.from_name not in _CONTROLS:
            return "it holds a control that our interface does not have"
        values = result.value.get("choices", result.value.get("text"))
        values = [values] if isinstance(values, str) else values
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            return f"{result.from_name} holds neither choices nor text"
        given.setdefault(result.from_name, []).extend(values)
    for single in ("decision", "level", "edited", "note"):
        if len(given.get(single, ())) > 1:
            return f"{single} is given more than once"
    by = annotation.completed_by
    number = by.id if isinstance(by, _User) else by
    return RawDecision(
        place=place,
        task=task,
        # A number of Label Studio's, never the address that it may stand for.
        reviewer=f"ls-{number}",
        decision=_one(given, "decision"),
        level=_one(given, "level"),
        reason="; ".join([*given.get("reasons", ()), *given.get("note", ())]),
        explanation=_one(given, "edited"),
        decided_on=annotation.created_at.date() if annotation.created_at else None,
    )


def _one(given: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(given.get(name, ())), "")


def _problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg'].lower()}"
