"""The latent facts of a member: jobs, skills with years and level, degree, certificates.

These facts, not the texts made from them, are what the truth is judged on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

from lantern.sample.occupations import Occupation, World, world
from lantern.sample.seeding import pick, stream

BASIC, WORKING, EXPERT = 1, 2, 3

LEARNT_CORE: Final = 0.86
LEARNT_EXTRA: Final = 0.45
NEAR_MISS: Final = 0.08
NOT_FOR_JUNIORS: Final = frozenset({"leadership", "budgeting", "project", "negotiation"})
CAREERS: Final = (("straight", 0.60), ("mover", 0.77), ("changer", 0.91), ("graduate", 1.0))


@dataclass(frozen=True, slots=True)
class SkillFact:
    """How long and how well a person has a skill, and in which job (index) they used it last."""

    years: float
    level: int
    job: int


@dataclass(frozen=True, slots=True)
class Job:
    """A job a person had."""

    occupation: str
    seniority: int
    title: str
    company: str
    years: float


@dataclass(frozen=True, slots=True)
class Person:
    """What is true of a member.

    Attributes:
        index: number of the member.
        career: straight, mover (from a related occupation), changer (from another field) or
            graduate.
        jobs: newest first.
        skills: skill name -> fact.
        degree: rank, 0 school to 4 doctorate.
        subject: of the degree.
        certificates: names of those held.
    """

    index: int
    career: str
    jobs: tuple[Job, ...]
    skills: Mapping[str, SkillFact]
    degree: int
    subject: str
    certificates: frozenset[str]

    @property
    def occupation(self) -> str:
        """The occupation of the present job."""
        return self.jobs[0].occupation

    @property
    def seniority(self) -> int:
        """0 intern, 1 entry, 2 mid, 3 senior, 4 lead of others."""
        return self.jobs[0].seniority

    @property
    def years(self) -> float:
        """Years of work in all."""
        return round(sum(job.years for job in self.jobs), 1)


def person(seed: int, index: int) -> Person:
    """The facts of member ``index``; the same whatever the sample's size."""
    rng = stream(seed, "person", index)
    data = world()
    draw = rng.random()
    career = next(name for name, upto in CAREERS if draw < upto)
    occupation = data.occupations[pick(rng, data.occupation_names)]
    jobs = _jobs(rng, data, occupation, career)
    skills = _learn(rng, data, jobs)
    trained_in = data.occupations[jobs[-1].occupation]
    return Person(
        index=index,
        career=career,
        jobs=jobs,
        skills=skills,
        degree=_degree(rng, occupation, trained_in),
        subject=pick(rng, trained_in.subjects),
        certificates=_certificates(rng, occupation, career),
    )


def title_of(rng: Random, occupation: Occupation, seniority: int) -> str:
    """A job title at a seniority."""
    if seniority >= 4:
        return pick(rng, occupation.lead)
    title = pick(rng, occupation.titles)
    if seniority == 0:
        intern = rng.random() < 0.5 and occupation.degree >= 2
        return f"{title} Intern" if intern else f"{title} Trainee"
    # nobody says "Junior Store Manager" or "Junior Registered Nurse"
    if (
        seniority == 1
        and rng.random() < 0.5
        and occupation.licence is None
        and "Manager" not in title
    ):
        return f"Junior {title}"
    if seniority == 3 and rng.random() < 0.8:
        return f"Senior {title}" if rng.random() < 0.75 else f"Lead {title}"
    return title


def with_article(title: str) -> str:
    """The title after "a" or "an", as it is spoken."""
    # "a UX designer", but "an HR manager": what counts is the sound
    vowel = title.startswith(("A", "E", "I", "O", "HR ", "HVAC", "RN", "L&D", "FP&A"))
    return f"an {title}" if vowel else f"a {title}"


def company_of(rng: Random, data: World, occupation: Occupation) -> str:
    """The name of a made-up organization where people of an occupation work."""
    return f"{pick(rng, data.places['company_stems'])} {pick(rng, occupation.at)}"


def seniority_at(rng: Random, years: float) -> int:
    """A seniority that so many years in the occupation bear."""
    if years < 0.8:
        return 0 if rng.random() < 0.4 else 1
    if years < 2.5:
        return 1
    if years < 5.5:
        return 2
    if years < 9:
        return 3 if rng.random() < 0.6 else 2
    return 4 if rng.random() < 0.3 else 3


