"""What a unit names by the lexicon: skills, certificates and occupations, and how near two are.

A sentence encoder knows that two texts are about the same thing, but "C#" and "C++" lie close
together and "k8s" far from "Kubernetes". So the head is also told which names of the lexicon stand
in a unit. It is told no verdict: what a name is worth it learns from the teacher.
"""

from __future__ import annotations

import functools
from typing import Final

import torch
from torch import Tensor

from lantern.documents.lexicon import GENERAL_FIELD, lexicon

MOST_NAMES: Final = 6
"""Kept of a unit; the rest says the same of the same trade."""

NO_NAME: Final = 0
SAME: Final = 1.0
RELATED: Final = 0.5


def names_of(text: str) -> tuple[int, ...]:
    """Numbers of the names in a text, at most :data:`MOST_NAMES`, skills first.

    The numbers hold within a process: they are the places in this lexicon.
    """
    numbers = _numbers()
    words = lexicon()
    occupations = (mention.occupation for mention in words.find_occupations(text))
    found = [*map(_skill, words.skill_names(text)), *map(_occupation, occupations)]
    return tuple(numbers[name] for name in dict.fromkeys(found))[:MOST_NAMES]


@functools.cache
def nearness() -> Tensor:
    """``[names, names]``: SAME on the diagonal, RELATED where one speaks for the other, else 0.

    Related are the lexicon's related skills, occupations of one field, and an occupation with the
    skills and certificates that it usually asks for. NO_NAME is near nothing.
    """
    numbers, words = _numbers(), lexicon()
    table = torch.zeros(len(numbers) + 1, len(numbers) + 1)

    def relate(one: str, other: str) -> None:
        table[numbers[one], numbers[other]] = table[numbers[other], numbers[one]] = RELATED

    for name, skill in words.skills.items():
        for other in skill.related:
            relate(_skill(name), _skill(other))
    for name, occupation in words.occupations.items():
        for usual in (*occupation.skills, *occupation.certificates):
            relate(_occupation(name), _skill(usual))
        for other, another in words.occupations.items():
            if another.field == occupation.field != GENERAL_FIELD:
                relate(_occupation(name), _occupation(other))
    table.fill_diagonal_(SAME)
    table[NO_NAME, NO_NAME] = 0.0
    return table


@functools.cache
def _numbers() -> dict[str, int]:
    words = lexicon()
    names = [*map(_skill, sorted(words.skills)), *map(_occupation, sorted(words.occupations))]
    return {name: number for number, name in enumerate(names, start=NO_NAME + 1)}


def _skill(name: str) -> str:
    return f"skill {name}"


def _occupation(name: str) -> str:
    return f"occupation {name}"
