"""The occupations, skills and phrasings that the sample is made of, read from ``data/*.yaml``.

A skill carries its phrasings twice over: ``ask`` is how postings put it, ``listed`` and ``did``
are how profiles do. Neither side is made from the other, so a requirement is rarely met by the
same string.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class SkillText:
    """A skill and its phrasings.

    Attributes:
        name: key in the data.
        field: its field, or "general" for skills that travel.
        ask: noun phrases of postings.
        listed: names as they stand in the skills section of a profile.
        did: clauses in the past tense that show the skill, mostly without naming it.
        near: skills that are a good start for this one, in both directions.
        plain: whether the ask stands alone in a posting ("experience with" would not fit it).
    """

    name: str
    field: str
    ask: tuple[str, ...]
    listed: tuple[str, ...]
    did: tuple[str, ...]
    near: frozenset[str]
    plain: bool


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its phrasings in postings and in profiles."""

    name: str
    ask: tuple[str, ...]
    show: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Occupation:
    """An occupation of the sample.

    Attributes:
        name: key in the data.
        field: key of its field.
        at: the kinds of organizations where such people work.
        titles: job titles that mean the same.
        lead: titles of those who lead such people.
        practice: noun phrases for the work ("experience in ...").
        core: skills that most postings ask for and most people have.
        extra: skills that some ask for and some have.
        degree: usual degree rank, 0 school to 4 doctorate.
        subjects: usual subjects of that degree.
        certificates: those that postings may name.
        licence: the certificate without which one may not do the work, if any.
        related: occupations whose years count in part.
        duties: lines of a posting's duties.
    """

    name: str
    field: str
    at: tuple[str, ...]
    titles: tuple[str, ...]
    lead: tuple[str, ...]
    practice: tuple[str, ...]
    core: tuple[str, ...]
    extra: tuple[str, ...]
    degree: int
    subjects: tuple[str, ...]
    certificates: tuple[Certificate, ...]
    licence: str | None
    related: frozenset[str]
    duties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of work, its occupations, and its organizations (end of the name -> what it is)."""

    name: str
    label: str
    organizations: Mapping[str, str]
    occupations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """All that the sample's rows are made of."""

    skills: Mapping[str, SkillText]
    occupations: Mapping[str, Occupation]
    fields: Mapping[str, Field]
    general: tuple[str, ...]
    names: Mapping[str, Mapping[str, tuple[str, ...]]]
    places: Mapping[str, tuple[str, ...]]
    posting_parts: Mapping[str, tuple[str, ...]]
    occupation_names: tuple[str, ...]


def _read(name: str) -> dict[str, Any]:
    text = resources.files("lantern.sample").joinpath("data", name).read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def _occupation(
    name: str, field_name: str, raw: Mapping[str, Any], organizations: Mapping[str, str]
) -> Occupation:
    certificates = tuple(
        Certificate(c["name"], tuple(c["ask"]), tuple(c["show"]))
        for c in raw.get("certificates", ())
    )
    return Occupation(
        name=name,
        field=field_name,
        at=tuple(raw.get("at", organizations)),
        titles=tuple(raw["titles"]),
        lead=tuple(raw["lead"]),
        practice=tuple(raw["practice"]),
        core=tuple(raw["core"]),
        extra=tuple(raw["extra"]),
        degree=raw["degree"],
        subjects=tuple(raw["subjects"]),
        certificates=certificates,
        licence=raw.get("licence"),
        related=frozenset(raw["related"]),
        duties=tuple(raw["duties"]),
    )


def _skills(raw: Mapping[str, Mapping[str, Any]]) -> dict[str, SkillText]:
    near: dict[str, set[str]] = {name: set(entry.get("near", ())) for name, entry in raw.items()}
    for name, entry in raw.items():
        for other in entry.get("near", ()):
            near[other].add(name)
    return {
        name: SkillText(
            name,
            entry["field"],
            tuple(entry["ask"]),
            tuple(entry["list"]),
            tuple(entry["did"]),
            frozenset(near[name]),
            bool(entry.get("plain", False)),
        )
        for name, entry in raw.items()
    }


@cache
def world() -> World:
    """The data of the sample, read once a process."""
    general = _read("general.yaml")["skills"]
    skills: dict[str, Any] = {key: {**entry, "field": "general"} for key, entry in general.items()}
    occupations: dict[str, Occupation] = {}
    fields: dict[str, Field] = {}
    for name in FIELD_NAMES:
        raw = _read(f"{name}.yaml")
        skills.update((key, {**entry, "field": name}) for key, entry in raw["skills"].items())
        occupations.update(
            (key, _occupation(key, name, entry, raw["organizations"]))
            for key, entry in raw["occupations"].items()
        )
        fields[name] = Field(
            name,
            raw["label"],
            raw["organizations"],
            tuple(raw["occupations"]),
        )
    people = _read("people.yaml")
    return World(
        skills=_skills(skills),
        occupations=occupations,
        fields=fields,
        general=tuple(general),
        names={
            group: {kind: tuple(values) for kind, values in lists.items()}
            for group, lists in people.pop("names").items()
        },
        places={kind: tuple(values) for kind, values in people.items()},
        posting_parts={kind: tuple(values) for kind, values in _read("postings.yaml").items()},
        occupation_names=tuple(occupations),
    )


FIELD_NAMES = (
    "technology",
    "finance",
    "healthcare",
    "sales_marketing",
    "education_social",
    "engineering",
    "trades",
    "logistics",
    "office_people",
    "hospitality_retail",
)
