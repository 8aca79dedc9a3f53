"""Degrees as they are written in the US and in India, and their rank."""

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


_APOSTROPHE = "['’`]?"
# Case is ignored where a word is unmistakable ...
_WORDS: Final = {
    DOCTORATE: (
        rf"doctorate|doctoral(?: degree)?|ph\.? ?d\b\.?|doctor of \w+|pharm\.?d\b"
        rf"|j\.d\.|juris doctor"
    ),
    MASTER: (
        rf"master{_APOSTROPHE}s?{_APOSTROPHE} (?:degree|of|in)\b|masters?{_APOSTROPHE}s\b"
        r"|m\.? ?tech\b|m\.? ?sc\b\.?|m\.? ?com\b|m\.b\.a\b\.?|post[ -]?graduat\w*"
        r"|advanced degree|graduate degree|ll\.? ?m\b"
    ),
    BACHELOR: (
        rf"bachelor{_APOSTROPHE}s?{_APOSTROPHE}(?: (?:degree|of|in)\b)?|baccalaureate"
        r"|b\.? ?tech\b|b\.? ?sc\b\.?|b\.? ?com\b|ll\.? ?b\b\.?|b\.b\.a\b"
        r"|undergraduate degree|(?:4|four)[ -]year (?:college )?degree|college degree"
        r"|university degree|college graduate|b\.s\.n?\b\.?|b\.a\.|b\.e\.|bachleors?"
    ),
    ASSOCIATE: (
        rf"associate{_APOSTROPHE}s?{_APOSTROPHE} degree|associate of \w+|(?:2|two)[ -]year degree"
        r"|diploma in \w+|polytechnic|some college|a\.a\.s?\b\.?"
    ),
    NONE: (
        r"high[ -]?school(?: diploma| graduate| degree)?|h\.?s\.? diploma|ged\b|g\.e\.d\b\.?"
        r"|secondary school|higher secondary|intermediate college"
    ),
}
# ... and abbreviations of two or three letters count only in capitals, and not as part of a
# product's name: "MS Word" and "MS Office" are no degrees, "be" and "me" are words.
_PRODUCT = r"(?! ?-?(?:office|word|excel|access|power|outlook|project|visio|sql|dos|windows|dynamics|crm|teams|sharepoint)\b)"
_CAPITALS: Final = {
    DOCTORATE: r"JD|EdD|PsyD|DNP",
    MASTER: rf"MBA|MCA|PGDM|PGDBM|MSN|MSW|MPH|LLM|MS(?i:{_PRODUCT})(?= (?:in|degree)\b|[,/)])",
    BACHELOR: r"BBA|BCA|BSN|BSc|BTech|BCom|LLB|B\.?E\b(?= |\.?$|,)|B\.?S\b(?=[ ,/)])"
    r"(?= ?/| (?:in|degree|or)\b|,|\))|BA(?=/BS|(?: in| degree)\b)",
    ASSOCIATE: r"AAS|ADN|ASN",
    NONE: r"GED|HSC|SSC",
}
_PATTERN: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    + "|".join(f"(?P<w{rank}>(?i:{words}))" for rank, words in _WORDS.items())
    + "|"
    + "|".join(f"(?P<c{rank}>(?:{letters})(?![A-Za-z]))" for rank, letters in _CAPITALS.items())
    + ")"
)


def find_degrees(text: str) -> list[DegreeMention]:
    """All degrees of a text, in its order."""
    found = []
    for match in _PATTERN.finditer(text):
        group = match.lastgroup
        if group is not None:
            end = match.start() + len(match[0].rstrip())
            found.append(DegreeMention(int(group[1:]), match.start(), end))
    return found


def highest_degree(text: str) -> int | None:
    """The highest rank that a text shows, or None."""
    return max((mention.rank for mention in find_degrees(text)), default=None)
