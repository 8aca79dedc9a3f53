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
    r"|\b[\w-]{2,40}\.(?:com|org|net|io|co|edu|gov|me|dev)\b(?:/[^\s<>\"]{0,300})?",
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
_BLANKS: Final = re.compile(r"[ \t]{2,}")
_PATTERNS: Final = (_EMAIL, _LINK, _LOCAL_PHONE, _PHONE, _PLACEHOLDER)


def drop_contact(text: str) -> str:
    """The text without e-mail addresses, phone numbers, links and their labels."""
    shorter = text
    for pattern in _PATTERNS:
        shorter = pattern.sub(" ", shorter)
    if shorter == text:
        return text
    return _BLANKS.sub(" ", _LABEL.sub(" ", shorter)).strip()


def holds_contact(text: str) -> bool:
    """Whether the text names an e-mail address, a phone number or a link."""
    return any(pattern.search(text) for pattern in _PATTERNS)
