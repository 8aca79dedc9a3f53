"""The explanation: one of the fit domain, or a refusal that says why."""

from __future__ import annotations

import pytest

from lantern.fit import FitLevel, parse_explanation, render_explanation
from lantern.prompts.evaluate_stage import Evaluation
from lantern.prompts.explain_stage import parse_explain
from lantern.prompts.json_answer import AnswerRejected
from tests.prompts.stage_answers import ASKED, EVALUATED, SUMMARY, explained


def test_a_good_explanation_is_one_of_the_domain() -> None:
    found = parse_explain(explained(summary=SUMMARY.replace(". ", ".\n ")), ASKED, EVALUATED)
    assert found.summary == SUMMARY
    assert parse_explanation(render_explanation(found)) == found
    high = parse_explain(explained(level="High", next_step=None), ASKED[:2], _only(2))
    assert high.level is FitLevel.HIGH


def test_names_are_written_as_the_requirements_have_them() -> None:
    said = "You bring “years  of python”. You do not show “aws”."
    found = parse_explain(
        explained(summary=said, next_step="Read up on “docker” and “AWS”."), ASKED, EVALUATED
    )
    assert found.summary == "You bring “years of Python”. You do not show “AWS”."
    assert found.next_step == "Read up on “Docker” and “AWS”."


def _only(count: int) -> Evaluation:
    return Evaluation(EVALUATED.verdicts[:count], EVALUATED.sent_quotes[:count])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (explained(level="high"), "schema: level"),
        (explained(level="High", next_step=None), None),
        (explained(level="High"), "next_step must be null"),
        (explained(next_step=None), "next_step is required"),
        (explained(next_step="  "), "next_step is required"),
        (explained(summary="Fine."), "summary has 5 characters"),
        (explained(summary="x" * 1001), "summary has 1001 characters"),
        (explained(summary=f"[NAME_1], {SUMMARY}"), "square brackets"),
        (explained(next_step=None, level=None), "schema"),
        (
            explained(summary="Your profile shows “AWS”. All is well."),
            "not a requirement that is met",
        ),
        (explained(next_step="Learn “Terraform” by next year."), "not a requirement still open"),
        (explained(summary="Your profile is “good. All is well."), "without the other"),
    ],
)
def test_a_bad_explanation_is_refused(answer: str, told: str | None) -> None:
    if told is None:
        assert parse_explain(answer, ASKED, EVALUATED).level is FitLevel.HIGH
        return
    with pytest.raises(AnswerRejected, match=told):
        parse_explain(answer, ASKED, EVALUATED)
