"""Quotes of a profile: what a teacher quoted, as the exact span that stands there."""

from __future__ import annotations

import re
from typing import Final

from lantern.prompts.json_answer import AnswerRejected
from lantern.prompts.outgoing import Outgoing

MAX_QUOTE_CHARS: Final = 300
"""A longer one is no quote but a copy of the profile; 120 are asked for."""
_ALIKE: Final = {
    **dict.fromkeys("'’‘`´", "['’‘`´]"),
    **dict.fromkeys("-–—‐‑−", "[-–—‐‑−]"),
    "…": r"(?:…|\.\.\.)",
}


def exact_span(quote: str, text: str) -> str | None:
    """The span of ``text`` that ``quote`` names, as ``text`` has it; None if there is none.

    Teachers copy blanks, case, apostrophes and dashes loosely. The span returned is always the
    text's own, within one line.
    """
    wanted = quote.strip()
    if not any(sign.isalnum() for sign in wanted):
        return None
    if "\n" not in wanted and wanted in text:
        return wanted
    loose = r"[^\S\n]+".join(
        "".join(_ALIKE.get(sign, re.escape(sign)) for sign in word) for word in wanted.split()
    )
    found = re.search(loose, text, re.IGNORECASE)
    return found[0] if found else None


def quoted(quote: str, profile: Outgoing, original: str, *, what: str) -> tuple[str, str]:
    """A teacher's quote as spans of what it read and of what the member wrote.

    Args:
        quote: as the teacher gave it.
        profile: what it read.
        original: ``members.text``.
        what: whose quote it is, for the message: "requirement 3".

    Returns:
        The span of the redacted profile, and the span of the original.

    Raises:
        AnswerRejected: it is no exact span of the one or of the other, or cannot be shown.
    """
    span = exact_span(quote, profile.text)
    if span is None:
        raise AnswerRejected(f"the quote of {what} is no exact span of one line of the profile")
    if '"' in span:
        raise AnswerRejected(f"the quote of {what} holds a double quote; choose another piece")
    if len(span) > MAX_QUOTE_CHARS:
        raise AnswerRejected(f"the quote of {what} is longer than {MAX_QUOTE_CHARS} characters")
    own = profile.restored(span)
    if own not in original or '"' in own or "\n" in own:
        raise AnswerRejected(
            f"the quote of {what} cuts into personal data that was taken out; choose another piece"
        )
    return span, own
