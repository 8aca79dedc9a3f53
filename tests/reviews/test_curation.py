"""What belongs to D_seed and why the rest does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lantern.fit import FitLevel
from lantern.reviews.curation import TOLD, Curated, Dropped, Standing, curate
from lantern.reviews.decisions import Decision
from tests.reviews.planted import EXPLANATION, PROFILE, REQUIREMENTS

PLAIN = Standing(FitLevel.MEDIUM, EXPLANATION)
HIGH = EXPLANATION.replace("Medium", "High", 1).rpartition("\nNext step")[0]
INVENTED = EXPLANATION.replace("ran containers", "ran all containers")
UNCARRIED = HIGH.replace("[met]", "[partly met]")


def decided(answer: Standing, without_review: str = "filter", profile: str = PROFILE) -> Curated:
    texts = [text for _, text in REQUIREMENTS]
    return curate(answer, profile, texts, sample_agreement=0.75, without_review=without_review)


def test_people_come_first() -> None:
    accepted = replace(PLAIN, decision=Decision.ACCEPT, sample_share=0.1)
    edited = replace(
        PLAIN, decision=Decision.EDIT, reviewed_level=FitLevel.HIGH, edited=HIGH, sample_share=0.1
    )
    assert decided(accepted) == Curated(FitLevel.MEDIUM, EXPLANATION, "human")
    assert decided(edited) == Curated(FitLevel.HIGH, HIGH, "human")
    assert decided(replace(PLAIN, decision=Decision.REJECT)).dropped == (Dropped.REJECTED,)
    assert decided(replace(PLAIN, conflict=True)).dropped == (Dropped.CONFLICT,)


def test_what_nobody_reviewed_is_kept_by_the_filters_or_not_at_all() -> None:
    assert decided(PLAIN) == Curated(FitLevel.MEDIUM, EXPLANATION, "filter")
    assert decided(PLAIN, "leave_out").dropped == (Dropped.NOT_REVIEWED,)
    accepted = replace(PLAIN, decision=Decision.ACCEPT)
    assert decided(accepted, "leave_out").dropped == ()


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"explanation": "You are a Medium fit."}, [Dropped.NOT_PARSED]),
        ({"explanation": EXPLANATION.replace("Kubernetes", "Nomad")}, [Dropped.NOT_PARSED]),
        ({"level": FitLevel.LOW}, [Dropped.NOT_PARSED]),
        ({"explanation": INVENTED}, [Dropped.NOT_GROUNDED]),
        ({"level": FitLevel.HIGH, "explanation": UNCARRIED}, [Dropped.CLASS_NOT_CARRIED]),
        ({"sample_share": 0.74}, [Dropped.SAMPLES_DISAGREE]),
        ({"sample_share": 0.75}, []),
        (
            {"explanation": INVENTED, "sample_share": 0.5},
            [Dropped.NOT_GROUNDED, Dropped.SAMPLES_DISAGREE],
        ),
    ],
)
def test_filters_name_every_reason(change: dict[str, Any], reasons: list[Dropped]) -> None:
    assert list(decided(replace(PLAIN, **change)).dropped) == reasons


def test_even_an_accepted_answer_is_whole_and_quotes_the_profile() -> None:
    def accepted(**change: Any) -> tuple[Dropped, ...]:
        return decided(replace(PLAIN, decision=Decision.ACCEPT, **change)).dropped

    assert accepted(explanation=INVENTED) == (Dropped.NOT_GROUNDED,)
    assert accepted(explanation="You are a Medium fit.") == (Dropped.NOT_PARSED,)
    # Whether the class fits the verdicts is what the reviewer was asked.
    assert accepted(level=FitLevel.HIGH, explanation=UNCARRIED) == ()


def test_every_reason_is_told() -> None:
    assert set(TOLD) == set(Dropped)
