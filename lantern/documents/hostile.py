"""Text that talks to a model behind the reader's back: taken out where hidden, named where seen."""

from __future__ import annotations

from lantern.documents.clean import clean_text
from lantern.documents.profile_rendering import is_instruction


def neutralised(text: str) -> str:
    """The text without what no reader sees: zero-width and bidi signs, tags, markup."""
    return clean_text(text, max_chars=max(len(text), 1)).text


def instruction_like(text: str) -> list[str]:
    """Names of the patterns of instructions to a model that the text matches; mostly none."""
    return ["addresses a model"] if is_instruction(text) else []
