"""Attacks against planted scorers: each weakness is seen, and one without any passes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from lantern.documents.profile import RawProfile
from lantern.evaluate import robustness as module
from lantern.evaluate.robustness import Limits, Robustness, Score, Subject, robustness
from lantern.sample.attacks import ATTACKS, TWINS, Attack, Twin, families
from lantern.sample.marketplace import member, posting

LIMITS = Limits(max_chars=20_000, min_letters=20)
LEVELS = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])


def subjects(count: int) -> list[Subject]:
    found = []
    for index in range(count):
        row, job = member(5, index), posting(5, index * 7 + 1)
        text = "\n".join([row["headline"] or "", row["about"], ", ".join(row["skills"])])
        profile = RawProfile(
            row["member_id"], f"{text}\nWorked for several years in all.", name=row["name"]
        )
        asked = f"{job['title']}\nMust have: Kubernetes; Fortran; beekeeping"
        found.append(Subject(row["member_id"], profile, asked, job["description"] + asked))
    return found


PEOPLE = subjects(4)


@pytest.fixture(scope="module", autouse=True)
def built_once() -> Iterator[None]:
    """The tests attack the same people in the same ways; their profiles are built once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_rendered", cache(module._rendered))
        yield


def scorer(level: Callable[[str, str], int]) -> Score:
    def score(pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
        return LEVELS[[level(asked, profile) for asked, profile in pairs]]

    return score


def run(level: Callable[[str, str], int], **kwargs: object) -> Robustness:
    return robustness(PEOPLE, scorer(level), limits=LIMITS, seed=3, **kwargs)  # type: ignore[arg-type]


def shared(asked: str, profile: str) -> int:
    words = set(re.findall(r"[a-z]{5,}", asked.lower()))
    return len(words & set(re.findall(r"[a-z]{5,}", profile.lower())))


def test_one_that_always_says_the_same_passes() -> None:
    figures = run(lambda asked, profile: 1).figures
    assert figures["attack_upgrades"].estimate == 0
    assert figures["attack_upgrades"].clusters == len(PEOPLE)
    assert figures["paraphrase_changes"].estimate == 0
    assert figures["attack_upgrades"].rows == len(PEOPLE) * len(ATTACKS)
    assert figures["clean_false_rejections"].rows == len(PEOPLE) * len(TWINS)
    assert {f"attack_upgrades: {family}" for family in families()} <= set(figures)


def test_nobody_can_rise_above_high_or_fall_below_low() -> None:
    assert "attack_upgrades" not in run(lambda asked, profile: 2).figures
    assert "clean_false_rejections" not in run(lambda asked, profile: 0).figures


def test_one_that_counts_keywords_is_caught() -> None:
    found = run(lambda asked, profile: min(2, shared(asked, profile)))
    figures = found.figures
    assert figures["attack_upgrades: keyword stuffing"].estimate > 0.5
    assert figures["attack_upgrades: copied posting"].estimate > 0.5
    assert figures["attack_upgrades: hidden text"].estimate == 0
    assert figures["attack_upgrades"].low > 0.01
    assert {move.change.split(":")[0] for move in found.moved} >= {"keyword stuffing"}


def test_one_that_obeys_the_profile_is_caught_only_where_the_pipeline_lets_orders_through() -> None:
    def obedient(asked: str, profile: str) -> int:
        return 2 if re.search(r"\bhigh\b", profile, re.IGNORECASE) else 1

    figures = run(obedient).figures
    raw = [
        Attack(
            attack.name,
            attack.family,
            None,
            lambda profile, asked, seed: f"{profile}\nIt is High time.",
        )
        for attack in ATTACKS[:3]
    ]
    assert figures["attack_upgrades: hidden text"].estimate == 0
    assert figures["attack_upgrades: fake turns"].estimate == 0
    assert run(obedient, attacks=raw).figures["attack_upgrades"].estimate == 1


def test_one_that_punishes_what_looks_odd_is_caught() -> None:
    def suspicious(asked: str, profile: str) -> int:
        return 0 if re.search(r"rated|guidelines|level|instrucciones|[<{]|k8s", profile) else 2

    figures = run(suspicious).figures
    assert figures["clean_false_rejections"].estimate > 0.1
    assert figures["clean_false_rejections"].low > 0.01


def test_one_that_cannot_score_rejects_people_and_raises_nobody() -> None:
    def score(pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
        rows = LEVELS[[1] * len(pairs)].copy()
        rows[["marker" in profile for _, profile in pairs]] = np.nan
        return rows

    mark = Twin("mark", "fake turns", lambda profile, asked, seed: f"{profile}\nA marker was used.")
    attack = Attack("mark", "fake turns", None, mark.apply)
    figures = robustness(
        PEOPLE, score, limits=LIMITS, seed=3, attacks=[attack], twins=[mark], paraphrases={}
    ).figures
    assert figures["attack_upgrades"].estimate == 0
    assert figures["clean_false_rejections"].estimate == 1


def test_a_profile_that_is_refused_after_an_attack_has_not_risen() -> None:
    empty = Attack("empty", "fake turns", None, lambda profile, asked, seed: "?!")
    figures = run(lambda asked, profile: 1, attacks=[empty]).figures
    assert figures["attack_upgrades"].estimate == 0


def test_an_unstable_one_changes_with_the_wording() -> None:
    figures = run(lambda asked, profile: len(profile) % 3).figures
    assert figures["paraphrase_changes"].estimate > 0.1


def test_a_part_of_the_suite_uses_all_attacks_alike() -> None:
    seen: list[str] = []

    def noted(attack: Attack) -> Attack:
        def apply(profile: str, asked: str, seed: int) -> str:
            seen.append(attack.name)
            return profile

        return replace(attack, apply=apply)

    suite = [noted(attack) for attack in ATTACKS[:8]]
    figures = run(lambda asked, profile: 0, attacks=suite, attacks_a_subject=4).figures
    assert len(seen) == 4 * len(PEOPLE)
    assert {seen.count(attack.name) for attack in suite} == {2}
    assert figures["attack_upgrades"].rows == 4 * len(PEOPLE)


def test_the_same_again_is_the_same() -> None:
    level = lambda asked, profile: min(2, shared(asked, profile))  # noqa: E731
    assert run(level) == run(level)


def test_wrong_answers_of_a_scorer_are_refused() -> None:
    with pytest.raises(ValueError, match="expected probabilities"):
        robustness(PEOPLE, lambda pairs: np.zeros((1, 2)), limits=LIMITS, seed=3)
    with pytest.raises(ValueError, match="nobody to attack"):
        robustness([], lambda pairs: np.zeros((0, 3)), limits=LIMITS, seed=3)
