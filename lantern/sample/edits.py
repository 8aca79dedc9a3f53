"""What changes in a profile or a posting over night: facts and row change together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lantern.fit import RequirementKind
from lantern.sample.occupations import world
from lantern.sample.openings import Opening, opening, skill_line
from lantern.sample.people import WORKING, Job, Person, SkillFact, company_of, person, title_of
from lantern.sample.profiles import Written, write_profile
from lantern.sample.seeding import pick, stream

NEW_JOB_YEARS = 0.5


def member_after(seed: int, index: int, edits: Sequence[int]) -> tuple[Person, Written]:
    """A member's facts and row after edits; each edit is named by the seed of its change."""
    who = person(seed, index)
    written = write_profile(seed, who)
    for edit in edits:
        who, written = _edit_member(who, written, edit)
    return who, written


def opening_after(seed: int, index: int, edits: Sequence[int]) -> Opening:
    """A posting's facts after edits; the row is made from them as ever."""
    facts = opening(seed, index)
    for edit in edits:
        facts = _edit_opening(facts, edit)
    return facts


def _edit_member(who: Person, written: Written, edit: int) -> tuple[Person, Written]:
    rng = stream(edit, "edit-member", who.index)
    data = world()
    row = dict(written.row)
    occupation = data.occupations[who.occupation]
    wanted = [n for n in (*occupation.core, *occupation.extra) if n not in who.skills]
    wanted = wanted or [n for n in data.skills if n not in who.skills]
    if rng.random() < 0.6:
        name = pick(rng, wanted)
        fact = SkillFact(1.0, WORKING, 0)
        _tell_skill(row, pick(rng, data.skills[name].listed))
        return (
            replace(who, skills={**who.skills, name: fact}),
            Written(
                row,
                replace(written.visible, skills={**written.visible.skills, name: fact}),
            ),
        )
    seniority = min(4, who.seniority + (rng.random() < 0.5))
    title = title_of(rng, occupation, seniority)
    job = Job(occupation.name, seniority, title, company_of(rng, data, occupation), NEW_JOB_YEARS)
    _tell_job(row, job)
    return _with_job(who, job), Written(row, _with_job(written.visible, job))


def _with_job(who: Person, job: Job) -> Person:
    skills = {name: replace(fact, job=fact.job + 1) for name, fact in who.skills.items()}
    return replace(who, jobs=(job, *who.jobs), skills=skills)


def _tell_skill(row: dict[str, Any], listed: str) -> None:
    if row["skills"] or row["positions"]:
        row["skills"] = [*row["skills"], listed]
    else:
        row["about"] = f"{row['about']}\nNew: {listed}.".strip()


def _tell_job(row: dict[str, Any], job: Job) -> None:
    if row["positions"]:
        position = {
            "title": job.title,
            "company": job.company,
            "years": job.years,
            "description": "",
        }
        row["positions"] = [position, *row["positions"]]
    else:
        row["about"] = f"Now {job.title} at {job.company}.\n{row['about']}".strip()
    if row["headline"] is not None:
        row["headline"] = job.title
    if row["years"] is not None:
        row["years"] = round(row["years"] + job.years, 1)


def _edit_opening(facts: Opening, edit: int) -> Opening:
    """Ask for another skill in the place of one that was asked for."""
    rng = stream(edit, "edit-posting", facts.index)
    data = world()
    occupation = data.occupations[facts.occupation]
    asked = {line.name for line in facts.asked}
    at = pick(rng, [n for n, line in enumerate(facts.asked) if line.kind is RequirementKind.SKILL])
    names = [n for n in (*occupation.core, *occupation.extra) if n not in asked]
    names = names or [n for n in data.general if n not in asked]
    lines = list(facts.asked)
    lines[at] = skill_line(rng, data, pick(rng, names), lines[at].importance)
    return replace(facts, asked=tuple(lines))
