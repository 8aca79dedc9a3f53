"""A member's row: what a person writes about the facts, in good and in bad order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

from lantern.sample.audit import identity
from lantern.sample.forms import drop_parts, fold, make_sparse, spoken_years
from lantern.sample.messy import mess
from lantern.sample.occupations import World, world
from lantern.sample.people import BASIC, EXPERT, Person, with_article
from lantern.sample.seeding import pick, stream

FORMS: Final = (("full", 0.52), ("partial", 0.77), ("about_only", 0.90), ("sparse", 1.0))
_BEGUN: Final = (
    "first steps in",
    "helped out with",
    "picked up the basics of",
    "shadowed others in",
)
MAX_CLAUSES: Final = 6
DIRECT: Final = 0.2
_WISHES: Final = (
    "Looking for a team that values good work.",
    "Happy to learn and easy to work with.",
    "Open to new roles.",
    "References on request.",
    "I like order, honest feedback and a bit of humour.",
    "",
    "",
)


@dataclass(frozen=True, slots=True)
class Written:
    """A row of ``members.jsonl`` with what of the facts it tells.

    Attributes:
        row: the row.
        visible: the person as a careful reader of the row would know them.
    """

    row: dict[str, Any]
    visible: Person


@dataclass(slots=True)
class _Draft:
    """The parts of a profile on their way to a row."""

    headline: str
    about: list[str]
    listed: list[str]
    clauses: dict[int, list[str]]
    education: list[str]
    in_list: set[str]
    told_in: dict[str, int]

    def shown(self, jobs: int) -> set[str]:
        """The skills that the list and the newest so many positions tell."""
        return self.in_list | {name for name, job in self.told_in.items() if job < jobs}


def member_id(index: int) -> str:
    """The id of member ``index``."""
    return f"M{index:07d}"


def member_index(identifier: str) -> int:
    """The index in an id of :func:`member_id`."""
    return int(identifier[1:])


def write_profile(seed: int, who: Person) -> Written:
    """The row of a member."""
    rng = stream(seed, "profile", who.index)
    draw = rng.random()
    form = next(name for name, upto in FORMS if draw < upto)
    draft = _draft(rng, world(), who, form)
    name = identity(seed, who.index).name
    row: dict[str, Any] = {
        "member_id": member_id(who.index),
        "name": name,
        "headline": draft.headline,
        "about": " ".join(part for part in draft.about if part),
        "skills": draft.listed,
        "positions": [
            {
                "title": job.title,
                "company": job.company,
                "years": job.years,
                "description": _sentences(draft.clauses.get(number, [])),
            }
            for number, job in enumerate(who.jobs)
        ],
        "education": draft.education,
        "location": pick(rng, world().places["locations"]),
        "years": who.years,
    }
    has_degree, tells_certificates, jobs = True, True, who.jobs
    if form == "partial":
        has_degree = drop_parts(rng, row)
    elif form == "sparse":
        has_degree = False
        tells_certificates = rng.random() < 0.6
        make_sparse(rng, row)
        jobs = who.jobs[:1]
    certificates = who.certificates if tells_certificates else frozenset()
    _tell_certificates(rng, world(), row, who, certificates)
    if form == "about_only":
        fold(rng, row, who)
    mess(rng, row)
    visible = replace(
        who,
        jobs=jobs,
        skills={name: who.skills[name] for name in draft.shown(len(jobs))},
        degree=who.degree if has_degree else 0,
        certificates=certificates,
    )
    return Written(row, visible)


def _draft(rng: Random, data: World, who: Person, form: str) -> _Draft:
    draft = _Draft(_headline(rng, data, who), [], [], {}, [], set(), {})
    ranked = sorted(who.skills.items(), key=lambda item: -item[1].level - 2 * rng.random())
    if form == "sparse":
        ranked = ranked[:3]
    told = 0
    most = 2 if form == "sparse" else MAX_CLAUSES
    for name, fact in ranked:
        skill = data.skills[name]
        tells = told < most and rng.random() < 0.72
        if tells:
            told += 1
            clause = pick(rng, skill.did)
            if fact.level == BASIC:
                clause = f"{pick(rng, _BEGUN)} {pick(rng, skill.listed)}"
            draft.clauses.setdefault(fact.job, []).append(clause)
            draft.told_in[name] = fact.job
        if rng.random() < (0.45 if tells else 0.75):
            direct = rng.random() < DIRECT and len(skill.ask[0]) <= 30
            entry = skill.ask[0] if direct else pick(rng, skill.listed)
            if fact.level == BASIC:
                entry += " (basics)"
            elif fact.level == EXPERT and rng.random() < 0.25:
                entry += f" ({fact.years:.0f} years)"
            draft.listed.append(entry)
            draft.in_list.add(name)
    draft.education = [_education(rng, data, who)]
    draft.about = [_opening(rng, data, who), pick(rng, _WISHES)]
    return draft


def _headline(rng: Random, data: World, who: Person) -> str:
    job = who.jobs[0]
    draw = rng.random()
    if draw < 0.4:
        return job.title
    if draw < 0.6:
        return f"{job.title} at {job.company}"
    if draw < 0.8:
        practice = pick(rng, data.occupations[job.occupation].practice)
        return f"{job.title} | {practice}"
    if draw < 0.9 and who.career == "changer":
        return f"{job.title}, formerly {who.jobs[-1].title}"
    if draw < 0.95 or who.years < 5:
        return f"{job.title} - open to work"
    return f"Experienced {job.title}"


def _opening(rng: Random, data: World, who: Person) -> str:
    job = who.jobs[0]
    practice = pick(rng, data.occupations[job.occupation].practice)
    if who.career == "graduate":
        return pick(
            rng,
            (
                f"Recently finished school ({who.subject}) and started out in {practice}.",
                f"New to {practice}, eager to grow.",
                f"{who.subject} newcomer with {spoken_years(rng, job.years)} in {practice}.",
            ),
        )
    if who.career == "changer":
        old = who.jobs[-1]
        years = spoken_years(rng, old.years)
        return pick(
            rng,
            (
                f"After {years} as {with_article(old.title)} I moved into {practice}.",
                f"Career changer: {years} as {old.title}, now {job.title}.",
            ),
        )
    total = sum(j.years for j in who.jobs if j.occupation == job.occupation)
    years = spoken_years(rng, total)
    return pick(
        rng,
        (
            f"{years.capitalize()} of experience in {practice}.",
            f"I have worked in {practice} for {years}.",
            f"{job.title} with {years} behind me, most recently at {job.company}.",
            f"{job.title} who takes pride in careful work.",
        ),
    )


def _education(rng: Random, data: World, who: Person) -> str:
    college = pick(rng, data.places["colleges"])
    subject = who.subject
    if who.degree == 0:
        if "Apprenticeship" in subject:
            return f"{subject}, completed"
        return f"High school diploma, {pick(rng, data.places['schools'])}"
    if who.degree == 4 and subject == "Pharmacy":
        return f"Doctor of Pharmacy (PharmD), {college}"
    forms = {
        1: ("Associate degree in {}", "A.A.S. {}", "Diploma in {}"),
        2: ("Bachelor's degree, {}", "B.Sc. in {}", "BA {}"),
        3: ("Master's degree, {}", "M.Sc. in {}", "MA {}"),
        4: ("PhD in {}", "Doctorate, {}"),
    }
    subject = subject.replace(" Apprenticeship", " Technology")
    return f"{pick(rng, forms[who.degree]).format(subject)}, {college}"


def _sentences(clauses: list[str]) -> str:
    return " ".join(f"{clause[:1].upper()}{clause[1:]}." for clause in clauses)


def _tell_certificates(
    rng: Random, data: World, row: dict[str, Any], who: Person, certificates: frozenset[str]
) -> None:
    for job in who.jobs[:1]:
        for certificate in data.occupations[job.occupation].certificates:
            if certificate.name not in certificates:
                continue
            shown = pick(rng, certificate.show)
            if rng.random() < 0.5:
                row["education"] = [*row["education"], shown]
            elif rng.random() < 0.5 and row["headline"]:
                row["headline"] = f"{row['headline']}, {shown}"
            else:
                row["about"] = f"{row['about']} {shown}.".strip()
