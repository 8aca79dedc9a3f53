"""A posting's requirements, extracted by rules: the paper's input compression without a model.

What is kept is what a recruiter would read twice: skills, experience, degrees, certificates and
licences, languages, physical and shift demands where they are stated as required. Duties, what the
company says of itself, benefits and legal text are left out.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lantern.documents.fingerprint import fingerprint
from lantern.documents.requirement_parsing import parse_requirements
from lantern.documents.requirement_sentences import requirement_sentences
from lantern.documents.sections import posting_sentences
from lantern.fit import Importance, Requirement, RequirementKind

EXTRACTOR: Final = "rules-1"
MAX_REQUIREMENTS: Final = 25

# Beyond so many a text is no posting, and comparing all with all would take its time.
_LOOKED_AT: Final = 200
_NOT_WORD: Final = re.compile(r"\W+")
MUST_HAVE_LEAD: Final = "Must have: "
NICE_TO_HAVE_LEAD: Final = "Nice to have: "
SEPARATOR: Final = "; "
# What gives way first where a posting asks for more than MAX_REQUIREMENTS things.
_RANK: Final = {
    RequirementKind.DEGREE: 0,
    RequirementKind.CERTIFICATE: 0,
    RequirementKind.EXPERIENCE: 0,
    RequirementKind.SKILL: 1,
    RequirementKind.OTHER: 2,
}


@dataclass(frozen=True)
class ExtractedRequirements:
    """What the extractor found in one posting.

    Attributes:
        version: hash of the extractor's name and all that it found: what a score depends on.
        extractor: name and version of the extractor.
        requirements: must-haves first, each group in the posting's order; may be empty.
        model_text: title and requirements as models see them.
        words_before: words of the description.
        words_kept: words of the requirements.
    """

    version: str
    extractor: str
    requirements: tuple[Requirement, ...]
    model_text: str
    words_before: int
    words_kept: int


def extract_requirements(posting_title: str, text: str) -> ExtractedRequirements:
    """Extract the requirements of one posting from its cleaned title and description.

    Never raises on any text. The texts of the requirements are one line, unique within the
    posting, at most 200 characters, and free of double quotes.
    """
    found = (
        requirement
        for sentence in requirement_sentences(posting_sentences(text))
        for requirement in parse_requirements(sentence)
    )
    requirements = _bounded(_unique(itertools.islice(found, _LOOKED_AT)))
    model_text = render_requirements(posting_title, requirements)
    return ExtractedRequirements(
        version=fingerprint(EXTRACTOR, model_text, *(repr(r) for r in requirements)),
        extractor=EXTRACTOR,
        requirements=requirements,
        model_text=model_text,
        words_before=len(text.split()),
        words_kept=sum(len(requirement.text.split()) for requirement in requirements),
    )


def render_requirements(title: str, requirements: Sequence[Requirement]) -> str:
    """Title, then the must-haves on one line and the nice-to-haves on another."""
    lines = [title] if title else []
    for importance, lead in (
        (Importance.MUST_HAVE, MUST_HAVE_LEAD),
        (Importance.NICE_TO_HAVE, NICE_TO_HAVE_LEAD),
    ):
        texts = [r.text for r in requirements if r.importance is importance]
        if texts:
            lines.append(lead + SEPARATOR.join(texts))
    return "\n".join(lines)


def _unique(requirements: Iterable[Requirement]) -> list[Requirement]:
    """Without those that say what another one says already; the firmer and longer one stays."""
    kept: dict[str, Requirement] = {}
    for requirement in requirements:
        key = _key(requirement.text)
        if not key:
            continue
        around = next((other for other in kept if f" {key} " in f" {other} "), None)
        if around is not None:
            if around == key and requirement.importance is Importance.MUST_HAVE:
                kept[key] = requirement
            continue
        for within in [other for other in kept if f" {other} " in f" {key} "]:
            del kept[within]
        kept[key] = requirement
    return list(kept.values())


def _key(text: str) -> str:
    return _NOT_WORD.sub(" ", text.casefold()).strip()


def _bounded(requirements: Sequence[Requirement]) -> tuple[Requirement, ...]:
    order = range(len(requirements))
    if len(requirements) > MAX_REQUIREMENTS:
        order_of_worth = sorted(
            order,
            key=lambda i: (
                requirements[i].importance is Importance.NICE_TO_HAVE,
                _RANK[requirements[i].kind],
                i,
            ),
        )
        chosen = set(order_of_worth[:MAX_REQUIREMENTS])
        requirements = [r for i, r in enumerate(requirements) if i in chosen]
    return tuple(sorted(requirements, key=lambda r: r.importance is Importance.NICE_TO_HAVE))
