"""One requirement sentence becomes one or more requirements: what is asked, how much of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lantern.documents.degrees import find_degrees
from lantern.documents.lexicon import SkillKind, SkillMention, lexicon
from lantern.documents.requirement_sentences import RequirementSentence
from lantern.fit import Importance, Requirement, RequirementKind

MAX_REQUIREMENT_CHARS: Final = 200
_LONG_LIST: Final = 4
_MAX_PIECE_WORDS: Final = 4
_MOST_YEARS: Final = 20

_NUMBERS: Final = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten".split()
    )
}
_COUNT: Final = r"(?:\d{1,2}(?:\.\d)?|one|two|three|four|five|six|seven|eight|nine|ten)"
_YEARS_ASKED: Final = re.compile(
    r"(?<!within )(?<!every )(?<!past )(?<!last )(?<!next )(?<!first )"
    rf"\b(?P<low>{_COUNT})\s?(?:\(\s?\d{{1,2}}\s?\))?\s?(?:\+|plus|or more)?\s?"
    rf"(?:(?:-|–|to|or)\s?{_COUNT}\s?(?:\(\s?\d{{1,2}}\s?\))?\s?\+?\s?)?"
    r"(?P<unit>years?\b|yrs?\b|months?\b)"
    r"(?!['’]?\s+(?:of age|of employment|of hire|old|(?:accredited |technical )?"
    r"(?:college|degree|university|school|program)))",
    re.IGNORECASE,
)
_EXPERIENCE: Final = re.compile(r"\bexperienced?\b|\bbackground in\b|\btrack record\b", re.IGNORECASE)
_CERTIFICATE: Final = re.compile(
    r"\blicen[sc]\w+|\bcertifi(?:ed|cations?|cates?)\b|\bregistered (?:nurse|dietitian|professional)"
    r"|\b(?:CPR|BLS|ACLS|BCLS|CDL|CPA|PMP|CCNA|CISSP|RN|LPN|LVN|CNA|STNA|MVR)\b"
    r"|\bsecurity clearance|\bclearance\b|\bdriving record",
    re.IGNORECASE,
)
_NO_CERTIFICATE: Final = re.compile(r"software licen|licen[sc]ing agreements?", re.IGNORECASE)
_OR: Final = re.compile(r"\b(?:and/)?or\b", re.IGNORECASE)
_SLASH: Final = re.compile(r"\s?/\s?")
_EXAMPLES: Final = re.compile(
    r"\b(?:such as|e\.g\.|one (?:or more )?of|either|any of|similar)\b", re.IGNORECASE
)

_BULLET: Final = re.compile(r"^(?:[\s\-–—*•·o>:;,.|~=#+&]+(?=[\w(\"'“])|\(?\d{1,2}[.)]\s+|\(?[a-z]\)\s+)")
_LABEL: Final = re.compile(
    r"^(?:(?:minimum |required |preferred |work |job |basic |general |key )?(?:education|experience|skills?|"
    r"qualifications?|requirements?|knowledge|abilities|licensure|licenses?|certifications?|required|preferred|"
    r"desired|minimum|years of experience required|note|language|technical|position requirements)"
    r"(?:(?: and|,| &|/|/ ?or| or| and/or) ?(?:education|experience|skills?|abilities|certifications?|training|"
    r"qualifications?|requirements?|licenses?|registrations?))*(?: requirements?| required| level| needed)?"
    r"(?: include[sd]?)?|[^:]{0,60}\b(?:following|include[sd]?|requirements? are))\s?(?::|[-–]\s)\s*",
    re.IGNORECASE,
)
_WHO: Final = (
    r"(?:(?:all|the|an?|our|your)\s+)?(?:(?:ideal|successful|qualified|right|best|strong|selected|interested|"
    r"preferred)\s+)?"
    r"(?:candidates?|applicants?|individuals?|incumbents?|employees?|persons?|you|we|he/she|this (?:position|role|"
    r"job|person|individual)|the (?:position|role|job)|position|drivers?|associates?|technicians?)"
)
_LEAD: Final = re.compile(
    rf"^(?:.{{0,160}}?\b(?:seek(?:s|ing)?|looking for|looking to (?:hire|add))\b.{{0,120}}?\b(?:with|who (?:has|have|"
    rf"possess(?:es)?))\s+"
    rf"|(?:to (?:be considered|be successful|be qualified|qualify)[^,]{{0,80}},\s*)?"
    rf"{_WHO}\s+(?:also\s+)?(?:(?:must|should|will|shall|would|needs?|is|are)\s+)?(?:also\s+)?(?:ideally\s+)?"
    r"(?:(?:be )?(?:required|expected|preferred|able|need) to\s+)?"
    r"(?:have|has|possess(?:es)?|hold|demonstrate|bring|requires?|need|seeking|"
    r"looking for (?:someone|an? \w+) with|with)\s+"
    r"|(?:applicants?|candidates?|you) (?:must|should) (?=be\b)"
    r"|(?:must|should|will|shall)\s+(?:also\s+)?(?:have|possess|hold|own)\s+"
    r"|(?:must|should)\s+be\s+(?=(?:able|willing|proficien|familiar|comfortable|knowledgeable|certified|"
    r"licensed|registered|fluent|bilingual|available|capable|experienced|detail|highly|self|computer|flexible|"
    r"authorized|eligible|organized)\w*)"
    r"|be (?=(?:able|willing|proficien|familiar|comfortable|certified|licensed|fluent|available)\w*)"
    r"|(?:possess(?:es|ion of)?|have|has|having|hold)\s+(?=\w+\s+\w+)"
    r"|(?:preferred|required|desired|ideally|preferably|requires|requiring|also|and|or|plus|with|the following|"
    r"we prefer|prefer|including)\s*[:,-]?\s+(?=\S+\s*\S*)"
    r")",
    re.IGNORECASE,
)
_ARTICLE: Final = re.compile(r"^(?:an?|the)\s+(?=\w)", re.IGNORECASE)
_TAIL: Final = re.compile(
    r"[\s,;(\-–]*\b(?:(?:is|are|would be|will be)\s+)?(?:also\s+)?(?:an?\s+)?(?:strongly |highly |absolutely |"
    r"definitely |big |huge |definite |strong |but not |a )*"
    r"(?:required|requirement|preferred|desired|desirable|plus|must|mandatory|essential|necessary|helpful|"
    r"beneficial|needed|advantageous|nice to have|important)(?: for (?:this|the) (?:position|role|job))?\)?\s*[.!;,:]*$",
    re.IGNORECASE,
)
_DANGLING: Final = re.compile(
    r"[\s,;:(\-–]+(?:and|or|with|of|in|the|a|an|to|for|including|such as|as|be|is|are|must|by|on|at)?$", re.IGNORECASE
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
_GENERIC: Final = frozenset(
    "knowledge skill skills ability abilities experience education required preferred requirement "
    "requirements qualification qualifications minimum additional other job position technical "
    "physical key personal qualities and or the of a an conditions demands systems responsibilities "
    "duties desired following include includes must have level general basic essential work working "
    "license licenses certification certifications training specific special candidate candidates "
    "environment competencies description summary details characteristics strong previous".split()
)
_CLAUSE_END: Final = re.compile(r"[,;:.()]|\s(?=and\b|or\b|to\b|with\b|for\b|in\b|while\b|as\b)")
_ETC: Final = re.compile(r"[\s,(]*\betc\.?\)?$", re.IGNORECASE)
_LONG_WORD: Final = re.compile(r"\S{41,}")


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


def tidy(text: str) -> str:
    """The bare requirement: no bullet, label, "candidates must have", "is required"; one line.

    Never longer than :data:`MAX_REQUIREMENT_CHARS`; a longer one ends at a clause. Holds no double
    quote, because the explanation puts quotes of the profile in those.
    """
    text = re.sub(r"\s+", " ", text.translate(_QUOTES))
    text = _LONG_WORD.sub(" ", text)
    for _ in range(3):
        shorter = _LEAD.sub("", _LABEL.sub("", _BULLET.sub("", text.strip())))
        if shorter == text or not shorter:
            break
        text = shorter
    for _ in range(2):
        shorter = _TAIL.sub("", text)
        if len(shorter) >= 3:
            text = shorter
    text = _ARTICLE.sub("", text)
    text = _shorten(_balanced(text.strip(" .,;:-–—*|!&")))
    return text[:1].upper() + text[1:] if text[:2].islower() or text[1:2] == " " else text


_QUOTES: Final = str.maketrans({'"': "'", "“": "'", "”": "'", "„": "'", "«": "'", "»": "'", "`": "'"})


def _balanced(text: str) -> str:
    if text.count("(") > text.count(")"):
        opening = text.rfind("(")
        text = text[:opening] + text[opening + 1 :] if opening == 0 else text[:opening].rstrip() + " " + (
            text[opening + 1 :]
        )
    elif text.count(")") > text.count("("):
        text = text[::-1].replace(")", "", 1)[::-1]
    return re.sub(r" {2,}", " ", text).strip()


def _shorten(text: str) -> str:
    if len(text) > MAX_REQUIREMENT_CHARS:
        ends = [m.start() for m in _CLAUSE_END.finditer(text, 60, MAX_REQUIREMENT_CHARS)]
        text = text[: ends[-1] if ends else MAX_REQUIREMENT_CHARS]
        text = _balanced(text)
    return _DANGLING.sub("", text)[:MAX_REQUIREMENT_CHARS].rstrip()


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
        _SLASH.fullmatch(text, one.end, other.start)
        for one, other in zip(mentions, mentions[1:], strict=False)
    ):
        return True
    return bool(_OR.search(between)) and not re.search(r"(?<!/)\band\b(?!/)", between)


def _years(text: str) -> float | None:
    """Years asked for: the least of the first span named; months count where experience is."""
    match = _YEARS_ASKED.search(text)
    if not match:
        return None
    word = match["low"].casefold()
    years = float(_NUMBERS[word]) if word in _NUMBERS else float(word)
    if match["unit"].casefold().startswith("month"):
        if not _EXPERIENCE.search(text):
            return None
        years /= 12
    # "100 years in business" is no experience of a person.
    return round(years, 2) if 0 < years <= _MOST_YEARS else None
