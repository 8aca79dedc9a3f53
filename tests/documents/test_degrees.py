"""Degrees as people write them, and words that only look like degrees."""

from __future__ import annotations

import pytest

from lantern.documents.degrees import (
    ASSOCIATE,
    BACHELOR,
    DOCTORATE,
    MASTER,
    NONE,
    find_degrees,
    highest_degree,
)


@pytest.mark.parametrize(
    ("text", "rank"),
    [
        ("B.E in Civil Engineering", BACHELOR),
        ("BE Computer Science", BACHELOR),
        ("2010 to 2014 BE Mumbai", BACHELOR),
        ("B. Tech Computer Science", BACHELOR),
        ("Bcom Computer", BACHELOR),
        ("BSc Food Science", BACHELOR),
        ("BA.llb from a law college", BACHELOR),
        ("LL.B", BACHELOR),
        ("B.C.A", BACHELOR),
        ("BS/BA degree in finance", BACHELOR),
        ("bachelor’s degree in accounting", BACHELOR),
        ("equivalent.Bachelor's degree", BACHELOR),
        ("4-year degree", BACHELOR),
        ("four year college degree", BACHELOR),
        ("M.Sc", MASTER),
        ("Mba Finance", MASTER),
        ("MCA Pune", MASTER),
        ("ME(computer)", MASTER),
        ("MS in Statistics", MASTER),
        ("Masters of science information technology", MASTER),
        ("Post Graduate Diploma in Management", MASTER),
        ("Ph. D. in physics", DOCTORATE),
        ("Doctor of Pharmacy", DOCTORATE),
        ("JD from a recognised law school", DOCTORATE),
        ("Associate's degree", ASSOCIATE),
        ("Diploma Mechanical", ASSOCIATE),
        ("RN diploma", ASSOCIATE),
        ("two year technical degree", ASSOCIATE),
        ("high school diploma or GED", NONE),
        ("H.S.C", NONE),
    ],
)
def test_a_degree_has_its_rank(text: str, rank: int) -> None:
    assert highest_degree(text) == rank


@pytest.mark.parametrize(
    "text",
    [
        "be able to lift 50 pounds",
        "MUST BE ABLE TO LIFT",
        "BE IN GOOD HEALTH",
        "tell me more",
        "MS Office, MS Word and MS SQL",
        "MS-Excel",
        "MS, Word",
        "Boston, MA 02110",
        "Portland, ME",
        "MD, VA and DC",
        "supervising associates in the store",
        "Sales Associate",
        "JD Edwards, J.D. Edwards",
        "recognized by J.D. Power",
        "Certified Scrum Master in a team",
        "master data management",
        "mentoring high school students",
        "the ME management team",
        "all SSC products",
        "a high pressure environment",
    ],
)
def test_words_that_are_no_degree(text: str) -> None:
    assert find_degrees(text) == []


def test_mentions_are_exact_spans_in_reading_order() -> None:
    text = "Bachelor's degree required, MBA or Ph.D preferred."
    mentions = find_degrees(text)
    assert [text[m.start : m.end] for m in mentions] == ["Bachelor's degree", "MBA", "Ph.D"]
    assert [m.rank for m in mentions] == [BACHELOR, MASTER, DOCTORATE]


def test_a_post_graduate_diploma_is_one_mention() -> None:
    assert [m.rank for m in find_degrees("Post Graduate Diploma Information Technology")] == [
        MASTER
    ]


def test_nothing_shown_is_none_and_not_high_school() -> None:
    assert highest_degree("Five years on the road.") is None
