"""What summary and next step of an explanation call a requirement: a few of its own words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from lantern.documents.lexicon import Lexicon, lexicon
from lantern.fit import NAME, Assessment, Requirement, RequirementKind, is_part, naming

MAX_NAME: Final = 70
"""Most characters of a name."""
_SIGNS_AT_ENDS: Final = re.compile(r"^[^\w.]+|[^\w+#)%]+$")
_LEADS_ON: Final = re.compile(
    r"(?: (?:and/or|a|an|and|any|are|as|at|both|but|by|e\.g|either|etc|for|from|in|including|into"
    r"|is|its|like|of|on|or|our|such|than|that|the|their|this|to|using|via|well|where|which|who|with"
    r"|within|your)[.,;:]*)+$"
)
"""Words that a name does not end with where it was cut."""


def short_name(requirement: Requirement, words: Lexicon | None = None) -> str:
    """A requirement in a few of its own words: from its first skill to its last, or its beginning.

    Where years or a degree are asked for, they are named from the beginning on.

    Args:
        requirement: of a posting.
        words: the lexicon that its skills come from; None: the default.

    Returns:
        A part of the requirement's text that cuts no word.
    """
    words = words or lexicon()
    text = requirement.text
    start, end = 0, len(text)
    mentions = [m for m in words.find_skills(text) if m.skill in requirement.skills]
    if mentions and requirement.kind is not RequirementKind.DEGREE:
        end = mentions[-1].end
        if not requirement.years:
            start = mentions[0].start
    while end < len(text) and text[end].isalnum():  # "Manager" of "Managers"
        end += 1
    if text[end : end + 1] == ")" and _is_open(text[start:end]):
        end += 1
    return _shortened(text[start:end], goes_on=end < len(text))


def with_short_names(assessment: Assessment, requirements: Sequence[Requirement]) -> Assessment:
    """The assessment with every name in its texts as the requirement's short one.

    A teacher and a person may name a requirement by any of its words; a decoder only by these.
    What is no part of a requirement that may be named there stays (:func:`lantern.fit.naming`).
    """
    short = {requirement.text: short_name(requirement) for requirement in requirements}

    def renamed(text: str, allowed: Sequence[str]) -> str:
        def of(name: re.Match[str]) -> str:
            found = [asked for asked in allowed if is_part(name[1], [asked])]
            exact = [asked for asked in found if short[asked] == name[1]]
            return f"“{short[(exact or found)[0]]}”" if found else name[0]

        return NAME.sub(of, text)

    first, rest, step = (renamed(text, allowed) for text, allowed in naming(assessment))
    return replace(assessment, summary=first + rest, next_step=step or None)


def _shortened(text: str, *, goes_on: bool) -> str:
    """The first words of the text, up to MAX_NAME characters, as far as they are whole.

    Without a bracket that is not closed, words that lead on to what was cut, and signs at its ends.
    """
    if len(text) > MAX_NAME:
        text, goes_on = text[: MAX_NAME + 1].rsplit(" ", 1)[0], True
    before = text[: text.rfind("(")]
    if _is_open(text) and any(map(str.isalnum, before)):
        text, goes_on = before, True
    name = _SIGNS_AT_ENDS.sub("", text)
    if goes_on:
        name = _SIGNS_AT_ENDS.sub("", _LEADS_ON.sub("", name))
    return name or text


def _is_open(text: str) -> bool:
    return text.count("(") > text.count(")")
