"""Texts of people on their way out: stripped, redacted, put between lines that they cannot contain.

Prompts are composed of :class:`Outgoing` texts only, so nothing enters one that has not been here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from lantern.documents.hostile import instruction_like, neutralised
from lantern.documents.redaction import Redacted, restore
from lantern.errors import RedactionError

_CODE_CHARS: Final = 12


class Redacts(Protocol):
    """What :class:`lantern.documents.redaction.Redactor` does."""

    def redact(self, text: str, *, names: Sequence[str] = ()) -> Redacted: ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text that may leave; made by :func:`outgoing` alone.

    Attributes:
        text: redacted, without what no reader sees.
        originals: placeholder -> what stood there; stays here.
        flags: kinds of text in it that address a model.
    """

    text: str
    originals: Mapping[str, str]
    flags: tuple[str, ...]

    def restored(self, answer: str) -> str:
        """An answer about this text with the originals in the place of their placeholders."""
        return restore(answer, self.originals)


def outgoing(text: str, redactor: Redacts | None, *, names: Sequence[str] = ()) -> Outgoing:
    """Make a text ready to leave. Fails closed.

    Args:
        text: a profile, or (a part of) a posting.
        redactor: None means that redaction is off: nothing may leave then.
        names: the member's own name fields.

    Raises:
        RedactionError: redaction is off, failed in whatever way, or left a name standing.
    """
    if redactor is None:
        raise RedactionError("redaction is off; nothing was sent")
    try:
        seen = neutralised(text)
        redacted = redactor.redact(seen, names=names)
        flags = tuple(sorted(set(instruction_like(seen))))
    except RedactionError:
        raise
    except Exception as error:  # whatever went wrong, what was not redacted does not leave
        raise RedactionError(
            f"redaction failed ({type(error).__name__}); nothing was sent"
        ) from None
    left = redacted.text.casefold()
    if any(name.strip().casefold() in left for name in names if len(name.strip()) > 1):
        raise RedactionError("redaction left the member's name standing; nothing was sent")
    return Outgoing(redacted.text, redacted.originals, flags)


def data_block(name: str, text: str) -> str:
    """The text between two lines that hold its name and a code that does not occur in it.

    The code is a hash of the text, so that equal requests are equal; whoever writes the text cannot
    choose it so that it holds its own hash.
    """
    code = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    while code[:_CODE_CHARS] in text:
        code = hashlib.sha256(code.encode()).hexdigest()
    mark = f"{name} {code[:_CODE_CHARS]}"
    return f"<<<BEGIN {mark}>>>\n{text}\n<<<END {mark}>>>"
