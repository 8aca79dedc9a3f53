"""A member's profile: from the source's fields to what the tables and the models hold.

There is one rendering a purpose. ``text`` is the whole profile, for teachers and quotes; it never
holds the member's name field. ``model_text`` is what the classifier reads: bounded, what matters
first, the same for every job, so that a profile is tokenised once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lantern.documents.clean import clean_line, clean_text
from lantern.documents.contact import drop_full_name
from lantern.documents.degrees import highest_degree
from lantern.documents.experience import seniority, stated_years, years_of_experience
from lantern.documents.fingerprint import RENDERING_VERSION, fingerprint
from lantern.documents.lexicon import lexicon
from lantern.documents.places import region_of
from lantern.documents.profile_rendering import (
    lines_of,
    position_line,
    render_for_model,
    without_instructions,
    without_wishes,
)
from lantern.documents.resume_structure import (
    Position,
    SkillNote,
    break_headings,
    read_structure,
    skill_notes,
)
from lantern.documents.sections import restore_lines
from lantern.documents.unusable import (
    UnusableDocument,
    UnusableReason,
    refuse_binary,
    refuse_few_letters,
)

__all__ = ["Position", "Profile", "RawProfile", "build_profile"]

_MAX_POSITIONS: Final = 30
_MAX_ENTRIES: Final = 100
_MAX_DESCRIPTION: Final = 4_000
_MAX_LOCATION: Final = 120


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
    name = clean_line(raw.name) or None
    headline = clean_line(raw.headline) or None
    given = tuple(_clean_position(position) for position in raw.positions[:_MAX_POSITIONS])
    listed = tuple(filter(None, map(clean_line, raw.skills[:_MAX_ENTRIES])))
    education = tuple(filter(None, map(clean_line, raw.education[:_MAX_ENTRIES])))
    about = clean_text(_with_line_breaks(raw.text[: 2 * max_chars]), max_chars=max_chars)
    whole = "\n".join(
        [
            *([headline] if headline else []),
            *(line for position in given for line in _position_lines(position)),
            *([f"Skills: {', '.join(listed)}"] if listed else []),
            *(f"Education: {entry}" for entry in education),
            *lines_of(about.text),
        ]
    )
    nameless = (line.strip() for line in drop_full_name(whole, name).split("\n"))
    cut = clean_text("\n".join(filter(None, nameless)), max_chars=max_chars)
    text = cut.text
    refuse_few_letters(text, min_letters)
    lines = lines_of(about.text)
    read = read_structure(lines)
    notes = [*read.notes, *(note for entry in listed for note in skill_notes(entry))]
    positions = given or read.positions
    honest = without_instructions(text)
    telling = without_wishes(honest)
    skills = lexicon().skill_names(telling)
    years = raw.years if raw.years is not None and raw.years >= 0 else None
    if years is None:
        years = _years(telling, given, notes)
    degree = highest_degree(telling)
    titles = [headline or "", *(position.title for position in positions)]
    told = [line for position in given for line in lines_of(position.description)]
    model_text = render_for_model(
        name=name,
        headline=headline,
        years=years,
        degree=degree,
        skills=skills,
        listed=listed,
        notes=_shown(notes),
        positions=positions,
        education=education or read.education,
        told=[*told, *lines],
        hostile=honest != text,
    )
    if honest != text and not model_text:
        raise UnusableDocument(UnusableReason.INSTRUCTIONS_ONLY)
    location = clean_line(raw.location) if len(raw.location or "") <= _MAX_LOCATION else ""
    return Profile(
        member_id=raw.member_id,
        fingerprint=fingerprint(RENDERING_VERSION, text, model_text, location),
        name=name,
        headline=headline,
        text=text,
        model_text=model_text,
        skills=skills,
        positions=positions,
        degree=degree,
        years=years,
        fields=lexicon().classify_fields(next(filter(None, titles), None), skills, telling),
        seniority=_seniority(titles, years),
        location=location or None,
        region=region_of(location or None),
        was_cut=len(raw.text) > 2 * max_chars or about.was_cut or cut.was_cut,
    )


def _with_line_breaks(raw: str) -> str:
    # Where there is not one line break, wide gaps are all that is left of the lines.
    return break_headings(raw if "\n" in raw.strip() else restore_lines(raw))


def _clean_position(position: Position) -> Position:
    years = position.years if position.years is not None and position.years > 0 else None
    return Position(
        title=clean_line(position.title),
        company=clean_line(position.company),
        years=years,
        description=clean_text(position.description, max_chars=_MAX_DESCRIPTION).text,
    )


def _position_lines(position: Position) -> Iterator[str]:
    """A line for the position, one for each line or bullet of what was done there."""
    line = position_line(position)
    if line.strip():
        yield line
    yield from lines_of(position.description)


def _years(text: str, positions: tuple[Position, ...], notes: list[SkillNote]) -> float | None:
    """Years of experience: the positions', else those claimed, else the larger lower bound.

    Those bounds are its dates (ranges that are still open do not count) and the years with the
    skill known longest.
    """
    held = sum(position.years or 0.0 for position in positions)
    if held:
        return round(held, 1)
    claimed = stated_years(text)
    if claimed is not None:
        return claimed
    bounds = [years_of_experience(text), *(note.years for note in notes)]
    return max((years for years in bounds if years is not None), default=None)


def _shown(notes: list[SkillNote]) -> dict[str, str]:
    """One note a skill: the most years, else the level."""
    shown: dict[str, str] = {}
    for note in sorted(notes, key=lambda note: note.years or 0.0):
        shown[note.skill] = note.note if note.years is None else f"{note.years:g} years"
    return shown


def _seniority(titles: list[str], years: float | None) -> int | None:
    """The level that the first telling title names, else what the years suggest."""
    named = (seniority(title) for title in titles if title)
    level = next((level for level in named if level is not None), None)
    return level if level is not None else seniority(None, years)
