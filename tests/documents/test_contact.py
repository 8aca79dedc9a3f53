"""Contact data and names leave the text; versions of products and years stay."""

from __future__ import annotations

import pytest

from lantern.documents.contact import drop_contact, drop_full_name, drop_name


@pytest.mark.parametrize(
    "contact",
    [
        "ada@example.org",
        "ada . lovelace@mail.example.co.uk".replace(" . ", "."),
        "+44 20 7946 0958",
        "(555) 010-4477",
        "555-010-4477",
        "https://example.org/ada?x=1",
        "www.example.org",
        "linkedin.com/in/ada",
        "[PHONE]",
    ],
)
def test_contact_is_dropped(contact: str) -> None:
    assert drop_contact(f"Java developer {contact} since then") == "Java developer since then"


@pytest.mark.parametrize(
    "text",
    [
        "SQL Server 2016/2014/2012/2008 R2",
        "ASP.NET and VB.NET",
        "from 2012 - 2016",
        "managed 1,500,000 rows",
        "Node.js",
        "ISO 9001:2015",
    ],
)
def test_what_only_looks_like_contact_stays(text: str) -> None:
    assert drop_contact(text) == text


def test_the_full_name_goes_however_it_is_written() -> None:
    text = "Name: Mary Ann Evans\nMARY  ANN EVANS is a nurse. Maryanne stays."
    assert drop_full_name(text, "Mary Ann Evans").split() == [
        "is",
        "a",
        "nurse.",
        "Maryanne",
        "stays.",
    ]


def test_a_name_around_a_name_goes_too() -> None:
    assert "John Smith" not in " ".join(
        drop_full_name("John John Smith Smith", "John Smith").split()
    )


def test_a_single_name_goes_only_as_written() -> None:
    assert drop_full_name("Grace showed grace", "Grace").split() == ["showed", "grace"]


def test_parts_of_the_name_go_from_the_rendering() -> None:
    assert drop_name("Mark led sales. Evans's team will mark it.", "Mark Evans") == (
        "led sales. team will mark it."
    )
