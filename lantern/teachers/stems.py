"""Content words of a text as stems: what two texts must share to be about the same thing.

A small suffix stemmer is enough here: it only has to map the same word in two texts to the same
string ("managed", "managing", "manager"), never to be shown. Words that every posting uses
("experience", "strong", "ability") carry no content and are left out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

_WORD = re.compile(r"[^\W_]+(?:[+#]+|(?:['’.&-][^\W_]+)*)")

_STOP_WORDS: Final = frozenset(
    """
    a about above across after all also an and any are as at be been being both but by can could
    do does during e each either etc for from g had has have having he her his how i if in including
    into is it its like may might more most must my need needed needs no nor not of on one only or
    other others our out over own per s same she should so some such than that the their them then
    there these they this those through to too under until up upon us use used using very was we
    well were what when where which while who whom will with within without would you your yourself

    abilities ability able acceptable accept adequate advanced applicant applicants apply
    appropriate background basic bonus candidate candidates capable competence competencies
    competency comprehensive considered current currently deep degree demonstrate demonstrated
    desirable desire desired effective effectively eligible employee employees ensure equivalent
    essential excellent exceptional expect expected experience experienced experiences expert
    expertise exposure extensive familiar familiarity field fluency fluent following full general
    good great hands-on high highly ideal ideally include includes job keen know knowledge
    knowledgeable least level mandatory maintain minimum month months necessary new obtain
    offer outstanding plus position possess preferable preferably preferred previous prior
    proficiency proficient proven provide qualification qualifications qualified quality range
    related relevant require required requirement requirements requires role similar skill skilled
    skills solid sound special strong successful successfully superior team thorough time
    understand understanding valid various wide willing willingness work worked working works
    year years yrs yr

    accurate advantage beneficial command daily everyday first gained interest nice practical record
    setting track touch welcome good-to-have hands minded mindset based
    """.split()  # noqa: SIM905 - a list literal of 200 strings is no better to read
)

# Longest first: the first that leaves a stem of at least four letters is cut off.
_SUFFIXES: Final = (
    "izations", "isations", "ization", "isation", "ations", "ements", "ement", "ation", "ments",
    "ators", "ities", "ative", "ment", "ions", "ings", "ator", "ness", "ance", "ence", "ists",
    "able", "ible", "ical", "ally", "ives", "ing", "ion", "ers", "ors", "ies", "ity", "ive", "ist",
    "ant", "ent", "ate", "als", "ed", "er", "or", "es", "al", "ly", "ic", "s", "e", "y",
)  # fmt: skip
_MIN_STEM: Final = 4
_MAX_PASSES: Final = 2


class Stem(NamedTuple):
    """A content word's stem and where the word stands in the text."""

    stem: str
    start: int
    end: int


@lru_cache(maxsize=65_536)
def stem_of(word: str) -> str:
    """The stem of a word, or an empty string if the word carries no content."""
    word = word.lower().replace("’", "'").removesuffix("'s").strip("'.-&")
    if word in _STOP_WORDS or (len(word) < 2 and word not in {"c", "r"}) or word.isdigit():
        return ""
    if not word.isalpha():
        return word
    for _ in range(_MAX_PASSES):
        for suffix in _SUFFIXES:
            if word.endswith(suffix) and len(word) - len(suffix) >= _MIN_STEM:
                word = word.removesuffix(suffix)
                break
        else:
            break
    return word


def content_stems(text: str) -> list[Stem]:
    """The stems of the content words of ``text``, in their order, with their spans."""
    found = []
    for match in _WORD.finditer(text):
        stem = stem_of(match.group())
        if stem:
            found.append(Stem(stem, match.start(), match.end()))
    return found


@lru_cache(maxsize=65_536)
def stem_set(text: str) -> frozenset[str]:
    """The distinct content stems of a short text; cached, for requirements and titles."""
    return frozenset(item.stem for item in content_stems(text))
