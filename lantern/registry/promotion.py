"""Promotion: move the pair's alias, and nothing by halves.

The alias of the pair is the only thing that a night reads, and moving it is one write. What is
written before it says why and from where; what is written after it are copies for people (the
alias ``previous``, the aliases of the single models), which the next promotion sets right if this
one was killed before it could.

Two promotions at once: MLflow has no compare-and-set, so each first leaves a claim, a tag of the
registered pair, and then looks for the claims of others. Of two that run at once at least one sees
the other, and withdraws before it has touched anything. The alias is read once more before it is
moved, and after.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from lantern.errors import RegistryError
from lantern.evaluate.gates import GateResult, all_passed
from lantern.registry.pairs import (
    OVERRIDDEN,
    PASSED,
    TAG_GATES,
    TAG_OVERRIDE,
    Pairs,
    PairVersion,
    require_promotable,
)

PREVIOUS: Final = "previous"
TAG_FROM: Final = "lantern.promoted_from"
TAG_ON: Final = "lantern.promoted_on"
TAG_WHY: Final = "lantern.promoted_because"
TAG_RELAXED: Final = "lantern.relaxed_gates"
TAG_PROFILE: Final = "lantern.gates_profile"
TAG_ROLLED_BACK: Final = "lantern.rolled_back"
_CLAIM: Final = "lantern.claim."
_CLAIM_HOLDS: Final = dt.timedelta(minutes=10)
_NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Promotion:
    """A decision to promote.

    Attributes:
        pair: the challenger.
        expected: the champion that it was compared with; None: there was none.
        results: of the gates.
        profile: of the gates.
        day: logical date.
        override: why it may be used although a gate blocks; None: the gates decide.
    """

    pair: PairVersion
    expected: int | None
    results: Sequence[GateResult]
    profile: str
    day: str
    override: str | None = None

    @property
    def allowed(self) -> bool:
        """Whether all gates passed, or somebody answers for it."""
        return all_passed(self.results) or bool(self.override)

    def tags(self) -> dict[str, str]:
        """What the promoted version carries: why, on which day, from which version."""
        blocked = [result.name for result in self.results if not result.passed]
        relaxed = [result.name for result in self.results if result.relaxed]
        passed = all_passed(self.results)
        why = "all gates passed" if passed else f"overridden: {self.override}"
        if passed and relaxed:
            why += f", {len(relaxed)} of {len(self.results)} relaxed by the profile {self.profile}"
        if blocked:
            why += f" (blocked: {', '.join(blocked)})"
        tags = {
            TAG_GATES: PASSED if passed else OVERRIDDEN,
            TAG_PROFILE: self.profile,
            TAG_WHY: why,
            TAG_ON: self.day,
            TAG_FROM: _NONE if self.expected is None else str(self.expected),
            TAG_RELAXED: ", ".join(relaxed) or _NONE,
        }
        return tags if passed else tags | {TAG_OVERRIDE: str(self.override)}


def promote(pairs: Pairs, promotion: Promotion, *, card: str | None = None) -> None:
    """Make a pair the champion; the former becomes ``previous``.

    Args:
        pairs: of the registry.
        promotion: that is allowed.
        card: the model card, kept as the version's description.

    Raises:
        RegistryError: if it is not allowed, another promotion is under way or came between, or the
            registry refuses. The champion is then what it was, unless the message says otherwise.
    """
    if not promotion.allowed:
        raise RegistryError(f"{promotion.pair.model_version} was stopped by its gates")
    number, alias = promotion.pair.version, pairs.registry.settings.alias
    with _claimed(pairs, number):
        held = pairs.aliased(alias)
        if held == number:
            _mirror(pairs, number, _former(promotion.pair))
            return
        if held != promotion.expected:
            raise RegistryError(
                f"{promotion.pair.model_version} was compared with {_named(promotion.expected)}, "
                f"but {_named(held)} is the champion now; run `lantern evaluate` again"
            )
        purpose = f"say why {promotion.pair.model_version} is promoted"
        with pairs.connection.reached(purpose) as (_, client):
            for name, value in promotion.tags().items():
                client.set_model_version_tag(pairs.name, str(number), name, value)
            if TAG_ROLLED_BACK in promotion.pair.tags:
                client.delete_model_version_tag(pairs.name, str(number), TAG_ROLLED_BACK)
            if card is not None:
                client.update_model_version(pairs.name, str(number), card)
        _move(pairs, number, held)
        _mirror(pairs, number, held)


def rollback(pairs: Pairs, *, day: str, reason: str) -> tuple[int | None, PairVersion]:
    """Make the pair that stood before the champion the champion again.

    Where the champion's version was deleted, and its alias with it, ``previous`` comes back.

    Returns:
        The version that was the champion (None if it was deleted), and the pair that is it now.

    Raises:
        RegistryError: if there is no former pair, it may not be used, or the registry refuses.
    """
    alias = pairs.registry.settings.alias
    held = pairs.aliased(alias)
    target = pairs.aliased(PREVIOUS) if held is None else _former(pairs.version(held))
    if target is None:
        raise RegistryError("there is no former pair to go back to")
    former = pairs.version(target)
    require_promotable(former)
    with _claimed(pairs, target):
        if pairs.aliased(alias) != held:
            raise RegistryError(
                "the champion was changed meanwhile; look at it and roll back again"
            )
        if held is not None:
            purpose = f"say why version {held} is taken back"
            with pairs.connection.reached(purpose) as (_, client):
                client.set_model_version_tag(
                    pairs.name, str(held), TAG_ROLLED_BACK, f"{day}: {reason}"
                )
        _move(pairs, target, held)
        _mirror(pairs, target, _former(former))
    return held, pairs.version(target)


def _former(pair: PairVersion) -> int | None:
    """The version that a promoted pair took the place of."""
    told = pair.tags.get(TAG_FROM, _NONE)
    return int(told) if told.isdigit() else None


def _move(pairs: Pairs, number: int, held: int | None) -> None:
    """The one write that counts."""
    alias = pairs.registry.settings.alias
    with pairs.connection.reached(
        f"make version {number} of {pairs.name!r} the {alias}"
    ) as reached:
        reached[1].set_registered_model_alias(pairs.name, alias, str(number))
    found = pairs.aliased(alias)
    if found != number:
        raise RegistryError(
            f"version {number} was made the {alias} in the place of {_named(held)}, but "
            f"{_named(found)} is it now: somebody moved the alias meanwhile"
        )


def _mirror(pairs: Pairs, champion: int, previous: int | None) -> None:
    """The copies for people: ``previous``, and the aliases of the single models."""
    alias, settings = pairs.registry.settings.alias, pairs.registry.settings
    purpose = f"set the other aliases; version {champion} is the {alias} already, promote it again"
    pair = pairs.version(champion)
    with pairs.connection.reached(purpose) as (_, client):
        if previous is None:
            client.delete_registered_model_alias(pairs.name, PREVIOUS)
        else:
            client.set_registered_model_alias(pairs.name, PREVIOUS, str(previous))
        for model in (pair.classifier.model_version, pair.explainer):
            name, _, version = model.rpartition("/")
            ours = name in (settings.classifier, settings.explainer)
            if ours and _exists(client, name, version):
                client.set_registered_model_alias(name, alias, version)
                client.set_model_version_tag(name, version, "lantern.pair", pair.model_version)


def _exists(client: Any, name: str, version: str) -> bool:
    """Whether a single model's version is still there: its pair does not need it."""
    found = client.search_model_versions(f"name = '{name}'")
    return any(str(item.version) == version for item in found)


