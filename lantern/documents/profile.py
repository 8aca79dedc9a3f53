"""A member's profile: from the source's fields to what the tables and the models hold.

There is one rendering a purpose. ``text`` is the whole profile, for teachers and quotes; it never
holds the member's name field. ``model_text`` is what the classifier reads: bounded, what matters
first, the same for every job, so that a profile is tokenised once for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lantern.documents.clean import clean_line, clean_text
from lantern.documents.contact import drop_contact
from lantern.documents.degrees import DEGREE_NAMES, highest_degree
from lantern.documents.experience import seniority, stated_years, years_of_experience
from lantern.documents.fingerprint import RENDERING_VERSION, fingerprint
from lantern.documents.lexicon import lexicon
from lantern.documents.places import region_of
from lantern.documents.sections import restore_lines, split_sentences
from lantern.documents.unusable import refuse_binary, refuse_few_letters

MODEL_TEXT_WORDS: Final = 220
"""Most words of ``model_text``: about 300 tokens, so that requirements fit beside it in 512."""

_MAX_LISTED_SKILLS: Final = 40
_BULLET: Final = re.compile(r"\s*[•●▪■◦➢➤▶►✓❖⮚]+\s*|(?:^|(?<=\s))\*\s+")
_FILLER: Final = re.compile(
    r"education details|skill details|company details|company - \S.{0,60}|description -"
    r"|.*(?:exprience|experience) - (?:less than 1 year |\d+ )months?"
    r"|(?:hard[ -]?working|team player|self[ -]motivated|quick learner|positive attitude"
    r"|date of birth|marital status|father'?s name|nationality|languages? known|hobbies"
    r"|i hereby declare|declaration|references? available).*",
    re.IGNORECASE,
)
# Text that speaks to a model instead of about a person. It stays in `text`, which is evidence
# only, and is left out of what the classifier reads.
_INSTRUCTION: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|above|previous|rule)"
    r"|\b(?:system|assistant|user)\s*(?:prompt|:)|<\|?\w+\|?>|\[/?INST\]"
    r"|\b(?:rate|score|mark|classify|label)\b.{0,30}\b(?:high|perfect|best)\b"
    r"|you are a (?:high|medium|low) fit",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Position:
    """A position that a member held."""

    title: str
    company: str = ""
    years: float | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class RawProfile:
    """A profile as the source has it; everything but some text is optional."""

    member_id: str | None
    text: str = ""
    headline: str | None = None
    name: str | None = None
    skills: tuple[str, ...] = ()
    positions: tuple[Position, ...] = ()
    education: tuple[str, ...] = ()
    location: str | None = None
    years: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as the table ``members`` has it; the table's comments say what each field is."""

    member_id: str | None
    fingerprint: str
    name: str | None
    headline: str | None
    text: str
    model_text: str
    skills: tuple[str, ...]
    positions: tuple[Position, ...]
    degree: int | None
    years: float | None
    fields: tuple[str, ...]
    seniority: int | None
    location: str | None
    region: str | None
    was_cut: bool


def build_profile(raw: RawProfile, *, max_chars: int, min_letters: int) -> Profile:
    """Clean a profile, find its facts, render it.

    Args:
        raw: the source's fields.
        max_chars: the whole text is cut here.
        min_letters: a profile with fewer letters is refused.

    Raises:
        UnusableDocument: binary, empty, or too few letters.
    """
    refuse_binary(raw.text)
    about = clean_text(restore_lines(raw.text), max_chars=max_chars)
    headline = clean_line(raw.headline) or None
    positions = tuple(_clean_position(position) for position in raw.positions)
    listed = tuple(filter(None, map(clean_line, raw.skills)))
    education = tuple(filter(None, map(clean_line, raw.education)))
    whole = "\n".join(
        [
            *([headline] if headline else []),
            *map(_position_line, positions),
            *([f"Skills: {', '.join(listed)}"] if listed else []),
            *(f"Education: {entry}" for entry in education),
            *_lines(about.text),
        ]
    )
    cut = clean_text(whole, max_chars=max_chars)
    text = cut.text
    refuse_few_letters(text, min_letters)
    skills = lexicon().skill_names(text)
    years = raw.years if raw.years is not None else _years(text, positions)
    titles = [headline, *(position.title for position in positions)]
    degree = highest_degree(text)
    model_text = render_for_model(
        headline=headline,
        years=years,
        degree=degree,
        skills=skills,
        listed=listed,
        positions=positions,
        education=education,
        about=_lines(about.text),
    )
    location = clean_line(raw.location) or None
    return Profile(
        member_id=raw.member_id,
        fingerprint=fingerprint(RENDERING_VERSION, text, model_text, location or ""),
        name=clean_line(raw.name) or None,
        headline=headline,
        text=text,
        model_text=model_text,
        skills=skills,
        positions=positions,
        degree=degree,
        years=years,
        fields=lexicon().classify_fields(next(filter(None, titles), None), skills, text),
        seniority=seniority(next(filter(None, titles), None), years),
        location=location,
        region=region_of(location),
        was_cut=about.was_cut or cut.was_cut,
    )


