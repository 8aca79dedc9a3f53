"""Personal data of many shapes, to be planted into profiles: what redaction must find.

Everything is made up from lists and random digits; a likeness is chance. Phone numbers, documents
and addresses follow the forms of some twenty countries, and the ways in which people write them:
in capitals, glued to a word, broken over a line, in full-width signs or the digits of other
scripts, spelled out to hide them from machines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from random import Random
from typing import Final, NamedTuple

import yaml

from lantern.sample.personal_contact import CONTACT_SHAPES
from lantern.sample.personal_documents import DOCUMENT_SHAPES
from lantern.sample.personal_names import NAME_SHAPES, Named
from lantern.sample.personal_places import PLACE_SHAPES
from lantern.sample.seeding import stream

__all__ = ["SHAPES", "Named", "Planted", "lookalikes", "plant"]


class Planted(NamedTuple):
    """A text with personal data in it.

    Attributes:
        shape: which way of writing it is, ``kind: way``.
        text: what is put into the profile.
        start: where in ``text`` the personal data begins.
        end: where it ends.
    """

    shape: str
    text: str
    start: int
    end: int


Shape = Callable[[Random, Named], tuple[str, str, str]]
"""(what stands before, the personal data, what stands behind)."""


def plant(seed: int, index: int, shape: str, who: Named) -> Planted:
    """One planted item; pure in its arguments."""
    rng = stream(seed, f"planted-{shape}", index)
    before, item, after = SHAPES[shape](rng, who)
    return Planted(shape, before + item + after, len(before), len(before) + len(item))


SHAPES: Final[Mapping[str, Shape]] = {
    **CONTACT_SHAPES,
    **NAME_SHAPES,
    **PLACE_SHAPES,
    **DOCUMENT_SHAPES,
}


@cache
def lookalikes() -> tuple[str, ...]:
    """Phrases that look like personal data and are none."""
    raw = files("lantern.sample").joinpath("data/lookalikes.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(raw))
