from __future__ import annotations

from lantern.documents.requirements import extract_requirements
from lantern.fit import Importance
from lantern.inference.units import UnitKind, split_profile, split_requirements


def kinds(text: str) -> list[tuple[str, str]]:
    return [(unit.kind.name, unit.text) for unit in split_requirements(text).units]


def test_title_must_and_nice() -> None:
    text = "Nurse\nMust have: 5 years of care; A license\nNice to have: Excel"
    assert kinds(text) == [
        ("TITLE", "Nurse"),
        ("MUST_HAVE", "5 years of care"),
        ("MUST_HAVE", "A license"),
        ("NICE_TO_HAVE", "Excel"),
    ]
    split = split_requirements(text)
    assert [unit.years for unit in split.units] == [0, 5, 0, 0]
    assert split.years == 5


def test_what_is_rendered_is_split_into_the_same_requirements() -> None:
    posting = (
        "Requirements: At least 3 years of experience in Python. Bachelor's degree. "
        "Experience with Kubernetes is required. Nice to have: knowledge of Java."
    )
    found = extract_requirements("Data Engineer", posting)
    assert len(found.requirements) >= 3
    names = {Importance.MUST_HAVE: "MUST_HAVE", Importance.NICE_TO_HAVE: "NICE_TO_HAVE"}
    expected = [(names[r.importance], r.text) for r in found.requirements]
    assert kinds(found.model_text)[0] == ("TITLE", "Data Engineer")
    assert sorted(kinds(found.model_text)[1:]) == sorted(expected)


def test_texts_of_other_forms() -> None:
    assert kinds("") == []
    assert kinds(" \n \n") == []
    assert kinds("Must have: ; ; ") == []
    assert kinds("Nice to have: Excel") == [("NICE_TO_HAVE", "Excel")]
    assert kinds("A title\nsomething; else") == [
        ("TITLE", "A title"),
        ("MUST_HAVE", "something"),
        ("MUST_HAVE", "else"),
    ]


def test_profile_lines_skills_and_sentences() -> None:
    split = split_profile(
        "Nurse. 7 years of experience. bachelor's degree\nSkills: Care, Excel (2 years)\n"
        "Nurse at Some Place, 4 years\nLed a team. Built a ward - Kept notes"
    )
    assert [(unit.kind, unit.text) for unit in split.units] == [
        (UnitKind.HEADLINE, "Nurse."),
        (UnitKind.HEADLINE, "7 years of experience. bachelor's degree"),
        (UnitKind.SKILL, "Care"),
        (UnitKind.SKILL, "Excel (2 years)"),
        (UnitKind.LINE, "Nurse at Some Place, 4 years"),
        (UnitKind.LINE, "Led a team."),
        (UnitKind.LINE, "Built a ward"),
        (UnitKind.LINE, "Kept notes"),
    ]
    assert split.years == 7
    assert [unit.years for unit in split.units] == [0, 7, 0, 2, 4, 0, 0, 0]


def test_profile_of_one_line_and_of_none() -> None:
    one = split_profile("senior python driver")
    assert [(u.kind, u.text) for u in one.units] == [(UnitKind.HEADLINE, "senior python driver")]
    assert split_profile("").units == []
