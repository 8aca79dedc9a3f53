"""What makes a document unusable: it goes to quarantine with one of these reasons."""

from __future__ import annotations

import enum
import re
from typing import Final

_LOOKED_AT: Final = 20_000
_BINARY_SHARE: Final = 0.05
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd\ud800-\udfff]")
_MAGIC: Final = ("%PDF-", "PK\x03\x04", "\x89PNG", "GIF8", "\x7fELF", "{\\rtf", "\xff\xd8\xff")


class UnusableReason(enum.StrEnum):
    """Why a document cannot be used; the value is what the quarantine shows."""

    EMPTY = "empty"
    BINARY = "binary content"
    NO_LETTERS = "no letters"
    TOO_FEW_LETTERS = "too few letters"
    NO_TITLE = "no title"
    INSTRUCTIONS_ONLY = "nothing is left beside text that speaks to a model"


class UnusableDocument(ValueError):  # noqa: N818 - it is the document that is at fault
    """A profile or a posting cannot be used. The message is the reason, never the text."""

    def __init__(self, reason: UnusableReason) -> None:
        super().__init__(str(reason))
        self.reason = reason


def refuse_binary(raw: str) -> None:
    """Raise if the raw text is a binary file that was read as text."""
    head = raw[:_LOOKED_AT]
    if head.startswith(_MAGIC):
        raise UnusableDocument(UnusableReason.BINARY)
    faults = len(_CONTROL.findall(head))
    if faults > 5 and faults > _BINARY_SHARE * len(head):
        raise UnusableDocument(UnusableReason.BINARY)


def refuse_few_letters(text: str, min_letters: int) -> None:
    """Raise if a cleaned text is empty or has fewer letters than ``min_letters``."""
    if not text:
        raise UnusableDocument(UnusableReason.EMPTY)
    letters = 0
    for sign in text:
        letters += sign.isalpha()
        if letters >= max(min_letters, 1):
            return
    raise UnusableDocument(UnusableReason.TOO_FEW_LETTERS if letters else UnusableReason.NO_LETTERS)
