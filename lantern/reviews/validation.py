"""Decisions of a file held against the answers they are about: all of them are right, or none."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lantern.errors import RedactionError
from lantern.fit import FitLevel, name_problem, parse_explanation
from lantern.reviews.decisions import Decision, Review
from lantern.reviews.grounding import contradiction, form_problem, invented_quotes
from lantern.reviews.submission import RawDecision, Submission
from lantern.reviews.tasks import PLACEHOLDER, Answer, Redacts, ReviewTask, build_task

MOST_REASON: Final = 2_000
_PSEUDONYM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BLANKS: Final = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, slots=True)
class CheckedReview:
    """A decision that is right, with the answer it is about and its reason."""

    answer: Answer
    review: Review
    reason: str | None

    @property
    def content(self) -> tuple[str, str, str | None, str | None]:
        """What is compared when the same reviewer decides again: all but the day."""
        review = self.review
        return (str(review.decision), review.level.label, self.reason, review.explanation)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file comes to.

    Attributes:
        reviews: the decisions that are right, at most one a task and reviewer.
        outdated: tasks with a decision whose answer, profile or posting is not what was shown any
            more: nobody's fault, so they are left out and the rest counts.
        problems: what is wrong; if there is anything, nothing counts.
    """

    reviews: tuple[CheckedReview, ...]
    outdated: tuple[str, ...]
    problems: tuple[str, ...]


def check_decisions(
    submission: Submission,
    shown: Mapping[str, str],
    answers: Mapping[str, Answer],
    redactor: Redacts,
    *,
    day: dt.date,
) -> Checked:
    """Check every decision of a file.

    Args:
        submission: of :func:`lantern.reviews.batch_folder.read_submission`.
        shown: task -> content hash of what went out.
        answers: task -> the answer as the tables hold it now; a task that is absent is outdated.
        redactor: rebuilds what was shown, and maps placeholders back.
        day: of decisions whose file does not tell theirs.
    """
    reviews: dict[tuple[str, str], CheckedReview] = {}
    outdated: dict[str, None] = {}
    problems: list[str] = []
    tasks: dict[str, ReviewTask | None] = {}
    for raw in submission.decisions:
        if raw.task not in tasks:
            tasks[raw.task] = _as_shown(raw.task, shown, answers, redactor)
        task = tasks[raw.task]
        if task is None:
            outdated[raw.task] = None
            continue
        found = _check(raw, answers[raw.task], task, day)
        if isinstance(found, str):
            problems.append(f"{raw.place}: {found}")
            continue
        key = (raw.task, raw.reviewer)
        if key in reviews and reviews[key].content != found.content:
            problems.append(f"{raw.place}: {raw.reviewer} has decided otherwise about it before")
        reviews.setdefault(key, found)
    return Checked(tuple(reviews.values()), tuple(outdated), tuple(problems))


def _as_shown(
    task: str, shown: Mapping[str, str], answers: Mapping[str, Answer], redactor: Redacts
) -> ReviewTask | None:
    """The task as it went out; None if the tables would not give it out so any more."""
    if task not in answers:
        return None
    try:
        rebuilt = build_task(answers[task], redactor)
    except RedactionError:
        return None
    return rebuilt if rebuilt.content_hash == shown.get(task) else None


def _check(raw: RawDecision, answer: Answer, task: ReviewTask, day: dt.date) -> CheckedReview | str:
    """The review that a decision makes, or what is wrong with it."""
    if not _PSEUDONYM.fullmatch(raw.reviewer):
        return "the reviewer must be a pseudonym of letters, digits, '.', '_' or '-'"
    try:
        decision = Decision(raw.decision.lower())
    except ValueError:
        return "the decision is none of accept, edit, reject"
    level = None
    if raw.level:
        try:
            level = FitLevel.from_label(raw.level)
        except ValueError:
            return "the level is none of Low, Medium, High"
    reason = _tidy(raw.reason)
    if len(reason) > MOST_REASON:
        return f"the reason is longer than {MOST_REASON} characters"
    edited = _edited(raw, task)
    if decision is not Decision.EDIT and edited is not None:
        return f"the decision is {decision}, but the explanation was changed; decide edit"
    if decision is Decision.EDIT:
        if edited is None:
            return "the decision is edit, but the explanation is as it was"
        problem = _edit_problem(edited, level, answer)
        if problem:
            return problem
        level = parse_explanation(edited).level
    elif decision is Decision.ACCEPT:
        if level not in (None, answer.level):
            return "the decision is accept, but the level is another; decide edit"
        level = answer.level
    else:
        if level is None:
            return "the decision is reject, but no level is given"
        if not reason:
            return "the decision is reject, but no reason is given"
    review = Review(raw.reviewer, decision, level, edited, raw.decided_on or day)
    return CheckedReview(answer, review, reason or None)


def _edited(raw: RawDecision, task: ReviewTask) -> str | None:
    """The edited explanation with the originals in their places; None if nothing was changed."""
    if not raw.explanation.strip():
        return None
    text = _tidy(raw.explanation)
    return None if text == _tidy(task.explanation) else task.restored(text)


def _edit_problem(edited: str, level: FitLevel | None, answer: Answer) -> str | None:
    problem = form_problem(edited, level, [text for _, text in answer.requirements])
    if problem:
        return f"the edited explanation: {problem}"
    assessment = parse_explanation(edited)
    invented = invented_quotes(assessment, answer.profile)
    if invented:
        numbers = ", ".join(map(str, invented))
        return f"the edited explanation: the quote of verdict {numbers} is not in the profile"
    unknown = {match[0] for match in PLACEHOLDER.finditer(edited)}
    if any(name not in answer.profile and name not in answer.explanation for name in unknown):
        return "the edited explanation: a placeholder that the profile does not have"
    found = name_problem(assessment) or contradiction(assessment)
    return f"the edited explanation: {found}" if found else None


def _tidy(text: str) -> str:
    """Without what browsers and spreadsheets add unseen: other line ends, blanks, hidden signs."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    seen = "".join(c for c in plain if c == "\n" or unicodedata.category(c)[0] != "C" or c == "\t")
    return "\n".join(_BLANKS.sub(" ", line).strip() for line in seen.strip().split("\n"))
