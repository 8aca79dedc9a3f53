"""Postings: titles, locations, fingerprints and what is refused."""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lantern.documents.posting import RawPosting, build_posting, clean_location, clean_title
from lantern.documents.unusable import UnusableDocument

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "postings.csv"
RAW = RawPosting(
    posting_id="p1",
    title="Senior Data Engineer Job in Las Vegas",
    description="We store data. Qualifications: 5+ years of Python. SQL is a must.",
    organization="Acme",
    location="Las Vegas, NV 89101",
)


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("Data Engineer Job in Las Vegas", "Data Engineer"),
        ("Acme LLC Job Application for Diesel Mechanic | Board.com var LOG = {", "Diesel Mechanic"),
        ("#- Presiding Officer Job in  function wrap(EL", "Presiding Officer"),
        ("Coordinator Job in Rome  body { margin:px; } #x { color: red", "Coordinator"),
        ("Project Manager () - ", "Project Manager"),
        (".NET Developer", ".NET Developer"),
        ("(Auto) Claims Adjuster", "(Auto) Claims Adjuster"),
        ("Job Coach", "Job Coach"),
        ("Data\u200b Engineer &amp; Analyst", "Data Engineer & Analyst"),
    ],
)
def test_titles(raw: str, title: str) -> None:
    assert clean_title(raw) == title
    assert clean_title(title) == title


@pytest.mark.parametrize(
    ("raw", "location"),
    [
        ("Dallas, TX 75201", "Dallas, TX 75201"),
        ("DallasTX", "Dallas, TX"),
        ("« back Learn More", None),
        ("Contact name Ada Byron", None),
        ("Phone 555-010-4477 Address 1 Main StreetSpringfield, MO 65810", "Springfield, MO 65810"),
        ("We are a company with a long story. " * 20, None),
        ("", None),
        (None, None),
    ],
)
def test_locations(raw: str | None, location: str | None) -> None:
    assert clean_location(raw) == location


def test_a_posting() -> None:
    posting = build_posting(RAW, max_chars=1000, min_letters=20)
    assert posting.title == "Senior Data Engineer"
    assert (posting.region, posting.seniority, posting.organization) == ("NV", 3, "Acme")
    assert posting.fields[0] == "data"
    assert posting.was_cut is False


def test_the_fingerprint_follows_what_is_seen() -> None:
    base = build_posting(RAW, max_chars=1000, min_letters=20)
    same = build_posting(replace(RAW, posting_id="p2"), max_chars=1000, min_letters=20)
    other = build_posting(
        replace(RAW, description=RAW.description + " Docker."), max_chars=1000, min_letters=20
    )
    assert base.fingerprint == same.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("description", "title", "reason"),
    [
        ("", "Nurse", "empty"),
        ("🙂🎉", "Nurse", "no letters"),
        ("Nurse", "Nurse", "too few letters"),
        ("%PDF-1.4 obj stream endobj xref trailer", "Nurse", "binary content"),
        (RAW.description, "###", "no title"),
    ],
)
def test_what_is_refused(description: str, title: str, reason: str) -> None:
    with pytest.raises(UnusableDocument, match=reason):
        build_posting(RawPosting("p", title, description), max_chars=1000, min_letters=20)


@pytest.mark.skipif(not REAL.exists(), reason="the real postings are not here")
def test_every_real_posting_is_usable() -> None:
    csv.field_size_limit(sys.maxsize)
    with REAL.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = list(csv.DictReader(file))[::5]
    for row in rows:
        raw = RawPosting(
            None, row["job_title"], row["job_description"], row["organization"], row["location"]
        )
        posting = build_posting(raw, max_chars=60_000, min_letters=20)
        assert "var " not in posting.title
        assert " Job in" not in posting.title
        assert "function (" not in posting.text
        assert len(posting.location or "") <= 120
