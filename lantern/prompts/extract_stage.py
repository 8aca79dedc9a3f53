"""Stage 1: a posting's requirements. Asked once a posting; every pair reuses the answer."""

from __future__ import annotations

import enum
import re
from typing import Final

from lantern.documents.lexicon import lexicon
from lantern.documents.requirement_wording import tidy
from lantern.documents.requirements import MAX_REQUIREMENTS
from lantern.fit import Importance, Requirement, RequirementKind
from lantern.prompts.json_answer import AnswerModel, AnswerRejected, read_answer
from lantern.prompts.outgoing import Outgoing
from lantern.prompts.sections import Stage
from lantern.prompts.stage_prompt import StagePrompt, stage_prompt, stage_version

LEAST_KNOWN_WORDS: Final = 0.5
"""Share of a requirement's words that must stand in the posting, else it is taken as invented."""
_MOST_YEARS: Final = 60
_WORD: Final = re.compile(r"\w+")


class DegreeName(enum.StrEnum):
    """The degrees that a teacher can name; the order is that of ``documents.degrees``."""

    HIGH_SCHOOL = "high_school"
    ASSOCIATE = "associate"
    BACHELOR = "bachelor"
    MASTER = "master"
    DOCTORATE = "doctorate"


_RANKS: Final = {name: rank for rank, name in enumerate(DegreeName)}


class RequirementItem(AnswerModel):
    """One requirement as the teacher writes it."""

    text: str
    kind: RequirementKind
    importance: Importance
    skills: list[str]
    any_of: bool
    years: float | None
    degree: DegreeName | None


class ExtractAnswer(AnswerModel):
    """The answer of stage 1."""

    requirements: list[RequirementItem]


EXTRACT_VERSION: Final = stage_version(Stage.EXTRACT, ExtractAnswer)


def extract_prompt(posting: Outgoing) -> StagePrompt:
    """Ask for a posting's requirements; ``posting`` is its title, a line break, its description."""
    return stage_prompt(Stage.EXTRACT, ExtractAnswer, {"POSTING": posting.text})


def parse_extract(raw: str, posting: Outgoing) -> tuple[Requirement, ...]:
    """The requirements of an answer, must-haves first, with the originals of placeholders.

    Raises:
        AnswerRejected: not of the schema, too many, none left of a text, or not of this posting.
    """
    return read_requirements(read_answer(ExtractAnswer, raw).requirements, posting)


def read_requirements(items: list[RequirementItem], posting: Outgoing) -> tuple[Requirement, ...]:
    """Turn a teacher's items into requirements of the domain.

    Texts are brought into the form that explanations need (one line, no double quote); items that
    say the same are one; skills get the lexicon's names, and names that it lacks are left to the
    text.

    Raises:
        AnswerRejected: too many items, an empty one, or one that the posting does not say.
    """
    if len(items) > MAX_REQUIREMENTS:
        raise AnswerRejected(f"{len(items)} requirements; at most {MAX_REQUIREMENTS} are allowed")
    known = _words(posting.text)
    found: dict[str, Requirement] = {}
    for number, item in enumerate(items, 1):
        text = tidy(item.text)
        words = _words(text)
        if not words:
            raise AnswerRejected(f"requirement {number} has no text")
        if len(words & known) < LEAST_KNOWN_WORDS * len(words):
            raise AnswerRejected(f"requirement {number} is not in the posting's own words")
        if item.years is not None and not 0 <= item.years <= _MOST_YEARS:
            raise AnswerRejected(f"requirement {number}: years must be from 0 to {_MOST_YEARS}")
        found.setdefault(text.casefold(), _requirement(item, posting.restored(text)))
    return tuple(sorted(found.values(), key=lambda r: r.importance is Importance.NICE_TO_HAVE))


def _requirement(item: RequirementItem, text: str) -> Requirement:
    names = [name for skill in item.skills for name in lexicon().skill_names(skill)]
    skills = tuple(dict.fromkeys(names))
    return Requirement(
        kind=item.kind,
        importance=item.importance,
        text=text,
        skills=skills,
        any_of=item.any_of and len(skills) > 1,
        years=item.years or None,
        degree=None if item.degree is None else _RANKS[item.degree],
    )


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
