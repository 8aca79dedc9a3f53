"""Find many fixed phrases in a text in one pass: a trie over words.

A thousand regular expressions would cost a thousand passes; here a text is cut into words once and
each word is one dictionary look-up. Longest phrase first, left to right, without overlap.

Words are letters and digits in any case; ``C++``, ``C#`` and ``.NET`` are words of their own.
Between the words of a phrase there may be blanks, one of ``- / & ' +``, a full stop, or nothing at
all, so that "front-end" is "front end". A line break or a comma is never within one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

_WORD: Final = re.compile(r"[^\W_]+(?:\+\+|#)?|(?<![^\W_])\.[nN][eE][tT](?![^\W_])")
_GAP: Final = re.compile(r"[ \t\xa0]{1,3}|[ \t\xa0]?[-/&'\u2019+\u2013][ \t\xa0]?|\.[ \t]?|")
_SENTENCE_END: Final = re.compile(r"\.[ \t]")
_SHORT: Final = 2
_JOINERS: Final = frozenset("-&'\u2019+#@\u2013")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase to be found.

    Attributes:
        text: the words; written in the singular, a plural of any word matches too.
        target: what a match stands for; None hides whatever lies within ("excel at" hides Excel).
        literal: match only exactly as written, upper and lower case and punctuation included.
        guarded: the caller should want support from elsewhere before believing a match.
    """

    text: str
    target: str | None
    literal: bool = False
    guarded: bool = False


class PhraseMatch(NamedTuple):
    """A phrase found at ``text[start:end]``; ``words`` is its length in words."""

    phrase: Phrase
    start: int
    end: int
    words: int


_Token: TypeAlias = tuple[int, int, tuple[int, ...]]
"""Start and end of a word of the text, and the numbers of the phrases' words it can be read as."""


@dataclass(slots=True)
class _Node:
    children: dict[int, _Node] = field(default_factory=dict)
    phrases: list[Phrase] = field(default_factory=list)


def words_of(text: str) -> list[str]:
    """The words of a text as the matcher sees them, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def _plurals(word: str) -> tuple[str, ...]:
    if len(word) < 3 or not word.isalpha() or word.endswith("s"):
        return ()
    if word.endswith("y") and word[-2] not in "aeiou":
        return (word[:-1] + "ies",)
    if word.endswith(("ch", "sh", "x")):
        return (word + "es",)
    return (word + "s",)


class PhraseMatcher:
    """All phrases compiled into one trie; immutable after construction and safe to share."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        """Compile.

        Raises:
            ValueError: if a phrase has no words, or two unlike phrases claim the same words.
        """
        known = tuple(phrases)
        self.phrases: tuple[Phrase, ...] = known
        self._ids: dict[str, int] = {}
        for phrase in known:
            for word in words_of(phrase.text):
                self._ids.setdefault(word, len(self._ids))
        # A phrase's "service" is found as "services" too, but its "electronics" only as that. A
        # word of a text can so be two words of phrases: "services" of one and "service" of others.
        self._readings: dict[str, tuple[int, ...]] = {
            word: (number,) for word, number in self._ids.items()
        }
        for word, number in self._ids.items():
            for plural in _plurals(word):
                self._readings[plural] = (*self._readings.get(plural, ()), number)
        self._root = _Node()
        for phrase in known:
            self._add(phrase)
        roots = self._root.children
        self._starts = {
            readings: [roots[number] for number in readings if number in roots]
            for readings in {(), *self._readings.values()}
        }

    def _add(self, phrase: Phrase) -> None:
        node = self._root
        words = words_of(phrase.text)
        if not words:
            raise ValueError(f"a phrase without words: {phrase.text!r}")
        for word in words:
            node = node.children.setdefault(self._ids[word], _Node())
        for other in node.phrases:
            same_form = other.literal == phrase.literal
            if same_form and (not phrase.literal or other.text == phrase.text):
                if other.target == phrase.target:
                    return
                raise ValueError(
                    f"{phrase.text!r} stands for {other.target!r} and for {phrase.target!r}"
                )
        node.phrases.append(phrase)
        # What is written exactly is the stronger claim and is tried first.
        node.phrases.sort(key=lambda known: not known.literal)

    def find(self, text: str) -> list[PhraseMatch]:
        """All matches in reading order, without overlap; phrases with target None are left out."""
        get = self._readings.get
        nothing: tuple[int, ...] = ()
        tokens = [
            (match.start(), match.end(), get(match[0].lower(), nothing))
            for match in _WORD.finditer(text)
        ]
        starts = self._starts
        found: list[PhraseMatch] = []
        index, count = 0, len(tokens)
        while index < count:
            nodes = starts[tokens[index][2]]
            if not nodes:
                index += 1
                continue
            match = _longest(text, tokens, index, nodes)
            if match is None:
                index += 1
                continue
            index += match.words
            if match.phrase.target is not None:
                found.append(match)
        return found


def _longest(text: str, tokens: list[_Token], index: int, nodes: list[_Node]) -> PhraseMatch | None:
    start = tokens[index][0]
    best: PhraseMatch | None = None
    position = index
    while nodes:
        end = tokens[position][1]
        accepted = next(
            (
                phrase
                for node in nodes
                for phrase in node.phrases
                if _accepts(phrase, text, start, end)
            ),
            None,
        )
        if accepted is not None:
            # "R.N." and "Security+" end with what is no letter.
            end = start + len(accepted.text) if accepted.literal else end
            best = PhraseMatch(accepted, start, end, position - index + 1)
        position += 1
        if position >= len(tokens):
            break
        following = tokens[position]
        nodes = [
            node.children[number]
            for node in nodes
            for number in following[2]
            if number in node.children
        ]
        if nodes and not _GAP.fullmatch(text, tokens[position - 1][1], following[0]):
            break
    return best


def _accepts(phrase: Phrase, text: str, start: int, end: int) -> bool:
    if phrase.literal:
        if not text.startswith(phrase.text, start):
            return False
        end = start + len(phrase.text)
    if end - start > _SHORT:
        return not _crosses_sentence(phrase, text, start, end)
    # A one- or two-letter word joined to something else is a part of that: R&D, C-level, O'Reilly.
    if start and (text[start - 1] in _JOINERS or _dotted(text, start - 1, start - 2)):
        return False
    return not (end < len(text) and (text[end] in _JOINERS or _dotted(text, end, end + 1)))


def _crosses_sentence(phrase: Phrase, text: str, start: int, end: int) -> bool:
    return "." not in phrase.text and _SENTENCE_END.search(text, start, end) is not None


def _dotted(text: str, dot: int, beyond: int) -> bool:
    return 0 <= beyond < len(text) and text[dot] == "." and text[beyond].isalnum()
