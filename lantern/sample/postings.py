"""A posting's row: blurb, duties, requirements under varied headings, benefits, the EEO line."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from lantern.fit import Importance
from lantern.sample.occupations import World, world
from lantern.sample.openings import Asked, Opening
from lantern.sample.people import with_article
from lantern.sample.seeding import pick, stream

BULLETS: Final = ("- ", "• ", "* ", "")


def posting_id(index: int) -> str:
    """The id of posting ``index``."""
    return f"P{index:07d}"


def posting_index(identifier: str) -> int:
    """The index in an id of :func:`posting_id`."""
    return int(identifier[1:])


def posting_row(seed: int, facts: Opening) -> dict[str, Any]:
    """The row of ``postings.jsonl``."""
    return {
        "posting_id": posting_id(facts.index),
        "title": facts.title,
        "organization": facts.organization,
        "location": facts.location,
        "description": _description(stream(seed, "posting-text", facts.index), facts),
    }


def capitalized(text: str) -> str:
    """The text with its first letter in upper case; the rest as it was."""
    return text[:1].upper() + text[1:]


def _description(rng: Random, facts: Opening) -> str:
    data = world()
    parts = data.posting_parts
    bullet = pick(rng, BULLETS)
    occupation = data.occupations[facts.occupation]
    duties = rng.sample(occupation.duties, 3 if rng.random() < 0.6 else 4)
    rows = [_blurb(rng, data, facts)]
    rows.append(_section(rng, pick(rng, parts["duties_headings"]), duties, bullet))
    rows.extend(_requirements(rng, data, facts, bullet))
    benefits = rng.sample(parts["benefits"], 4 if len(facts.asked) < 6 else 3)
    rows.append(_section(rng, pick(rng, parts["benefits_headings"]), benefits, bullet))
    ending = [pick(rng, parts["eeo"]).format(org=facts.organization), pick(rng, parts["contact"])]
    rows.append(" ".join(line for line in ending if line))
    return "\n\n".join(rows)


def _blurb(rng: Random, data: World, facts: Opening) -> str:
    parts = data.posting_parts
    organizations = data.fields[data.occupations[facts.occupation].field].organizations
    about = next(
        what for kind, what in organizations.items() if facts.organization.endswith(f" {kind}")
    )
    first = pick(rng, parts["openings"]).format(org=facts.organization, about=about)
    place = facts.location.split(",")[0]
    seeking = pick(rng, parts["seeking"])
    if place == "Remote":
        seeking = seeking.replace(" in {place}", "").replace("For our site", "For our remote team")
    title = facts.title if "The {title}" in seeking else with_article(facts.title)
    seeking = seeking.format(place=place, title=title)
    return " ".join((first, pick(rng, parts["blurbs"]), seeking))


def _heading(rng: Random, text: str) -> str:
    draw = rng.random()
    if draw < 0.15:
        return text.upper()
    return text if draw < 0.35 else f"{text}:"


def _section(rng: Random, heading: str, lines: list[str], bullet: str) -> str:
    return "\n".join([_heading(rng, heading), *(bullet + line for line in lines)])


def _requirements(rng: Random, data: World, facts: Opening, bullet: str) -> list[str]:
    parts = data.posting_parts
    musts = [r for r in facts.asked if r.importance is Importance.MUST_HAVE]
    nices = [r for r in facts.asked if r.importance is Importance.NICE_TO_HAVE]
    draw = rng.random()
    if draw < 0.6:
        sections = [_listed(rng, pick(rng, parts["must_headings"]), musts, bullet, ("{}",))]
        if nices:
            heading = pick(rng, parts["nice_headings"])
            sections.append(_listed(rng, heading, nices, bullet, ("{}",)))
        return sections
    if draw < 0.85:
        heading = pick(rng, parts["mixed_headings"])
        section = _listed(rng, heading, musts, bullet, parts["must_cues"])
        wishes = [bullet + capitalized(_phrased(rng, r, parts["nice_cues"])) for r in nices]
        return ["\n".join([section, *wishes])]
    heading = _heading(rng, pick(rng, parts["must_headings"]))
    return [f"{heading}\n{_prose(rng, data, musts, nices)}"]


def _phrased(rng: Random, asked: Asked, forms: tuple[str, ...]) -> str:
    form = pick(rng, forms)
    # a cue behind a long line reads badly
    if form != "{}" and asked.text.count(" ") > 6 and "(" not in form:
        form = "{}" if asked.importance is Importance.MUST_HAVE else "ideally {}"
    return form.format(asked.text)


def _listed(
    rng: Random, heading: str, asked: list[Asked], bullet: str, forms: tuple[str, ...]
) -> str:
    return _section(rng, heading, [capitalized(_phrased(rng, r, forms)) for r in asked], bullet)


def _prose(rng: Random, data: World, musts: list[Asked], nices: list[Asked]) -> str:
    parts = data.posting_parts
    sentences = []
    for first in range(0, len(musts) - 1, 2):
        form = pick(rng, parts["prose_must"])
        sentences.append(form.format(first=musts[first].text, second=musts[first + 1].text))
    if len(musts) % 2:
        sentences.append(pick(rng, parts["prose_must_one"]).format(first=musts[-1].text))
    sentences.extend(pick(rng, parts["prose_nice"]).format(first=r.text) for r in nices)
    return " ".join(sentences)
