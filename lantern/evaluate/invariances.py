"""What must hold of any classifier, whatever the labels: a few changes with a known outcome.

* the same pairs scored again give the same bits;
* a posting of a field that the member has nothing to do with is a Low fit;
* a profile from which a required skill is taken does not rise;
* a paragraph that says nothing of work does not change a level;
* a skill under another of its names does not change a level.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from lantern.documents.lexicon import SkillMention, lexicon
from lantern.evaluate.intervals import Interval, share_interval
from lantern.evaluate.measure import TestPair
from lantern.fit import FitLevel
from lantern.inference.engines import Engine
from lantern.inference.pair_input import Pair

IRRELEVANT: Final = (
    "Outside work: long walks along the coast, old films, and baking bread for the neighbours. "
    "Grew up as the second of four children and still writes letters by hand."
)


def invariance_figures(pairs: Sequence[TestPair], engine: Engine) -> Mapping[str, Interval]:
    """``rerun_identity``, ``shuffled_low``, ``removed_skill_raises``, ``irrelevant_changes`` and
    ``renamed_skill_changes``; a figure that no pair can show is left out.

    Args:
        pairs: one a member is enough; labels play no part.
        engine: of the classifier.

    Raises:
        ValueError: if there are no pairs.
    """
    if not pairs:
        raise ValueError("there are no pairs to change")
    base = [(pair.requirements, pair.profile) for pair in pairs]
    members = [pair.member_id for pair in pairs]
    first, again = engine.score(base), engine.score(base)
    same = (first.probabilities == again.probabilities) | np.isnan(first.probabilities)
    figures = {"rerun_identity": share_interval(same.all(axis=1), members)}
    before = _levels(engine, base)
    for name, changed, broken in (
        ("removed_skill_raises", _without_asked_skill, lambda old, new: new > old),
        ("irrelevant_changes", _with_irrelevant, lambda old, new: new != old),
        ("renamed_skill_changes", _with_other_names, lambda old, new: new != old),
    ):
        share = _share(pairs, engine, before, changed, broken)
        if share is not None:
            figures[name] = share
    shuffled = _shuffled(pairs)
    if shuffled:
        levels = _levels(engine, [pair for _, pair in shuffled])
        low = np.array([level is FitLevel.LOW for level in levels])
        figures["shuffled_low"] = share_interval(low, [member for member, _ in shuffled])
    return figures


def _share(
    pairs: Sequence[TestPair],
    engine: Engine,
    before: Sequence[FitLevel | None],
    change: Callable[[TestPair], str | None],
    is_broken: Callable[[FitLevel, FitLevel], bool],
) -> Interval | None:
    """Share of the pairs that a change applies to whose level it moves as it must not.

    A pair that cannot be scored after the change counts as moved.
    """
    found = [(at, text) for at, pair in enumerate(pairs) if (text := change(pair)) is not None]
    usable = [(at, text, old) for at, text in found if (old := before[at]) is not None]
    if not usable:
        return None
    after = _levels(engine, [(pairs[at].requirements, text) for at, text, _ in usable])
    moved = [
        new is None or is_broken(old, new) for (_, _, old), new in zip(usable, after, strict=True)
    ]
    return share_interval(np.array(moved), [pairs[at].member_id for at, _, _ in usable])


def _levels(engine: Engine, pairs: Sequence[Pair]) -> list[FitLevel | None]:
    scored = engine.score(pairs)
    return [
        None if at in scored.errors else FitLevel(int(row.argmax()))
        for at, row in enumerate(scored.probabilities)
    ]


def _shuffled(pairs: Sequence[TestPair]) -> list[tuple[str, Pair]]:
    """Each member with the next pair's posting that is of none of the member's fields."""
    found = []
    for at, pair in enumerate(pairs):
        others = (pairs[(at + step) % len(pairs)] for step in range(1, len(pairs)))
        foreign = (other for other in others if other.fields and pair.member_fields)
        for other in foreign:
            if not set(other.fields) & set(pair.member_fields):
                found.append((pair.member_id, (other.requirements, pair.profile)))
                break
    return found


def _without_asked_skill(pair: TestPair) -> str | None:
    """The profile without any mention of the first skill that is asked for and shown."""
    asked = lexicon().skill_names(pair.requirements)
    mentions = lexicon().find_skills(pair.profile)
    skill = next((name for name in asked if any(m.skill == name for m in mentions)), None)
    if skill is None:
        return None
    return _replaced(pair.profile, [(m, "") for m in mentions if m.skill == skill])


def _with_irrelevant(pair: TestPair) -> str:
    return f"{pair.profile.rstrip()}\n{IRRELEVANT}"


def _with_other_names(pair: TestPair) -> str | None:
    """Every skill under the alias after the one it is written with."""
    changes = []
    for mention in lexicon().find_skills(pair.profile):
        skill = lexicon().skills[mention.skill]
        names = (skill.name, *skill.aliases)
        written = pair.profile[mention.start : mention.end].lower()
        others = [name for name in names if name.lower() != written]
        if others:
            changes.append((mention, others[0]))
    return _replaced(pair.profile, changes) if changes else None


def _replaced(text: str, changes: Sequence[tuple[SkillMention, str]]) -> str:
    for mention, other in sorted(changes, key=lambda change: -change[0].start):
        text = text[: mention.start] + other + text[mention.end :]
    return text
