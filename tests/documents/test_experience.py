"""Years as postings ask for them and profiles show them, and what a title says of a rank."""

from __future__ import annotations

import datetime as dt

import pytest

from lantern.documents.experience import (
    ENTRY,
    EXECUTIVE,
    INTERN,
    MANAGER,
    MID,
    SENIOR,
    find_years,
    seniority,
    stated_years,
    years_of_experience,
)

TODAY = dt.date(2020, 1, 15)


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("3-5 years", 3),
        ("3 - 5 years of experience", 3),
        ("5+ yrs", 5),
        ("at least two years", 2),
        ("minimum of 18 months", 1.5),
        ("three (3) years", 3),
        ("one (1) to three (3) years", 1),
        ("two or more years", 2),
        ("10 plus years", 10),
        ("2+ years' experience", 2),
        ("five-year track record", 5),
        ("1.5 years", 1.5),
        ("required.7 years of sales", 7),
    ],
)
def test_a_stated_length(text: str, years: float) -> None:
    assert [mention.years for mention in find_years(text)] == [years]


@pytest.mark.parametrize(
    "text",
    [
        "at least 18 years of age",
        "21 years or older",
        "a 4 year degree",
        "within 12 months of hire",
        "in the last 3 years",
        "for over 100 years",
        "Less than 1 year months",
        "0-2 years",
        "$45 years",
        "eligible after 90 days",
    ],
)
def test_lengths_that_are_no_experience(text: str) -> None:
    assert find_years(text) == []


def test_the_span_holds_the_whole_phrase() -> None:
    text = "Needs three (3) to five (5) years in sales."
    (mention,) = find_years(text)
    assert text[mention.start : mention.end] == "three (3) to five (5) years"


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("Jan 2016 - Dec 2019", 3.9),
        ("2008 to 2012", 4.0),
        ("June 2016 to 30th November 2018", 2.4),
        ("July2015to June2018", 2.9),
        ("MAY 2016 -DEC 2018", 2.6),
        ("09/2015 - 12/2018", 3.2),
        ("Jan '16 - Dec '18", 2.9),
        ("Nov. 2016 to Feb 2019", 2.2),
    ],
)
def test_a_closed_range_needs_no_today(text: str, years: float) -> None:
    assert years_of_experience(text) == years


@pytest.mark.parametrize(
    "end",
    ["till date", "Till Date", "to till the date", "- Present", "- current", "to Still on going"],
)
def test_an_open_range_counts_only_with_today(end: str) -> None:
    text = f"Jan 2018 {end}"
    assert years_of_experience(text) is None
    assert years_of_experience(text, today=TODAY) == 2.0


def test_overlaps_count_once_and_gaps_not_at_all() -> None:
    assert years_of_experience("2010 - 2014\n2012 - 2015\n2017 - 2018") == 6.0


def test_study_is_no_experience() -> None:
    assert years_of_experience("August 2010 to May 2014 BE Electronics, Jabalpur") is None
    assert years_of_experience("2010 to 2014 State University\n2015 to 2018 Clerk") == 3.0


def test_months_beside_skills_do_not_sum_up() -> None:
    skills = "Python- Exprience - 24 months\nJava- Exprience - 24 months"
    assert years_of_experience(skills, today=TODAY) is None
    assert stated_years(skills) is None


def test_a_range_that_ends_before_it_begins_is_ignored() -> None:
    assert years_of_experience("Jan 2019 - Dec 2017") is None


def test_stated_years_takes_the_longest_claim() -> None:
    assert stated_years("2 years of experience in SQL; 7 years of professional work") == 7.0


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("Product Manager Intern", INTERN),
        ("Management Trainee", INTERN),
        ("Junior Sales Manager", ENTRY),
        ("Warehouse Associate", ENTRY),
        ("Assistant Store Manager", SENIOR),
        ("Sr. SAP Analyst", SENIOR),
        ("Tech Lead", SENIOR),
        ("Principal Engineer", SENIOR),
        ("Shift Supervisor", MANAGER),
        ("Director of Nursing", MANAGER),
        ("VP Sales", EXECUTIVE),
        ("CTO", EXECUTIVE),
        ("Chief Financial Officer", EXECUTIVE),
    ],
)
def test_a_title_that_names_a_rank(title: str, level: int) -> None:
    assert seniority(title, years=4) == level


@pytest.mark.parametrize(
    "title",
    [
        "Java Developer",
        "Executive Assistant",
        "Physician Assistant",
        "Account Manager",
        "Lead Generation Specialist",
        "HR Business Partner",
        "Assistant to the CEO",
        "Student Counselor",
        None,
        "",
    ],
)
def test_a_title_without_rank_leaves_it_to_the_years(title: str | None) -> None:
    assert seniority(title) is None
    assert seniority(title, 0.5) == ENTRY
    assert seniority(title, 4) == MID
    assert seniority(title, 12) == SENIOR
