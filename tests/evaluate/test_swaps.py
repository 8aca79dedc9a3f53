from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantern.evaluate.swaps import (
    flip_figures,
    swaps_of,
    with_college,
    with_line,
    with_name,
    with_pronouns,
)
from lantern.fit import FitLevel

LOW, MEDIUM, HIGH = FitLevel


def test_a_name_is_replaced_wherever_it_stands() -> None:
    text = "Malik Banks\nMalik led the team. Banks' work was quoted by Banksy. malik is no name."
    assert with_name(text, "Malik Banks", "Mei Chen") == (
        "Mei Chen\nMei led the team. Chen' work was quoted by Banksy. malik is no name."
    )


def test_a_name_that_is_not_there_is_stated() -> None:
    assert with_name("Nurse.", "Malik Banks", "Mei Chen") == "Name: Mei Chen\nNurse."
    assert with_name("Nurse.", None, r"Mei \1 Chen") == "Name: Mei \\1 Chen\nNurse."


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("He led his team himself.", "She led her team herself."),
        ("She led her team; it was hers.", "He led his team; it was his."),
        ("We asked her.", "We asked him."),
        ("We asked her and her manager.", "We asked him and his manager."),
        ("HE DID HIS WORK", "SHE DID HER WORK"),
        ("The work was his.", "The work was hers."),
    ],
)
def test_pronouns_keep_their_case_and_their_part_of_speech(text: str, swapped: str) -> None:
    assert with_pronouns(text) == (text, swapped)


def test_pronouns_that_are_not_there_are_stated() -> None:
    variants = with_pronouns("The shepherd's theory of other things.")
    assert len(set(variants)) == 3
    assert all(v.endswith("\nThe shepherd's theory of other things.") for v in variants)


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("Bachelor's degree, Economics, Lakeside College", "Bachelor's degree, Economics, X"),
        ("B.A., University of Westmere, 2012", "B.A., X, 2012"),
        ("I went to St. Brigid College and Old Mill University.", "I went to X and X."),
        ("MSc, Massachusetts Institute of Technology", "MSc, X"),
        ("No school is named.", "No school is named.\nStudied at X"),
        ("university of nowhere", "university of nowhere\nStudied at X"),
    ],
)
def test_colleges(text: str, swapped: str) -> None:
    assert with_college(text, "X") == swapped


def test_the_samples_own_colleges_are_found() -> None:
    names = _colleges()
    found = [with_college(f"Degree, {name}, 2010", "X") == "Degree, X, 2010" for name in names]
    assert sum(found) >= len(names) - 1  # "Cedar Plains State" says nothing of a college


def _colleges() -> list[str]:
    from importlib.resources import files

    import yaml

    text = (files("lantern.sample") / "data" / "people.yaml").read_text("utf-8")
    return list(yaml.safe_load(text)["colleges"])


@given(st.text(max_size=200), st.integers(0, 50))
def test_swaps_are_pure_and_differ_in_the_swapped_thing_alone(text: str, index: int) -> None:
    found = swaps_of(text, seed=1, index=index, name="Ann Bell")
    assert found == swaps_of(text, seed=1, index=index, name="Ann Bell")
    assert [swap.kind for swap in found] == ["names", "pronouns", "colleges", "gap_years"]
    for swap in found:
        assert len(set(swap.variants)) == len(swap.variants) >= 2
    assert found[-1].variants[1].startswith(text.rstrip())


def test_members_meet_names_of_many_origins() -> None:
    names = {
        v.split("\n")[0] for i in range(30) for v in swaps_of("x", seed=1, index=i)[0].variants
    }
    assert len(names) > 40


def test_a_pair_that_any_swap_flips_is_flipped() -> None:
    levels = {
        "names": [[LOW, LOW, LOW], [LOW, MEDIUM, LOW], [HIGH, HIGH, HIGH]],
        "gap_years": [[HIGH, HIGH], [HIGH, LOW], [HIGH, None]],
    }
    found = flip_figures(levels, ["a", "b", "b"])
    assert found["swap_flips"].estimate == pytest.approx(2 / 3)
    assert (found["swap_flips"].rows, found["swap_flips"].clusters) == (3, 2)
    assert found["swap_flips_names"].estimate == pytest.approx(1 / 3)
    assert found["swap_flips_gap_years"].estimate == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="every kind"):
        flip_figures(levels | {"names": [[LOW, LOW]]}, ["a", "b", "b"])


def test_a_line_is_a_line() -> None:
    assert with_line("A\n\n", "B") == "A\nB"
