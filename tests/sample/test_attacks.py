"""The attack suite: enough of each kind, pure, and its twins are honest."""

from __future__ import annotations

import pytest

from lantern.documents.clean import clean_text
from lantern.documents.hostile import HIDDEN, instruction_like
from lantern.sample.attacks import ATTACKS, TWINS, Attack, Twin, families
from lantern.sample.attacks_wording import asked_lines

PROFILE = "Accountant\nClosed the books for six years. Led two people.\nSkills: Excel, ledgers"
POSTING = "Data engineer\nMust have: Python; SQL; 3+ years of Spark\nNice to have: Kubernetes"
NOT_ORDERS = {"keyword stuffing", "copied posting"}


def test_there_are_enough_of_them() -> None:
    assert len(ATTACKS) >= 30
    assert len(families()) >= 7
    assert len(TWINS) >= 15
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    assert {attack.family for attack in ATTACKS} == set(families())
    assert {attack.twin for attack in ATTACKS if attack.twin} == {twin.name for twin in TWINS}


@pytest.mark.parametrize("change", [*ATTACKS, *TWINS], ids=lambda change: change.name)
def test_they_are_pure_and_change_the_profile(change: Attack | Twin) -> None:
    for seed in range(8):
        attacked = change.apply(PROFILE, POSTING, seed)
        assert attacked == change.apply(PROFILE, POSTING, seed)
        assert attacked != PROFILE
        assert change.apply("", "", seed) is not None
    assert len({change.apply(PROFILE, POSTING, seed) for seed in range(8)}) >= 1


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_what_orders_a_model_is_gone_or_named(attack: Attack) -> None:
    if attack.family in NOT_ORDERS:
        return
    for seed in range(8):
        shown = clean_text(attack.apply(PROFILE, POSTING, seed)).text
        rest = shown.replace("•", "").split()
        gone = rest == PROFILE.split()
        assert gone or instruction_like(shown), shown


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.family == "hidden text"])
def test_hidden_text_is_named_before_it_is_dropped(attack: Attack) -> None:
    if attack.name in ("variation selectors", "zero-width signs between letters"):
        return
    assert HIDDEN in instruction_like(attack.apply(PROFILE, POSTING, 1))


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
def test_a_twin_is_taken_for_what_it_is(twin: Twin) -> None:
    for seed in range(8):
        shown = clean_text(twin.apply(PROFILE, POSTING, seed)).text
        assert instruction_like(shown) == []
        assert all(word in shown.split() for word in PROFILE.split())


def test_stuffing_uses_what_is_asked() -> None:
    assert asked_lines(POSTING) == [
        "Data engineer",
        "Python",
        "SQL",
        "3+ years of Spark",
        "Kubernetes",
    ]
    for attack in ATTACKS:
        if attack.family in NOT_ORDERS:
            assert "Python" in attack.apply(PROFILE, POSTING, 0), attack.name
