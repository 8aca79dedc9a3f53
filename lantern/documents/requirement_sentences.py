"""Which sentences of a posting state a requirement, and how firmly.

A sentence counts because of where it stands (under "Qualifications") or because of what it says
("must have", "3+ years of"); what the company offers, what the job holder will do and the legal
text at the end never count, wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lantern.documents import requirement_cues as cues
from lantern.documents.contact import holds_contact
from lantern.documents.sections import Section, Sentence
from lantern.fit import Importance

# "Minimum 3 years in underwriting, excess lines preferred"
_MIXED: Final = re.compile(
    r"(?P<first>.{12,}?)(?:[,;(.] ?|(?<=required) )"
    r"(?P<second>(?!(?:or|and|if|but|although|etc)\b)(?:[^\s,;()]+ ){1,9}?[^\s,;()]*(?:strongly |"
    r"highly |is |are )*"
    r"(?:preferred|a (?:big |huge |definite )?plus|desired|desirable|helpful))\)?[.!]?",
    re.IGNORECASE,
)
_DEGREE_AND_YEARS: Final = re.compile(
    r"(?P<first>.{0,90}?\b(?:degree|diploma|bachelor['’]?s?|master['’]?s?|GED|B\.?S\.?|B\.?A\.?)\b"
    r"[^.;]{0,80}?)(?:,? and|,? with|,? plus|,? \+|,|;|\.)\s+"
    rf"(?P<second>(?:a )?(?:minimum (?:of )?|at least )?{cues.YEARS}.{{4,}})",
    re.IGNORECASE,
)
# "3 years in sales and a bachelor's degree", "good command of SQL as well as experience with AWS";
# but "a combination of education and related experience" is one.
_JOINED: Final = re.compile(
    r"(?P<first>(?:\S+ ){2,}?\S+?)(?<!education)(?<!training)(?<!combination)"
    r"(?:,? and|,? as well as|, plus) (?P<second>"
    r"(?:an? )?(?:track record|completed training|associate['’]?s? degree|bachelor['’]?s?|"
    r"master['’]?s?|bsc|ba in|bs in|b\.s\.|msc)\b.{4,}"
    r"|(?:an? )?(?:[\w'’-]+ ){1,3}licen[cs]e\b.*"
    r"|(?:an? )?(?!education|training)(?:[\w-]+,? ){1,3}(?:experience|knowledge|command|"
    r"understanding) "
    r"(?:in|of|with) .{3,})",
    re.IGNORECASE,
)
_FIRM_WORD: Final = re.compile(r"\bmust\b|(?<!not )\brequired\b")
_LETTERS: Final = re.compile(r"[^\W\d_]{2,}")
_MAX_WORDS: Final = 60
_MAX_WORDS_UNCUED: Final = 16
_MAX_WORDS_PHRASE: Final = 5
_MAX_PHYSICAL: Final = 2
"""Of the demands on the body and the shifts, so many are kept: more tell nothing of the fit."""


@dataclass(frozen=True, slots=True)
class RequirementSentence:
    """A sentence that states one requirement, or a list of skills."""

    text: str
    importance: Importance


def requirement_sentences(sentences: Iterable[Sentence]) -> Iterator[RequirementSentence]:
    """Those of a posting's sentences that a recruiter would keep, in the posting's order."""
    listing, physical = True, 0
    section = Section.NONE
    for sentence in sentences:
        if sentence.section is not section:
            section, listing = sentence.section, True
        lower = sentence.text.lower()
        if _ends_list(lower):
            # Nobody writes a new heading before the legal text: the list is over.
            listing = False
            continue
        if not _states_requirement(sentence.text, lower, section, listing):
            continue
        if cues.PHYSICAL.search(lower):
            physical += 1
            if physical > _MAX_PHYSICAL:
                continue
        preferred = section is Section.PREFERRED
        for text in _parts(sentence.text):
            yield RequirementSentence(text, importance_of(text, preferred=preferred))


def importance_of(text: str, *, preferred: bool) -> Importance:
    """Must-have or nice-to-have, by the cue words outside brackets, else by the section."""
    bare = cues.ASIDE.sub(" ", text.lower())
    if cues.NICE.search(bare) and not cues.FIRM.search(bare):
        return Importance.NICE_TO_HAVE
    if preferred and not _FIRM_WORD.search(bare):
        return Importance.NICE_TO_HAVE
    return Importance.MUST_HAVE


def _ends_list(lower: str) -> bool:
    if any(map(lower.__contains__, cues.ENDS_LIST)) or cues.ENDS_LIST_WORD.search(lower):
        # "... with 10 years of experience to join our practice" asks for something all the same.
        return not (cues.ASKS_YEARS.search(lower) and "opportunit" not in lower)
    return False


def _states_requirement(text: str, lower: str, section: Section, listing: bool) -> bool:
    if section in (Section.BENEFITS, Section.COMPANY) or text.endswith("?"):
        return False
    listed = listing and section in (Section.REQUIRED, Section.PREFERRED)
    cued = _is_cued(lower)
    if not (listed or cued) or not _LETTERS.search(text):
        return False
    words = text.count(" ") + 1
    if words > _MAX_WORDS or any(map(lower.__contains__, cues.NO_REQUIREMENT)):
        return False
    asks = cues.FIRM.search(lower) is not None or cues.ASKS_YEARS.search(lower) is not None
    # "We are looking for a nurse with ..." is told apart by what follows.
    seeks = lower.startswith("we ") and cues.STATES_REQUIREMENT.search(lower) is not None
    if cues.OPENS_NO_REQUIREMENT.match(lower) and not (cued and (asks or seeks)):
        return False
    if cues.DUTY_VERB.match(lower) and not asks:
        return False
    if section is Section.PHYSICAL:
        return cued and cues.PHYSICAL.search(lower) is not None
    if cued:
        return asks or not cues.IS_NARRATIVE.match(lower)
    # "Integrity: Demonstrates honest behavior" is as much of a duty without its label.
    told = lower.rpartition(": ")[2]
    return (
        words <= _MAX_WORDS_UNCUED
        and not cues.ACTS.match(told)
        and not cues.DUTY_VERB.match(told)
        and not (words > _MAX_WORDS_PHRASE and cues.FINITE.search(lower))
        and not cues.IS_NARRATIVE.match(lower)
        and not holds_contact(text)
    )


def _is_cued(lower: str) -> bool:
    if not any(map(lower.__contains__, cues.MAY_STATE)):
        return False
    return bool(
        cues.OPENS_REQUIREMENT.match(lower)
        or cues.STATES_REQUIREMENT.search(lower)
        or cues.ENDS_REQUIRED.search(lower)
        or cues.ASKS_YEARS.search(lower)
    )


def _parts(text: str) -> Iterator[str]:
    """A sentence of two requirements ("degree and 3 years", "X required, Y preferred") as two."""
    mixed = _MIXED.fullmatch(text) if cues.NICE.search(text.lower()) else None
    if mixed and _is_cued(mixed["first"].lower()) and not cues.NICE.search(mixed["first"].lower()):
        yield mixed["first"].strip(" ,;(")
        yield mixed["second"].strip(" ,;)")
        return
    for pattern in (_DEGREE_AND_YEARS, _JOINED):
        both = pattern.fullmatch(text)
        if both:
            yield both["first"].strip(" ,;(")
            yield both["second"].strip(" ,;)")
            return
    yield text
