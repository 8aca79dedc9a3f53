"""The patterns of text that talks to a model, read from ``hostile_data/hostile.yaml``.

They are meant for what a profile or a posting never says: "overrode two of the rules" of a career
is no attack, and "rated top performer by my manager" is none either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import yaml

from lantern.documents.redaction_view import fold, matches_near

_AROUND: Final = 160


class Pattern(NamedTuple):
    """An expression, the strings of which every match holds one, and an expression of those."""

    near: tuple[str, ...]
    trigger: re.Pattern[str]
    find: re.Pattern[str]


@cache
def _content() -> dict[str, Any]:
    raw = files("lantern.documents").joinpath("hostile_data/hostile.yaml").read_text("utf-8")
    content: dict[str, Any] = yaml.safe_load(raw)
    return content


def squeezed() -> tuple[str, ...]:
    """Phrases without blanks that letters set apart may spell."""
    return tuple(_content()["squeezed"])


@cache
def patterns() -> Mapping[str, tuple[Pattern, ...]]:
    """Name -> patterns, in the order in which they are reported."""
    content = _content()
    return {
        name: tuple(
            Pattern(
                near := tuple(fold(text).text for text in entry["near"]),
                re.compile("|".join(map(re.escape, near))),
                re.compile(fold(_with_words(entry["find"], content["words"])).text),
            )
            for entry in entries
        )
        for name, entries in content["patterns"].items()
    }


def matches(plain: str, name: str) -> Iterator[re.Match[str]]:
    """Where a folded text matches a named pattern."""
    for pattern in patterns()[name]:
        if any(text in plain for text in pattern.near):
            yield from matches_near(plain, pattern.trigger, (pattern.find,), around=_AROUND)


def _with_words(source: str, words: Mapping[str, str]) -> str:
    for word, group in words.items():
        source = source.replace(f"<<{word}>>", group)
    return source
