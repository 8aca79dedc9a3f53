"""A posting: from the source's fields to what the tables and the models hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lantern.documents.clean import clean_line, clean_text
from lantern.documents.experience import seniority
from lantern.documents.fingerprint import RENDERING_VERSION, fingerprint
from lantern.documents.lexicon import lexicon
from lantern.documents.places import region_of
from lantern.documents.sections import drop_page_script, restore_lines, unglue
from lantern.documents.unusable import (
    UnusableDocument,
    UnusableReason,
    refuse_binary,
    refuse_few_letters,
)

_MAX_TITLE: Final = 150
_MAX_LOCATION: Final = 120
# What job boards put around a title: "ACME Job Application for ...", "... Job in Las Vegas",
# "... | Monster.com function wrap(EL", "... body { margin".
_TITLE_LEAD: Final = re.compile(r"^.{0,120}?\bJob Application for\s+")
_TITLE_TAIL: Final = re.compile(
    r"\s+(?:Jobs? in\b|\|\s*\S+\.com\b|function \w+\(|var \w+ ?=|body ?\{|[.#][\w-]+ ?\{).*$"
    r"|\s+Job$"
)
# Signs left over where a source took the digits out: "#- Presiding Officer", "Specialist ()".
_TITLE_SCRAPS: Final = re.compile(r"^[\s#$*,|:;+–-]+|\(\W*\)|[\s|,*:;#/–-]+$")
# A location field that holds the contact block ends in "Springfield, MO 65810".
_CITY_STATE: Final = re.compile(r"[A-Z][A-Za-z'’. -]{1,40}, [A-Z]{2}(?: \d{5})?$")
_NO_LOCATION: Final = re.compile(
    r"\b(?:contact name|phone|fax|address|learn more)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class RawPosting:
    """A posting as the source has it."""

    posting_id: str | None
    title: str
    description: str
    organization: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting as the table ``postings`` has it; the table's comments say what each field is."""

    posting_id: str | None
    fingerprint: str
    title: str
    organization: str | None
    text: str
    fields: tuple[str, ...]
    seniority: int | None
    location: str | None
    region: str | None
    was_cut: bool


def build_posting(raw: RawPosting, *, max_chars: int, min_letters: int) -> Posting:
    """Clean a posting and find its facts.

    Args:
        raw: the source's fields.
        max_chars: the description is cut here.
        min_letters: a description with fewer letters is refused.

    Raises:
        UnusableDocument: binary, empty or too little text, or no title.
    """
    refuse_binary(raw.description)
    cleaned = clean_text(restore_lines(drop_page_script(raw.description)), max_chars=max_chars)
    refuse_few_letters(cleaned.text, min_letters)
    title = clean_title(raw.title)
    if not any(sign.isalpha() for sign in title):
        raise UnusableDocument(UnusableReason.NO_TITLE)
    organization = clean_line(raw.organization) or None
    location = clean_location(raw.location)
    return Posting(
        posting_id=raw.posting_id,
        fingerprint=fingerprint(
            RENDERING_VERSION, title, cleaned.text, organization or "", location or ""
        ),
        title=title,
        organization=organization,
        text=cleaned.text,
        fields=lexicon().classify_fields(title, (), cleaned.text),
        seniority=seniority(title),
        location=location,
        region=region_of(location),
        was_cut=cleaned.was_cut,
    )


def clean_title(raw: str) -> str:
    """The title without what a job board put around it."""
    line = _TITLE_TAIL.sub("", _TITLE_LEAD.sub("", clean_line(raw)))
    for _ in range(2):
        line = _TITLE_SCRAPS.sub("", line).strip()
    return line[:_MAX_TITLE].strip()


def clean_location(raw: str | None) -> str | None:
    """The location, or None where the field holds something else: a contact block, the posting."""
    lines = unglue(clean_line(raw, max_chars=2 * _MAX_LOCATION)).split("\n")
    if len(raw or "") <= _MAX_LOCATION and not _NO_LOCATION.search(lines[0]):
        return ", ".join(lines) or None
    city = _CITY_STATE.search(lines[-1]) if len(raw or "") <= 2 * _MAX_LOCATION else None
    return city[0].strip() if city else None
