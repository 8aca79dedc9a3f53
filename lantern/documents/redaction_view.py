"""A text as recognisers read it: plain digits, plain letters, nothing invisible.

Full-width signs, digits of other scripts, accents, typographic dashes and zero-width characters
are ways of writing the same e-mail address or name. They are folded once, with a map back to the
text, so that no recogniser has to know them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_PLAIN: Final = {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o"}
_PLAIN_MORE: Final = {"Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "þ": "th"}
_SIGNS: Final = {
    **_PLAIN,
    **_PLAIN_MORE,
    "ı": "i",
    **dict.fromkeys("’‘ʼ`´′", "'"),
    **dict.fromkeys("“”„″", '"'),
    **dict.fromkeys("−⁃", "-"),
    **dict.fromkeys("\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", "\n"),
    "\t": " ",
    "。": ".",
    "⁄": "/",
}


@dataclass(frozen=True, slots=True)
class View:
    """The folded text, and where each of its characters stands in the source.

    Attributes:
        text: the folded text.
        starts: source index of each folded character, then the source's length; None if both
            texts are the same.
    """

    text: str
    starts: Sequence[int] | None = None

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the source that ``text[start:end]`` was folded from.

        What was folded to nothing right behind it (accents, zero-width signs) belongs to it.
        """
        if self.starts is None:
            return start, end
        first, last = self.starts[start], self.starts[end]
        # Several folded characters can come from one ("ß"), and a span may end between them.
        return first, max(last, self.starts[end - 1] + 1)


def fold(text: str) -> View:
    """The view of a text; the text itself where it has only plain ASCII."""
    if text.isascii() and not any(sign in text for sign in "\t\r\x0b\x0c\x1c\x1d\x1e`"):
        return View(text)
    signs: list[str] = []
    starts: list[int] = []
    for number, sign in enumerate(text):
        for folded in _folded(sign):
            signs.append(folded)
            starts.append(number)
    starts.append(len(text))
    return View("".join(signs), starts)


@lru_cache(maxsize=8192)
def _folded(sign: str) -> str:
    if sign in _SIGNS:
        return _SIGNS[sign]
    if sign.isascii():
        return sign
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(sign)
    if category in {"Cf", "Mn", "Me", "Cs"}:
        return ""
    if category == "Zs":
        return " "
    if category == "Pd":
        return "-"
    plain = unicodedata.normalize("NFKD", sign)
    if plain == sign:
        return sign
    return "".join(_SIGNS.get(part, part) for part in plain if unicodedata.category(part) != "Mn")


def matches_near(
    text: str, trigger: re.Pattern[str], patterns: Iterable[re.Pattern[str]], *, around: int
) -> Iterator[re.Match[str]]:
    """Matches of costly patterns, looked for only near those of a cheap one.

    Args:
        text: the folded text.
        trigger: what every match of the patterns holds.
        patterns: the costly ones.
        around: so many characters before and behind a trigger a match may reach.
    """
    spans: list[tuple[int, int]] = []
    for match in trigger.finditer(text):
        start, end = max(0, match.start() - around), min(len(text), match.end() + around)
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    for start, end in spans:
        for pattern in patterns:
            yield from pattern.finditer(text, start, end)
