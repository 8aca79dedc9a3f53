from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from lantern.config import conf_folder
from lantern.errors import SettingsError
from lantern.evaluate.gate_settings import Gates, load_gates
from lantern.evaluate.gates import GateResult, all_passed, check_gates
from lantern.evaluate.intervals import Interval, share_interval

STRICT = load_gates("strict")


def narrow(estimate: float, half: float = 0.001, clusters: int = 5000) -> Interval:
    return Interval(estimate, estimate - half, estimate + half, clusters, 4 * clusters)


def never(clusters: int = 5000) -> Interval:
    return share_interval(np.zeros(clusters), np.arange(clusters))


def always(clusters: int = 5000) -> Interval:
    return share_interval(np.ones(clusters), np.arange(clusters))


GOOD = {
    "split_overlap": Interval(0.0, math.nan, math.nan, 5000, 5000),
    "qwk": narrow(0.7),
    "macro_f1": narrow(0.7),
    "ece": narrow(0.02),
    "impact_ratio_selection": Interval(0.95, 0.86, 1.1, 400, 2000),
    "impact_ratio_scoring": Interval(0.97, 0.9, 1.05, 400, 2000),
    "swap_flips": never(),
    "attack_upgrades": never(),
    "clean_false_rejections": never(),
    "shuffled_low": always(),
    "removed_skill_raises": never(),
    "rerun_identity": always(),
    "hallucinated_requirements": never(),
    "exact_quotes": always(),
    "names_carried": always(),
    "class_agreement": always(),
}
BETTER = {"macro_f1": narrow(0.01), "qwk": narrow(0.01)}

# gate -> a figure that it must stop; what the reason says
BLOCKED: dict[str, tuple[Interval, str]] = {
    "split_overlap": (Interval(1.0, math.nan, math.nan, 5000, 5000), "1 is not 0"),
    "better_than_chance": (narrow(0.1), "0.1 is below 0.2"),
    "calibration": (narrow(0.05), "0.05 is above 0.03"),
    "impact_ratio_selection": (Interval(0.85, 0.81, 0.9, 900, 9000), "0.85 is below 0.9"),
    "impact_ratio_scoring": (Interval(0.7, 0.6, 0.8, 900, 9000), "0.7 is below 0.9"),
    "swap_flips": (narrow(0.02), "above 0.005"),
    "attack_upgrades": (narrow(0.3), "above 0.01"),
    "clean_false_rejections": (narrow(0.05), "above 0.01"),
    "shuffled_postings": (narrow(0.8), "below 0.95"),
    "removed_skills": (narrow(0.05), "above 0.01"),
    "rerun_identity": (narrow(0.9999), "0.9999 is not 1"),
    "hallucinated_requirements": (narrow(0.02), "above 0.005"),
    "exact_quotes": (narrow(0.9), "below 0.99"),
    "names_carried": (narrow(0.9998), "0.9998 is not 1"),
    "class_agreement": (narrow(0.9998), "0.9998 is not 1"),
}


def by_name(results: tuple[GateResult, ...]) -> dict[str, GateResult]:
    return {result.name: result for result in results}


def test_a_good_challenger_passes_every_gate() -> None:
    results = check_gates(GOOD, BETTER, STRICT)
    assert [result for result in results if not result.passed] == []
    assert all_passed(results)
    assert all(result.distance is not None and result.distance >= 0 for result in results)


@pytest.mark.parametrize("name", sorted(BLOCKED))
def test_each_gate_stops_what_it_is_for_and_nothing_else_does(name: str) -> None:
    bad, reason = BLOCKED[name]
    figure = STRICT.gates[name].figure
    results = check_gates(GOOD | {figure: bad}, BETTER, STRICT)
    stopped = [result for result in results if not result.passed]
    assert [result.name for result in stopped] == [name]
    assert reason in stopped[0].reason
    assert stopped[0].distance is not None
    assert stopped[0].distance < 0
    assert not all_passed(results)


def test_every_gate_of_the_file_has_a_case_here() -> None:
    comparing = {name for name, gate in STRICT.gates.items() if gate.champion_margin is not None}
    assert set(BLOCKED) | comparing == set(STRICT.gates)


@pytest.mark.parametrize("figure", ["macro_f1", "qwk"])
@pytest.mark.parametrize(
    ("difference", "passes", "reason"),
    [
        (Interval(0.0, 0.0, 0.0, 200, 900), True, "worst bound 0"),
        (Interval(0.01, -0.015, 0.04, 200, 900), True, "worst bound -0.015"),
        (Interval(-0.01, -0.015, -0.005, 200, 900), False, "-0.01 is below 0"),
        (Interval(0.01, -0.1, 0.12, 200, 900), False, "too little data to tell"),
        (Interval(0.05, 0.01, 0.09, 5, 900), False, "5 independent members or postings, 30"),
    ],
)
def test_a_challenger_is_held_against_the_champion(
    figure: str, difference: Interval, passes: bool, reason: str
) -> None:
    result = by_name(check_gates(GOOD, BETTER | {figure: difference}, STRICT))
    assert result[f"{figure}_of_champion"].passed is passes
    assert reason in result[f"{figure}_of_champion"].reason


def test_without_a_champion_the_absolute_gates_alone_decide() -> None:
    results = by_name(check_gates(GOOD, None, STRICT))
    assert all_passed(tuple(results.values()))
    assert results["macro_f1_of_champion"].reason == "no champion to compare with"
    assert not all_passed(check_gates(GOOD | {"ece": narrow(0.2)}, None, STRICT))


