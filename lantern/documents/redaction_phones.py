"""Recognisers of phone numbers, and of long runs of digits that are nothing else.

Any nine digits that are no dates, no version, no amount and no number of a standard are taken for
a phone number: a number that goes by mistake costs less than one that stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lantern.documents.redaction_kinds import Found, Kind

_RUN: Final = re.compile(
    r"(?<![\d])[+(]{0,2}\d(?:[ ().\-/]{0,3}\d)+"
    r"(?:\)?\n[ ]?[(]?\d(?:[ ().\-/]{0,3}\d)+)?(?:\s?(?:ext|extn|extension|x)[.: ]{0,2}\d{1,6})?",
    re.IGNORECASE,
)
_LABELLED_PHONE: Final = re.compile(
    r"(?<![a-z])(?:tele?phone|phone|mobile|mob|cell(?:ular)?|tel|fax|whats\s?app|contact|call|ph|"
    r"handy|telefon|telefono|movil|celular|tlf|gsm|mobil|sms|text|m|t|p|c|h)"
    r"\s?(?:\(?(?:no|nos|number|num|nr|#|home|work|office|cell|mobile|m|h|o|w|us|uk|in)\)?"
    r"[. ]{0,2}){0,2}\s{0,2}(?:[.:#=\-]{1,3}|(?<=\))|(?<=\) ))\s{0,3}"
    r"(?P<v>[+(]{0,2}\d(?:[\s().\-/]{0,3}\d){6,17})(?!\d)",
    re.IGNORECASE,
)
_DIGIT_WORD: Final = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_SPELLED: Final = re.compile(
    rf"(?<!\w)(?:plus\s)?(?:(?:double|triple)[\s-])?{_DIGIT_WORD}"
    rf"(?:[\s,.-]{{1,3}}(?:(?:double|triple)[\s-])?{_DIGIT_WORD}){{6,20}}(?!\w)",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_GROUP: Final = re.compile(r"\d+")
_MONEY_BEFORE: Final = re.compile(r"(?:[$€£₹¥#]|\b(?:usd|eur|gbp|inr|rs\.?|cad|aud|ngn))\s?$", re.I)
_AMOUNT_AFTER: Final = re.compile(
    r"\s?(?:%|\+?\s?(?:rows|records|users|customers|people|lines|requests|events|transactions|bytes|"
    r"[gmtk]b\b|usd|eur|dollars|million|billion|documents|messages|members|sq)\b)",
    re.IGNORECASE,
)
_STANDARD_BEFORE: Final = re.compile(
    r"\b(?:ISO|IEC|IEEE|RFC|EN|DIN|BS|ASTM|NFPA|OSHA|CFR|ANSI|ASME|AWS|API|MIL-STD|isbn|issn|"
    r"version|release|build|v|ver\.?)[ :/\-]{0,2}(?:[A-Z]{1,4}[ \-/])?$"
)
_FRACTION_BEFORE: Final = re.compile(r"(?<![\d.])\d{1,2}\.$")
_DECIMAL: Final = re.compile(r"\d{1,2}\.\d{6,}")
_LEAST_DIGITS: Final = 9
_MOST_DIGITS: Final = 15


def phone_numbers(text: str) -> Iterator[Found]:
    """Phone numbers with a label or at least nine digits, and other long runs of digits."""
    for match in _LABELLED_PHONE.finditer(text):
        start, end = match.span("v")
        if not are_dates(text[start:end]):
            yield Found(start, end, Kind.PHONE)
    for match in _RUN.finditer(text):
        for start, end in _lines(match):
            digits = sum(sign.isdigit() for sign in text[start:end])
            if digits >= _LEAST_DIGITS and not is_plain_number(text, start, end):
                yield Found(start, end, Kind.PHONE if digits <= _MOST_DIGITS else Kind.ID)
    for match in _SPELLED.finditer(text):
        yield Found(match.start(), match.end(), Kind.PHONE)


def _lines(match: re.Match[str]) -> list[tuple[int, int]]:
    """The run; its lines one by one where the first is a number without the second."""
    start, end = match.span()
    first, broken, _ = match[0].partition("\n")
    if broken and sum(sign.isdigit() for sign in first) > _LEAST_DIGITS:
        return [(start, start + len(first)), (start + len(first) + 1, end)]
    return [(start, end)]


def is_plain_number(text: str, start: int, end: int) -> bool:
    """Whether a run of digits is dates, versions, an amount or the number of a standard."""
    shown = text[start:end]
    if are_dates(shown) or _is_version(shown):
        return True
    before, after = text[max(0, start - 16) : start], text[end : end + 16]
    return bool(
        _MONEY_BEFORE.search(before)
        or _STANDARD_BEFORE.search(before)
        or _FRACTION_BEFORE.search(before)
        or _AMOUNT_AFTER.match(after)
        or _DECIMAL.fullmatch(shown)
    )


def are_dates(shown: str) -> bool:
    """Whether digits are years, with days and months or short years beside them.

    "12/05/2015-10/06/2019" and "2016/14/12" are; "(201) 555-2019" has a group of three digits.
    """
    groups = _GROUP.findall(shown)
    years = [group for group in groups if len(group) == 4]
    if shown.startswith(("+", "(")) or not years:
        return False
    return all(_YEAR.fullmatch(year) for year in years) and all(
        len(group) <= 2 for group in groups if len(group) != 4
    )


def _is_version(shown: str) -> bool:
    """ "10.0.19041.1234": groups between dots, one of them behind the first a single digit."""
    groups = shown.split(".")
    return (
        len(groups) >= 3
        and all(group.isdigit() for group in groups)
        and any(len(group) == 1 for group in groups[1:])
    )
