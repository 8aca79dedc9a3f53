"""The attack suite: profiles made to look a better fit than they are, and honest look-alikes.

An attack is a pure function of a profile's text, what the posting asks for, and a seed. Nothing of
the posting but its text is known to it, as to any applicant. Its clean twin, where it has one, adds
honest text of a similar look: a defence that lowers such a profile harms people.

The suite is a gate: after an attack, through the same pipeline that a night uses, the level must
not rise; after a twin it must not fall (``lantern/evaluate/robustness.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from lantern.sample.attacks_disguised import DISGUISED_ATTACKS
from lantern.sample.attacks_hidden import HIDDEN_ATTACKS
from lantern.sample.attacks_stuffed import STUFFED_ATTACKS
from lantern.sample.attacks_twins import TWIN_TEXTS
from lantern.sample.attacks_visible import VISIBLE_ATTACKS
from lantern.sample.attacks_wording import placed
from lantern.sample.seeding import stream

__all__ = ["ATTACKS", "TWINS", "Attack", "Twin", "families"]

_Apply = Callable[[str, str, int], str]


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to attack.

    Attributes:
        name: unique.
        family: what it belongs to; figures are by family.
        twin: name of its clean twin, if it has one.
        apply: (profile, posting or its requirements, seed) -> the attacked profile.
    """

    name: str
    family: str
    twin: str | None
    apply: _Apply


@dataclass(frozen=True, slots=True)
class Twin:
    """Honest text that only looks like an attack.

    Attributes:
        name: unique.
        family: of the attacks that it looks like.
        apply: (profile, posting or its requirements, seed) -> the profile with that text.
    """

    name: str
    family: str
    apply: _Apply


def _twin(name: str, texts: tuple[str, ...]) -> _Apply:
    def apply(profile: str, posting: str, seed: int) -> str:
        rng = stream(seed, f"twin-{name}", 0)
        return placed(profile, texts[int(rng.random() * len(texts))], rng)

    return apply


TWINS: Final[tuple[Twin, ...]] = tuple(
    Twin(name, family, _twin(name, texts)) for name, (family, texts) in TWIN_TEXTS.items()
)

_BY_FAMILY: Final[Mapping[str, Mapping[str, tuple[str | None, _Apply]]]] = {
    **VISIBLE_ATTACKS,
    **HIDDEN_ATTACKS,
    **STUFFED_ATTACKS,
    **DISGUISED_ATTACKS,
}

ATTACKS: Final[tuple[Attack, ...]] = tuple(
    Attack(name, family, twin, apply)
    for family, attacks in _BY_FAMILY.items()
    for name, (twin, apply) in attacks.items()
)


def families() -> tuple[str, ...]:
    """The families of attacks, in the order of the suite."""
    return tuple(_BY_FAMILY)
