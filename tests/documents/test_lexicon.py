"""The lexicon: its data hold together, skills are found as people write them, fields are told."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from lantern.documents.lexicon import (
    GENERAL_FIELD,
    Lexicon,
    SkillKind,
    build_lexicon,
    classify_fields,
    find_skills,
    lexicon,
    occupation_of,
)

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def names(text: str) -> list[str]:
    return [mention.skill for mention in find_skills(text)]


# --- the data


def test_it_covers_the_market() -> None:
    words = lexicon()
    assert len(words.fields) >= 10
    assert len(words.occupations) >= 60
    assert len(words.skills) >= 600
    certificates = [s for s in words.skills.values() if s.kind is SkillKind.CERTIFICATE]
    assert len(certificates) >= 60
    assert {"PMP", "CPA", "CISSP", "Commercial Driver's License"} <= {c.name for c in certificates}


def test_every_field_has_occupations_and_every_occupation_enough_skills() -> None:
    words = lexicon()
    assert {occupation.field for occupation in words.occupations.values()} == set(words.fields)
    for occupation in words.occupations.values():
        assert len(occupation.skills) >= 4, occupation.name
        assert len(set(occupation.skills)) == len(occupation.skills), occupation.name
        assert all(
            words.skills[name].kind is SkillKind.CERTIFICATE for name in occupation.certificates
        ), occupation.name


def test_related_is_symmetric_and_never_the_skill_itself() -> None:
    words = lexicon()
    for skill in words.skills.values():
        assert skill.name not in skill.related
        for other in skill.related:
            assert skill.name in words.skills[other].related


def test_every_unambiguous_alias_finds_its_own_skill() -> None:
    words = lexicon()
    guarded = {
        phrase.text.casefold()
        for phrase in words._skill_matcher.phrases
        if phrase.guarded or phrase.target is None
    }
    for skill in words.skills.values():
        for alias in (skill.name, *skill.aliases):
            if alias.casefold() not in guarded:
                assert names(f"Work: {alias}, other.") == [skill.name], alias


def test_every_title_names_its_own_occupation() -> None:
    words = lexicon()
    for occupation in words.occupations.values():
        for title in (occupation.name, *occupation.titles):
            assert words.occupation_of(title) == occupation.name, title


# --- finding skills


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Deployed on k8s and Amazon Web Services", ["Kubernetes", "AWS"]),
        ("C, C++, C#, .NET, Node.js", ["C", "C++", "C#", ".NET", "Node.js"]),
        ("ASP.NET MVC; VB.NET", ["ASP.NET", "Visual Basic"]),
        ("g/l entries, A/P and A/R", ["General Ledger", "Accounts Payable", "Accounts Receivable"]),
        ("R, Python and SAS", ["R", "Python", "SAS"]),
        ("Go, Rust and Java", ["Go", "Rust", "Java"]),
        ("spring, hibernate and struts in Java", ["Spring", "Hibernate", "Struts", "Java"]),
        ("CI/CD with Jenkins", ["Continuous Integration", "Jenkins"]),
        ("MS Word, Excel, Outlook", ["Microsoft Word", "Microsoft Excel", "Microsoft Outlook"]),
        ("R.N. with BLS", ["Registered Nurse License", "BLS"]),
        ("CompTIA Security+ or Network+", ["CompTIA Security+", "CompTIA Network+"]),
        ("Neural networks and REST APIs", ["Deep Learning", "REST APIs"]),
        ("class A CDL", ["Commercial Driver's License"]),
        ("Valid driver’s license", ["Driver's License"]),
        ("front-end development", ["Front-End Development"]),
    ],
)
def test_skills_as_people_write_them(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "You will excel in this role and go far.",
        "Vitamin C and plan B.",
        "We hire in spring; the rest of the team is in a hive of activity.",
        "Sass is not what we expect, and it is a must.",
        "Access to the building is by word of mouth.",
        "Javanese coffee in the zoo.",
        "C-level visitors drop by.",
        "Let us go to the market.",
        "We protect the network and ensure security.",
        "Our organization is an equal opportunity employer, hiring now.",
        "react quickly and stay swift",
    ],
)
def test_words_that_only_look_like_skills(text: str) -> None:
    assert names(text) == []


def test_the_longest_alias_wins() -> None:
    assert names("SQL Server Integration Services") == ["SSIS"]
    assert names("JavaScript") == ["JavaScript"]


def test_mentions_are_exact_spans_of_one_line() -> None:
    text = "Data\nentry of invoices.\nNaïve Bayes — émigré Python 3\r\nmachine  learning"
    found = find_skills(text)
    assert [text[m.start : m.end] for m in found] == [
        "invoices",
        "Naïve Bayes",
        "Python",
        "machine  learning",
    ]


def test_a_phrase_does_not_span_sentences() -> None:
    assert "Data Analysis" not in names("We keep data. Analysis of soil follows.")


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\x00", "😀" * 50, "." * 500, "İİ Python"])
def test_odd_text_is_no_problem(text: str) -> None:
    for mention in find_skills(text):
        assert text[mention.start : mention.end] == "Python"


def test_a_guarded_alias_needs_a_neighbour_within_reach() -> None:
    assert names("R" + " and so on" * 30 + " Python") == ["Python"]
    assert names("R beside C") == []


def test_a_long_text_takes_linear_time() -> None:
    line = "Built data pipelines in Python and SQL for C and R teams, k8s, accounts payable. "

    def seconds(repeats: int) -> float:
        text = line * repeats
        best = float("inf")
        for _ in range(3):
            begin = time.process_time()
            find_skills(text)
            best = min(best, time.process_time() - begin)
        return best

    seconds(10)
    # Linear would be 8; a quadratic search would be 64.
    assert seconds(800) < 24 * seconds(100)


# --- occupations and fields


@pytest.mark.parametrize(
    ("title", "occupation"),
    [
        ("Sr. Java/J2EE Developer", "java developer"),
        ("Registered Nurse - ICU Full Time Days", "registered nurse"),
        ("Experienced Restaurant Manager Job in Baton Rouge", "restaurant manager"),
        ("CDL-A Truck Drivers", "truck driver"),
        ("CASHIER", "cashier"),
        ("Legal Secretary - Litigation", "paralegal"),
        ("Site Reliability Engineer", "devops engineer"),
        ("Accounts Payable Specialist", "bookkeeper"),
        ("Ninja of nothing", None),
        ("", None),
    ],
)
def test_the_occupation_of_a_title(title: str, occupation: str | None) -> None:
    assert occupation_of(title) == occupation


def test_the_headline_weighs_more_than_passing_words() -> None:
    text = "Coordinates with sales, marketing and advertising about patient care."
    assert classify_fields("Registered Nurse", (), text)[0] == "healthcare"


def test_two_fields_when_both_are_shown() -> None:
    assert set(classify_fields(None, ("Python", "Java", "SQL", "ETL"), "")) == {"software", "data"}


def test_soft_and_general_skills_are_no_evidence_of_a_field() -> None:
    assert classify_fields(None, ("Communication", "Microsoft Excel"), "") == ("other",)
    assert classify_fields(None, (), "") == ("other",)
    assert GENERAL_FIELD not in lexicon().fields


# --- data that contradict themselves


def test_an_alias_of_two_skills_is_refused() -> None:
    with pytest.raises(ValueError, match="stands for"):
        build_lexicon([{"field": "a", "skills": {"One": ["same"], "Two": ["same"]}}])


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="'Nothing'"):
        build_lexicon([{"field": "a", "skills": {"One": []}, "related": [["One", "Nothing"]]}])


def test_an_unknown_section_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown sections"):
        build_lexicon([{"field": "a", "skils": {}}])


def test_a_skill_defined_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        build_lexicon([{"field": f, "skills": {"One": []}} for f in "ab"])


# --- the real files


def _rows(name: str) -> list[dict[str, str]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"shared/data/{name} is not here")
    csv.field_size_limit(10**9)
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        return list(csv.DictReader(lines))


def _share_with_skills(words: Lexicon, texts: list[str], least: int) -> float:
    return sum(len(words.skill_names(text)) >= least for text in texts) / len(texts)


def test_real_resumes_show_skills_and_a_field() -> None:
    texts = [row["Resume"] for row in _rows("resumes.csv")]
    assert _share_with_skills(lexicon(), texts, 3) > 0.92
    placed = [classify_fields(None, (), text) != ("other",) for text in texts]
    assert sum(placed) / len(placed) > 0.98


def test_real_postings_show_skills_and_a_field() -> None:
    rows = _rows("postings.csv")
    assert _share_with_skills(lexicon(), [row["job_description"] for row in rows], 3) > 0.91
    placed = [classify_fields(r["job_title"], (), r["job_description"]) != ("other",) for r in rows]
    assert sum(placed) / len(placed) > 0.98
