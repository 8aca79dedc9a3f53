"""Postings are cut where their line breaks were lost, and pieces know their section."""

from __future__ import annotations

import pytest

from lantern.documents.sections import (
    Section,
    drop_page_script,
    posting_sentences,
    restore_lines,
    section_of,
    unglue,
)


@pytest.mark.parametrize(
    ("glued", "parts"),
    [
        ("Required SkillsJava, HTML", ["Required Skills", "Java, HTML"]),
        ("strong writing skillsMust drive", ["strong writing skills", "Must drive"]),
        ("pivot tables)Quality experience", ["pivot tables)", "Quality experience"]),
        ("diploma or GEDCurrent license", ["diploma or GED", "Current license"]),
        ("a university3-5 years of sales", ["a university", "3-5 years of sales"]),
        ("JavaScript, PowerPoint and MySQL", ["JavaScript, PowerPoint and MySQL"]),
        ("a PhD, iOS, GitHub, McAfee, AngularJS", ["a PhD, iOS, GitHub, McAfee, AngularJS"]),
    ],
)
def test_glued_words(glued: str, parts: list[str]) -> None:
    assert unglue(glued).split("\n") == parts


def test_wide_gaps_are_line_breaks_but_not_within_a_phrase() -> None:
    assert restore_lines("as needed \u00a0 QUALIFICATIONS: x") == "as needed\nQUALIFICATIONS: x"
    assert restore_lines("Equal  Opportunity  Employer") == "Equal Opportunity\nEmployer"


def test_page_script_and_style_sheets_go() -> None:
    raw = (
        "p.Mso, li.Mso {margin:0in; color: red;} Nurse wanted. $('span#x a').each(function (i) {})"
    )
    assert drop_page_script(raw).strip() == "Nurse wanted."


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("Minimum Qualifications", Section.REQUIRED),
        ("Preferred qualifications", Section.PREFERRED),
        ("Nice to have", Section.PREFERRED),
        ("Essential Duties and Responsibilities", Section.DUTIES),
        ("Compensation and Benefits", Section.BENEFITS),
        ("Physical Demands", Section.PHYSICAL),
        ("About us", Section.COMPANY),
        ("How to apply", Section.OTHER),
        ("Kubernetes", None),
    ],
)
def test_headings(heading: str, section: Section | None) -> None:
    assert section_of(heading) is section


def test_sections_of_a_posting_in_one_line() -> None:
    text = (
        "Acme builds boats. Responsibilities: Sail the boat. Clean the deck. "
        "Qualifications: 2+ years of sailing. A boating license. "
        "Preferred Qualifications: Diving. Benefits: Fresh air."
    )
    found = [(s.text, s.section) for s in posting_sentences(text)]
    assert found == [
        ("Acme builds boats.", Section.NONE),
        ("Sail the boat.", Section.DUTIES),
        ("Clean the deck.", Section.DUTIES),
        ("2+ years of sailing.", Section.REQUIRED),
        ("A boating license.", Section.REQUIRED),
        ("Diving.", Section.PREFERRED),
        ("Fresh air.", Section.BENEFITS),
    ]


def test_run_on_lists_are_cut_at_telling_words() -> None:
    text = "Requirements: High school diploma Must be 18 years Strong math skills Ability to lift"
    assert [s.text for s in posting_sentences(text)] == [
        "High school diploma",
        "Must be 18 years",
        "Strong math skills",
        "Ability to lift",
    ]


def test_a_heading_word_within_an_item_is_no_heading() -> None:
    text = "Requirements:\nBenefits and compensation administration\nWho you are\nA calm person"
    assert [(s.text, s.section) for s in posting_sentences(text)] == [
        ("Benefits and compensation administration", Section.REQUIRED),
        ("A calm person", Section.REQUIRED),
    ]
