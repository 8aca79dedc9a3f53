"""Contact data: found so that it never reaches a model's input.

This is not the redaction of personal data before an external call; it only keeps e-mail
addresses, phone numbers and links (and the placeholders that a masked source has in their place)
out of the compact renderings.
"""

from __future__ import annotations

import re
from typing import Final

_EMAIL: Final = re.compile(r"[\w.+-]{1,64}\s?@\s?[\w-]{1,64}(?:\.[\w-]{1,32}){1,4}", re.UNICODE)
_LINK: Final = re.compile(
    r"(?:https?://|www\.)[^\s<>\"]{1,500}"
    r"|\b(?!asp\.net\b|ado\.net\b|vb\.net\b)[\w-]{2,40}\.(?:com|org|net|io|co|edu|gov|me|"
    r"dev)\b(?!\+)(?:/[^\s<>\"]{0,300})?",
    re.IGNORECASE,
)
# At least nine digits, with the signs people put between them; a range of years has eight.
_PHONE: Final = re.compile(r"(?<![\w.])\+?\(?\d(?:[\s().\-/]{0,2}\d){8,14}(?!\w)")
_LOCAL_PHONE: Final = re.compile(
    r"(?<![\w.])(?:\+?1[\s.-]?)?\(?\d{3}\)?[\s.\-/]\s?\d{3}[\s.\-]\d{4}(?!\d)"
)
_PLACEHOLDER: Final = re.compile(r"\[(?:PHONE|EMAIL|E-MAIL|URL|NAME|ADDRESS)\]", re.IGNORECASE)
_LABEL: Final = re.compile(
    r"\b(?:e-?mail(?: id| address)?|phone|mobile|cell|tel(?:ephone)?|contact(?: no| number)?|fax|"
    r"linked-?in|github|website)\b\.?\s?[:\-]\s*(?=$|[|,;\n])",
    re.IGNORECASE | re.MULTILINE,
)
_NAME_LABEL: Final = re.compile(
    r"^[ \t]*(?:full )?name[ \t]*[:\-][ "
    r"\t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_MIN_NAME_PART: Final = 3
_MIN_FULL_NAME: Final = 2
_MAX_NESTED_NAMES: Final = 4
_YEARS_ONLY: Final = re.compile(r"[\s().\-/+]*(?:(?:19|20)\d\d[\s().\-/]*)+")
_BLANKS: Final = re.compile(r"[ \t]{2,}")
_PATTERNS: Final = (_EMAIL, _LINK, _LOCAL_PHONE, _PHONE, _PLACEHOLDER)


def _blank(match: re.Match[str]) -> str:
    # "2016/2014/2012" are versions of a product, not a phone number.
    return match[0] if _YEARS_ONLY.fullmatch(match[0]) else " "


def drop_contact(text: str) -> str:
    """The text without e-mail addresses, phone numbers, links and their labels."""
    shorter = text
    for pattern in _PATTERNS:
        shorter = pattern.sub(_blank, shorter)
    if shorter == text:
        return text
    return _BLANKS.sub(" ", _LABEL.sub(" ", shorter)).strip()


def holds_contact(text: str) -> bool:
    """Whether the text names an e-mail address, a phone number or a link."""
    return drop_contact(text) != text


def drop_name(text: str, name: str | None) -> str:
    """The text without the member's name and without its parts, where they stand as names.

    Parts are dropped only as written with a capital, and only if they have three letters or more:
    "Mark" goes, "mark" stays.
    """
    if not name:
        return text
    shorter = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text, flags=re.IGNORECASE)
    for part in name.split():
        if len(part) >= _MIN_NAME_PART and part[:1].isupper():
            shorter = re.sub(rf"(?<!\w){re.escape(part)}(?:['’]s)?(?!\w)", " ", shorter)
    return text if shorter == text else _BLANKS.sub(" ", shorter).strip()


def drop_full_name(text: str, name: str | None) -> str:
    """The text without the member's full name, and without a "Name:" label left empty.

    A name of several parts goes in any case; a single word only as written, since "Grace" is a
    name and "grace" is not.
    """
    parts = name.split() if name else []
    if not parts or len("".join(parts)) < _MIN_FULL_NAME:
        return text
    pattern = re.compile(
        r"(?<!\w)" + r"\s+".join(map(re.escape, parts)) + r"(?!\w)",
        re.IGNORECASE if len(parts) > 1 else 0,
    )
    for _ in range(_MAX_NESTED_NAMES):
        shorter = pattern.sub(" ", text)
        if shorter == text:
            break
        # What stood around a name may be the name again: "John John Smith Smith".
        text = _NAME_LABEL.sub("", shorter)
    return text
