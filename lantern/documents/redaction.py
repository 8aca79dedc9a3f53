"""Personal data out of a text before it leaves the machine, and back in again afterwards.

:meth:`Redactor.redact` fails closed: whatever goes wrong inside is a :class:`RedactionError`, and
a text without a :class:`Redacted` to show must not be sent anywhere. What is looked for, and what
is not, is in ``docs/redaction.md``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lantern.documents.redaction_addresses import addresses
from lantern.documents.redaction_check import left_over
from lantern.documents.redaction_contact import contact_data
from lantern.documents.redaction_ids import births, identifiers
from lantern.documents.redaction_kinds import Found, Kind
from lantern.documents.redaction_names import other_names, own_names
from lantern.documents.redaction_phones import phone_numbers
from lantern.documents.redaction_presidio import presidio_findings
from lantern.documents.redaction_view import fold
from lantern.errors import InstallationError, RedactionError

__all__ = ["RECOGNISERS", "Recogniser", "Redacted", "RedactionError", "Redactor", "restore"]

Recogniser = Callable[[str], Iterable[Found]]
"""Finds personal data in a folded text (:func:`lantern.documents.redaction_view.fold`)."""

RECOGNISERS: Final[tuple[Recogniser, ...]] = (
    presidio_findings,
    contact_data,
    phone_numbers,
    addresses,
    identifiers,
    births,
    other_names,
)
_PLACEHOLDER: Final = re.compile(r"\[[A-Z]+_[0-9]+\]")
_ORDER: Final = {kind: number for number, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without personal data, and what was taken out of it.

    Attributes:
        text: the text with placeholders such as ``[NAME_1]``; the same original has the same one.
        originals: placeholder -> what stood there. It stays on this machine, and is not shown.
    """

    text: str
    originals: Mapping[str, str] = field(repr=False)


class Redactor:
    """Takes names, contact data, addresses, identifiers and birth dates out of texts.

    Building one is free; Presidio's engine behind it is built once a process.
    """

    def __init__(self, recognisers: Sequence[Recogniser] = RECOGNISERS) -> None:
        """``recognisers``: what is looked for beside the member's own names.

        Raises:
            RedactionError: if there are none.
        """
        if not recognisers:
            raise RedactionError("there are no recognisers of personal data; nothing may be sent")
        self._recognisers = tuple(recognisers)

    def redact(self, text: str, *, names: Sequence[str] = ()) -> Redacted:
        """Put placeholders in the place of personal data.

        Args:
            text: a profile or a posting.
            names: the member's own name fields, as written.

        Raises:
            RedactionError: if anything went wrong or personal data was left; send nothing then.
            InstallationError: if Presidio is not installed.
        """
        try:
            redacted = self._redact(text, names)
            left = left_over(redacted.text, names)
            if not left and restore(redacted.text, redacted.originals) != text:
                left = ["something that cannot be put back"]
        except (RedactionError, InstallationError):
            raise
        except Exception as error:
            # Its message may hold what it stumbled over.
            raise RedactionError(
                f"redaction failed with {type(error).__name__}; the text is not sent"
            ) from None
        if left:
            raise RedactionError(f"redaction left {' and '.join(left)}; the text is not sent")
        return redacted

    def find(self, text: str, *, names: Sequence[str] = ()) -> list[Found]:
        """Where personal data stands in a text: disjoint spans, in order."""
        view = fold(text)
        found = list(own_names(view.text, names))
        for recogniser in self._recognisers:
            found.extend(recogniser(view.text))
        return list(
            _merged(Found(*view.source_span(one.start, one.end), one.kind) for one in found)
        )

    def _redact(self, text: str, names: Sequence[str]) -> Redacted:
        spans = self.find(text, names=names)
        spans += [Found(*match.span(), Kind.LITERAL) for match in _PLACEHOLDER.finditer(text)]
        placeholders: dict[tuple[Kind, str], str] = {}
        counts: Counter[Kind] = Counter()
        pieces: list[str] = []
        at = 0
        for start, end, kind in _merged(spans):
            original = text[start:end]
            if (kind, original) not in placeholders:
                counts[kind] += 1
                placeholders[kind, original] = f"[{kind}_{counts[kind]}]"
            pieces += [text[at:start], placeholders[kind, original]]
            at = end
        pieces.append(text[at:])
        originals = {placeholder: original for (_, original), placeholder in placeholders.items()}
        return Redacted("".join(pieces), originals)


def restore(text: str, originals: Mapping[str, str]) -> str:
    """The text with the originals in the place of their placeholders.

    ``restore(redacted.text, redacted.originals)`` is the text that was redacted. Placeholders that
    the mapping does not hold stay: a model may have made them up.
    """
    return _PLACEHOLDER.sub(lambda match: originals.get(match[0], match[0]), text)


def _merged(spans: Iterable[Found]) -> Iterator[Found]:
    """Disjoint spans in order; overlapping ones become one, of the kind that stands first."""
    current: Found | None = None
    for span in sorted(spans):
        if span.start >= span.end:
            continue
        if current is None:
            current = span
        elif span.start < current.end:
            kind = min(current.kind, span.kind, key=_ORDER.__getitem__)
            current = Found(current.start, max(current.end, span.end), kind)
        else:
            yield current
            current = span
    if current is not None:
        yield current
