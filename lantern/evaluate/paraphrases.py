"""The same profile in other words or another layout: no level may change with these.

Pure functions from text to text, on the profile as its source has it. They change how something is
said, not what.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

_NUMBERS: Final = {
    **{"2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven", "8": "eight"},
    **{"9": "nine", "10": "ten", "12": "twelve", "15": "fifteen", "20": "twenty"},
}
_YEARS: Final = re.compile(r"(?<![\d.,])(\d{1,2})\+? years\b")
_SHORT: Final = (
    (re.compile(r"\byears of experience with\b"), "years with"),
    (re.compile(r"\bexperience with\b"), "experience using"),
    (re.compile(r"\bresponsible for\b", re.IGNORECASE), "in charge of"),
    (re.compile(r"\btogether with\b"), "with"),
    (re.compile(r"\bas well as\b"), "and"),
    (re.compile(r"(?<=\w) & (?=\w)"), " and "),
)
_LIST: Final = re.compile(r"^(Skills|Education|Languages|Certificates): (.+)$", re.MULTILINE)


def as_bullets(text: str) -> str:
    """Every line behind a bullet."""
    return "\n".join(f"• {line}" if line.strip() else line for line in text.split("\n"))


def spaced(text: str) -> str:
    """Empty lines between the lines, wide gaps between some words."""
    return "\n\n".join(line.replace(", ", ",  ") for line in text.split("\n"))


def numbers_in_words(text: str) -> str:
    """ "5 years" as "five years"."""
    return _YEARS.sub(lambda match: f"{_NUMBERS.get(match[1], match[1])} years", text)


def other_words(text: str) -> str:
    """A few phrases by their equals."""
    for pattern, other in _SHORT:
        text = pattern.sub(other, text)
    return text


def lists_in_reverse(text: str) -> str:
    """What is listed after "Skills:" and the like, last first."""

    def turned(match: re.Match[str]) -> str:
        entries = match[2].rstrip(".").split(", ")
        return f"{match[1]}: {', '.join(reversed(entries))}"

    return _LIST.sub(turned, text)


def typeset(text: str) -> str:
    """With the quotes, dashes and blanks of a word processor."""
    return text.replace("'", "’").replace(" - ", " – ").replace(". ", ".\u00a0")


PARAPHRASES: Final[Mapping[str, Callable[[str], str]]] = {
    "as bullets": as_bullets,
    "spaced": spaced,
    "numbers in words": numbers_in_words,
    "other words": other_words,
    "lists in reverse": lists_in_reverse,
    "typeset": typeset,
}
