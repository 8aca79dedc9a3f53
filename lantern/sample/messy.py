"""What real profiles look like: typing errors, no capitals, bullets, faulty encodings."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from lantern.sample.seeding import pick


def mess(rng: Random, row: dict[str, Any]) -> None:
    """Spoil a row in place, now and then; each kind of mess has its own chance."""
    if rng.random() < 0.15:
        bullet = pick(rng, ("• ", "- ", "* "))
        for position in row["positions"]:
            lines = position["description"].rstrip(".").split(". ")
            position["description"] = "\n".join(bullet + line for line in lines if line)
    if rng.random() < 0.12:
        _apply(row, lambda text: _with_typos(rng, text))
    if rng.random() < 0.08:
        _apply(row, str.lower)
    if rng.random() < 0.05:
        _apply(row, mojibake)
    if row["headline"] and rng.random() < 0.03:
        row["headline"] = row["headline"].upper()


def _apply(row: dict[str, Any], change: Callable[[str], str]) -> None:
    row["about"] = change(row["about"])
    for position in row["positions"]:
        position["description"] = change(position["description"])


def _with_typos(rng: Random, text: str) -> str:
    """Swap two neighbouring letters in about one long word of fourteen."""
    words = text.split(" ")
    for number, word in enumerate(words):
        if len(word) > 5 and word.isalpha() and rng.random() < 0.07:
            at = 1 + int(rng.random() * (len(word) - 3))
            words[number] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def mojibake(text: str) -> str:
    """The text as it looks when its UTF-8 was read as Windows-1252."""
    typeset = text.replace("'", "’").replace(" - ", " – ").replace(". ", ".\u00a0 ")
    return "".join(_misread(letter) for letter in typeset)


def _misread(letter: str) -> str:
    if letter.isascii():
        return letter
    try:
        return letter.encode().decode("cp1252")
    except UnicodeDecodeError:
        return letter  # its bytes have no place in that code page: it came through unharmed
