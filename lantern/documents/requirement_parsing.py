"""One requirement sentence becomes one or more requirements: what is asked, how much of it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Final

from lantern.documents.degrees import find_degrees
from lantern.documents.experience import find_years
from lantern.documents.lexicon import SkillKind, SkillMention, lexicon
from lantern.documents.requirement_sentences import RequirementSentence
from lantern.documents.requirement_wording import tidy
from lantern.fit import Importance, Requirement, RequirementKind

_LONG_LIST: Final = 4
_MAX_PIECE_WORDS: Final = 4
_MOST_YEARS: Final = 20

_EXPERIENCE: Final = re.compile(
    r"\bexperienced?\b|\bbackground in\b|"
    r"\btrack record\b",
    re.IGNORECASE,
)
_CERTIFICATE: Final = re.compile(
    r"\blicen[sc]\w+|\bcertifi(?:ed|cations?|cates?)\b|\bregistered (?:nurse|dietitian|"
    r"professional)"
    r"|\b(?:CPR|BLS|ACLS|BCLS|CDL|CPA|PMP|CCNA|CISSP|RN|LPN|LVN|CNA|STNA|MVR)\b"
    r"|\bsecurity clearance|\bclearance\b|\bdriving record",
    re.IGNORECASE,
)
_NO_CERTIFICATE: Final = re.compile(r"software licen|licen[sc]ing agreements?", re.IGNORECASE)
_OR: Final = re.compile(r"\b(?:and/)?or\b", re.IGNORECASE)
_OR_MORE: Final = re.compile(
    r"\s(?:or|plus|and) (?:more|over)\s(?=years?\b|yrs?\b|"
    r"months?\b)",
    re.IGNORECASE,
)
_SLASH: Final = re.compile(r"\s?/\s?")
_EXAMPLES: Final = re.compile(
    r"\b(?:such as|e\.g\.|one (?:or more )?of|either|any of|similar)\b", re.IGNORECASE
)

# "Proficient in", "Strong knowledge of the": what stands before the first item of a list.
_LIST_LEAD: Final = re.compile(
    r".{0,120}\b(?:in|with|of|including|include|using|on|following|tools|technologies|utilize|use)"
    r"(?: the)?:?\s+",
    re.IGNORECASE,
)
_LIST_WORD: Final = re.compile(r"^(?:including|include|such as|like|as)\s+", re.IGNORECASE)
_SEPARATOR: Final = re.compile(
    r"\s*(?:[,;|()]|\s/\s|\s[-–]\s|\s(?:and|&)\s)[\s,;()]*(?:(?:and|&)\s+)?", re.IGNORECASE
)
_ETC: Final = re.compile(r"[\s,(]*\betc\.?\)?$", re.IGNORECASE)
_GENERIC: Final = frozenset(
    """
    knowledge skill skills ability abilities experience education required preferred
    requirement requirements qualification qualifications minimum additional other job
    position technical physical key personal qualities and or the of a an conditions
    demands systems responsibilities duties desired following include includes must have
    level general basic essential work working license licenses certification
    certifications training specific special candidate candidates environment competencies
    description summary details characteristics strong previous
    """.split()  # noqa: SIM905
)


def parse_requirements(sentence: RequirementSentence) -> Iterator[Requirement]:
    """The requirements of one sentence: one, or one a skill where it is a long list of skills."""
    text = tidy(sentence.text)
    if not text:
        return
    mentions = lexicon().find_skills(text)
    pieces = _skill_list(text, mentions) if _years(text) is None else []
    if pieces:
        for piece, own in pieces:
            yield _requirement(piece, sentence.importance, own)
        return
    requirement = _requirement(text, sentence.importance, mentions)
    if requirement.kind is not RequirementKind.OTHER or _says_something(text):
        yield requirement


def _skill_list(text: str, mentions: list[SkillMention]) -> list[tuple[str, list[SkillMention]]]:
    """The items of a long list of skills, with theirs; empty if the text is not such a list."""
    if len(mentions) < _LONG_LIST:
        return []
    # Alternatives are one requirement, and so are examples of one thing.
    if _EXAMPLES.search(text) or _OR.search(text):
        return []
    lead = _LIST_LEAD.match(text[: mentions[0].start])
    start = lead.end() if lead and "," not in lead[0] else 0
    items, short, named = [], 0, 0
    for begin, end in _pieces(text, start):
        piece = _LIST_WORD.sub("", _ETC.sub("", text[begin:end]).strip(" .:"))
        own = [mention for mention in mentions if begin <= mention.start < end]
        words = len(piece.split())
        short += words <= _MAX_PIECE_WORDS
        named += bool(own)
        if piece and words <= 2 * _MAX_PIECE_WORDS and (own or words > 1):
            items.append((piece[:1].upper() + piece[1:], own))
    if len(items) < _LONG_LIST or short < 0.8 * len(items) or named < 0.5 * len(items):
        return []
    return items


def _pieces(text: str, start: int) -> Iterator[tuple[int, int]]:
    for separator in _SEPARATOR.finditer(text, start):
        if separator.start() > start:
            yield start, separator.start()
        start = separator.end()
    if start < len(text):
        yield start, len(text)


def _requirement(text: str, importance: Importance, mentions: list[SkillMention]) -> Requirement:
    skills = tuple(dict.fromkeys(mention.skill for mention in mentions))
    years = _years(text)
    degrees = [mention.rank for mention in find_degrees(text)]
    degree = min(degrees) if degrees else None
    if degree is not None:
        kind = RequirementKind.DEGREE
    elif years is not None:
        kind = RequirementKind.EXPERIENCE
    elif _names_certificate(text, skills):
        kind = RequirementKind.CERTIFICATE
    elif skills:
        kind = RequirementKind.SKILL
    elif _EXPERIENCE.search(text):
        kind = RequirementKind.EXPERIENCE
    else:
        kind = RequirementKind.OTHER
    return Requirement(
        kind=kind,
        importance=importance,
        text=text,
        skills=skills,
        any_of=len(skills) > 1 and _are_alternatives(text, mentions),
        years=years,
        degree=degree,
    )


def _says_something(text: str) -> bool:
    """Whether a text without any skill, degree or years is more than a scrap of a heading."""
    words = re.findall(r"[^\W\d_]{2,}", text)
    return len(words) > 1 and any(word.casefold() not in _GENERIC for word in words)


def _names_certificate(text: str, skills: tuple[str, ...]) -> bool:
    if _NO_CERTIFICATE.search(text):
        return False
    known = lexicon().skills
    return bool(_CERTIFICATE.search(text)) or any(
        known[skill].kind is SkillKind.CERTIFICATE for skill in skills
    )


def _are_alternatives(text: str, mentions: list[SkillMention]) -> bool:
    between = text[mentions[0].start : mentions[-1].end]
    if _EXAMPLES.search(text):
        return True
    if all(
        _SLASH.fullmatch(text, one.end, other.start) for one, other in itertools.pairwise(mentions)
    ):
        return True
    return bool(_OR.search(between)) and not re.search(r"(?<!/)\band\b(?!/)", between)


def _years(text: str) -> float | None:
    """Years asked for: the lower end of the first span; months count where experience is named."""
    text = _OR_MORE.sub(" ", text)
    for mention in find_years(text):
        months = "mo" in text[mention.start : mention.end].casefold()
        # "100 years in business" is no experience of a person.
        if mention.years <= _MOST_YEARS and not (months and not _EXPERIENCE.search(text)):
            return mention.years
    return None
