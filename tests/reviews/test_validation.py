"""Decisions against the answers they are about."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from lantern.fit import FitLevel
from lantern.reviews.submission import RawDecision, Submission
from lantern.reviews.tasks import Answer, ReviewTask
from lantern.reviews.validation import Checked, check_decisions
from tests.reviews.planted import EXPLANATION, PlantedRedactor

DAY = dt.date(2026, 3, 1)
SHOWN = EXPLANATION.replace("Ada Example", "[NAME_1]")
HIGH = SHOWN.replace("Medium", "High", 1).rpartition("\nNext step")[0]


@pytest.fixture
def check(answer: Answer, tasks: list[ReviewTask], redactor: PlantedRedactor) -> Any:
    def run(*decisions: RawDecision, now: Answer | None = answer) -> Checked:
        return check_decisions(
            Submission((), decisions),
            {"t1": tasks[0].content_hash},
            {"t1": now} if now else {},
            redactor,
            day=DAY,
        )

    return run


def raw(decision: str = "accept", reviewer: str = "anna", **given: Any) -> RawDecision:
    return RawDecision("row 2", "t1", reviewer, decision, **given)


def test_an_accepted_answer_keeps_its_level(check: Any) -> None:
    checked = check(raw("Accept", explanation=SHOWN.replace("\n", "\r\n") + " "))
    [made] = checked.reviews
    assert checked.problems == ()
    assert made.content == ("accept", "Medium", None, None)
    assert made.review.reviewed_on == DAY


def test_an_edit_gets_its_originals_back_and_its_level_from_its_first_line(check: Any) -> None:
    told = dt.date(2026, 2, 3)
    [made] = check(raw("edit", explanation=HIGH, decided_on=told)).reviews
    assert made.review.level is FitLevel.HIGH
    assert made.review.reviewed_on == told
    assert 'since 2015 with Ada Example"' in (made.review.explanation or "")
    unseen = HIGH.replace("covers", "co\u200bvers").replace(" Python.", "\u00a0 Python.")
    assert check(raw("edit", explanation=unseen)).reviews[0].content == made.content


def test_a_rejection_has_a_level_and_a_reason(check: Any) -> None:
    [made] = check(raw("reject", level="low", reason="wrong class")).reviews
    assert made.content == ("reject", "Low", "wrong class", None)


FAULTS = {
    "unknown decision": (raw("maybe"), "none of accept, edit, reject"),
    "unknown level": (raw("reject", level="Great", reason="x"), "none of Low, Medium, High"),
    "no reviewer": (raw(reviewer=""), "must be a pseudonym"),
    "an address for a reviewer": (raw(reviewer="anna@example.org"), "must be a pseudonym"),
    "reject without a reason": (raw("reject", level="Low"), "no reason is given"),
    "reject without a level": (raw("reject", reason="wrong"), "no level is given"),
    "accept of another level": (raw(level="High"), "the level is another"),
    "accept with a changed text": (raw(explanation=HIGH), "the explanation was changed"),
    "edit without a change": (raw("edit", explanation=SHOWN), "the explanation is as it was"),
    "edit without a text": (raw("edit"), "the explanation is as it was"),
    "edit that does not parse": (
        raw("edit", explanation=SHOWN.replace("Summary:", "In short:")),
        "line 6 is not the summary",
    ),
    "edit to High with a next step": (
        raw("edit", explanation=SHOWN.replace("Medium", "High", 1)),
        "a next step goes with every level but High",
    ),
    "edit of another level than chosen": (
        raw("edit", explanation=HIGH, level="Low"),
        "its first line names another level",
    ),
    "an invented requirement": (
        raw("edit", explanation=SHOWN.replace("AWS cert", "Azure cert")),
        "not the posting's requirements",
    ),
    "a requirement left out": (
        raw("edit", explanation=SHOWN.replace("- AWS certification [not shown]\n", "")),
        "not the posting's requirements",
    ),
    "an invented quote": (
        raw("edit", explanation=SHOWN.replace("ran containers", "ran all containers")),
        "the quote of verdict 2 is not in the profile",
    ),
    "a name that the verdicts do not carry": (
        raw("edit", explanation=SHOWN.replace("Summary: ", "Summary: “AWS certification” and: ")),
        "what is not a requirement that is met",
    ),
    "an invented placeholder": (
        raw("edit", explanation=HIGH.replace("speaks", "and [NAME_9] speak")),
        "a placeholder that the profile does not have",
    ),
    "a class its verdicts contradict": (
        raw("edit", explanation=HIGH.replace("[met]", "[partly met]")),
        "no requirement is met",
    ),
    "a reason without end": (raw("reject", level="Low", reason="x" * 2_001), "longer than 2000"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_decision_is_told_with_its_place_and_without_its_text(
    check: Any, fault: str
) -> None:
    decision, told = FAULTS[fault]
    checked = check(raw(reviewer="ben"), decision)
    [problem] = checked.problems
    assert problem.startswith("row 2: ")
    assert told in problem
    assert "Ada" not in problem
    assert "containers" not in problem


def test_a_reviewer_decides_once(check: Any) -> None:
    assert len(check(raw(), raw(), raw(reviewer="ben")).reviews) == 2
    [problem] = check(raw(), raw("reject", level="Low", reason="wrong")).problems
    assert "anna has decided otherwise about it before" in problem


def test_what_changed_since_the_export_is_outdated_and_no_problem(
    check: Any, answer: Answer
) -> None:
    relearned = replace(answer, profile=answer.profile + "\nAWS certified since 2020")
    for now in (None, relearned):
        checked = check(raw(), now=now)
        assert checked.outdated == ("t1",)
        assert checked.reviews == checked.problems == ()