@pytest.mark.parametrize("figure", sorted(set(GOOD) - {"macro_f1"}))  # held against the champion
def test_what_was_not_measured_blocks(figure: str) -> None:
    found = {name: value for name, value in GOOD.items() if name != figure}
    stopped = [r for r in check_gates(found, BETTER, STRICT) if not r.passed]
    assert stopped
    assert all("was not measured; run `lantern evaluate`" in r.reason for r in stopped)
    assert not all_passed(check_gates(GOOD, {}, STRICT))
    unknown = {figure: Interval(math.nan, math.nan, math.nan, 0, 0)}
    assert not all_passed(check_gates(GOOD | unknown, BETTER, STRICT))


@pytest.mark.parametrize(
    ("figure", "gate", "little"),
    [
        ("swap_flips", "swap_flips", never(100)),
        ("attack_upgrades", "attack_upgrades", never(100)),
        ("exact_quotes", "exact_quotes", always(100)),
        ("shuffled_low", "shuffled_postings", always(50)),
        ("ece", "calibration", Interval(0.02, 0.01, 0.06, 40, 180)),
        ("impact_ratio_selection", "impact_ratio_selection", Interval(0.95, 0.5, 1.5, 20, 90)),
        ("qwk", "better_than_chance", Interval(0.7, 0.6, 0.8, 12, 50)),
        ("qwk", "better_than_chance", Interval(0.7, math.nan, math.nan, 40, 50)),
        ("class_agreement", "class_agreement", always(7)),
    ],
)
def test_too_little_data_blocks_and_says_so(figure: str, gate: str, little: Interval) -> None:
    result = by_name(check_gates(GOOD | {figure: little}, BETTER, STRICT))[gate]
    assert not result.passed
    assert "too little data" in result.reason
    assert str(little.clusters) in result.reason


def test_it_says_how_much_data_it_would_take() -> None:
    result = by_name(check_gates(GOOD | {"swap_flips": never(100)}, BETTER, STRICT))["swap_flips"]
    assert "it takes about 736" in result.reason
    assert by_name(check_gates(GOOD | {"swap_flips": never(736)}, BETTER, STRICT))[
        "swap_flips"
    ].passed


def test_results_go_through_json() -> None:
    results = check_gates(GOOD, None, STRICT)
    assert tuple(GateResult.from_json(result.to_json()) for result in results) == results


def test_no_gates_let_nothing_through() -> None:
    assert not all_passed(check_gates(GOOD, BETTER, Gates(profile="none", gates={})))


WHY = "a sample of 300 members cannot bound it"


def gates_file(folder: Path, **changes: object) -> Path:
    content = yaml.safe_load((conf_folder() / "gates.yaml").read_text())
    (folder / "gates.yaml").write_text(yaml.safe_dump(content | changes))
    return folder


def test_a_profile_relaxes_what_it_names_and_says_why(tmp_path: Path) -> None:
    loose = {"calibration": {"at_most": 0.1, "decide_on": "estimate", "why": WHY}}
    folder = gates_file(tmp_path, profiles={"strict": {}, "loose": loose})
    gates = load_gates("loose", folder)
    found = GOOD | {"ece": Interval(0.08, 0.05, 0.2, 40, 180)}
    result = by_name(check_gates(found, BETTER, gates))["calibration"]
    assert result.passed
    assert result.relaxed == WHY
    assert not by_name(check_gates(found, BETTER, load_gates("strict", folder)))[
        "calibration"
    ].passed
    assert all(
        r.relaxed is None for r in check_gates(found, BETTER, gates) if r.name != result.name
    )


def test_a_gate_that_a_profile_leaves_out_says_so(tmp_path: Path) -> None:
    loose = {"calibration": {"left_out": True, "why": WHY}}
    gates = load_gates("loose", gates_file(tmp_path, profiles={"loose": loose}))
    found = {name: value for name, value in GOOD.items() if name != "ece"}
    result = by_name(check_gates(found, BETTER, gates))["calibration"]
    assert result.passed
    assert (result.reason, result.relaxed) == ("left out by the profile", WHY)


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ({"calibration": {"at_most": 0.01, "why": WHY}}, "does not relax 0.03"),
        ({"exact_quotes": {"at_least": 1.0, "why": WHY}}, "does not relax 0.99"),
        ({"exact_quotes": {"at_most": 1.0, "why": WHY}}, "does not relax None"),
        ({"calibration": {"at_most": 0.1}}, "why: Field required"),
        ({"calibration": {"at_most": 0.1, "why": "because"}}, "at least 20 characters"),
        ({"calibraton": {"at_most": 0.1, "why": WHY}}, "'calibraton', which is no gate"),
        ({"calibration": {"atmost": 0.1, "why": WHY}}, "atmost: Extra inputs"),
    ],
)
def test_a_profile_can_do_nothing_else(
    tmp_path: Path, profile: dict[str, object], message: str
) -> None:
    folder = gates_file(tmp_path, profiles={"loose": profile})
    with pytest.raises(SettingsError, match=message):
        load_gates("loose", folder)


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        ({"figure": "x"}, "only one of these"),
        ({"figure": "x", "at_most": 1, "exactly": 1}, "only one of these"),
        ({"figure": "x", "at_most": 1, "at_least": 0}, "not both"),
        ({"figure": "x", "at_most": 1, "estimate_at_least": 0}, "goes with at_least"),
    ],
)
def test_a_gate_is_of_one_kind(tmp_path: Path, gate: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_gates("strict", gates_file(tmp_path, gates={"g": gate}))


def test_a_file_that_is_missing_or_broken_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nothing can be promoted without gates"):
        load_gates("strict", tmp_path)
    (tmp_path / "gates.yaml").write_text("gates: [")
    with pytest.raises(SettingsError, match="not valid YAML"):
        load_gates("strict", tmp_path)
    with pytest.raises(SettingsError, match="not 'nope'"):
        load_gates("nope")