def render_for_model(
    *,
    headline: str | None,
    years: float | None,
    degree: int | None,
    skills: Sequence[str],
    listed: Sequence[str],
    positions: Sequence[Position],
    education: Sequence[str],
    about: Sequence[str],
) -> str:
    """What the classifier reads: the facts first, then the sentences that carry any.

    Sentences with a skill or a number come before those without, each group in the text's order;
    filler, contact data and text that addresses a model are left out. Whole sentences only.
    """
    facts = [
        headline,
        f"{years:g} years of experience" if years else None,
        DEGREE_NAMES[degree] if degree else None,
    ]
    lines = [". ".join(fact for fact in facts if fact)]
    named = {skill.casefold() for skill in skills}
    own = [skill for skill in listed if skill.casefold() not in named]
    all_skills = [*skills, *own][:_MAX_LISTED_SKILLS]
    if all_skills:
        lines.append("Skills: " + ", ".join(all_skills))
    lines += [_position_line(position, described=False) for position in positions]
    lines += education
    lines = [drop_contact(line) for line in lines if line and not _INSTRUCTION.search(line)]
    left = MODEL_TEXT_WORDS - sum(len(line.split()) for line in lines)
    told = [position.description for position in positions if position.description]
    sentences = list(dict.fromkeys(_sentences([*told, *about])))
    chosen: set[int] = set()
    for number in sorted(range(len(sentences)), key=lambda n: (not _informs(sentences[n]), n)):
        words = len(sentences[number].split())
        if words <= left:
            chosen.add(number)
            left -= words
    lines += [sentences[number] for number in sorted(chosen)]
    return "\n".join(_bounded(lines))


def _sentences(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        for sentence in split_sentences(line):
            if _FILLER.fullmatch(sentence) or _INSTRUCTION.search(sentence):
                continue
            kept = drop_contact(sentence)
            if len(kept.split()) > 1:
                yield kept


def _informs(sentence: str) -> bool:
    return bool(lexicon().find_skills(sentence)) or any(sign.isdigit() for sign in sentence)


def _bounded(lines: Sequence[str]) -> Iterator[str]:
    """The first lines, up to the bound; a list that alone is too long is cut at a word."""
    left = MODEL_TEXT_WORDS
    for line in lines:
        words = line.split()
        if left <= 0:
            return
        yield line if len(words) <= left else " ".join(words[:left])
        left -= len(words)


def _lines(text: str) -> list[str]:
    """Lines of a free text, with a line a bullet."""
    return [
        piece
        for line in text.split("\n")
        for piece in (part.strip() for part in _BULLET.split(line))
        if piece
    ]


def _clean_position(position: Position) -> Position:
    years = position.years if position.years is not None and position.years > 0 else None
    return Position(
        title=clean_line(position.title),
        company=clean_line(position.company),
        years=years,
        description=clean_line(position.description, max_chars=2_000),
    )


def _position_line(position: Position, *, described: bool = True) -> str:
    where = f" at {position.company}" if position.company else ""
    span = f", {position.years:g} years" if position.years else ""
    told = f": {position.description}" if described and position.description else ""
    return f"{position.title}{where}{span}{told}"


def _years(text: str, positions: Sequence[Position]) -> float | None:
    """Years of experience: the positions', else those that the text claims, else its dates'."""
    held = sum(position.years or 0.0 for position in positions)
    if held:
        return round(held, 1)
    claimed = stated_years(text)
    return claimed if claimed is not None else years_of_experience(text)
