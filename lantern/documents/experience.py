"""Years of experience and seniority, as postings ask for them and profiles show them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

INTERN, ENTRY, MID, SENIOR, MANAGER, EXECUTIVE = range(6)
_MOST_YEARS: Final = 50.0

_NUMBER_WORDS: Final = {
    word: number
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve".split(), start=1
    )
}
_NUMBER = rf"(?:\d{{1,2}}(?:\.\d)?|{'|'.join(_NUMBER_WORDS)})"
_SPAN: Final = re.compile(
    rf"\b(?P<low>{_NUMBER})\s*(?:\((?:\d{{1,2}}|\w+)\)\s*)?(?P<plus>\+|plus)?"
    rf"(?:\s*(?:-|–|to|or)\s*(?P<high>{_NUMBER})\s*\+?)?"
    r"[\s-]*(?P<unit>years?|yrs?\.?|months?|mos?\b\.?)(?:['’]s?|\(s\))?(?![a-z])",
    re.IGNORECASE,
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        "jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1
    )
}
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
_DATE = rf"(?:(?P<m{{0}}>{_MONTH})\.?,?\s*['’]?\s*|(?P<n{{0}}>\d{{{{1,2}}}})/)?(?P<y{{0}}>(?:19|20)\d\d)"
_OPEN = r"(?P<open>present|current(?:ly)?|now|today|till\s*date|to\s*date|date|ongoing)"
_RANGE: Final = re.compile(
    rf"\b{_DATE.format(1)}\s*(?:-|–|—|to|till|until)+\s*(?:{_DATE.format(2)}|{_OPEN})\b",
    re.IGNORECASE,
)


class YearsMention(NamedTuple):
    """A stated length of time, in years (the lower end of a span), and where it stands."""

    years: float
    start: int
    end: int


def find_years(text: str) -> list[YearsMention]:
    """Stated lengths: "3-5 years", "5+ yrs", "at least two years", "18 months"."""
    found = []
    for match in _SPAN.finditer(text):
        years = _number(match["low"])
        if match["unit"][0] in "mM":
            years /= 12
        if 0 < years <= _MOST_YEARS:
            found.append(YearsMention(round(years, 2), match.start(), match.end()))
    return found


def years_of_experience(text: str, *, today: dt.date | None = None) -> float | None:
    """Years between the first start and the last end of the dated ranges of a text, gaps left out.

    Args:
        text: a profile; ranges such as "Jan 2016 - Dec 2019" or "2008 to 2012".
        today: ends the ranges that are still open; without it they count as unknown, because a
            text's facts may not depend on the day it is read.
    """
    spans = []
    for match in _RANGE.finditer(text):
        start = _month_number(match["y1"], match["m1"], match["n1"], default=1)
        if match["y2"]:
            end = _month_number(match["y2"], match["m2"], match["n2"], default=1)
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
    """The most years that a text claims as experience ("7 years of experience in ...")."""
    claims = [
        mention.years
        for mention in find_years(text)
        if re.search(r"experien|exprien|professional|career", _around(text, mention), re.IGNORECASE)
        and not re.search(r"months?\s*$", text[mention.start : mention.end], re.IGNORECASE)
    ]
    return max(claims, default=None)


_TITLES: Final = (
    (INTERN, r"intern(?:ship)?s?|trainee|apprentice|student"),
    (
        EXECUTIVE,
        r"chief|c[eftiom]o|vice[ -]president|vp|svp|evp|president|managing director|partner|founder",
    ),
    (MANAGER, r"manager|director|head of|supervisor|superintendent|principal(?! engineer)"),
    (SENIOR, r"senior|sr\.?|lead|staff engineer|principal|architect|specialist ii+|iii|team leader"),
    (ENTRY, r"junior|jr\.?|entry[ -]level|associate|assistant|graduate|fresher|clerk"),
)
_TITLE: Final = tuple(
    (level, re.compile(rf"\b(?:{words})(?![a-z])", re.IGNORECASE)) for level, words in _TITLES
)
_TITLE_IS_NO_RANK: Final = re.compile(
    r"\b(?:account manager|project manager assistant|assistant manager|case manager"
    r"|administrative assistant|executive assistant|sales associate|associate attorney)\b",
    re.IGNORECASE,
)


def seniority(title: str | None, years: float | None = None) -> int | None:
    """The level that a title names, else the one that the years suggest, else None.

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


def _month_number(year: str, name: str | None, number: str | None, *, default: int) -> int:
    month = default
    if name:
        month = _MONTHS.get(name[:3].casefold(), default)
    elif number and 1 <= int(number) <= 12:
        month = int(number)
    return int(year) * 12 + month


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
