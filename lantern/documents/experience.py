"""Years of experience and seniority, as postings ask for them and profiles show them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

INTERN, ENTRY, MID, SENIOR, MANAGER, EXECUTIVE = range(6)
_MOST_YEARS: Final = 50.0

_WORDS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBER_WORDS: Final = {
    **{word: number for number, word in enumerate(_WORDS, start=1)},
    **{"eleven": 11, "twelve": 12, "fifteen": 15, "eighteen": 18, "twenty": 20},
}
_NUMBER: Final = rf"(?:\d{{1,2}}(?:\.\d)?|{'|'.join(_NUMBER_WORDS)})"
_IN_DIGITS: Final = r"(?:\s*\(\d{1,2}\))?"
_SPAN: Final = re.compile(
    rf"(?<![\w$])(?<!\d[.,])(?P<low>{_NUMBER}){_IN_DIGITS}(?:\s*(?:\+|plus\b|or more\b))?"
    rf"(?:\s*(?:-|–|to|or)\s*(?P<high>{_NUMBER}){_IN_DIGITS}\s*\+?)?"
    r"[\s-]*(?P<unit>years?|yrs?\.?|months?|mos\b\.?)(?:['’]s?|\(s\))?(?![a-z])",
    re.IGNORECASE,
)
# An age, a course of study, a past window of time or a promise is not experience.
_NOT_EXPERIENCE_BEFORE: Final = re.compile(
    r"(?:less than|past|last|within|after|every|next|previous|over the|for nearly)\s+$",
    re.IGNORECASE,
)
_NOT_EXPERIENCE_AFTER: Final = re.compile(
    r"\s*(?:of age|old\b|or older|and older|(?:\w+ )?(?:degree|college|program|diploma)\b"
    r"|(?:of|from|after|following) (?:hire|date|employment)|ago\b|warranty|contract\b)",
    re.IGNORECASE,
)

_MONTH_NAMES: Final = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS: Final = {name: i for i, name in enumerate(_MONTH_NAMES.split(), start=1)}
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust|est)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)


def _date(number: int) -> str:
    """A month and a year ("Jan 2016", "Jan '16", "30th November 2018", "09/2015"), or a year."""
    return (
        rf"(?:(?:\d{{1,2}}(?:st|nd|rd|th)?\s*)?(?P<m{number}>{_MONTH})\b\.?['’]?[\s,/-]*"
        rf"(?:(?P<y{number}>(?:19|20)\d\d)|['’](?P<s{number}>\d\d))"
        rf"|(?:(?P<n{number}>\d{{1,2}})/)?(?P<b{number}>(?:19|20)\d\d))"
    )


_OPEN: Final = (
    r"(?:till|until)?\s*(?:the\s*)?(?:present|current(?:ly)?|now|today|to\s*date|date|ongoing"
    r"|still(?: on ?going)?)"
)
_RANGE: Final = re.compile(
    rf"(?<![\d/-]){_date(1)}\s*(?:-|–|—|to\b|till\b|until\b)[\s-]*(?:till\b\s*)?"
    rf"(?:{_date(2)}(?![\d-])|(?P<open>{_OPEN})\b)",
    re.IGNORECASE,
)
_GLUED: Final = re.compile(rf"\b({_MONTH})((?:19|20)\d\d)(to)?", re.IGNORECASE)
_STUDY: Final = re.compile(
    r"bachelor|master|diploma|degree|university|college|school|institute|polytechnic|academ"
    r"|\bb\.? ?(?:e|tech|sc|com|a)\b|\bm\.? ?(?:e|tech|sc|com|ba|ca)\b|\bsem\b|\bhsc\b|\bssc\b"
    r"|\bll\.? ?[bm]\b|\bpgd\w*|secondary|\bmms\b|\bbe\b|\bba\b|\bbca\b|\bbba\b",
    re.IGNORECASE,
)
_STUDY_REACH: Final = 60


class YearsMention(NamedTuple):
    """A stated length of time, in years (the lower end of a span), and where it stands."""

    years: float
    start: int
    end: int


def find_years(text: str) -> list[YearsMention]:
    """Stated lengths of experience: "3-5 years", "5+ yrs", "at least two years", "18 months".

    Ages ("18 years of age"), courses ("4 year degree") and windows ("in the last 3 years") are
    left out. "0-2 years" counts as none.
    """
    found = []
    for match in _SPAN.finditer(text):
        if _NOT_EXPERIENCE_AFTER.match(text, match.end()) or _NOT_EXPERIENCE_BEFORE.search(
            text[max(0, match.start() - 16) : match.start()]
        ):
            continue
        years = _number(match["low"])
        if match["unit"][0] in "mM":
            years /= 12
        if 0 < years <= _MOST_YEARS:
            found.append(YearsMention(round(years, 2), match.start(), match.end()))
    return found


def years_of_experience(text: str, *, today: dt.date | None = None) -> float | None:
    """Years covered by the dated ranges of a text; gaps do not count, overlaps count once.

    Ranges of study ("2010 to 2014 B.E. Mechanical ...") are left out, and so are lists of skills
    with months beside them: those are no spans of time and would be summed up wrongly.

    Args:
        text: a profile; ranges such as "Jan 2016 - Dec 2019", "2008 to 2012", "2015 - till date".
        today: ends the ranges that are still open; without it they count as unknown, because a
            text's facts may not depend on the day it is read.
    """
    # "July2015to June2018" is common in text that came out of a PDF.
    text = _GLUED.sub(r"\1 \2 \3 ", text)
    spans = []
    for match in _RANGE.finditer(text):
        if _STUDY.search(text[match.end() :].split("\n", 1)[0][:_STUDY_REACH]):
            continue
        start = _month_number(match, 1)
        if match["open"] is None:
            end = _month_number(match, 2)
        elif today is not None:
            end = today.year * 12 + today.month
        else:
            continue
        if 0 < end - start <= _MOST_YEARS * 12:
            spans.append((start, end))
    if not spans:
        return None
    return round(sum(end - start for start, end in _merged(spans)) / 12, 1)


def stated_years(text: str) -> float | None:
    """The most years that a text claims as experience ("7 years of experience in ...").

    Months are left out: they stand beside single skills ("Python - 24 months").
    """
    claims = [
        mention.years
        for mention in find_years(text)
        if re.search(r"experien|exprien|professional|career", _around(text, mention), re.IGNORECASE)
        and not re.search(r"months?\s*$", text[mention.start : mention.end], re.IGNORECASE)
    ]
    return max(claims, default=None)


_TITLES: Final = (
    (INTERN, r"intern(?:ship)?s?|trainee|apprentice|student(?! (?:counsel|advis|affairs|service))"),
    (ENTRY, r"junior|jr\.?|entry[ -]level|fresher"),
    (SENIOR, r"(?:assistant|asst\.?|associate|deputy) (?:\w+ )?(?:manager|mgr|director)"),
    (
        EXECUTIVE,
        r"(?<!to the )(?:chief|c[efiotm]o)|vice[ -]president|[se]?vp|president|managing director"
        r"|(?<!business )(?<!channel )partner(?!ship)|(?:co-?)?founder",
    ),
    (
        MANAGER,
        r"manager|mgr|director|head of|supervisor|superintendent"
        r"|principal(?! (?:\w+ )?(?:engineer|scientist|consultant|architect|developer))",
    ),
    (
        SENIOR,
        r"senior|sr\.?|lead(?! gen)|staff engineer|principal|architect|iii|team leader|foreman",
    ),
    (ENTRY, r"associate|assistant|graduate|clerk"),
)
_TITLE: Final = tuple(
    (level, re.compile(rf"\b(?:{words})(?![a-z])", re.IGNORECASE)) for level, words in _TITLES
)
# Here the word belongs to the occupation and says nothing of a rank.
_TITLE_IS_NO_RANK: Final = re.compile(
    r"\b(?:account manager|case manager|administrative assistant|executive assistant"
    r"|sales associate|associate attorney|physician assistant|landscape architect"
    r"|manager'?s assistant|assistant to)\b",
    re.IGNORECASE,
)


def seniority(title: str | None, years: float | None = None) -> int | None:
    """The level that a title names, else the one that the years suggest, else None.

    The weaker word decides: a "Product Manager Intern" is an intern, an "Assistant Store Manager"
    a senior.

    Returns:
        0 intern, 1 entry, 2 mid, 3 senior or lead, 4 manager or director, 5 executive.
    """
    if title and not _TITLE_IS_NO_RANK.search(title):
        for level, pattern in _TITLE:
            if pattern.search(title):
                return level
    if years is None:
        return None
    if years < 2:
        return ENTRY
    return MID if years < 6 else SENIOR


def _number(text: str) -> float:
    return float(_NUMBER_WORDS.get(text.casefold(), 0) or text)


def _month_number(match: re.Match[str], number: int) -> int:
    short = match[f"s{number}"]
    if short:
        # "'98" and "'16": no career of today began before 1960.
        year = int(short) + (1900 if int(short) >= 60 else 2000)
    else:
        year = int(match[f"y{number}"] or match[f"b{number}"])
    month = 1
    if match[f"m{number}"]:
        month = _MONTHS[match[f"m{number}"][:3].casefold()]
    elif match[f"n{number}"] and 1 <= int(match[f"n{number}"]) <= 12:
        month = int(match[f"n{number}"])
    return year * 12 + month


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _around(text: str, mention: YearsMention, reach: int = 40) -> str:
    return text[max(0, mention.start - reach) : mention.end + reach]
