"""The same tasks as a CSV file for a spreadsheet: read-only columns first, then those to fill in.

A cell that a spreadsheet would take for a formula gets an apostrophe in front, which is taken off
again. Every task of the batch must come back, decided or not: a file that lacks some was cut.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

from lantern.reviews.submission import RawDecision, ShownTask, Submission, refuse
from lantern.reviews.tasks import SHOWN, ReviewTask, content_hash

CSV_FILE: Final = "reviews.csv"
READ_ONLY: Final = ("batch", *SHOWN)
TO_FILL: Final = ("reviewer", "decision", "level", "reason", "edited_explanation")
COLUMNS: Final = (*READ_ONLY, *TO_FILL)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
# Spreadsheets of other languages write these instead of commas.
_DELIMITERS: Final = (",", ";", "\t")


def tasks_csv(batch: str, tasks: Iterable[ReviewTask]) -> str:
    """Tasks as CSV, to be written as UTF-8 with a byte order mark, which spreadsheets look for."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for task in tasks:
        shown = {"batch": batch, **task.shown}
        writer.writerow([*(_guarded(shown[name]) for name in READ_ONLY), *("" for _ in TO_FILL)])
    return out.getvalue()


def read_csv(text: str, name: str, reviewer: str | None = None) -> Submission:
    """Read a CSV file back.

    Args:
        text: of the file.
        name: of the file, for messages.
        reviewer: whose decisions they are where the column is empty.

    Raises:
        InputError: not our columns, or a row that is not whole.
    """
    rows = _rows(text, name)
    problems: list[str] = []
    tasks: list[ShownTask] = []
    decisions: list[RawDecision] = []
    for number, row in enumerate(rows, start=2):
        if not any(row):
            continue
        place = f"row {number}"
        if len(row) != len(COLUMNS):
            problems.append(f"{place}: {len(row)} cells instead of {len(COLUMNS)}")
            continue
        cells = dict(zip(COLUMNS, row, strict=True))
        shown = {key: _unguarded(cells[key]) for key in READ_ONLY}
        tasks.append(ShownTask(place, shown["batch"], shown["task"], content_hash(shown)))
        filled = {key: cells[key].strip() for key in TO_FILL}
        if not any(value for key, value in filled.items() if key != "reviewer"):
            continue
        decisions.append(
            RawDecision(
                place=place,
                task=shown["task"],
                reviewer=filled["reviewer"] or reviewer or "",
                decision=filled["decision"],
                level=filled["level"],
                reason=_unguarded(filled["reason"]),
                explanation=_unguarded(filled["edited_explanation"]),
            )
        )
    if problems:
        refuse(name, problems)
    return Submission(tuple(tasks), tuple(decisions))


def _rows(text: str, name: str) -> list[list[str]]:
    head = text.partition("\n")[0].rstrip("\r")
    delimiter = next((d for d in _DELIMITERS if _plain(head.split(d)) == list(COLUMNS)), None)
    if delimiter is None:
        refuse(
            name, ["its first row is not that of our files; export it as it was, with all columns"]
        )
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return list(reader)[1:]
    except csv.Error:
        refuse(name, ["not whole CSV: it was cut off or changed; save it again as CSV"])


def _plain(cells: list[str]) -> list[str]:
    return [cell.strip().strip('"') for cell in cells]


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell.removeprefix("'")
