"""The stability index against its definition, and the pictures' numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantern.report.charts import Part, percent, score_bar, share_bar
from lantern.report.drift import drift_word, population_stability_index


@st.composite
def shares(draw: st.DrawFn) -> tuple[float, ...]:
    counts = draw(st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any))
    return tuple(count / sum(counts) for count in counts)


@given(shares(), shares())
def test_the_index_is_symmetric_and_not_negative(
    p: tuple[float, ...], q: tuple[float, ...]
) -> None:
    index = population_stability_index(p, q)
    assert index >= 0
    assert index == pytest.approx(population_stability_index(q, p))
    assert math.isfinite(index)


@given(shares())
def test_equal_shares_do_not_move(p: tuple[float, ...]) -> None:
    assert population_stability_index(p, p) == 0
    assert drift_word(0.0) == "stable"


def test_the_index_by_hand() -> None:
    expected = 0.2 * math.log(0.7 / 0.5) - 0.2 * math.log(0.3 / 0.5)
    assert population_stability_index((0.7, 0.3), (0.5, 0.5)) == pytest.approx(expected)
    assert drift_word(expected) == "moving"
    assert drift_word(0.25) == "shifted"


def test_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        population_stability_index((1.0,), (0.5, 0.5))


def test_a_bar_says_its_shares_and_escapes_its_names() -> None:
    bar = share_bar([Part("<High>", 0.25, "high"), Part("Low", 0.75, "low")], "Levels & more")
    assert "<title>Levels &amp; more: &lt;High&gt; 25 %, Low 75 %</title>" in bar
    assert 'x="25.00%" width="75.00%"' in bar
    assert "style=" not in bar


def test_an_empty_bar_is_only_its_track() -> None:
    assert share_bar([Part("High", 0.0, "high")], "Levels").count("<rect") == 1


@pytest.mark.parametrize(("score", "width"), [(-1, "0.0%"), (0.5, "50.0%"), (7, "100.0%")])
def test_a_score_is_drawn_within_its_track(score: float, width: str) -> None:
    assert f'class="high" width="{width}"' in score_bar(score, "high")


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.001, "under 1 %"), (0.124, "12 %"), (1, "100 %")]
)
def test_percentages(share: float, text: str) -> None:
    assert percent(share) == text