@contextmanager
def _claimed(pairs: Pairs, number: int) -> Iterator[None]:
    """Hold the only claim on the alias, or withdraw.

    Raises:
        RegistryError: if another claim is there. One that is older than ten minutes was left by a
            process that was killed, and does not count.
    """
    mine = f"{_CLAIM}{uuid.uuid4().hex}"
    now = dt.datetime.now(dt.UTC)
    value = json.dumps({"version": number, "at": now.isoformat()})
    with pairs.connection.reached(f"claim the alias of {pairs.name!r}") as (_, client):
        client.set_registered_model_tag(pairs.name, mine, value)
    try:
        with pairs.connection.reached(f"look for other promotions of {pairs.name!r}") as reached:
            tags = dict(reached[1].get_registered_model(pairs.name).tags)
        others = [
            at for name, at in _claims(tags).items() if name != mine and now - at < _CLAIM_HOLDS
        ]
        if others:
            raise RegistryError(
                f"another promotion of {pairs.name!r} is under way since "
                f"{min(others):%H:%M:%S} UTC; nothing was changed, run this one again after it"
            )
        yield
    finally:
        # What happened inside is what counts; a claim that cannot be taken back runs out.
        with (
            suppress(RegistryError),
            pairs.connection.reached(f"give up the claim on {pairs.name!r}") as (_, client),
        ):
            client.delete_registered_model_tag(pairs.name, mine)


def _claims(tags: Mapping[str, str]) -> dict[str, dt.datetime]:
    found = {}
    for name, value in tags.items():
        if name.startswith(_CLAIM):
            found[name] = dt.datetime.fromisoformat(json.loads(value)["at"])
    return found


def _named(number: int | None) -> str:
    return "no champion" if number is None else f"version {number}"
