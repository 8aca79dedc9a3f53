"""The second look: plain expressions over the redacted text, which must find nothing.

It shares no pattern with the recognisers, so that a fault in those is seen here. Whatever it finds
keeps the text from being sent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from lantern.documents.contact import drop_full_name, drop_name
from lantern.documents.redaction_names import is_telling, name_tokens

_PLACEHOLDER: Final = re.compile(r"\[[A-Z]+_[0-9]+\]")
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_CHECKS: Final = {
    "an e-mail address": re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.[\w-]{2,}"),
    "a link": re.compile(r"https?://\w|\bwww\.\w|linkedin\.com/|github\.com/\w", re.IGNORECASE),
    "a phone number": re.compile(
        r"\+\d{1,3}[ ().-]{0,2}\d(?:[ ().-]{0,2}\d){7,12}(?!\d)"
        r"|(?<![\d.$#])\(?[2-9]\d{2}\)?[ .-]\d{3}[.-]\d{4}(?!\d)"
    ),
    "a social security number": re.compile(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)"),
    "a bank account": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){3,7}\b"),
    "a card number": re.compile(r"(?<!\d)[3-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}(?!\d)"),
    "a date of birth": re.compile(
        r"(?:\bdob\b|\bd\.o\.b\.?|date of birth|birthday)\W{0,4}\d{1,2}\W\d{1,2}\W\d{2,4}",
        re.IGNORECASE,
    ),
}


def left_over(redacted: str, names: Sequence[str]) -> list[str]:
    """What kinds of personal data a redacted text still shows; empty if none.

    Args:
        redacted: the text with placeholders.
        names: the member's name fields.
    """
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", _PLACEHOLDER.sub(" § ", redacted)))
    found = [kind for kind, pattern in _CHECKS.items() if pattern.search(text)]
    for tokens in name_tokens(names):
        telling = " ".join(filter(is_telling, tokens))
        if drop_full_name(text, " ".join(tokens)) != text and telling:
            found.append("a full name")
        elif drop_name(text, telling) != text:
            found.append("a part of a name")
    return list(dict.fromkeys(found))
