"""The wording of a requirement: one short line without the phrases around what is asked."""

from __future__ import annotations

import re
from typing import Final

MAX_REQUIREMENT_CHARS: Final = 200

_BULLET: Final = re.compile(
    r"^(?:[\s\-–—*•·>:;,.|~=#+&]+(?=[\w(\"'“])|o\s+(?=[A-Z])|\(?\d{1,2}[.)]\s+|"
    r"\(?[a-z]\)\s+)"
)
_LABEL: Final = re.compile(
    r"^(?:(?:minimum |required |preferred |work |job |basic |general |key )?(?:education|"
    r"experience|skills?|"
    r"qualifications?|requirements?|knowledge|abilities|licensure|licenses?|certifications?|"
    r"required|preferred|"
    r"desired|minimum|years of experience required|note|language|technical|position requirements)"
    r"(?:(?: and|,| &|/|/ ?or| or| and/or) ?(?:education|experience|skills?|abilities|"
    r"certifications?|training|"
    r"qualifications?|requirements?|licenses?|registrations?))*(?: requirements?| required| level|"
    r" needed)?"
    r"(?: include[sd]?)?|[^:]{0,60}\b(?:following|include[sd]?|requirements? are))\s?(?::|"
    r"[-–]\s)\s*",
    re.IGNORECASE,
)
_WHO: Final = (
    r"(?:(?:all|the|an?|our|your)\s+)?(?:(?:ideal|successful|qualified|right|best|strong|selected|"
    r"interested|"
    r"preferred)\s+)?"
    r"(?:candidates?|applicants?|individuals?|incumbents?|employees?|persons?|you|we|he/she|"
    r"this (?:position|role|"
    r"job|person|individual)|the (?:position|role|job)|position|drivers?|associates?|technicians?)"
)
_LEAD: Final = re.compile(
    rf"^(?:.{{0,160}}?\b(?:seek(?:s|ing)?|looking for|looking to (?:hire|"
    rf"add))\b.{{0,120}}?\b(?:with|who (?:has|have|"
    rf"possess(?:es)?))\s+"
    rf"|we (?:ask for|insist on|expect|require|need|want|would be (?:glad|happy) about)\s+"
    rf"|it helps if you have\s+|an? (?:big )?plus would be\s+"
    rf"|(?:to (?:be considered|be successful|be qualified|qualify|succeed)[^,]{{0,80}}?(?:,\s*|"
    rf"\s+(?=you\b)))?"
    rf"{_WHO}\s+(?:also\s+)?(?:(?:must|should|will|shall|would|needs?|is|"
    rf"are)\s+)?(?:also\s+)?(?:ideally\s+)?"
    r"(?:(?:be )?(?:required|expected|preferred|able|need) to\s+)?"
    r"(?:have|has|possess(?:es)?|hold|demonstrate|bring|requires?|need|seeking|"
    r"looking for (?:someone|an? \w+) with|with)\s+"
    r"|(?:applicants?|candidates?|you) (?:must|should) (?=be\b)"
    r"|(?:must|should|will|shall)\s+(?:also\s+)?(?:have|possess|hold|own)\s+"
    r"|(?:must|should)\s+be\s+(?=(?:able|willing|proficien|familiar|comfortable|knowledgeable|"
    r"certified|"
    r"licensed|registered|fluent|bilingual|available|capable|experienced|detail|highly|self|"
    r"computer|flexible|"
    r"authorized|eligible|organized)\w*)"
    r"|be (?=(?:able|willing|proficien|familiar|comfortable|certified|licensed|fluent|"
    r"available)\w*)"
    r"|(?:possess(?:es|ion of)?|have|has|having|hold)\s+(?=\w+\s+\w+)"
    r"|(?:preferred|required|desired|ideally|preferably|requires|requiring|also|and|or|plus|with|"
    r"the following|"
    r"we prefer|prefer|including)\s*[:,-]?\s+(?=\S+\s*\S*)"
    r")",
    re.IGNORECASE,
)
_ARTICLE: Final = re.compile(r"^(?:an?|the)\s+(?=\w)", re.IGNORECASE)
_TAIL: Final = re.compile(
    r"[\s,;(\-–]*\b(?:(?:is|are|would be|will be)\s+)?(?:also\s+)?(?:an?\s+)?(?:strongly |highly |"
    r"absolutely |"
    r"definitely |big |huge |definite |strong |but not |a )*"
    r"(?:required|requirement|preferred|desired|desirable|plus|must|mandatory|essential|necessary|"
    r"helpful|"
    r"beneficial|needed|advantageous|nice to have|important)(?: for (?:this|the) (?:position|role|"
    r"job))?\)?\s*[.!;,:]*$",
    re.IGNORECASE,
)
# The number of the next item, glued to the end of this one: "in a team.15", "required (75%).II".
_NEXT_NUMBER: Final = re.compile(r"(?<=[a-z)])\.\s?(?:\d{1,2}|[IVX]{1,4}|[A-Z])\.?$")
_DANGLING: Final = re.compile(
    r"[\s,;:(\-–]+(?:and|or|with|of|in|the|a|an|to|for|including|such as|as|be|is|are|must|by|on|"
    r"at)?$",
    re.IGNORECASE,
)
_CLAUSE_END: Final = re.compile(r"[,;:.()]|\s(?=and\b|or\b|to\b|with\b|for\b|in\b|while\b|as\b)")
_LONG_WORD: Final = re.compile(r"\S{41,}")


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
    text = _NEXT_NUMBER.sub("", text)
    for _ in range(2):
        shorter = _TAIL.sub("", text)
        if len(shorter) >= 3:
            text = shorter
    text = _ARTICLE.sub("", text)
    text = _shorten(_balanced(text.strip(" .,;:-–—*|!&")))
    return text[:1].upper() + text[1:] if text[:2].islower() or text[1:2] == " " else text


_QUOTES: Final = str.maketrans(
    {'"': "'", "“": "'", "”": "'", "„": "'", "«": "'", "»": "'", "`": "'"}
)


def _balanced(text: str) -> str:
    if text.count("(") > text.count(")"):
        opening = text.rfind("(")
        text = f"{text[:opening].rstrip()} {text[opening + 1 :]}"
    elif text.count(")") > text.count("("):
        text = text[::-1].replace(")", "", 1)[::-1]
    return re.sub(r" {2,}", " ", text).strip()


def _shorten(text: str) -> str:
    if len(text) > MAX_REQUIREMENT_CHARS:
        ends = [m.start() for m in _CLAUSE_END.finditer(text, 60, MAX_REQUIREMENT_CHARS)]
        text = text[: ends[-1] if ends else MAX_REQUIREMENT_CHARS]
        text = _balanced(text)
    return _DANGLING.sub("", text)[:MAX_REQUIREMENT_CHARS].rstrip()
