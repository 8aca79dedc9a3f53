"""The expert rubric of the sample: facts of a person against facts of an opening.

It never reads a text. ``docs/sample.md`` states the rules in words; here they are in code, and
the constants are the ones that the page names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from lantern.fit import FitLevel, Importance, RequirementKind, VerdictKind
from lantern.sample.occupations import world
from lantern.sample.openings import Asked, Opening
from lantern.sample.people import BASIC, Person

HIGH_FROM: Final = 0.83
MEDIUM_FROM: Final = 0.48
MUST_WEIGHT, NICE_WEIGHT, EXPERIENCE_WEIGHT = 2.0, 0.7, 2.5
RELATED_YEARS, FIELD_YEARS = 0.6, 0.25
PARTLY_YEARS: Final = 0.6
EQUIVALENT_YEARS: Final = 5.0
MANY_MISSING: Final = 3

_VALUE: Final = {VerdictKind.MET: 1.0, VerdictKind.PARTLY_MET: 0.5, VerdictKind.NOT_SHOWN: 0.0}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The rubric's answer: a verdict for each true requirement, the score and the level."""

    verdicts: tuple[VerdictKind, ...]
    score: float
    level: FitLevel


def judge(who: Person, job: Opening) -> Judgement:
    """Judge a pair by the facts.

    A verdict of NOT_SHOWN means here that the person truly lacks it.
    """
    relevant = relevant_years(who, job.occupation)
    verdicts = tuple(_verdict(who, asked, relevant) for asked in job.asked)
    total = reached = 0.0
    missing_musts = 0
    lacks_licence = False
    licence = world().occupations[job.occupation].licence
    for asked, verdict in zip(job.asked, verdicts, strict=True):
        weight = _weight(asked)
        total += weight
        reached += weight * _VALUE[verdict]
        if asked.importance is Importance.MUST_HAVE and verdict is VerdictKind.NOT_SHOWN:
            missing_musts += 1
            lacks_licence |= asked.kind is RequirementKind.CERTIFICATE and asked.name == licence
    score = reached / total
    return Judgement(
        verdicts, round(score, 4), _level(who, job, score, missing_musts, lacks_licence)
    )


def relevant_years(who: Person, occupation: str) -> float:
    """Years that count for an occupation: its own fully, related ones and its field's in part."""
    occupations = world().occupations
    wanted = occupations[occupation]
    years = 0.0
    for job in who.jobs:
        if job.occupation == occupation:
            years += job.years
        elif job.occupation in wanted.related:
            years += RELATED_YEARS * job.years
        elif occupations[job.occupation].field == wanted.field:
            years += FIELD_YEARS * job.years
    return years


def _level(
    who: Person, job: Opening, score: float, missing_musts: int, lacks_licence: bool
) -> FitLevel:
    if lacks_licence or missing_musts >= MANY_MISSING or score < MEDIUM_FROM:
        return FitLevel.LOW
    too_senior = who.seniority - job.seniority >= 2 and who.occupation == job.occupation
    too_junior = job.seniority - who.seniority >= 2
    if score >= HIGH_FROM and missing_musts == 0 and not too_senior and not too_junior:
        return FitLevel.HIGH
    return FitLevel.MEDIUM


def _weight(asked: Asked) -> float:
    if asked.importance is Importance.NICE_TO_HAVE:
        return NICE_WEIGHT
    return EXPERIENCE_WEIGHT if asked.kind is RequirementKind.EXPERIENCE else MUST_WEIGHT


def _verdict(who: Person, asked: Asked, relevant: float) -> VerdictKind:
    if asked.kind is RequirementKind.SKILL:
        return _skill(who, asked)
    if asked.kind is RequirementKind.EXPERIENCE:
        return _years(relevant, asked.years)
    if asked.kind is RequirementKind.CERTIFICATE:
        return VerdictKind.MET if asked.name in who.certificates else VerdictKind.NOT_SHOWN
    return _degree(who, asked, relevant)


def _years(have: float, wanted: float) -> VerdictKind:
    if have >= wanted:
        return VerdictKind.MET
    return VerdictKind.PARTLY_MET if have >= PARTLY_YEARS * wanted else VerdictKind.NOT_SHOWN


def _skill(who: Person, asked: Asked) -> VerdictKind:
    fact = who.skills.get(asked.name)
    if fact is not None:
        basic = fact.level == BASIC and asked.importance is Importance.MUST_HAVE
        short = asked.years > 0 and fact.years < asked.years
        return VerdictKind.PARTLY_MET if basic or short else VerdictKind.MET
    near = world().skills[asked.name].near
    helps = any(who.skills[name].level > BASIC for name in near if name in who.skills)
    return VerdictKind.PARTLY_MET if helps else VerdictKind.NOT_SHOWN


def _degree(who: Person, asked: Asked, relevant: float) -> VerdictKind:
    if who.degree < asked.degree:
        close = who.degree == asked.degree - 1 and who.degree > 0
        stands_in = asked.flexible and relevant >= EQUIVALENT_YEARS
        return VerdictKind.PARTLY_MET if close or stands_in else VerdictKind.NOT_SHOWN
    return VerdictKind.MET if _same_subject(who.subject, asked.name) else VerdictKind.PARTLY_MET


@cache
def _same_subject(subject: str, asked: str) -> bool:
    """Whether a subject is one of those usual where the asked one is usual."""
    if subject == asked:
        return True
    return any(
        subject in occupation.subjects and asked in occupation.subjects
        for occupation in world().occupations.values()
    )
