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
from lantern.documents.sections import drop_page_script, restore_lines
from lantern.documents.unusable import (
    UnusableDocument,
    UnusableReason,
    refuse_binary,
    refuse_few_letters,
)

_MAX_TITLE: Final = 150
# What job boards append to a title: "... Job in Las Vegas", "| Monster.com function wrap(EL".
_TITLE_TAIL: Final = re.compile(
    r"\s+(?:Job (?:in\b|Application for\b)|\|\s*\S+\.com\b|function \w+\(|var \w+ ?=).*$"
)
_TITLE_LEAD: Final = re.compile(r"^.{0,60}\bJob Application for\s+")


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
    location = clean_line(raw.location) or None
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
    line = clean_line(raw, max_chars=_MAX_TITLE)
    return _TITLE_TAIL.sub("", _TITLE_LEAD.sub("", line)).strip(" -–|,")
