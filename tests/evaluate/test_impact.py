from __future__ import annotations

import math

import numpy as np
import pytest

from lantern.evaluate.impact import GroupRates, impact_table, worst_ratio
from lantern.evaluate.intervals import clustered_bootstrap

GENDERS = ("female", "male")
ORIGINS = ("here", "there")


def world(
    members: int = 400, *, bias: float = 0.0, pairs: int = 5, seed: int = 0
) -> tuple[list[str], np.ndarray, np.ndarray, dict[str, dict[str, str]]]:
    """Pairs with scores that women lose ``bias`` of."""
    random = np.random.default_rng(seed)
    keys, scores, groups = [], [], {}
    for number in range(members):
        key = f"m{number:04d}"
        gender, origin = random.choice(GENDERS), random.choice(ORIGINS)
        groups[key] = {"gender": str(gender), "origin": str(origin)}
        for score in random.uniform(size=pairs):
            keys.append(key)
            scores.append(score - bias * (gender == "female"))
    table = np.array(scores)
    return keys, np.digitize(table, [0.4, 0.7]), table, groups


def by_group(rows: tuple[GroupRates, ...], attribute: str = "gender") -> dict[str, GroupRates]:
    return {row.group: row for row in rows if row.attribute == attribute}


def test_rates_equal_fairlearns() -> None:
    metrics = pytest.importorskip("fairlearn.metrics", reason="fairlearn is the reference")
    keys, levels, scores, groups = world(bias=0.1)
    rows = impact_table(keys, levels, scores, groups, ["gender", "origin"], draws=100)
    chosen = levels == 2
    for attribute in ("gender", "origin"):
        of = [groups[key][attribute] for key in keys]
        frame = metrics.MetricFrame(
            metrics=metrics.selection_rate, y_true=chosen, y_pred=chosen, sensitive_features=of
        )
        found = by_group(rows, attribute)
        for group, rate in frame.by_group.items():
            assert found[group].selection_rate.estimate == pytest.approx(rate)
        smallest = min(row.selection_ratio.estimate for row in found.values())  # type: ignore[union-attr]
        assert smallest == pytest.approx(
            metrics.demographic_parity_ratio(chosen, chosen, sensitive_features=of)
        )


def test_the_scoring_rate_is_the_share_above_the_samples_median() -> None:
    keys = ["a", "a", "b", "b", "c", "c"]
    scores = [0.9, 0.8, 0.7, 0.3, 0.2, 0.1]  # median 0.5
    groups = {"a": {"g": "x"}, "b": {"g": "x"}, "c": {"g": "y"}}
    found = by_group(impact_table(keys, [0] * 6, scores, groups, ["g"], draws=100), "g")
    assert found["x"].scoring_rate.estimate == pytest.approx(3 / 4)
    assert found["y"].scoring_rate.estimate == 0.0
    assert found["y"].scoring_ratio is not None
    assert found["y"].scoring_ratio.estimate == 0.0
    assert (found["x"].members, found["x"].pairs) == (2, 4)


def test_its_intervals_are_those_of_the_bootstrap_over_members() -> None:
    keys, levels, scores, groups = world(200)
    found = by_group(impact_table(keys, levels, scores, groups, ["gender"], draws=2000))
    chosen = (levels == 2).astype(float)
    women = np.array([groups[key]["gender"] == "female" for key in keys])
    reference = clustered_bootstrap(
        np.column_stack([chosen, women]),
        keys,
        lambda rows: float(rows[rows[:, 1] == 1, 0].mean()),
        draws=2000,
    )
    assert found["female"].selection_rate.low == pytest.approx(reference.low, abs=0.01)
    assert found["female"].selection_rate.high == pytest.approx(reference.high, abs=0.01)


def test_bias_shows_and_its_absence_too() -> None:
    keys, levels, scores, groups = world(1500, bias=0.15)
    worst = worst_ratio(impact_table(keys, levels, scores, groups, ["gender"]), "selection")
    assert worst is not None
    assert worst.estimate < 0.6
    assert worst.high < 0.8
    fair = worst_ratio(impact_table(*world(1500), ["gender", "origin"]), "selection")
    assert fair is not None
    assert fair.low > 0.8


def test_every_intersection_is_there_and_counts_add_up() -> None:
    keys, levels, scores, groups = world(100)
    rows = impact_table(keys, levels, scores, groups, ["gender", "origin"], draws=100)
    both = by_group(rows, "gender and origin")
    assert set(both) == {f"{g}, {o}" for g in GENDERS for o in ORIGINS}
    for attribute in ("gender", "origin", "gender and origin"):
        assert sum(row.members for row in by_group(rows, attribute).values()) == 100
        assert sum(row.pairs for row in by_group(rows, attribute).values()) == 500


def test_unknown_and_small_groups_are_counted_but_have_no_ratio() -> None:
    keys, levels, scores, groups = world(200)
    names = sorted(groups)
    groups[names[0]] = {"gender": "nonbinary", "origin": "here"}
    groups[names[1]] = {"gender": "", "origin": "here"}
    del groups[names[2]]
    rows = impact_table(keys, levels, scores, groups, ["gender", "origin"], draws=100)
    found = by_group(rows)
    assert found["unknown"].members == 2
    assert found["unknown"].selection_ratio is None
    assert not found["unknown"].small
    assert found["nonbinary"].small
    assert found["nonbinary"].scoring_ratio is None
    assert found["nonbinary"].selection_rate.estimate >= 0
    assert by_group(rows, "gender and origin")["unknown"].members == 2


def test_the_best_group_is_the_reference_and_no_worst_one() -> None:
    keys, levels, scores, groups = world(100)
    only = {key: {"gender": "female"} for key in groups}
    rows = impact_table(keys, levels, scores, only, ["gender"], draws=100)
    assert rows[0].selection_ratio is not None
    assert rows[0].selection_ratio.estimate == 1.0
    assert worst_ratio(rows, "selection") is None


def test_where_nobody_is_selected_there_is_no_ratio_to_speak_of() -> None:
    keys, levels, scores, groups = world(50)
    rows = impact_table(keys, levels * 0, scores, groups, ["gender"], draws=100)
    worst = worst_ratio(rows, "selection")
    assert worst is not None
    assert math.isnan(worst.estimate)
    assert not worst.known


def test_rows_go_through_json() -> None:
    rows = impact_table(*world(40), ["gender"], draws=100)
    assert tuple(GroupRates.from_json(row.to_json()) for row in rows) == rows


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        impact_table([], [], [], {}, ["gender"])
    with pytest.raises(ValueError, match="1 members, 2 levels"):
        impact_table(["a"], [0, 1], [0.1], {}, ["gender"])
