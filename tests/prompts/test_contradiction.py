"""Which classes a set of verdicts carries; the rubric's own always do."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lantern.fit import FitLevel, Importance, Requirement, RequirementKind, Verdict, VerdictKind
from lantern.prompts.contradiction import contradiction
from lantern.prompts.evaluate_stage import Evaluation
from lantern.prompts.explain_stage import parse_explain
from lantern.prompts.json_answer import AnswerRejected
from tests.prompts.stage_answers import STEP, explained, requirement

MET, PARTLY, MISSING = VerdictKind
MUST = requirement("a")
NICE = requirement("b", importance=Importance.NICE_TO_HAVE)
OTHER = requirement("c", kind=RequirementKind.OTHER)


@pytest.mark.parametrize(
    ("level", "asked", "kinds", "stands"),
    [
        (FitLevel.HIGH, [MUST], [MET], True),
        (FitLevel.HIGH, [MUST] * 4, [MET, MET, MET, MISSING], True),
        (FitLevel.HIGH, [MUST] * 4, [MET, MISSING, MISSING, MISSING], False),
        (FitLevel.HIGH, [MUST] * 4, [PARTLY, PARTLY, PARTLY, MISSING], False),
        (FitLevel.HIGH, [MUST, *[OTHER] * 5], [MET, *[MISSING] * 5], True),
        (FitLevel.HIGH, [], [], False),
        (FitLevel.MEDIUM, [], [], True),
        (FitLevel.MEDIUM, [MUST, NICE], [MISSING, MISSING], False),
        (FitLevel.MEDIUM, [MUST, NICE], [MISSING, PARTLY], True),
        (FitLevel.MEDIUM, [MUST], [MET], True),
        (FitLevel.LOW, [MUST, NICE], [MET, MET], False),
        (FitLevel.LOW, [MUST, NICE], [MET, PARTLY], True),
        (FitLevel.LOW, [MUST], [MISSING], True),
    ],
)
def test_which_classes_verdicts_carry(
    level: FitLevel, asked: list[Requirement], kinds: list[VerdictKind], stands: bool
) -> None:
    told = contradiction(level, asked, _verdicts(asked, kinds))
    assert (told is None) is stands
    if asked:
        evaluation = Evaluation(_verdicts(asked, kinds), tuple(None for _ in kinds))
        step = None if level is FitLevel.HIGH else STEP
        answer = explained(level=level.label, next_step=step)
        if stands:
            assert parse_explain(answer, asked, evaluation).level is level
        else:
            with pytest.raises(AnswerRejected, match="the class contradicts its verdicts"):
                parse_explain(answer, asked, evaluation)


def _verdicts(asked: Sequence[Requirement], kinds: Sequence[VerdictKind]) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(r.text, kind, None if kind is MISSING else "quote")
        for r, kind in zip(asked, kinds, strict=True)
    )


def test_the_rubric_never_contradicts_itself() -> None:
    """The rule is wider than what the embedded teacher gives, over a piece of the sample."""
    from lantern.documents.unusable import UnusableDocument
    from lantern.sample.documents import sample_posting, sample_profile
    from lantern.teachers.profile_facts import facts_of
    from lantern.teachers.rubric import RubricTeacher

    levels = set()
    jobs = [sample_posting(7, index) for index in range(40)]
    for index in range(30):
        try:
            profile = sample_profile(7, index)
        except UnusableDocument:
            continue
        facts = facts_of(profile)
        for job, extracted in jobs[index % 4 :: 4]:
            found = RubricTeacher().judge(
                facts, extracted.requirements, title=job.title, posting_seniority=job.seniority
            )
            level, verdicts = found.assessment.level, found.assessment.verdicts
            levels.add(level)
            assert contradiction(level, extracted.requirements, verdicts) is None
    assert levels == set(FitLevel)
