"""What summary and next step may name: parts of requirements, each as its verdict says."""

from __future__ import annotations

import pytest

from lantern.fit import Assessment, FitLevel, Verdict, VerdictKind, is_part, name_problem, named

MET = Verdict("Strong Python or C++", VerdictKind.MET, "Built services in Python")
PARTLY = Verdict("5+ years of SQL", VerdictKind.PARTLY_MET)
MISSING = Verdict("Knowledge of St. John's rules", VerdictKind.NOT_SHOWN)
SHOWN, OPEN = "a requirement that is met", "a requirement still open"
PARTLY_ONLY = "a requirement that is partly met"


def problem(summary: str, step: str = "Apply.", verdicts: tuple[Verdict, ...] = ()) -> str | None:
    told = verdicts or (MET, PARTLY, MISSING)
    return name_problem(Assessment(FitLevel.MEDIUM, told, summary, step))


@pytest.mark.parametrize(
    ("summary", "step", "told"),
    [
        ("It names nothing. At all.", "Apply.", None),
        (
            "It shows “Python”. It does not show “5+ years of SQL”.",
            "Show “St. John's rules”.",
            None,
        ),
        ("It shows “Python” and “C++”, e.g. here.", "Show “SQL”.", None),
        ("It shows “Python”, “SQL” too. Not more.", "Apply.", SHOWN),
        ("It shows “Pyth”. Not more.", "Apply.", SHOWN),
        ("It shows “, ”. Not more.", "Apply.", SHOWN),
        ("It shows “”. Not more.", "Apply.", SHOWN),
        ("It shows “python”. Not more.", "Apply.", SHOWN),
        ("It shows “Python”. It does not show “Strong Python”.", "Apply.", OPEN),
        ("It shows much. It does not show “Rust”.", "Apply.", OPEN),
        ("It shows much. All is well.", "Lead with “Python”.", OPEN),
        ("It shows “Python. It does not show SQL”.", "Apply.", SHOWN),
        ("It shows “Python.", "Apply.", "without the other"),
        ("It shows Python”. It shows more.", "Apply.", "without the other"),
        ("It shows much.", "Show “SQL, please.", "without the other"),
    ],
)
def test_each_name_is_held_against_its_verdict(summary: str, step: str, told: str | None) -> None:
    found = problem(summary, step)
    assert found is None if told is None else found is not None and told in found
    assert "Python" not in (found or "")


def test_where_nothing_is_met_the_first_sentence_names_what_is_partly() -> None:
    verdicts = (PARTLY, MISSING)
    assert problem("It comes close to “SQL”. It does not show “SQL”.", verdicts=verdicts) is None
    told = problem("It comes close to “rules”. That is all.", verdicts=verdicts)
    assert told is not None
    assert PARTLY_ONLY in told


def test_names_of_both_texts() -> None:
    both = Assessment(FitLevel.LOW, (MET,), "It shows “a”, “b”. No “c”.", "Show “d”.")
    assert named(both) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("name", "part"),
    [("C++", True), ("or C++", True), ("+", False), ("Strong", True), ("tron", False), ("C", True)],
)
def test_a_part_cuts_no_word(name: str, part: bool) -> None:
    assert is_part(name, [MET.requirement]) is part
