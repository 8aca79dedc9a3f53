from __future__ import annotations

from dataclasses import replace

import pytest

from lantern.documents.requirements import extract_requirements
from lantern.evaluate.explanations import Written, explanation_figures, shown_verdicts
from lantern.fit import FitLevel, VerdictKind
from lantern.sample.marketplace import posting, truth

MET, PARTLY, OPEN = VerdictKind.MET, VerdictKind.PARTLY_MET, VerdictKind.NOT_SHOWN
GOOD = Written(
    "m1",
    FitLevel.MEDIUM,
    ("5 years of Python", "Kubernetes", "AWS certification"),
    "Built Python services since 2015.\nRan containers with Docker.",
    "You are a Medium fit for this job.\n"
    "Requirements:\n"
    '- 5 years of Python [met]: "Python services since 2015"\n'
    '- Kubernetes [partly met]: "containers with Docker"\n'
    "- AWS certification [not shown]\n"
    "Summary: Much is there.\n"
    "Next step: Say what you certified.",
    (MET, OPEN, None),
)


def estimates(*rows: Written) -> dict[str, float]:
    return {name: found.estimate for name, found in explanation_figures(rows).items()}


def test_a_good_explanation() -> None:
    assert estimates(GOOD) == {
        "parse_rate": 1.0,
        "class_agreement": 1.0,
        "exact_quotes": 1.0,
        "hallucinated_requirements": 0.0,
        "requirement_coverage": 1.0,
        "verdict_accuracy": 0.5,  # of the two that are known, Kubernetes is not shown
        "class_consistency": 1.0,
        "names_carried": 1.0,
        "words": 41.0,
    }


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("a Medium fit", "a Low fit", {"class_agreement": 0.0}),
        ("since 2015", "since 2005", {"exact_quotes": 0.5}),
        (
            "Kubernetes [",
            "Helm [",
            {"hallucinated_requirements": 1 / 3, "requirement_coverage": 2 / 3},
        ),
        ("- AWS certification [not shown]\n", "", {"requirement_coverage": 2 / 3}),
        (
            "- AWS certification [not shown]",
            "- Kubernetes [not shown]",
            {"requirement_coverage": 1 / 3, "verdict_accuracy": 1.0},
        ),
        (
            'Kubernetes [partly met]: "containers with Docker"',
            "Kubernetes [not shown]",
            {"verdict_accuracy": 1.0},
        ),
        ("Much is", "“5 years of Python” is", {}),
        ("Much is", "“Kubernetes” is", {"names_carried": 0.0}),
        ("Say what", "Show “AWS”, and what", {}),
        (
            "Say what",
            "Show “Rust”, and what",
            {"names_carried": 0, "hallucinated_requirements": 0.25},
        ),
    ],
)
def test_each_fault_shows_in_its_figure(old: str, new: str, changed: dict[str, float]) -> None:
    assert old in GOOD.text
    found = estimates(replace(GOOD, text=GOOD.text.replace(old, new)))
    expected = estimates(GOOD) | changed
    del found["words"], expected["words"]
    assert found == pytest.approx(expected)


def test_a_high_fit_of_which_nothing_is_met() -> None:
    text = (
        "You are a High fit for this job.\nRequirements:\n- Kubernetes [not shown]\nSummary: Yes."
    )
    row = replace(GOOD, level=FitLevel.HIGH, text=text, requirements=("Kubernetes",), truth=(OPEN,))
    assert estimates(row)["class_consistency"] == 0.0


def test_what_cannot_be_read_is_wrong_in_every_respect() -> None:
    found = estimates(
        replace(GOOD, text="I am sure that you are great."), replace(GOOD, member_id="m2")
    )
    assert found["parse_rate"] == found["class_agreement"] == 0.5
    assert found["exact_quotes"] == pytest.approx(2 / 3)
    assert found["hallucinated_requirements"] == pytest.approx(1 / 4)
    assert found["requirement_coverage"] == pytest.approx(3 / 6)
    assert found["verdict_accuracy"] == pytest.approx(1 / 4)


def test_without_quotes_there_is_no_figure_of_quotes() -> None:
    text = (
        "You are a Low fit for this job.\nRequirements:\n- Kubernetes [not shown]\n"
        "Summary: No.\nNext step: Learn."
    )
    assert "exact_quotes" not in estimates(replace(GOOD, text=text))


def test_requirements_of_the_sample_are_found_again() -> None:
    found = known = 0
    for number in range(40):
        row = posting(7, number)
        extracted = extract_requirements(row["title"], row["description"]).requirements
        judged = truth(7, 1, number)["requirements"]
        verdicts = shown_verdicts([item.text for item in extracted], judged)
        known += sum(item["shown"] for item in judged)
        found += sum(kind is not None for kind in verdicts)
    assert 0.85 * known < found <= known * 1.02


def test_what_the_profile_does_not_tell_and_what_is_two_in_one_is_unknown() -> None:
    judged = [
        {"text": "a track record in investment advice", "verdict": "met", "shown": True},
        {"text": "two years of Go", "verdict": "lacking", "shown": True},
        {"text": "Rust", "verdict": "met", "shown": False},
    ]
    texts = [
        "Track record in investment advice",
        "Two years of Go would be an advantage",
        "Rust",
        "Track record in investment advice and two years of Go",
        "Cooking",
    ]
    assert shown_verdicts(texts, judged) == (MET, OPEN, None, None, None)
