"""The forms of a profile that is not full: parts left out, one pasted text, hardly a word."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from lantern.sample.people import Job, Person
from lantern.sample.seeding import pick

PRESENT_YEAR: Final = 2025


def spoken_years(rng: Random, years: float) -> str:
    """A span of time as people put it."""
    whole = max(1, int(years))
    if years < 1:
        return f"{max(2, round(years * 12))} months"
    if whole == 1:
        return "over a year"
    return f"more than {whole} years" if rng.random() < 0.3 else f"{whole} years"


def drop_parts(rng: Random, row: dict[str, Any]) -> bool:
    """Leave parts out, as people do; returns whether the education is still there."""
    has_degree = rng.random() < 0.6
    if not has_degree:
        row["education"] = []
    if rng.random() < 0.5:
        row["about"] = ""
    if rng.random() < 0.4:
        row["years"] = None
    if rng.random() < 0.4:
        row["headline"] = None
    if rng.random() < 0.3:
        row["location"] = None
    if rng.random() < 0.5 and row["skills"]:
        # without a skills section, the names go into one sentence
        row["about"] = f"{row['about']} I know {', '.join(row['skills'])}.".strip()
        row["skills"] = []
    return has_degree


def make_sparse(rng: Random, row: dict[str, Any]) -> None:
    """Keep the present job and little else."""
    row["education"] = []
    row["positions"] = row["positions"][:1]
    if rng.random() < 0.6:
        row["about"] = ""
    row["years"] = None


def _span(rng: Random, job: Job, until: float) -> str:
    start = PRESENT_YEAR - until - job.years
    if until <= 0:
        return f"since {start:.0f}" if rng.random() < 0.3 else spoken_years(rng, job.years)
    return f"{start:.0f} - {PRESENT_YEAR - until:.0f}"


def fold(rng: Random, row: dict[str, Any], who: Person) -> None:
    """Put everything into ``about``, as those do who paste a résumé."""
    lines = [row["about"]]
    if row["headline"] and rng.random() < 0.7:
        lines.insert(0, row["headline"])
    until = 0.0
    for job, position in zip(who.jobs, row["positions"], strict=False):
        span = _span(rng, job, until)
        lines.append(f"{job.title}, {job.company} ({span}): {position['description']}".strip())
        until += job.years
    if row["skills"]:
        lines.append(f"{pick(rng, ('Skills', 'I know', 'Know-how'))}: {', '.join(row['skills'])}")
    lines.extend(row["education"])
    if rng.random() < 0.3:
        first, last = row["name"].split(" ", 1)
        mail = f"{first}.{last}".lower().replace(" ", "").replace("'", "")
        lines.append(f"Contact: {mail.encode('ascii', 'ignore').decode()}@example.org")
    joiner = "\n" if rng.random() < 0.6 else " "
    row["about"] = joiner.join(line for line in lines if line)
    row.update(headline=None, skills=[], positions=[], education=[], location=None, years=None)