def _jobs(rng: Random, data: World, occupation: Occupation, career: str) -> tuple[Job, ...]:
    def job(of: Occupation, seniority: int, years: float) -> Job:
        title = title_of(rng, of, seniority)
        return Job(of.name, seniority, title, company_of(rng, data, of), round(years, 1))

    if career == "graduate":
        years = 0.3 + rng.random()
        return (job(occupation, 0 if rng.random() < 0.5 else 1, years),)
    if career == "straight":
        total = 1 + 15 * rng.random() ** 1.4
        last = total * (0.4 + 0.5 * rng.random()) if total > 3 else total
        now = seniority_at(rng, total)
        jobs = [job(occupation, now, last)]
        if total > 3:
            then = min(now, seniority_at(rng, (total - last) * 0.7))
            jobs.append(job(occupation, then, total - last))
        return tuple(jobs)
    years = 0.5 + 4 * rng.random()
    before = 2 + 9 * rng.random()
    if career == "mover" and occupation.related:
        earlier = data.occupations[pick(rng, sorted(occupation.related))]
        years += 2 * rng.random()
    else:
        others = [name for name in data.fields if name != occupation.field]
        field = data.fields[pick(rng, others)]
        earlier = data.occupations[pick(rng, field.occupations)]
    return (
        job(occupation, min(3, seniority_at(rng, years)), years),
        job(earlier, seniority_at(rng, before), before),
    )


def _learn(rng: Random, data: World, jobs: tuple[Job, ...]) -> dict[str, SkillFact]:
    skills: dict[str, SkillFact] = {}
    for number in range(len(jobs) - 1, -1, -1):
        job = jobs[number]
        occupation = data.occupations[job.occupation]
        junior = job.seniority <= 1
        for chance, names in ((LEARNT_CORE, occupation.core), (LEARNT_EXTRA, occupation.extra)):
            for name in names:
                draw = rng.random()
                if junior and name in NOT_FOR_JUNIORS and name not in occupation.core:
                    continue
                if draw < chance:
                    _gain(rng, skills, name, job.years, number)
                elif draw < chance + NEAR_MISS and (near := _neighbours(name, occupation.field)):
                    _gain(rng, skills, pick(rng, near), job.years, number)
        if job.seniority >= 4:
            for name in ("leadership", "budgeting"):
                _gain(rng, skills, name, job.years, number)
    for _ in range(2):
        name = pick(rng, data.general)
        if rng.random() < 0.4 and (jobs[0].seniority > 1 or name not in NOT_FOR_JUNIORS):
            _gain(rng, skills, name, jobs[0].years, 0)
    return skills


@cache
def _neighbours(name: str, field: str) -> tuple[str, ...]:
    """The skills near a skill that one can pick up at work in a field."""
    skills = world().skills
    near = sorted(skills[name].near)
    return tuple(other for other in near if skills[other].field in (field, "general"))


def _gain(
    rng: Random, skills: dict[str, SkillFact], name: str, job_years: float, number: int
) -> None:
    had = skills.get(name)
    years = job_years * (0.55 + 0.45 * rng.random()) + (had.years if had else 0.0)
    draw = rng.random()
    if years < 1.0:
        level = BASIC if draw < 0.55 and name not in world().general else WORKING
    elif years < 4.0:
        level = BASIC if draw < 0.14 and name not in world().general else WORKING
    else:
        level = EXPERT if draw < 0.6 else WORKING
    skills[name] = SkillFact(round(years, 1), max(level, had.level if had else 0), number)


def _degree(rng: Random, occupation: Occupation, trained_in: Occupation) -> int:
    draw = rng.random()
    usual = trained_in.degree
    if occupation.licence is not None:
        usual = max(usual, occupation.degree)
        return min(4, usual + (draw > 0.9))
    if draw < 0.14:
        return max(0, usual - 1)
    return min(4, usual + (draw > 0.86))


def _certificates(rng: Random, occupation: Occupation, career: str) -> frozenset[str]:
    held = []
    for certificate in occupation.certificates:
        if certificate.name == occupation.licence:
            chance = 0.8 if career == "graduate" else 0.94
        else:
            chance = 0.15 if career == "graduate" else 0.42
        if rng.random() < chance:
            held.append(certificate.name)
    return frozenset(held)
