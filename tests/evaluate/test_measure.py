"""Planted faults, each stopped by the gate that is there for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from lantern.documents.profile import RawProfile
from lantern.errors import ModelError
from lantern.evaluate.gate_settings import load_gates
from lantern.evaluate.gates import check_gates
from lantern.evaluate.intervals import Interval
from lantern.evaluate.measure import (
    Drawing,
    TestPair,
    measure_classifier,
    measure_groups,
    measure_swaps,
    split_overlap,
)
from lantern.evaluate.robustness import Limits, Subject, robustness
from lantern.fit import FitLevel
from lantern.inference.pair_input import Pair
from lantern.inference.scored_batch import ScoredBatch

DRAWING = Drawing(seed=7, draws=100)
STRICT = load_gates("strict")


class Planted:
    """An engine whose probabilities are a function of the texts."""

    calibrated = True

    def __init__(self, of: Callable[[str, str], Sequence[float]]) -> None:
        self._of = of

    def score(self, pairs: Sequence[Pair]) -> ScoredBatch:
        table = np.array([self._of(*pair) for pair in pairs], dtype=np.float32)
        errors = {at: "planted" for at, row in enumerate(table) if np.isnan(row).any()}
        zeros = np.zeros(len(pairs), dtype=np.int32)
        return ScoredBatch(table, zeros, zeros, zeros, 0, 0, errors, {})


def fit_of(profile: str) -> float:
    return float(re.search(r"fit=([\d.]+)", profile)[1])  # type: ignore[index]


def honest(requirements: str, profile: str) -> list[float]:
    """Sure where the label is sure: the level is right 97 times in a hundred, and it says so."""
    level = int(np.digitize(fit_of(profile), [0.4, 0.7]))
    table = [0.015] * 3
    table[level] = 0.97
    return table


def pairs_of(members: int = 800, seed: int = 0) -> list[TestPair]:
    """Labels follow the fit that the text states, but for three in a hundred."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(members):
        for job in range(2):
            fit = float(random.uniform())
            level = int(np.digitize(fit, [0.4, 0.7]))
            if random.uniform() < 0.03:
                level = int((level + random.integers(1, 3)) % 3)
            text = f"Welder. fit={fit:.3f}"
            found.append(
                TestPair(f"m{number}", f"p{number}-{job}", "welding", text, FitLevel(level))
            )
    return found


@pytest.fixture(scope="module")
def pairs() -> list[TestPair]:
    return pairs_of()


def blocked(figures: dict[str, Interval], differences: dict[str, Interval] | None) -> set[str]:
    """Names of the gates that stop, of those whose figure was measured."""
    results = check_gates(figures, differences, STRICT)
    return {r.name for r in results if not r.passed and "not measured" not in r.reason}


def test_a_good_challenger_passes_the_gates_of_its_figures(pairs: list[TestPair]) -> None:
    engine = Planted(honest)
    report = measure_classifier(pairs, engine, engine, temperature=1.0, drawing=DRAWING)
    groups = {pair.member_id: {"gender": "fm"[hash_of(pair.member_id)]} for pair in pairs}
    ratios, rows = measure_groups(pairs, engine, groups, ["gender"], DRAWING)
    flips = measure_swaps(pairs[::2], engine, seed=1)
    overlap = {"split_overlap": split_overlap(pairs, {"members": {"x"}, "postings": set()})}
    figures = {**report.figures, **ratios, **flips, **overlap}
    assert blocked(figures, dict(report.differences or {})) == set()
    assert len(rows) == 2
    assert report.left_out == 0
    assert sum(map(sum, report.confusion)) == len(pairs)


def hash_of(text: str) -> int:
    return sum(text.encode()) % 2


def test_an_over_confident_one_is_stopped_by_calibration_alone(pairs: list[TestPair]) -> None:
    def boastful(requirements: str, profile: str) -> list[float]:
        level = int(np.digitize((fit_of(profile) * 1.15) % 1.0, [0.4, 0.7]))
        return [float(level == at) for at in range(3)]

    report = measure_classifier(pairs, Planted(boastful), None, temperature=1.0, drawing=DRAWING)
    assert blocked(dict(report.figures), None) == {"calibration"}


def test_a_biased_one_is_stopped_by_the_impact_ratios(pairs: list[TestPair]) -> None:
    groups = {pair.member_id: {"gender": "fm"[hash_of(pair.member_id)]} for pair in pairs}
    # It reads the group off a word that goes with it, as models do; nobody told it the group.
    marked = [
        pair if groups[pair.member_id]["gender"] == "m" else with_text(pair, "softball")
        for pair in pairs
    ]

    def biased(requirements: str, profile: str) -> list[float]:
        fit = fit_of(profile) * (0.8 if "softball" in profile else 1.0)
        return honest("", f"fit={fit:.3f}")

    ratios, _ = measure_groups(marked, Planted(biased), groups, ["gender"], DRAWING)
    assert blocked(dict(ratios), None) == {"impact_ratio_selection", "impact_ratio_scoring"}
    fair, _ = measure_groups(marked, Planted(honest), groups, ["gender"], DRAWING)
    assert blocked(dict(fair), None) == set()


