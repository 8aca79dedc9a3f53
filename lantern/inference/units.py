"""Split the two texts of a pair into units: the items of a posting, the lines of a profile.

The texts are the renderings of :mod:`lantern.documents`. A posting is a title, a line of
must-haves and a line of nice-to-haves; a profile is lines, one of which lists the skills. Other
text is split as well: whatever leads no line is a must-have of a posting, or a line of a profile.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from lantern.documents.experience import find_years, stated_years
from lantern.documents.requirements import MUST_HAVE_LEAD, NICE_TO_HAVE_LEAD, SEPARATOR
from lantern.inference.unit_names import names_of

_SKILLS_LEAD: Final = "Skills: "
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z\d])|\s+[-–•]\s+")


class UnitKind(enum.IntEnum):
    """What a unit is in its text; the model has an embedding for each."""

    TITLE = 0
    MUST_HAVE = 1
    NICE_TO_HAVE = 2
    HEADLINE = 3
    SKILL = 4
    LINE = 5


class Unit(NamedTuple):
    """A piece of a text that says one thing.

    Attributes:
        text: never empty, no blanks around it.
        kind: what it is.
        years: that it asks for or shows, the most if there are several; 0 if it names none.
        names: numbers of what it names by the lexicon, see :mod:`lantern.inference.unit_names`.
    """

    text: str
    kind: UnitKind
    years: float
    names: tuple[int, ...]


class SplitText(NamedTuple):
    """The units of a text in its order, and the years that it asks for or shows as a whole."""

    units: list[Unit]
    years: float


def split_requirements(text: str) -> SplitText:
    """Title, must-haves and nice-to-haves of a posting's requirements; none in an empty text."""
    units: list[Unit] = []
    for number, line in enumerate(text.split("\n")):
        kind = UnitKind.MUST_HAVE
        if line.startswith(MUST_HAVE_LEAD):
            line = line.removeprefix(MUST_HAVE_LEAD)
        elif line.startswith(NICE_TO_HAVE_LEAD):
            kind, line = UnitKind.NICE_TO_HAVE, line.removeprefix(NICE_TO_HAVE_LEAD)
        elif number == 0:
            units += _units([line], UnitKind.TITLE)
            continue
        units += _units(line.split(SEPARATOR), kind)
    return SplitText(units, max((unit.years for unit in units), default=0.0))


def split_profile(text: str) -> SplitText:
    """Headline, skills and lines of a profile; a line of several sentences is several units."""
    units: list[Unit] = []
    for number, line in enumerate(text.split("\n")):
        if line.startswith(_SKILLS_LEAD):
            units += _units(line.removeprefix(_SKILLS_LEAD).split(", "), UnitKind.SKILL)
        else:
            kind = UnitKind.LINE if number else UnitKind.HEADLINE
            units += _units(_SENTENCE_END.split(line), kind)
    return SplitText(units, stated_years(text) or 0.0)


def _units(texts: list[str], kind: UnitKind) -> Iterator[Unit]:
    for text in texts:
        if stripped := text.strip():
            years = max((mention.years for mention in find_years(stripped)), default=0.0)
            yield Unit(stripped, kind, years, names_of(stripped))
