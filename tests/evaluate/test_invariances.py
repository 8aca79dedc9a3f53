from __future__ import annotations

from dataclasses import replace

import pytest

from lantern.evaluate.invariances import IRRELEVANT, invariance_figures
from lantern.evaluate.measure import TestPair
from lantern.fit import FitLevel
from tests.evaluate.test_measure import Planted

NURSE = TestPair(
    "m1",
    "p1",
    "Registered nurse\nMust have: wound care; triage",
    "Nurse\nWound care for 4 years; triage",
    FitLevel.HIGH,
    member_fields=("healthcare",),
    fields=("healthcare",),
)
CODER = TestPair(
    "m2",
    "p2",
    "Developer\nMust have: Python; Kubernetes",
    "Developer\nPython since 2015, Kubernetes",
    FitLevel.HIGH,
    member_fields=("software",),
    fields=("software",),
)
LEVELS = {0: [0.8, 0.1, 0.1], 1: [0.1, 0.8, 0.1], 2: [0.1, 0.1, 0.8]}


def shared_words(requirements: str, profile: str) -> int:
    asked = set(requirements.lower().replace(";", " ").replace(",", " ").split())
    return len(asked & set(profile.lower().replace(";", " ").replace(",", " ").split()))


def honest(requirements: str, profile: str) -> list[float]:
    return LEVELS[max(0, min(2, shared_words(requirements, profile) - 1))]


def estimates(engine: Planted, *pairs: TestPair) -> dict[str, float]:
    return {name: f.estimate for name, f in invariance_figures(pairs, engine).items()}


def test_a_reader_of_words_holds_what_it_can() -> None:
    found = estimates(Planted(honest), NURSE, CODER)
    assert found["rerun_identity"] == 1.0
    assert found["shuffled_low"] == 1.0
    assert found["removed_skill_raises"] == 0.0
    assert found["irrelevant_changes"] == 0.0
    assert "renamed_skill_changes" in found


def test_one_that_throws_dice_is_seen() -> None:
    calls = iter(range(1000))

    def dice(requirements: str, profile: str) -> list[float]:
        return [0.5 + next(calls) / 10000, 0.3, 0.2]

    assert estimates(Planted(dice), NURSE, CODER)["rerun_identity"] == 0.0


def test_one_that_likes_everybody_is_seen() -> None:
    found = estimates(Planted(lambda requirements, profile: LEVELS[2]), NURSE, CODER)
    assert found["shuffled_low"] == 0.0


def test_one_that_likes_short_profiles_is_seen() -> None:
    def brief(requirements: str, profile: str) -> list[float]:
        return LEVELS[2 if len(profile) < 30 else 1]

    found = estimates(Planted(brief), NURSE, CODER)
    assert found["removed_skill_raises"] > 0
    assert found["irrelevant_changes"] == 0.0


def test_one_that_reads_too_much_is_seen() -> None:
    def romantic(requirements: str, profile: str) -> list[float]:
        return LEVELS[2] if IRRELEVANT in profile else LEVELS[0]

    assert estimates(Planted(romantic), NURSE, CODER)["irrelevant_changes"] == 1.0


def test_a_change_that_breaks_the_model_counts_as_one() -> None:
    def breaks(requirements: str, profile: str) -> list[float]:
        return [float("nan")] * 3 if IRRELEVANT in profile else LEVELS[1]

    assert estimates(Planted(breaks), NURSE)["irrelevant_changes"] == 1.0


def test_what_no_pair_can_show_is_left_out() -> None:
    plain = replace(NURSE, profile="Somebody.", requirements="Something")
    found = estimates(Planted(lambda requirements, profile: LEVELS[0]), plain)
    assert set(found) == {"rerun_identity", "irrelevant_changes"}
    with pytest.raises(ValueError, match="no pairs"):
        invariance_figures([], Planted(honest))