def with_text(pair: TestPair, more: str) -> TestPair:
    profile = f"{pair.profile}\n{more}"
    return TestPair(pair.member_id, pair.posting_id, pair.requirements, profile, pair.level)


def test_one_that_goes_by_names_is_stopped_by_the_swaps(pairs: list[TestPair]) -> None:
    def by_name(requirements: str, profile: str) -> list[float]:
        lift = 0.1 * profile.startswith(("Name: J", "Name: M"))
        return honest("", f"fit={min(1.0, fit_of(profile) + lift):.3f}")

    flips = dict(measure_swaps(pairs[::2], Planted(by_name), seed=1))
    assert blocked(flips, None) == {"swap_flips"}
    assert flips["swap_flips_names"].estimate > 0
    assert flips["swap_flips_gap_years"].estimate == 0


def test_a_leaking_split_is_stopped(pairs: list[TestPair]) -> None:
    seen = {"members": {"m3"}, "postings": {"p5-0"}}
    overlap = split_overlap(pairs, seen)
    assert overlap.estimate == 2
    assert blocked({"split_overlap": overlap}, None) == {"split_overlap"}


def test_a_worse_one_is_stopped_by_the_champion(pairs: list[TestPair]) -> None:
    def worse(requirements: str, profile: str) -> list[float]:
        return honest("", f"fit={(fit_of(profile) * 1.1) % 1.0:.3f}")

    report = measure_classifier(
        pairs, Planted(worse), Planted(honest), temperature=1.0, drawing=DRAWING
    )
    assert {"macro_f1_of_champion", "qwk_of_champion"} <= blocked(
        dict(report.figures), dict(report.differences or {})
    )
    assert report.champion_figures is not None
    assert report.champion_figures["qwk"].estimate > report.figures["qwk"].estimate


def test_a_pair_that_one_of_the_two_cannot_score_is_left_out_of_both(
    pairs: list[TestPair],
) -> None:
    def fails(requirements: str, profile: str) -> list[float]:
        return [float("nan")] * 3 if fit_of(profile) > 0.9 else honest("", profile)

    some = pairs[:200]
    report = measure_classifier(
        some, Planted(honest), Planted(fails), temperature=1.0, drawing=DRAWING
    )
    kept = [pair for pair in some if fit_of(pair.profile) <= 0.9]
    assert report.pairs == tuple(kept)
    assert report.left_out == len(some) - len(kept) > 0
    assert report.champion_figures is not None
    assert report.champion_figures["qwk"].rows == report.figures["qwk"].rows == len(kept)
    nothing = Planted(lambda requirements, profile: [float("nan")] * 3)
    with pytest.raises(ModelError, match="none of the test pairs"):
        measure_classifier(some, nothing, None, temperature=1.0, drawing=DRAWING)


def test_the_temperature_is_undone_for_the_comparison(pairs: list[TestPair]) -> None:
    some = pairs[:300]
    tame = measure_classifier(some, Planted(honest), None, temperature=2.0, drawing=DRAWING)
    bins = tame.reliability_untempered
    assert max(item.confidence for item in bins) > max(i.confidence for i in tame.reliability)
    assert tame.figures["ece_untempered"].estimate > 0


def test_a_swap_that_breaks_the_model_is_a_flip(pairs: list[TestPair]) -> None:
    def breaks(requirements: str, profile: str) -> list[float]:
        return [float("nan")] * 3 if "they/them" in profile else honest("", profile)

    flips = measure_swaps(pairs[:20], Planted(breaks), seed=1)
    assert flips["swap_flips_pronouns"].estimate == 1.0


def attacked(score: Callable[[str, str], Sequence[float]], members: int) -> dict[str, Interval]:
    engine = Planted(score)
    subjects = [
        Subject(
            f"m{number}",
            RawProfile(None, text=f"Carpenter. Built {number + 2} timber frames with a crew."),
            "Site manager\nMust have: welding; site safety; scheduling",
            "Site manager. We ask for welding, site safety and scheduling.",
        )
        for number in range(members)
    ]
    found = robustness(
        subjects,
        lambda pairs: engine.score(pairs).probabilities,
        limits=Limits(60_000, 20),
        seed=3,
        attacks_a_subject=1,
    )
    return dict(found.figures)


def test_one_that_counts_keywords_is_stopped_by_the_attacks() -> None:
    def counts(requirements: str, profile: str) -> list[float]:
        asked = ("welding", "site safety", "scheduling")
        return honest("", f"fit={0.5 + 0.17 * sum(word in profile.lower() for word in asked):.3f}")

    assert blocked(attacked(counts, 60), None) >= {"attack_upgrades"}
    assert attacked(counts, 60)["attack_upgrades"].estimate > 0.05


def test_one_that_no_text_can_move_passes_the_attacks() -> None:
    figures = attacked(lambda requirements, profile: honest("", "fit=0.5"), 400)
    assert blocked(figures, None) == set()
