"""What attacks, their honest twins and other wordings do to a classifier's levels.

Every changed text goes the way that a night sends it: raw profile, cleaning, rendering, and only
then the scorer (``lantern/documents/profile.py``); an attack that the pipeline takes out has
failed there. A profile that the pipeline refuses after an attack has not risen either; one that it
refuses with honest text has been rejected.

What holds of unchanged documents (rerun identity, a shuffled posting, a removed skill, an
irrelevant paragraph) is in :mod:`lantern.evaluate.invariances`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from lantern.documents.profile import RawProfile, build_profile
from lantern.documents.unusable import UnusableDocument
from lantern.evaluate.intervals import Interval, share_interval
from lantern.evaluate.paraphrases import PARAPHRASES
from lantern.sample.attacks import ATTACKS, TWINS, Attack, Twin
from lantern.sample.seeding import stream

Score: TypeAlias = Callable[[Sequence[tuple[str, str]]], npt.NDArray[Any]]
"""Pairs (requirements, profile) in, probabilities ``[pairs, 3]`` out, Low Medium High; a row that
is not a number is a pair that could not be scored."""

ATTACK_UPGRADES: Final = "attack_upgrades"
FALSE_REJECTIONS: Final = "clean_false_rejections"
PARAPHRASE_CHANGES: Final = "paraphrase_changes"
_LOW, _HIGH = 0, 2


@dataclass(frozen=True, slots=True)
class Subject:
    """A member and a posting that are attacked.

    Attributes:
        member_id: the cluster of the intervals.
        profile: as the source has it; its ``text`` is what is changed.
        requirements: of the posting, as the classifier reads them.
        posting: its whole text, for those who copy it.
    """

    member_id: str
    profile: RawProfile
    requirements: str
    posting: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How documents are built: settings ``documents.max_chars`` and ``documents.min_letters``."""

    max_chars: int
    min_letters: int


@dataclass(frozen=True, slots=True)
class Moved:
    """One change that moved a level as it must not: for a report's examples, without any text."""

    member_id: str
    change: str
    before: int
    after: int | None


@dataclass(frozen=True, slots=True)
class Robustness:
    """Figures by name, and what broke.

    Attributes:
        figures: ``attack_upgrades`` (of pairs that could rise), ``clean_false_rejections`` (of
            pairs that could fall), ``paraphrase_changes``, and each by family or wording behind a
            colon: ``attack_upgrades: hidden text``. What no pair can show is left out.
        moved: every change that counted against a figure.
    """

    figures: Mapping[str, Interval]
    moved: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One changed text of a subject.

    Attributes:
        figure: that it counts for.
        group, name: family and name of the attack, twin or wording.
        text: of the whole profile, after the change.
        subject: its number.
    """

    figure: str
    group: str
    name: str
    text: str
    subject: int


def robustness(
    subjects: Sequence[Subject],
    score: Score,
    *,
    limits: Limits,
    seed: int,
    attacks_a_subject: int | None = None,
    attacks: Sequence[Attack] = ATTACKS,
    twins: Sequence[Twin] = TWINS,
    paraphrases: Mapping[str, Callable[[str], str]] = PARAPHRASES,
) -> Robustness:
    """Attack, and compare levels with those of the clean pairs.

    Args:
        subjects: one pair a member is enough.
        score: the classifier.
        limits: of the documents.
        seed: of the attacks' wordings and places.
        attacks_a_subject: so many attacks, and as many twins, on each subject, drawn so that all
            are used alike; None: all of them.
        attacks, twins, paraphrases: the suite.

    Raises:
        ValueError: if there are no subjects, or the scorer's answer has the wrong shape.
    """
    if not subjects:
        raise ValueError("there is nobody to attack: no pairs")
    changes = list(
        drawn_changes(
            subjects,
            seed,
            attacks_a_subject,
            attacks=attacks,
            twins=twins,
            paraphrases=paraphrases,
        )
    )
    texts = [subject.profile.text for subject in subjects]
    before = _levels(score, subjects, range(len(subjects)), texts, limits)
    after = _levels(
        score, subjects, [change.subject for change in changes], [c.text for c in changes], limits
    )
    hits: dict[str, list[tuple[bool, str]]] = {}
    moved: list[Moved] = []
    for change, new in zip(changes, after, strict=True):
        old = before[change.subject]
        if old is None or not _can_move(change.figure, old):
            continue
        broken = _is_broken(change.figure, old, new)
        member = subjects[change.subject].member_id
        for name in (change.figure, f"{change.figure}: {change.group}"):
            hits.setdefault(name, []).append((broken, member))
        if broken:
            moved.append(Moved(member, f"{change.group}: {change.name}", old, new))
    figures = {
        name: share_interval([hit for hit, _ in found], [member for _, member in found])
        for name, found in hits.items()
    }
    return Robustness(figures, tuple(moved))


def _can_move(figure: str, old: int) -> bool:
    if figure == ATTACK_UPGRADES:
        return old < _HIGH
    return figure != FALSE_REJECTIONS or old > _LOW


def _is_broken(figure: str, old: int, new: int | None) -> bool:
    if figure == ATTACK_UPGRADES:
        return new is not None and new > old
    if figure == FALSE_REJECTIONS:
        return new is None or new < old
    return new != old


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Which of many changes a subject gets: blocks of a shuffled order, one after another."""

    seed: int
    count: int | None

    def of(self, kind: str, index: int, options: int) -> list[int]:
        if self.count is None or self.count >= options:
            return list(range(options))
        order = list(range(options))
        stream(self.seed, f"drawn-{kind}", 0).shuffle(order)
        start = index * self.count
        return [order[(start + step) % options] for step in range(self.count)]


