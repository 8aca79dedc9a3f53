"""The expert rubric, case by case, on facts made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lantern.fit import FitLevel, Importance, RequirementKind, VerdictKind
from lantern.sample.openings import Asked, Opening
from lantern.sample.people import BASIC, EXPERT, WORKING, Job, Person, SkillFact
from lantern.sample.truth import judge, relevant_years

MUST, NICE = Importance.MUST_HAVE, Importance.NICE_TO_HAVE
MET, PARTLY, LACKING = VerdictKind.MET, VerdictKind.PARTLY_MET, VerdictKind.NOT_SHOWN


def _skill(name: str, importance: Importance = MUST, years: float = 0.0) -> Asked:
    return Asked(RequirementKind.SKILL, importance, name, name, name, years)


def _nurse(**changes: object) -> Person:
    who = Person(
        index=0,
        career="straight",
        jobs=(Job("registered_nurse", 2, "Registered Nurse", "A", 4.0),),
        skills={
            name: SkillFact(4.0, WORKING, 0) for name in ("bedside", "medication", "assessment")
        },
        degree=2,
        subject="Nursing",
        certificates=frozenset({"rn"}),
    )
    return replace(who, **changes)  # type: ignore[arg-type]


LICENCE = Asked(RequirementKind.CERTIFICATE, MUST, "active RN licence", "rn")
YEARS = Asked(RequirementKind.EXPERIENCE, MUST, "3+ years in nursing", "registered_nurse", years=3)
DEGREE = Asked(RequirementKind.DEGREE, MUST, "BSc in Nursing", "Nursing", degree=2)
ASKED = (YEARS, LICENCE, DEGREE, _skill("bedside"), _skill("medication"))
WARD = Opening(0, "registered_nurse", 2, "Registered Nurse", "B", "Boston, MA", ASKED)


def test_all_met_is_high() -> None:
    judgement = judge(_nurse(), WARD)
    assert judgement.level is FitLevel.HIGH
    assert judgement.score == 1.0
    assert set(judgement.verdicts) == {MET}


def test_without_the_licence_it_is_low_whatever_else_is_met() -> None:
    judgement = judge(_nurse(certificates=frozenset()), WARD)
    assert judgement.score > 0.7
    assert judgement.level is FitLevel.LOW


def test_a_missing_must_have_keeps_from_high() -> None:
    job = replace(WARD, asked=(*ASKED, _skill("ehr"), *[_skill("assessment")] * 9))
    judgement = judge(_nurse(), job)
    assert judgement.score > 0.83
    assert judgement.level is FitLevel.MEDIUM


def test_a_missing_nice_to_have_does_not() -> None:
    judgement = judge(_nurse(), replace(WARD, asked=(*ASKED, _skill("ehr", NICE))))
    assert judgement.level is FitLevel.HIGH


def test_three_missing_must_haves_are_low() -> None:
    missing = tuple(map(_skill, ("ehr", "infection", "dementia")))
    many = tuple(_skill("bedside") for _ in range(9))
    judgement = judge(_nurse(), replace(WARD, asked=(*ASKED, *many, *missing)))
    assert judgement.score > 0.7
    assert judgement.level is FitLevel.LOW


@pytest.mark.parametrize(("theirs", "asked"), [(4, 2), (1, 3)])
def test_two_steps_of_seniority_apart_is_not_high(theirs: int, asked: int) -> None:
    jobs = (replace(_nurse().jobs[0], seniority=theirs),)
    judgement = judge(_nurse(jobs=jobs), replace(WARD, seniority=asked))
    assert judgement.score == 1.0
    assert judgement.level is FitLevel.MEDIUM


@pytest.mark.parametrize(
    ("fact", "asked", "verdict"),
    [
        (SkillFact(4.0, WORKING, 0), _skill("python"), MET),
        (SkillFact(0.5, BASIC, 0), _skill("python"), PARTLY),
        (SkillFact(0.5, BASIC, 0), _skill("python", NICE), MET),
        (SkillFact(2.0, WORKING, 0), _skill("python", years=3), PARTLY),
        (SkillFact(4.0, EXPERT, 0), _skill("java"), PARTLY),  # a neighbour
        (SkillFact(0.5, BASIC, 0), _skill("java"), LACKING),  # a weak neighbour
        (SkillFact(4.0, EXPERT, 0), _skill("cooking"), LACKING),
    ],
)
def test_skills(fact: SkillFact, asked: Asked, verdict: VerdictKind) -> None:
    judgement = judge(_nurse(skills={"python": fact}), replace(WARD, asked=(asked,)))
    assert judgement.verdicts == (verdict,)


@pytest.mark.parametrize(
    ("occupation", "years", "verdict"),
    [
        ("registered_nurse", 3.0, MET),
        ("registered_nurse", 2.0, PARTLY),
        ("registered_nurse", 1.0, LACKING),
        ("medical_assistant", 5.0, MET),  # related: 0.6 of the years
        ("pharmacist", 5.0, LACKING),  # same field: a quarter
        ("carpenter", 15.0, LACKING),
    ],
)
def test_years_count_by_how_near_the_occupation_is(
    occupation: str, years: float, verdict: VerdictKind
) -> None:
    who = _nurse(jobs=(Job(occupation, 2, "", "", years),))
    assert judge(who, replace(WARD, asked=(YEARS,))).verdicts == (verdict,)


def test_years_add_up_over_jobs() -> None:
    jobs = (Job("registered_nurse", 2, "", "", 2.0), Job("medical_assistant", 2, "", "", 5.0))
    assert relevant_years(_nurse(jobs=jobs), "registered_nurse") == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("rank", "subject", "flexible", "years", "verdict"),
    [
        (2, "Nursing", False, 1.0, MET),
        (3, "Nursing", False, 1.0, MET),
        (2, "Marketing", False, 1.0, PARTLY),
        (1, "Nursing", False, 1.0, PARTLY),
        (0, "Nursing", False, 9.0, LACKING),
        (0, "Nursing", True, 9.0, PARTLY),
        (0, "Nursing", True, 2.0, LACKING),
    ],
)
def test_degrees(
    rank: int, subject: str, flexible: bool, years: float, verdict: VerdictKind
) -> None:
    who = _nurse(degree=rank, subject=subject, jobs=(Job("registered_nurse", 2, "", "", years),))
    asked = replace(DEGREE, flexible=flexible)
    assert judge(who, replace(WARD, asked=(asked,))).verdicts == (verdict,)
