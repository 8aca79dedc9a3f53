"""Ways in which a member's own name, and that of others, is written."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from random import Random
from typing import Final, NamedTuple

from lantern.sample.seeding import pick

_OTHERS: Final = (
    "John Whitfield",
    "Sunita Deshpande",
    "Peter van den Berg",
    "Maria Oliveira",
    "Ahmed El-Sayed",
    "Rajesh Kumar Verma",
    "Anne-Marie Laurent",
    "Kwabena Asante",
    "Li Xiaoming",
    "Ewa Zielinska",
)


class Named(NamedTuple):
    """Somebody's name, in two parts."""

    given: str
    family: str

    @property
    def full(self) -> str:
        """As it stands in the name field."""
        return f"{self.given} {self.family}"


def plain(name: str) -> str:
    """A name without accents, hyphens and apostrophes."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in letters if sign.isalpha() and not unicodedata.combining(sign))


def without_accents(name: str) -> str:
    """A name as keyboards without accents write it."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in letters if not unicodedata.combining(sign))


def _sentence(rng: Random) -> tuple[str, str]:
    return pick(
        rng,
        (
            ("Written by ", " in March."),
            ("", " has led the team."),
            ("As one colleague said: ", " is reliable."),
            ("Awarded to ", " for service."),
        ),
    )


def _inline(
    make: Callable[[Random, Named], str],
) -> Callable[[Random, Named], tuple[str, str, str]]:
    def shape(rng: Random, who: Named) -> tuple[str, str, str]:
        before, after = _sentence(rng)
        return before, make(rng, who), after

    return shape


def _full_width(name: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in name)


def _initials(rng: Random, who: Named) -> str:
    first, last = who
    return pick(rng, (f"{first[0]}. {last}", f"{first[0]} {last}", f"{first[0]}. K. {last}"))


def _glued(rng: Random, who: Named) -> str:
    first, last = plain(who.given), plain(who.family)
    return pick(
        rng, (f"{first}{last}", f"{first}_{last}", f"{last}{first}", f"{first}-{last}".lower())
    )


NAME_SHAPES: Final[Mapping[str, Callable[[Random, Named], tuple[str, str, str]]]] = {
    "name: full": _inline(lambda r, w: w.full),
    "name: in capitals": lambda r, w: ("", w.full.upper(), ""),
    "name: in lower case": _inline(lambda r, w: w.full.lower()),
    "name: possessive": lambda r, w: ("This is ", w.full, pick(r, ("'s profile.", "’s résumé."))),
    "name: with a middle initial": _inline(lambda r, w: f"{w.given} {pick(r, 'BKRT')}. {w.family}"),
    "name: initial and family name": _inline(_initials),
    "name: family name first": _inline(lambda r, w: f"{w.family}, {w.given}"),
    "name: given name": _inline(lambda r, w: w.given),
    "name: family name": lambda r, w: (
        pick(r, ("Ms. ", "Mr. ", "Thanks to ")),
        w.family,
        " as well.",
    ),
    "name: glued": lambda r, w: ("File: ", _glued(r, w), pick(r, ("_CV.pdf", "", "Resume"))),
    "name: line break": lambda r, w: ("", f"{w.given}\n{w.family}", ""),
    "name: full width": lambda r, w: ("", _full_width(without_accents(w.full)), ""),
    "name: without accents": _inline(lambda r, w: without_accents(w.full)),
    "name: letters apart": lambda r, w: ("", "  ".join(" ".join(part) for part in w).upper(), ""),
    "name: of somebody else, labelled": lambda r, w: (
        pick(r, ("Father's Name: ", "Reference: ", "Emergency contact: Mr. ", "Spouse: Mrs. ")),
        pick(r, _OTHERS[:2]),
        "\n",
    ),
}