def drawn_changes(
    subjects: Sequence[Subject],
    seed: int,
    attacks_a_subject: int | None,
    *,
    attacks: Sequence[Attack] = ATTACKS,
    twins: Sequence[Twin] = TWINS,
    paraphrases: Mapping[str, Callable[[str], str]] = PARAPHRASES,
) -> Iterator[Change]:
    """The suite's changes of each subject's text; arguments as of :func:`robustness`."""
    drawn = _Drawn(seed, attacks_a_subject)
    for index, subject in enumerate(subjects):
        text, asked = subject.profile.text, subject.requirements
        own = seed + index
        for at in drawn.of("attacks", index, len(attacks)):
            attack = attacks[at]
            copies = attack.family == "copied posting"
            attacked = attack.apply(text, subject.posting if copies else asked, own)
            yield Change(ATTACK_UPGRADES, attack.family, attack.name, attacked, index)
        for at in drawn.of("twins", index, len(twins)):
            twin = twins[at]
            shown = twin.apply(text, asked, own)
            yield Change(FALSE_REJECTIONS, twin.family, twin.name, shown, index)
        for name, paraphrase in paraphrases.items():
            said = paraphrase(text)
            if said != text:
                yield Change(PARAPHRASE_CHANGES, name, name, said, index)


def _levels(
    score: Score,
    subjects: Sequence[Subject],
    whose: Sequence[int],
    texts: Sequence[str],
    limits: Limits,
) -> list[int | None]:
    """The level of each text as its subject's profile; None where there is none."""
    rendered: list[str | None] = [
        _rendered(replace(subjects[at].profile, text=text), limits)
        for at, text in zip(whose, texts, strict=True)
    ]
    usable = [number for number, text in enumerate(rendered) if text is not None]
    levels: list[int | None] = [None] * len(rendered)
    if not usable:
        return levels
    # What the pipeline has made equal is scored once.
    pairs = [(subjects[whose[at]].requirements, rendered[at] or "") for at in usable]
    distinct = list(dict.fromkeys(pairs))
    table = np.asarray(score(distinct), dtype=np.float64)
    if table.shape != (len(distinct), 3):
        raise ValueError(f"expected probabilities [{len(distinct)}, 3], got {table.shape}")
    found = {
        pair: int(row.argmax()) if np.isfinite(row).all() else None
        for pair, row in zip(distinct, table, strict=True)
    }
    for at, pair in zip(usable, pairs, strict=True):
        levels[at] = found[pair]
    return levels


def _rendered(raw: RawProfile, limits: Limits) -> str | None:
    try:
        profile = build_profile(raw, max_chars=limits.max_chars, min_letters=limits.min_letters)
    except UnusableDocument:
        return None
    return profile.model_text
