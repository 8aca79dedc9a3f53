"""Personal data out of a text before it leaves the machine, and back in again afterwards.

:meth:`Redactor.redact` fails closed: whatever goes wrong inside is a :class:`RedactionError`, and
a text without a :class:`Redacted` to show must not be sent anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lantern.errors import RedactionError

__all__ = ["Redacted", "RedactionError", "Redactor", "restore"]

_PLACEHOLDER: Final = re.compile(r"\[[A-Z]+_[0-9]+\]")


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without personal data, and what was taken out of it.

    Attributes:
        text: the text with placeholders such as ``[NAME_1]``; the same original has the same one.
        originals: placeholder -> what stood there. It must never be stored or sent with the text.
    """

    text: str
    originals: Mapping[str, str]


class Redactor:
    """Takes names, contact data, addresses, identifiers and birth dates out of texts."""

    def redact(self, text: str, *, names: Sequence[str] = ()) -> Redacted:
        """Put placeholders in the place of personal data.

        Args:
            text: a profile or a posting.
            names: the member's own name fields, as written.

        Raises:
            RedactionError: if anything went wrong or personal data was left; send nothing then.
        """
        raise RedactionError("redaction is not built yet; nothing may be sent")


def restore(text: str, originals: Mapping[str, str]) -> str:
    """The text with the originals in the place of their placeholders.

    ``restore(redacted.text, redacted.originals)`` is the text that was redacted. Placeholders that
    the mapping does not hold stay: a model may have made them up.
    """
    return _PLACEHOLDER.sub(lambda match: originals.get(match[0], match[0]), text)
