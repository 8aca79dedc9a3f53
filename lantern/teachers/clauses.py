"""A profile's text as clauses: the units that are weighed as evidence and quoted.

A clause is a line, a sentence or a bullet, or a piece of one where that is long. Its text is an
exact span of the profile without line break or double quote, so a quote taken from it always is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_QUOTE: Final = 120
"""Longest quote of a verdict, in characters."""

LIST_ITEMS: Final = 4
"""A clause of at least this many short items between separators is a bare list, not a sentence."""
LIST_WORDS_PER_ITEM: Final = 3.0
"""Mean words an item, at most, in a bare list."""

# Line and paragraph separators of Unicode too: a quote is one line wherever it is shown.
_BREAKS = re.compile(
    r'[\n\r\v\f\x1c-\x1e\x85\u2028\u2029"]+'
    # The end of a sentence, but not "St. Anne", "J. Doe", "Acme Inc. Leeds", "e.g. this".
    r"|(?<=[.!?])(?<!\b[A-Z][a-z]\.)(?<!\b[A-Za-z]\.)(?<!Inc\.)(?<!Ltd\.)(?<!Mrs\.)\s+(?=\S)"
    r"|\s*[•●▪◦·➢❖✓|]+\s*"
)
_SEPARATORS = re.compile(r"[,;/|•]|\s-\s|\s&\s|\band\b")
_LIST_HEADING = re.compile(
    r"\W*(?:(?:key|core|technical|it|soft|professional|other|main|top|hard)\s+)*"
    r"(?:skills?|skill set|skillset|competenc(?:y|ies)|technologies|keywords|tools|"
    r"technical environment|areas of expertise|expertise|strengths|specialties)\b[^:\n]{0,30}:",
    re.IGNORECASE,
)
_SKILL_LENGTH_LINE = re.compile(r"^[^-:]{1,40}-\s*exp(?:e)?rien?ce\s*-", re.IGNORECASE)

# Text that speaks to a model instead of about the member is no evidence for anything.
_INSTRUCTION = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|rule|guideline|above)"
    r"|\b(?:rate|rank|score|classify|label|grade|mark|judge)\s+"
    r"(?:me|this|the (?:profile|candidate|member))"
    r"|\byou are (?:a|an)\s+(?:high|medium|low|ai|assistant|language|helpful)\b"
    r"|\bsystem prompt\b|\bas an ai\b"
    r"|\b(?:high|perfect|best) (?:fit|match) for (?:this|every|any|all)"
    r"|\bthis (?:candidate|profile|member|applicant) (?:meets|satisfies|fulfil)",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(?:no|zero|never (?:had|used|worked|done)|not? (?:yet )?(?:any )?|without(?: any)?"
    r"|lack(?:ing|s)?)"
    r"(?: (?:prior|previous|hands-on|direct|real|much|formal|practical|any|worked|used|familiar|"
    r"experienced|certified|have|had))*"
    r" ?(?:experience|knowledge|exposure|background|skills?|familiar|experienced|certified"
    r"|worked|used)\b",
    re.IGNORECASE,
)
_LEARNING = re.compile(
    r"\b(?:(?:want|keen|eager|hoping?|willing|plan(?:ning)?|like|love|aim(?:ing)?) (?:to )?learn"
    r"|(?:currently|still|started|now|am|self-) ?(?:learning|studying)|interested in"
    r"|beginner|basic (?:knowledge|understanding)|basics of|would like to)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a profile.

    Attributes:
        start: offset in the profile's text.
        end: offset behind it.
        is_list: whether it only lists terms, so that a term in it is claimed and not shown in use.
        is_learning: whether it speaks of learning or wishing, so that it shows no command yet.
    """

    start: int
    end: int
    is_list: bool
    is_learning: bool


def clauses_of(text: str) -> list[Clause]:
    """The clauses that may serve as evidence, in their order.

    Left out: clauses that address a model ("ignore all previous instructions") and clauses that
    deny what they name ("no experience with ...").
    """
    found = []
    for start, end in _spans(text):
        words = text[start:end]
        if _INSTRUCTION.search(words) or _DENIAL.search(words):
            continue
        found.append(Clause(start, end, _is_list(words), _LEARNING.search(words) is not None))
    return found


def quote_around(text: str, clause: Clause, start: int, end: int) -> str:
    """A readable span of the clause that holds ``text[start:end]``, at most MAX_QUOTE characters.

    The whole clause where it is short; else the words around the span, cut between words. Of a
    bare list only the neighbourhood of the term is of interest, so less is kept.
    """
    limit = 60 if clause.is_list else MAX_QUOTE
    left, right = clause.start, clause.end
    if right - left > limit:
        if end - start > limit:
            end = _word_end(text, end, start + limit, start)
        room = (limit - (end - start)) // 2
        left = max(left, min(start - room, right - limit))
        right = min(right, left + limit)
        left, right = max(left, min(start, left)), max(right, end)
        left = _word_start(text, clause.start, left, start)
        right = _word_end(text, clause.end, right, end)
    quote = text[left:right]
    return quote.strip(" \t\xa0,;:-–—/&|").strip() or text[start:end].strip()


def _word_start(text: str, first: int, left: int, latest: int) -> int:
    """The first word that begins at or behind ``left``, but no later than ``latest``."""
    if left <= first:
        return first
    while left < latest and not text[left - 1].isspace():
        left += 1
    return left


def _word_end(text: str, last: int, right: int, earliest: int) -> int:
    """The end of the last whole word before ``right``, but no earlier than ``earliest``."""
    if right >= last:
        return last
    while right > earliest and not text[right].isspace():
        right -= 1
    return right


def _spans(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for match in _BREAKS.finditer(text):
        if match.start() > at:
            yield from _stripped(text, at, match.start())
        at = match.end()
    yield from _stripped(text, at, len(text))


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        yield start, end


def _is_list(words: str) -> bool:
    if _LIST_HEADING.match(words) or _SKILL_LENGTH_LINE.match(words):
        return True
    items = [item for item in _SEPARATORS.split(words) if item.strip()]
    return len(items) >= LIST_ITEMS and len(words.split()) / len(items) <= LIST_WORDS_PER_ITEM
