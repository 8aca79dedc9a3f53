"""Requirement extraction: what is kept, what is dropped, and how each item is read."""

from __future__ import annotations

import csv
import statistics
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantern.documents.clean import clean_text
from lantern.documents.posting import RawPosting, build_posting
from lantern.documents.requirements import (
    EXTRACTOR,
    MAX_REQUIREMENTS,
    extract_requirements,
)
from lantern.fit import (
    Assessment,
    FitLevel,
    Importance,
    Requirement,
    RequirementKind,
    Verdict,
    VerdictKind,
    parse_explanation,
    render_explanation,
)

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "postings.csv"

POSTING = """About us: Harbour Health runs nine clinics and is a leading provider of care.
Responsibilities:
- Take vital signs
- Must keep records as required by law
Qualifications:
- Associate degree in nursing required; bachelor's degree preferred
- 3+ years of experience in a clinic
- Current RN license and CPR certification
- Strong communication skills
- Experience with Epic or Cerner
- Able to lift 40 lbs
- Spanish a plus
Benefits: dental, 401k, paid time off. Must love cake.
We are an equal opportunity employer. Must have a pulse.
"""


def extracted(text: str, title: str = "Job") -> tuple[Requirement, ...]:
    return extract_requirements(title, text).requirements


def one(text: str) -> Requirement:
    found = extracted(f"Qualifications:\n- {text}")
    assert len(found) == 1, found
    return found[0]


def test_a_recruiters_list() -> None:
    texts = [(r.text, r.importance.value, r.kind.value) for r in extracted(POSTING)]
    assert texts == [
        ("Associate degree in nursing", "must_have", "degree"),
        ("3+ years of experience in a clinic", "must_have", "experience"),
        ("Current RN license and CPR certification", "must_have", "certificate"),
        ("Strong communication skills", "must_have", "skill"),
        ("Experience with Epic or Cerner", "must_have", "skill"),
        ("Able to lift 40 lbs", "must_have", "skill"),
        ("Bachelor's degree", "nice_to_have", "degree"),
        ("Spanish", "nice_to_have", "skill"),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "years", "degree"),
    [
        ("5+ years of Java", RequirementKind.EXPERIENCE, 5, None),
        ("Minimum of three (3) to five (5) years in sales", RequirementKind.EXPERIENCE, 3, None),
        ("At least 18 months of experience in retail", RequirementKind.EXPERIENCE, 1.5, None),
        ("Bachelor's degree or equivalent experience", RequirementKind.DEGREE, None, 2),
        ("Bachelor's or Master's degree in biology", RequirementKind.DEGREE, None, 2),
        ("High school diploma or GED", RequirementKind.DEGREE, None, 0),
        ("Valid driver's license", RequirementKind.CERTIFICATE, None, None),
        ("Must be at least 21 years of age", RequirementKind.OTHER, None, None),
        ("Four year college degree", RequirementKind.DEGREE, None, 2),
    ],
)
def test_kinds(text: str, kind: RequirementKind, years: float | None, degree: int | None) -> None:
    requirement = one(text)
    assert (requirement.kind, requirement.years, requirement.degree) == (kind, years, degree)


@pytest.mark.parametrize(
    ("text", "skills", "any_of"),
    [
        ("Experience with Java or Python", {"Java", "Python"}, True),
        ("Experience with Java and Python", {"Java", "Python"}, False),
        ("Databases such as MySQL, PostgreSQL", {"MySQL", "PostgreSQL"}, True),
    ],
)
def test_alternatives(text: str, skills: set[str], any_of: bool) -> None:
    requirement = one(text)
    assert skills <= set(requirement.skills)
    assert requirement.any_of is any_of


@pytest.mark.parametrize(
    "cue", ["preferred", "a plus", "is desired", "would be helpful", "(nice to have)"]
)
def test_cues_of_nice_to_have(cue: str) -> None:
    assert one(f"Experience with Kubernetes {cue}").importance is Importance.NICE_TO_HAVE


def test_the_heading_decides_without_a_cue() -> None:
    found = extracted("Preferred skills:\n- Kubernetes\n- Docker is a must")
    assert [(r.text, r.importance) for r in found] == [
        ("Docker", Importance.MUST_HAVE),
        ("Kubernetes", Importance.NICE_TO_HAVE),
    ]


def test_a_degree_and_years_in_one_sentence_are_two_requirements() -> None:
    found = extracted(
        "Bachelor's degree in finance and 4 years of experience in auditing required."
    )
    assert [(r.kind.value, r.years, r.degree) for r in found] == [
        ("degree", None, 2),
        ("experience", 4, None),
    ]


def test_a_long_list_of_skills_is_one_item_a_skill() -> None:
    found = extracted("Required Skills\nJava, HTML, XML, CSS, SQL and JavaScript")
    assert [r.text for r in found] == ["Java", "HTML", "XML", "CSS", "SQL", "JavaScript"]


