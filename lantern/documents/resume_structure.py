"""What a résumé without fields tells of itself: positions, education, years with single skills.

Only what is written in so many words is read ("Designation: ...", "Title - Company" under a known
heading, "Title, Company (2015 - 2018)", "Python - Experience - 23 months"): a position that is
guessed wrongly would be quoted to the member as theirs.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from lantern.documents.degrees import find_degrees
from lantern.documents.experience import find_years, years_of_experience
from lantern.documents.lexicon import lexicon

MAX_POSITIONS: Final = 8
_MAX_EDUCATION: Final = 3
_MAX_TITLE_WORDS: Final = 8
_MAX_NOTED_LINE: Final = 160


@dataclass(frozen=True, slots=True)
class Position:
    """A position that a member held."""

    title: str
    company: str = ""
    years: float | None = None
    description: str = ""


class SkillNote(NamedTuple):
    """What a profile says beside a skill: years, or a level ("basics")."""

    skill: str
    years: float | None
    note: str


@dataclass(frozen=True, slots=True)
class ResumeStructure:
    """What was read.

    Attributes:
        positions: in the text's order, at most MAX_POSITIONS.
        education: the lines that name a degree, highest first.
        notes: skills beside which the text claims years or a level.
    """

    positions: tuple[Position, ...]
    education: tuple[str, ...]
    notes: tuple[SkillNote, ...]


class _Part(enum.Enum):
    NONE = 0
    EDUCATION = 1
    SKILLS = 2
    WORK = 3


_HEADINGS: Final = (
    (_Part.EDUCATION, r"education(?:al)?(?: details| qualifications?| background)?|"
        r"academic\w*.{0,20}"),
    (_Part.SKILLS, r"(?:technical |key |core |computer |it |professional )*skills?(?: details|"
        r" sets?)?|"
     r"technical strengths|tools|technologies|core competenc\w+|areas of expertise"),
    (_Part.WORK, r"company details|(?:work|professional|employment|career)\s(?:experience|history|"
     r"summary|details)|experience|employment"),
    (_Part.NONE, r"projects?(?: details)?|personal (?:details|profile|information)|certifications?|"
     r"achievements|languages?|hobbies|interests|declaration|summary|objective|profile|"
     r"references?"),
)  # fmt: skip
_HEADING: Final = tuple(
    (part, re.compile(rf"(?:{words})\s*:?", re.IGNORECASE)) for part, words in _HEADINGS
)
# A heading that lost its line break: "... 20 monthsCompany Details".
_LOST_HEADING: Final = re.compile(r"(?<=\S)[^\S\n]*(?=(?:Education|Skill|Company) Details\b)")

_ROLE: Final = re.compile(
    r"(?:role|designation|position(?: held)?|job title|worked as|"
    r"working as)\b\s*(?:[:\-–]\s*)?(?:an? )?"
    r"(?P<title>[^:;.\[\]]{3,80})",
    re.IGNORECASE,
)
_COMPANY: Final = re.compile(
    r"(?:company|employer|"
    r"organi[sz]ation)\s*[:\-–]\s*(?P<name>.{2,80})",
    re.IGNORECASE,
)
_TITLE_AT: Final = re.compile(r"(?P<title>.{3,80}?)(?: [-–|@] |, | at )(?P<company>.{2,80}?)[.,]?")
# What may follow the occupation in a title: "Engineer II", "Manager (Sales)", "Developer - Java".
_TITLE_END: Final = re.compile(r"s?\s*(?:[IVX]{1,3}\b|\d)?\s*(?:[(\[,/–-].*)?")
_DATES: Final = re.compile(
    r"[\s(,|–-]*(?:(?:from|since)\s+)?(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|"
    r"dec)[a-z]*\.?\s*)?"
    r"\b(?:\d{1,2}/)?(?:19|20)\d\d\b.*$",
    re.IGNORECASE,
)
_EXPERIENCE_LINE: Final = re.compile(
    r"(?P<skill>[^:\n]{1,120}?)\s?[-–:]\s*exp\w*nce\s*[-–:]\s*(?P<note>.{1,30})", re.IGNORECASE
)
_NOTED: Final = re.compile(r"(?P<skill>[^,;:()\n]{1,60}?)\s?\((?P<note>[^()\n]{3,24})\)")
_LEVEL: Final = re.compile(
    r"basics?|beginner|novice|intermediate|advanced|expert|proficient|fluent|native|"
    r"familiar",
    re.IGNORECASE,
)


def break_headings(text: str) -> str:
    """Put résumé headings that lost their line break on lines of their own."""
    return _LOST_HEADING.sub("\n", text)


def is_heading(line: str) -> bool:
    """Whether a line is nothing but a heading of a résumé."""
    return any(pattern.fullmatch(line) for _, pattern in _HEADING)


def read_structure(lines: Sequence[str]) -> ResumeStructure:
    """Read the structure of a résumé from its cleaned lines."""
    part, company = _Part.NONE, ""
    positions: list[Position] = []
    education: list[tuple[int, str]] = []
    notes: list[SkillNote] = []
    for line in lines:
        opened = next((kind for kind, pattern in _HEADING if pattern.fullmatch(line)), None)
        if opened is not None:
            part = opened
            continue
        employer = _COMPANY.fullmatch(line)
        if employer:
            company = employer["name"].strip()
            continue
        notes += skill_notes(line)
        degrees = find_degrees(line) if len(line.split()) <= 25 else []
        if degrees and part is _Part.EDUCATION:
            education.append((max(mention.rank for mention in degrees), line))
            continue
        position = _position(line, part, company)
        if position is not None:
            _add(positions, position)
    education.sort(key=lambda entry: -entry[0])
    return ResumeStructure(
        positions=tuple(positions[:MAX_POSITIONS]),
        education=tuple(line for _, line in education[:_MAX_EDUCATION]),
        notes=tuple(notes),
    )


def skill_notes(line: str) -> Iterator[SkillNote]:
    """Skills with years or a level: "Java (3 years), Go (basics)", "Java- Experience - 2 years"."""
    noted = _EXPERIENCE_LINE.match(line) if len(line) <= _MAX_NOTED_LINE else None
    for match in [noted] if noted else _NOTED.finditer(line):
        note = match["note"].strip()
        stated = find_years(note)
        level = _LEVEL.fullmatch(note)
        if not (stated or level) or "less than" in note.casefold():
            continue
        for skill in lexicon().skill_names(match["skill"]):
            yield SkillNote(skill, stated[0].years if stated else None, note.casefold())


def _position(line: str, part: _Part, company: str) -> Position | None:
    role = _ROLE.match(line)
    if role:
        title = _DATES.sub("", role["title"]).strip(" ,-–|")
        if _is_title(title):
            return Position(title, company, years_of_experience(line))
        return None
    dated = _DATES.search(line)
    bare = _DATES.sub("", line).strip(" ,-–|(") if dated else line
    if not dated and part is not _Part.EDUCATION:
        return None
    parted = _TITLE_AT.fullmatch(bare)
    if parted and _is_title(parted["title"]):
        return Position(
            parted["title"].strip(), parted["company"].strip(), years_of_experience(line)
        )
    if _is_title(bare) and (not dated or part is _Part.WORK):
        return Position(bare, "", years_of_experience(line))
    return None


def _is_title(text: str) -> bool:
    """Whether a text is a job title: it ends in an occupation that is not part of a skill."""
    if not 0 < len(text.split()) <= _MAX_TITLE_WORDS or ":" in text or find_degrees(text):
        return False
    skills = lexicon().find_skills(text)
    return any(
        _TITLE_END.fullmatch(text, occupation.end)
        and not any(s.start < occupation.start < s.end for s in skills)
        for occupation in lexicon().find_occupations(text)
    )


def _add(positions: list[Position], position: Position) -> None:
    """Add a position, unless it is there; one with a company replaces the same one without."""
    for index, other in enumerate(positions):
        if other.title.casefold() == position.title.casefold():
            if not other.company and position.company:
                positions[index] = position
                return
            if other.company == position.company or not position.company:
                return
    positions.append(position)
