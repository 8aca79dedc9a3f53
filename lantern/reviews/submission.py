"""What a file of reviewers holds, in whichever format it came, before anything is believed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from lantern.errors import InputError

MOST_PROBLEMS: Final = 20
"""So many problems of a file are told; a file with more is broken in one way, not in many."""


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A task as the file has it.

    Attributes:
        place: where in the file, for messages: "row 7", "task 3".
        batch: the batch that it says it belongs to.
        task: id of the answer.
        content_hash: over what was shown.
    """

    place: str
    batch: str
    task: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class RawDecision:
    """A decision as written; empty strings stand for what was left out.

    Attributes:
        place: where in the file.
        task: id of the answer.
        reviewer, decision, level, reason, explanation: as written.
        decided_on: the day, where the format knows it.
    """

    place: str
    task: str
    reviewer: str
    decision: str
    level: str = ""
    reason: str = ""
    explanation: str = ""
    decided_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """All of a file: the tasks it repeats, and what was decided about them."""

    tasks: tuple[ShownTask, ...]
    decisions: tuple[RawDecision, ...]


def refuse(name: str, problems: Sequence[str]) -> NoReturn:
    """Raise InputError with the problems of a file; none of the file counts then.

    Args:
        name: of the file.
        problems: one line each, without any text of a profile or of a reviewer.
    """
    told = list(problems[:MOST_PROBLEMS])
    if len(problems) > MOST_PROBLEMS:
        told.append(f"and {len(problems) - MOST_PROBLEMS} more")
    head = f"{name} is refused whole, nothing was written:"
    raise InputError("\n".join([head, *(f"  {problem}" for problem in told)]))