def test_glued_postings_are_taken_apart() -> None:
    found = extracted(
        "Keep the books.Qualifications & Requirements:High school diplomaMinimum 2 years of "
        "bookkeepingProficient in ExcelMust have a valid driver's license"
    )
    assert [r.text for r in found] == [
        "High school diploma",
        "Minimum 2 years of bookkeeping",
        "Proficient in Excel",
        "Valid driver's license",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Responsibilities: Manage the store. Train new staff. Report to the owner.",
        "We offer dental insurance, 401k and a competitive salary.",
        "All qualified applicants will receive consideration without regard to race or religion.",
        "Please send your resume to the office. No experience required, we will train you.",
        "Other duties as assigned. May be required to travel.",
        "",
        "🙂🎉",
        "12345 67890",
    ],
)
def test_what_is_no_requirement(text: str) -> None:
    result = extract_requirements("Clerk", text)
    assert result.requirements == ()
    assert result.model_text == "Clerk"
    assert result.words_kept == 0


def test_lead_in_phrases_are_dropped() -> None:
    assert one("The ideal candidate will have a background in logistics").text == (
        "Background in logistics"
    )
    assert one("Candidates must possess strong typing skills").text == "Strong typing skills"


def test_the_number_of_requirements_is_bounded_and_must_haves_win() -> None:
    nice = "\n".join(f"- Knowledge of subject{i}x is preferred" for i in range(30))
    must = "\n".join(f"- {i + 2} years of trade{i}x experience" for i in range(12))
    found = extracted(f"Qualifications:\n{nice}\n{must}")
    assert len(found) == MAX_REQUIREMENTS
    assert [r.importance for r in found[:12]] == [Importance.MUST_HAVE] * 12


def test_model_text_groups_by_importance() -> None:
    result = extract_requirements("Cook", "Qualifications:\n- Knife skills\n- French a plus")
    assert result.model_text == "Cook\nMust have: Knife skills\nNice to have: French"
    assert result.extractor == EXTRACTOR


def test_the_version_follows_what_was_found_and_nothing_else() -> None:
    base = extract_requirements("Cook", "Qualifications:\n- Knife skills")
    same = extract_requirements("Cook", "We are fun.\nQualifications:\n- Knife skills")
    other = extract_requirements("Cook", "Qualifications:\n- Knife skills a plus")
    assert base.version == same.version != other.version


LINES = st.lists(
    st.one_of(
        st.text(max_size=80),
        st.sampled_from(
            [
                "Qualifications:",
                "Preferred:",
                'Must have "quoted" skills: "x"',
                "5+ years of Java or C# experience",
                "Java, SQL, HTML, CSS, Python, Excel, Word",
                "(" * 30,
                "a" * 500,
                "required " * 50,
            ]
        ),
    ),
    max_size=12,
).map("\n".join)


@given(LINES)
@settings(deadline=None, max_examples=50)
def test_any_text_gives_clean_unique_ordered_requirements(raw: str) -> None:
    text = clean_text(raw).text
    result = extract_requirements("Title", text)
    texts = [r.text for r in result.requirements]
    assert len(set(texts)) == len(texts) <= MAX_REQUIREMENTS
    for item in texts:
        assert 0 < len(item) <= 200
        assert not set('"\n\r') & set(item)
        assert item == item.strip()
    importances = [r.importance is Importance.NICE_TO_HAVE for r in result.requirements]
    assert importances == sorted(importances)
    assert result == extract_requirements("Title", text)
    # The explanation that lists them can be read back.
    verdicts = tuple(Verdict(item, VerdictKind.NOT_SHOWN) for item in texts)
    assessment = Assessment(FitLevel.LOW, verdicts, "One. Two.", "Apply elsewhere.")
    assert parse_explanation(render_explanation(assessment)) == assessment


@pytest.mark.skipif(not REAL.exists(), reason="the real postings are not here")
def test_real_postings_keep_about_a_fifth() -> None:
    csv.field_size_limit(sys.maxsize)
    with REAL.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = list(csv.DictReader(file))[::4]
    shares, empty = [], 0
    for row in rows:
        raw = RawPosting(None, row["job_title"], row["job_description"])
        posting = build_posting(raw, max_chars=60_000, min_letters=20)
        result = extract_requirements(posting.title, posting.text)
        shares.append(result.words_kept / result.words_before)
        empty += not result.requirements
    assert 0.15 < statistics.mean(shares) < 0.30
    assert empty / len(rows) < 0.15


def test_prose_of_two_requirements_is_split() -> None:
    found = extracted(
        "Your profile\nYou have 3+ years in backend development and BSc in Computer Science. "
        "We ask for good command of SQL as well as hands-on experience with AWS. "
        "A plus would be some knowledge of Rust.\nPerks\nFree parking and fresh fruit"
    )
    assert [(r.text, r.importance.value) for r in found] == [
        ("3+ years in backend development", "must_have"),
        ("BSc in Computer Science", "must_have"),
        ("Good command of SQL", "must_have"),
        ("Hands-on experience with AWS", "must_have"),
        ("Some knowledge of Rust", "nice_to_have"),
    ]


def test_a_combination_of_education_and_experience_is_one_requirement() -> None:
    text = "Equivalent combination of education and related experience in sales required"
    assert [r.text for r in extracted(text)] == [text.removesuffix(" required")]


def test_a_closing_bracket_is_no_lettered_list() -> None:
    found = extracted("Qualifications:\nDrawing blood (required)\nCharting (nice to have)\nTriage")
    assert [r.text for r in found] == ["Drawing blood", "Triage", "Charting"]


@pytest.mark.parametrize("text", ["Five or more years in carpentry", "5+ years in carpentry"])
def test_years_or_more(text: str) -> None:
    assert one(text).years == 5
