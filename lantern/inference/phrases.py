"""What stands around the names in summaries and next steps, where it is always one of a few things.

A rubric, or a teacher that was told its words, says the same sentences about other requirements. A
decoder that learned from it needs to say nothing else, and a small one that may say anything
sometimes goes astray behind a name. So a training keeps the phrases of its examples beside the
model, and the grammar allows no others (:mod:`lantern.inference.grounding`). Where the examples'
words are free, there are no such phrases, and the grammar leaves the texts between names free.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lantern.errors import ModelError
from lantern.fit import (
    LEVEL_LABELS,
    MARK,
    NAME,
    ExplanationFormatError,
    naming,
    parse_explanation,
)

FILE: Final = "phrases.json"
"""In the model's folder."""
TEXTS: Final = ("lead", "rest", "step")
"""The summary's first sentence, its second, and the next step."""
PLACES: Final = ("whole", "open", "between", "end")
"""A text without names; before the first name; between two that are no list; after the last."""
SEPARATOR: Final = re.compile(r", |,? (and|or) ")
LEAST: Final = 3
"""So many examples have a phrase that is kept: one that speaks of a person is in fewer."""
MOST: Final = 40
"""So many phrases a place has at most; more are free words."""
COVERED: Final = 0.97
"""Least share of the examples' phrases that are kept ones."""

Phrases = Mapping[tuple[str, str, str], tuple[str, ...]]
"""The phrases of a level's text at a place: ``{("High", "rest", "end"): (".", " in part.")}``."""


def phrases_of(explanations: Iterable[str]) -> Phrases | None:
    """The phrases of explanations; None where their words are free.

    Args:
        explanations: they are read once; one that is not of the fit domain's form is free words.
    """
    counts: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    unread = 0
    for explanation in explanations:
        try:
            assessment = parse_explanation(explanation)
        except ExplanationFormatError:
            unread += 1
            continue
        for text, (said, _) in zip(TEXTS, naming(assessment), strict=True):
            for place, phrase in _places(said):
                counts[assessment.level.label, text, place][phrase] += 1
    kept = {
        key: tuple(sorted(it for it, count in of.items() if count >= LEAST and _ends(*key[1:], it)))
        for key, of in counts.items()
    }
    found = unread + sum(of.total() for of in counts.values())
    covered = sum(counts[key][phrase] for key, phrases in kept.items() for phrase in phrases)
    if not found or covered < COVERED * found or any(len(of) > MOST for of in kept.values()):
        return None
    return {key: phrases for key, phrases in kept.items() if phrases}


def _places(text: str) -> Iterable[tuple[str, str]]:
    if not text:
        return
    first, *later = NAME.split(text)[::2]
    if not later:
        yield "whole", text
        return
    yield "open", first
    for piece in later[:-1]:
        if not SEPARATOR.fullmatch(piece):
            yield "between", piece
    yield "end", later[-1]


def _ends(text: str, place: str, phrase: str) -> bool:
    """Whether it ends what it should: a sentence of the summary ends with its full stop."""
    return text == "step" or place in ("open", "between") or phrase.endswith(".")


def joined(phrases: Phrases | None, before: Phrases | None) -> Phrases | None:
    """Those of a training and of the model that it began with; None where the training's are free.

    A teacher says what is rare too seldom for the few answers that a student learns from.
    """
    if phrases is None or before is None:
        return phrases
    keys = {**phrases, **before}
    return {key: tuple(sorted({*phrases.get(key, ()), *before.get(key, ())})) for key in keys}


def save_phrases(phrases: Phrases | None, folder: str | Path) -> None:
    """Write them beside a model; where there are none, no file."""
    place = Path(folder) / FILE
    if phrases is None:
        place.unlink(missing_ok=True)
        return
    told: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {}
    for (level, text, where), of in sorted(phrases.items()):
        told.setdefault(level, {}).setdefault(text, {})[where] = of
    place.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load_phrases(folder: str | Path) -> Phrases | None:
    """What :func:`save_phrases` wrote; None without the file.

    Raises:
        ModelError: the file is not of this form.
    """
    try:
        told: Any = json.loads((Path(folder) / FILE).read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        told = None
    try:
        found = {
            (level, text, place): tuple(of)
            for level, texts in told.items()
            for text, places in texts.items()
            for place, of in places.items()
        }
    except (AttributeError, TypeError):
        found = {}
    if not found or not all(_well_formed(*key, of) for key, of in found.items()):
        raise ModelError(f"{FILE} of the model is damaged; train it again")
    return found


def _well_formed(level: str, text: str, place: str, of: Sequence[Any]) -> bool:
    known = level in LEVEL_LABELS and text in TEXTS and place in PLACES
    return known and all(
        isinstance(one, str) and one.isprintable() and not MARK.search(one) for one in of
    )
