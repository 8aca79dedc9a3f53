"""The latent facts of a posting: what the job truly asks for, and how each line is phrased."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Final

from lantern.fit import Importance, RequirementKind
from lantern.sample.occupations import Certificate, Occupation, World, world
from lantern.sample.people import company_of, title_of
from lantern.sample.seeding import pick, stream

MIN_REQUIREMENTS, MAX_REQUIREMENTS = 4, 7
YEARS_ASKED: Final = {0: 0, 1: 1, 2: 3, 3: 5, 4: 7}
_WORDS: Final = {1: "one", 2: "two", 3: "three", 5: "five", 6: "six", 7: "seven", 8: "eight"}
_SKILL: Final = (
    "proven experience with {}",
    "hands-on experience with {} in a similar setting",
    "practical experience in {}, gained on the job",
    "a solid background in {}",
    "sound, up-to-date knowledge of {}",
    "good command of {} in everyday work",
    "a track record in {}",
    "{}",
)
_SKILL_NICE: Final = (
    "experience with {}",
    "first exposure to {}",
    "some working knowledge of {}",
    "an interest in {}",
    "{}",
)
_SKILL_YEARS: Final = ("{n}+ years of {}", "at least {n} years of {}")
_YEARS: Final = (
    "at least {n} years of experience in {}",
    "{n}+ years in {}",
    "minimum {n} years of professional experience in {}",
    "{word} or more years in {}",
)
_ONE_YEAR: Final = (
    "at least one year of experience in {}",
    "1+ year in {}",
    "first experience in {}",
)
_DEGREES: Final = {
    1: ("associate degree in {} or comparable training", "completed training in {}"),
    2: ("bachelor's degree in {} or a related field", "BSc or BA in {}", "university degree in {}"),
    3: ("master's degree in {} or a related field", "graduate degree in {}"),
    4: ("doctoral degree in {}",),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One true requirement.

    Attributes:
        kind: what it asks for.
        importance: must-have or nice-to-have.
        text: the phrase as it stands in the posting (which may capitalize its first letter).
        name: the skill or certificate.
        phrase: the skill's own words within ``text``.
        years: years asked for.
        degree: degree rank asked for.
        flexible: whether experience may stand in for the degree.
    """

    kind: RequirementKind
    importance: Importance
    text: str
    name: str = ""
    phrase: str = ""
    years: float = 0.0
    degree: int = 0
    flexible: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """What is true of a posting; ``asked`` holds the must-haves first."""

    index: int
    occupation: str
    seniority: int
    title: str
    organization: str
    location: str
    asked: tuple[Asked, ...]


def occupation_cycle(seed: int) -> tuple[str, ...]:
    """The occupations in the order in which postings go round.

    Postings take turns, so that the postings of an occupation, and of a field, can be named by
    arithmetic: events stay linear in members without an index of the postings.
    """
    return _cycle(seed)


@lru_cache(maxsize=8)
def _cycle(seed: int) -> tuple[str, ...]:
    names = list(world().occupation_names)
    stream(seed, "cycle", 0).shuffle(names)
    return tuple(names)


@lru_cache(maxsize=50_000)
def opening(seed: int, index: int) -> Opening:
    """The facts of posting ``index``; the same whatever the sample's size."""
    rng = stream(seed, "opening", index)
    data = world()
    cycle = _cycle(seed)
    occupation = data.occupations[cycle[index % len(cycle)]]
    draw = rng.random()
    seniority = 1 if draw < 0.24 else 2 if draw < 0.70 else 3 if draw < 0.93 else 4
    return Opening(
        index=index,
        occupation=occupation.name,
        seniority=seniority,
        title=title_of(rng, occupation, seniority),
        organization=company_of(rng, data, occupation),
        location=pick(rng, data.places["locations"]),
        asked=_asked(rng, data, occupation, seniority),
    )


def skill_line(
    rng: Random, data: World, name: str, importance: Importance, years: int = 0
) -> Asked:
    """A requirement of a skill, phrased in one of its ways."""
    skill = data.skills[name]
    phrase = pick(rng, skill.ask)
    if years:
        text = pick(rng, _SKILL_YEARS).format(phrase, n=years)
    elif skill.plain:
        text = phrase
    else:
        forms = _SKILL if importance is Importance.MUST_HAVE else _SKILL_NICE
        text = pick(rng, forms).format(phrase)
    return Asked(RequirementKind.SKILL, importance, text, name, phrase, float(years))


def _asked(rng: Random, data: World, occupation: Occupation, seniority: int) -> tuple[Asked, ...]:
    must, nice = Importance.MUST_HAVE, Importance.NICE_TO_HAVE
    core = list(occupation.core)
    rng.shuffle(core)
    extra = list(occupation.extra)
    rng.shuffle(extra)
    years = YEARS_ASKED[seniority] + (seniority >= 2 and rng.random() < 0.3)
    musts: list[Asked] = []
    nices: list[Asked] = []
    if years >= 2 or (years and rng.random() < 0.5):
        musts.append(_years_line(rng, occupation, int(years)))
    if occupation.degree and rng.random() < 0.5:
        line = _degree_line(rng, occupation, must if rng.random() < 0.7 else nice)
        (musts if line.importance is must else nices).append(line)
    for certificate in occupation.certificates:
        if certificate.name == occupation.licence:
            musts.append(_certificate_line(rng, certificate, must))
        elif rng.random() < 0.35:
            nices.append(_certificate_line(rng, certificate, nice))
    draw = rng.random()
    wanted = 2 if draw < 0.2 else 3 if draw < 0.75 or len(core) < 5 else 4
    for number in range(wanted):
        asks_years = int(years) - 1 if years >= 3 and rng.random() < 0.08 else 0
        musts.append(skill_line(rng, data, core[number], must, asks_years))
    if seniority >= 4 and "leadership" not in core[:wanted]:
        musts.append(skill_line(rng, data, "leadership", must))
        if "leadership" in extra:
            extra.remove("leadership")
    spare = extra + core[wanted:]
    draw = rng.random()
    wished = max(0 if draw < 0.2 else 1 if draw < 0.6 else 2, MIN_REQUIREMENTS - len(musts))
    for name in spare[: max(0, wished - len(nices))]:
        nices.append(skill_line(rng, data, name, nice))
    return tuple((musts + nices)[:MAX_REQUIREMENTS])


def _years_line(rng: Random, occupation: Occupation, years: int) -> Asked:
    practice = pick(rng, occupation.practice)
    forms = _ONE_YEAR if years == 1 else _YEARS
    text = pick(rng, forms).format(practice, n=years, word=_WORDS.get(years, str(years)))
    return Asked(
        RequirementKind.EXPERIENCE, Importance.MUST_HAVE, text, occupation.name, practice, years
    )


def _degree_line(rng: Random, occupation: Occupation, importance: Importance) -> Asked:
    subject = pick(rng, occupation.subjects)
    flexible = rng.random() < 0.35
    text = pick(rng, _DEGREES[occupation.degree]).format(subject)
    if flexible:
        text += ", or equivalent experience"
    return Asked(
        RequirementKind.DEGREE,
        importance,
        text,
        subject,
        subject,
        degree=occupation.degree,
        flexible=flexible,
    )


def _certificate_line(rng: Random, certificate: Certificate, importance: Importance) -> Asked:
    text = pick(rng, certificate.ask)
    return Asked(RequirementKind.CERTIFICATE, importance, text, certificate.name, text)
