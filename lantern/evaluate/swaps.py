"""Counterfactual swaps: the same profile under another name, pronoun, college or with a gap.

None of these says anything of a person's fit, so no level may change with them. Every function is
pure, from text to text. What a profile does not state is stated in a line of its own, in all
variants alike, so that variants differ in the swapped thing alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Final

import numpy as np
import yaml

from lantern.evaluate.intervals import Interval, share_interval
from lantern.fit import FitLevel
from lantern.sample.occupations import world
from lantern.sample.seeding import pick, stream

GAP_YEARS: Final = 2
NAMES_A_MEMBER: Final = 3

_HE: Final = {"he": "she", "him": "her", "himself": "herself"}
_SHE: Final = {"she": "he", "hers": "his", "herself": "himself"}
_PRONOUN: Final = re.compile(r"\b(he|him|his|himself|she|her|hers|herself)\b", re.IGNORECASE)
_NOUN_FOLLOWS: Final = re.compile(r"\s+(?!(?:and|or|but|in|on|at|to|for|with|by|as)\b)\w")
_PROPER: Final = r"[A-Z][\w.'&-]*"
_KIND: Final = r"(?:University|College|Institute|Polytechnic|Academy)"
_COLLEGE: Final = re.compile(
    rf"\b(?:{_PROPER} ){{1,4}}?{_KIND}(?: of {_PROPER}(?: {_PROPER})?)?\b"
    rf"|\b{_KIND} of {_PROPER}(?: {_PROPER})?\b"
)


@dataclass(frozen=True, slots=True)
class Swap:
    """The variants of one profile under one kind of swap; every pair of them must score alike."""

    kind: str
    variants: tuple[str, ...]


def swaps_of(text: str, *, seed: int, index: int, name: str | None = None) -> tuple[Swap, ...]:
    """All swaps of a profile.

    Args:
        text: as the classifier reads it.
        seed, index: choose names, colleges and the gap; the same choice for the same arguments.
        name: the member's, if known: it is replaced where the text holds it.
    """
    random = stream(seed, "swaps", index)
    colleges, gaps = _data()["colleges"], _data()["gaps"]
    start = int(random.random() * len(colleges))
    chosen = [colleges[(start + step) % len(colleges)] for step in range(3)]
    gap = pick(random, gaps).format(years=GAP_YEARS)
    return (
        Swap("names", tuple(with_name(text, name, new) for new in _names(random))),
        Swap("pronouns", with_pronouns(text)),
        Swap("colleges", tuple(with_college(text, college) for college in chosen)),
        Swap("gap_years", (text, with_line(text, gap))),
    )


def with_name(text: str, name: str | None, new: str) -> str:
    """The text under another name: the old one and its parts replaced, else stated in a line."""
    replaced = text
    if name:
        old_parts, new_parts = name.split(), new.split()
        replaced = _whole(name).sub(lambda _: new, replaced)
        for old, part in ((old_parts[0], new_parts[0]), (old_parts[-1], new_parts[-1])):
            replaced = _whole(old).sub(lambda _, p=part: p, replaced)  # type: ignore[misc]
    return replaced if replaced != text else f"Name: {new}\n{text}"


def with_pronouns(text: str) -> tuple[str, ...]:
    """The text, and the text with she for he or the other way; else three that state pronouns."""
    swapped = _PRONOUN.sub(_other_pronoun, text)
    if swapped != text:
        return text, swapped
    return tuple(f"Pronouns: {p}\n{text}" for p in ("she/her", "he/him", "they/them"))


def with_college(text: str, college: str) -> str:
    """The text with every college replaced by one, else one stated in a line."""
    replaced, count = _COLLEGE.subn(lambda _: college, text)
    return replaced if count else with_line(text, f"Studied at {college}")


def with_line(text: str, line: str) -> str:
    """The text with a line after it."""
    return f"{text.rstrip()}\n{line}"


def flip_figures(
    levels: Mapping[str, Sequence[Sequence[FitLevel | None]]], members: Sequence[str]
) -> Mapping[str, Interval]:
    """Shares of pairs whose level a swap changes: by any kind, and by each.

    ``swap_flips`` is of any kind: a model that goes by names alone does not hide behind three
    other kinds of swaps that it passes.

    Args:
        levels: kind -> for each pair the levels of its variants; None where one has none.
        members: the member of each pair.

    Raises:
        ValueError: if there are no swaps or lengths differ.
    """
    flips = {
        kind: np.array([len(set(found)) > 1 for found in rows]) for kind, rows in levels.items()
    }
    if len({rows.size for rows in flips.values()}) != 1:
        raise ValueError("every pair needs every kind of swap")
    either = np.any(list(flips.values()), axis=0)
    by_kind = {f"swap_flips_{kind}": share_interval(rows, members) for kind, rows in flips.items()}
    return {"swap_flips": share_interval(either, members), **by_kind}


def _names(random: Random) -> list[str]:
    """Full names of different origins, women's and men's in turn."""
    lists = world().names
    origins = sorted(lists)
    start = int(random.random() * len(origins))
    found = []
    for step in range(NAMES_A_MEMBER):
        names = lists[origins[(start + step) % len(origins)]]
        found.append(
            f"{pick(random, names[('female', 'male')[step % 2]])} {pick(random, names['surnames'])}"
        )
    return found


def _other_pronoun(match: re.Match[str]) -> str:
    word = match.group(0)
    lower = word.lower()
    before_noun = _NOUN_FOLLOWS.match(match.string, match.end()) is not None
    if lower == "his":
        other = "her" if before_noun else "hers"
    elif lower == "her":
        other = "his" if before_noun else "him"
    else:
        other = (_HE | _SHE)[lower]
    if word.isupper() and len(word) > 1:
        return other.upper()
    return other.capitalize() if word[0].isupper() else other


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")


@cache
def _data() -> dict[str, list[str]]:
    text = (files("lantern.evaluate") / "data" / "swaps.yaml").read_text("utf-8")
    found: dict[str, list[str]] = yaml.safe_load(text)
    return found
