"""What belongs to D_seed and why the rest does not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from lantern.fit import FitLevel, Importance, Requirement, RequirementKind
from lantern.reviews.curation import TOLD, Curated, Dropped, curate
from lantern.reviews.decisions import Decision, Review, Settled
from lantern.reviews.standing import LabelledAnswer, Standing
from tests.reviews.planted import EXPLANATION, PROFILE, REQUIREMENTS

DAY = dt.date(2026, 3, 1)
PLAIN = Standing(LabelledAnswer("rubric", "v1", 0, FitLevel.MEDIUM, EXPLANATION, DAY))
HIGH = EXPLANATION.replace("Medium", "High", 1).rpartition("\nNext step")[0]
INVENTED = EXPLANATION.replace("ran containers", "ran all containers")
MISNAMED = EXPLANATION.replace("Summary: ", "Summary: “Kubernetes” and: ")
UNCARRIED = HIGH.replace("[met]", "[partly met]")


def decided(answer: Standing, without_review: str = "filter", profile: str = PROFILE) -> Curated:
    asked = [
        Requirement(RequirementKind.OTHER, Importance.MUST_HAVE, text) for _, text in REQUIREMENTS
    ]
    return curate(answer, profile, asked, sample_agreement=0.75, without_review=without_review)


def changed(sample_share: float = 1.0, **answer: Any) -> Standing:
    return replace(PLAIN, answer=replace(PLAIN.answer, **answer), sample_share=sample_share)


def reviewed(
    decision: str,
    standing: Standing = PLAIN,
    level: FitLevel = FitLevel.MEDIUM,
    edited: str | None = None,
) -> Standing:
    review = Review("anna", Decision(decision), level, edited, DAY)
    return replace(standing, decisions=1, settled=Settled(review, conflict=False))


def test_people_come_first() -> None:
    wavering = changed(sample_share=0.1)
    assert decided(reviewed("accept", wavering)) == Curated(FitLevel.MEDIUM, EXPLANATION, "human")
    edited = reviewed("edit", wavering, FitLevel.HIGH, HIGH)
    assert decided(edited) == Curated(FitLevel.HIGH, HIGH, "human")
    assert decided(reviewed("reject")).dropped == (Dropped.REJECTED,)
    conflict = replace(PLAIN, decisions=2, settled=Settled(None, conflict=True))
    assert decided(conflict).dropped == (Dropped.CONFLICT,)


def test_names_become_what_a_decoder_may_write() -> None:
    """The requirement's short name, whichever of its words a teacher or a person chose."""
    told = EXPLANATION.replace("Summary: ", "Summary: It shows “Python”. Not “Kubernetes”. ")
    kept = decided(changed(explanation=told)).explanation
    assert "It shows “5+ years of Python”. Not “Kubernetes”." in kept


def test_what_nobody_reviewed_is_kept_by_the_filters_or_not_at_all() -> None:
    assert decided(PLAIN) == Curated(FitLevel.MEDIUM, EXPLANATION, "filter")
    assert decided(PLAIN, "leave_out").dropped == (Dropped.NOT_REVIEWED,)
    assert decided(reviewed("accept"), "leave_out").dropped == ()


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"explanation": "You are a Medium fit."}, [Dropped.NOT_PARSED]),
        ({"explanation": EXPLANATION.replace("Kubernetes", "Nomad")}, [Dropped.NOT_PARSED]),
        ({"level": FitLevel.LOW}, [Dropped.NOT_PARSED]),
        ({"explanation": INVENTED}, [Dropped.NOT_GROUNDED]),
        ({"level": FitLevel.HIGH, "explanation": UNCARRIED}, [Dropped.CLASS_NOT_CARRIED]),
        ({"explanation": MISNAMED}, [Dropped.NAMES_NOT_CARRIED]),
        ({"sample_share": 0.74}, [Dropped.SAMPLES_DISAGREE]),
        ({"sample_share": 0.75}, []),
        (
            {"explanation": INVENTED, "sample_share": 0.5},
            [Dropped.NOT_GROUNDED, Dropped.SAMPLES_DISAGREE],
        ),
    ],
)
def test_filters_name_every_reason(change: dict[str, Any], reasons: list[Dropped]) -> None:
    assert list(decided(changed(**change)).dropped) == reasons


def test_even_an_accepted_answer_is_whole_and_quotes_the_profile() -> None:
    def accepted(**change: Any) -> tuple[Dropped, ...]:
        return decided(reviewed("accept", changed(**change))).dropped

    assert accepted(explanation=INVENTED) == (Dropped.NOT_GROUNDED,)
    assert accepted(explanation=MISNAMED) == (Dropped.NAMES_NOT_CARRIED,)
    assert accepted(explanation="You are a Medium fit.") == (Dropped.NOT_PARSED,)
    # Whether the class fits the verdicts is what the reviewer was asked.
    assert accepted(level=FitLevel.HIGH, explanation=UNCARRIED) == ()


def test_every_reason_is_told() -> None:
    assert set(TOLD) == set(Dropped)
