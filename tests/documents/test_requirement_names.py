"""A requirement's short name is a part of it that a reader knows it by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantern.documents.requirement_names import MAX_NAME, short_name, with_short_names
from lantern.fit import (
    Assessment,
    FitLevel,
    Importance,
    Requirement,
    RequirementKind,
    Verdict,
    VerdictKind,
    is_part,
)


def asked(text: str, kind: str = "skill", **more) -> Requirement:
    return Requirement(RequirementKind(kind), Importance.MUST_HAVE, text, **more)


@pytest.mark.parametrize(
    ("requirement", "name"),
    [
        (asked("Hands-on experience with SQL, ideally", skills=("SQL",)), "SQL"),
        (asked("Works with SQLs daily", skills=("SQL",)), "SQLs"),
        (asked("Solid Python and SQL skills", skills=("Python", "SQL")), "Python and SQL"),
        (
            asked("5+ years of Python in production", "experience", skills=("Python",), years=5),
            "5+ years of Python",
        ),
        (
            asked("Bachelor's degree in Nursing.", "degree", degree=3),
            "Bachelor's degree in Nursing",
        ),
        (asked("- A calm voice!", "other"), "A calm voice"),
        (asked("word " * 30, "other"), ("word " * 14).strip()),
        (
            asked("Able to work on holidays, " + "night " * 7 + "and to help", "other"),
            "Able to work on holidays, " + ("night " * 7).strip(),
        ),
        (asked("Certified Accountant (CPA) Certification", skills=("CPA",)), "CPA"),
        (
            asked("A cook who knows Python (SQL), really", skills=("Python", "SQL")),
            "Python (SQL)",
        ),
        (asked("Knows Python (SQL, DSC and more)", skills=("Python", "SQL")), "Python"),
        (
            asked("A degree in a related field (" + "public health, " * 5, "degree", degree=3),
            "A degree in a related field",
        ),
        (asked("Both and", "other"), "Both and"),
        (asked("CDL Class A (" + "night " * 14, "other"), "CDL Class A"),
    ],
)
def test_from_its_first_skill_to_its_last_or_its_beginning(requirement, name: str) -> None:
    assert short_name(requirement) == name


@given(st.text(st.sampled_from("abAZ01 .,+#-()/é中'"), min_size=1, max_size=120))
def test_it_is_a_part_that_cuts_no_word(text: str) -> None:
    name = short_name(asked(text, "other"))
    assert len(name) <= max(MAX_NAME, len(text.split(" ")[0]))
    assert is_part(name, [text]) or not any(map(str.isalnum, name))


def test_names_become_short_where_they_may_be_named() -> None:
    """A word of two requirements is taken for the one that the verdicts allow there."""
    met, open_ = (
        asked("Python in teams", skills=("Python",)),
        asked("SQL in teams", skills=("SQL",)),
    )
    verdicts = (
        Verdict(met.text, VerdictKind.MET, "Python"),
        Verdict(open_.text, VerdictKind.NOT_SHOWN),
    )
    told = Assessment(
        FitLevel.MEDIUM, verdicts, "Your “teams”. Not “teams” or “Python”.", "Add “SQL”."
    )
    named = with_short_names(told, [met, open_])
    assert (named.summary, named.next_step) == (
        "Your “Python”. Not “SQL” or “Python”.",
        "Add “SQL”.",
    )
