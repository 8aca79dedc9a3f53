"""Degrees as they are written in the US and in India, and their rank.

Words that are unmistakable ("bachelor's degree", "B.Tech") count in any case; abbreviations that
are also words or products ("BE", "ME", "MS", "MA") only in capitals and beside what shows that a
degree is meant: "BE Mechanical", "MS in Statistics", but not "MUST BE ABLE" nor "MS Word".
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

NONE, ASSOCIATE, BACHELOR, MASTER, DOCTORATE = range(5)
DEGREE_NAMES: Final = (
    "high school diploma",
    "associate degree",
    "bachelor's degree",
    "master's degree",
    "doctorate",
)


class DegreeMention(NamedTuple):
    """A degree in a text: its rank (0 high school .. 4 doctorate) and where it stands."""

    rank: int
    start: int
    end: int


_S = "['’`]?s?['’`]?"
_SUBJECT = (
    r"(?i:science|arts?|engineering|engg|technology|tech|commerce|business|computers?|comp|law|"
    r"civil|mech\w*|electr\w*|elex|instrument\w*|information|it|cse?|e ?& ?tc|entc|extc|production|"
    r"chemical|industrial|automobile|software|nursing|education|nutrition|management|marketing|"
    r"finance|accounting|pharmacy|public|social|health|fine|applied|professional|philosophy|"
    r"architecture|library|statistics|mathematics|physics|economics|english|psychology)\b"
)
_ENGINEERING = (
    r"(?i:engineering|engg|technology|computers?|comp|civil|mech\w*|electr\w*|elex|instrument\w*"
    r"|information|it|cse?|e ?& ?tc|entc|extc|production|chemical|industrial|automobile|software)\b"
)
_BESIDE_ENGINEERING = rf"(?=[ ,(-]{{1,2}}(?i:in |of )?{_ENGINEERING})"
_BESIDE_SUBJECT = rf"(?=[ ,(-]{{1,2}}(?i:in |of )?{_SUBJECT})"
_BESIDE_DEGREE = r"(?= ?/ ?[BM]| (?i:in|degree)\b)"

_ANY_CASE: Final = {
    DOCTORATE: (
        r"doctorates?|doctoral(?: degree)?|ph\.? ?d|pharm\.? ?d|d\.phil|juris doctor(?:ate)?"
        r"|j\.d(?!\.? (?:power|edwards))"
        r"|doctor of (?:philosophy|pharmacy|medicine|education|nursing|law|science|psychology"
        r"|physical therapy|business administration|dental \w+|veterinary \w+)"
    ),
    MASTER: (
        rf"(?<!scrum )masters?{_S} (?:degree|of {_SUBJECT}|in\b)|master['’`]s"
        r"|masters(?= (?:preferred|required|level|or|and|program)\b)"
        r"|m\.? ?tech|m\.? ?sc|m\. ?com|mcom|m\. ?phil|m\.b\.a|mba|m\.c\.a|m\. ?ed|ll\.? ?m"
        r"|post[ -]?graduat(?:e|ion)(?: (?:degree|diploma))?(?: (?:in|of))?"
        r"|advanced degree|(?<!under)(?<!under )graduate degree"
    ),
    BACHELOR: (
        rf"ba(?:chelo|tchelo|chleo)r{_S}(?! (?:pad|party))(?: (?:degree|of|in)\b)?|baccalaureate"
        r"|b\.? ?tech|b\.? ?sc|b\. ?com|bcom|ll\.? ?b|b\.b\.a|b\.c\.a|b\. ?arch|b\. ?ed|b\. ?pharm"
        r"|under[ -]?graduate degree|college degree|university degree|college graduate|mbbs"
        r"|(?:4|four)[ -]year (?:\w+ )?degree"
    ),
    ASSOCIATE: (
        rf"associate{_S} degree|associate['’`]s in\b|associate of (?:arts?|science|applied \w+)"
        r"|(?:2|two)[ -]year (?:\w+ )?degree|polytechnic|some college|technical degree"
        r"|(?:nursing|rn|technical|trade|vocational|engineering|advanced) diploma"
        rf"|(?<!school )diploma(?:(?: in| of) [a-z]+|{_BESIDE_SUBJECT})"
    ),
    NONE: (
        r"high[ -]?school(?: (?:diploma|graduate|degree|education|equivalen\w+))?"
        r"(?! (?:students?|teachers?|kids|age|sports?)\b)|h\.?s\.? diploma|ged|g\.e\.d"
        r"|(?:higher )?secondary (?:school|education)|matriculation|h\.s\.c|s\.s\.c"
    ),
}
_CAPITALS: Final = {
    DOCTORATE: r"JD(?! Edwards)|M\.D|EdD|PsyD|DNP|DPT",
    MASTER: (
        r"MCA|MCM|MCS|MMS|PGDM|PGDBM|PGDBA|PGDCA|MSN|MSW|MPH|MFA|M\. ?[ESA]|P\.G"
        rf"|MS(?:{_BESIDE_DEGREE}|(?=\)))|(?<=BS/)MS|(?<=BE/)ME|ME{_BESIDE_ENGINEERING}"
        rf"|MA{_BESIDE_DEGREE}|(?<=BA/)MA"
    ),
    BACHELOR: (
        r"BBA|BCA|BCS|BMS|BFA|BSN|BHM|BDS|B\. ?[ESA](?:\. ?N)?"
        rf"|BE(?:{_BESIDE_ENGINEERING}|(?=/ME| degree\b))|(?<=\d\d\d\d )BE"
        rf"|BS(?:{_BESIDE_DEGREE}|(?=\)|, MS))|(?<=BA/)BS|BA(?:{_BESIDE_DEGREE}|(?=\)| or B))"
        r"|(?<=BS/)BA|(?<=BA or )BS"
    ),
    ASSOCIATE: r"AAS|ADN|A\.A\.?S?|A\.S|A[AS](?= (?:degree|in)\b)",
    NONE: r"(?:HSC|SSC|SSLC)(?!\)| [a-z])",
}
_PATTERN: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    + "|".join(f"(?P<w{rank}>(?i:{words}))" for rank, words in _ANY_CASE.items())
    + "|"
    + "|".join(f"(?P<c{rank}>(?<![A-Z]\\.)(?:{letters}))" for rank, letters in _CAPITALS.items())
    + r")(?![A-Za-z0-9])"
)


def find_degrees(text: str) -> list[DegreeMention]:
    """All degrees of a text, in its order and without overlap.

    A school counts as the degree that it leads to ("Higher Secondary School", "Polytechnic").
    """
    return [
        DegreeMention(int(match.lastgroup[1:]), match.start(), match.end())
        for match in _PATTERN.finditer(text)
        if match.lastgroup is not None
    ]


def highest_degree(text: str) -> int | None:
    """The highest rank that a text shows, or None."""
    return max((mention.rank for mention in find_degrees(text)), default=None)
