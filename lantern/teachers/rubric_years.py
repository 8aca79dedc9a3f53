"""Years and degrees: what is asked for, what counts, and the words that show it."""

from __future__ import annotations

import re
from typing import Final

from lantern.documents.lexicon import Lexicon
from lantern.fit import Requirement, VerdictKind
from lantern.teachers.profile_facts import Evidence, ProfileFacts
from lantern.teachers.rubric_overlap import NOTHING, TINY, Finding, best_clauses
from lantern.teachers.stems import stem_set

PARTLY_YEARS_SHARE: Final = 0.6
"""At least this share of the years asked for is partly met."""
EQUIVALENT_YEARS: Final = 5.0
"""Relevant years that stand for a degree one rank up, where the posting accepts experience; for
each further rank as many more."""
FIELD_YEARS_SHARE: Final = 0.4
"""Years in another occupation of the posting's field count by this share."""
TOPIC_SHARE: Final = 0.5
"""A clause is on a topic when it holds this share of the topic's content words."""

_EQUIVALENT = re.compile(
    r"\bequivalent\b|\bin lieu\b|\bor (?:\w+ ){0,4}(?:work |professional )?experience\b",
    re.IGNORECASE,
)
_ANY_SUBJECT = re.compile(
    r"\bany (?:\w+ )?(?:field|discipline|subject|major|area|stream)", re.IGNORECASE
)
_RELATED_SUBJECT = re.compile(
    r"\b(?:related|relevant|similar|equivalent|comparable)\b", re.IGNORECASE
)
_DEGREE_STEMS: Final = stem_set(
    "bachelor bachelors master masters associate associates doctorate doctoral phd diploma degree "
    "university college school education graduate undergraduate four-year 4-year two-year "
    "accredited institution program programme bs ba ms ma msc bsc mba btech be b.s b.a m.s b.e "
    "b.tech m.tech ged studies study discipline area completion completed earned hold holds "
    "science arts or equivalent combination training level academic"
)
_YEARS_STEMS: Final = stem_set("professional industry practical hands-on career track record")


def relevant_years(profile: ProfileFacts, occupation: str | None, words: Lexicon) -> float:
    """Years that count for an occupation: its own fully, others of its field in part.

    Where the profile does not say which years went where, all of them count if its titles name the
    occupation, and in part if they name its field only. Unknown titles or an unknown occupation
    leave the benefit of the doubt.
    """
    overall = profile.years
    if overall is None:
        overall = max((span.amount for span in profile.years_shown), default=0.0)
    if occupation is None or not profile.occupations:
        return overall
    field = words.occupations[occupation].field
    if profile.occupation_years:
        years = 0.0
        for held, amount in profile.occupation_years.items():
            if held == occupation:
                years += amount
            elif words.occupations[held].field == field:
                years += FIELD_YEARS_SHARE * amount
        return years
    if occupation in profile.occupations:
        return overall
    if any(words.occupations[held].field == field for held in profile.occupations):
        return FIELD_YEARS_SHARE * overall
    return 0.0


def _by_years(years: float, asked: float) -> VerdictKind:
    if years + TINY >= asked:
        return VerdictKind.MET
    if years + TINY >= PARTLY_YEARS_SHARE * asked:
        return VerdictKind.PARTLY_MET
    return VerdictKind.NOT_SHOWN


def limited_by_years(
    profile: ProfileFacts,
    found: Finding,
    skills: tuple[str, ...],
    asked: float,
    relevant: float,
) -> Finding:
    """Years tied to a skill: those stated beside it, else the profile's relevant years.

    A skill that is shown with too few years is still partly met: part of what is asked is there.
    """
    if found.kind is VerdictKind.NOT_SHOWN:
        return NOTHING
    in_clause = {where.clause for skill in skills for where in profile.skills.get(skill, ())}
    stated = next((span for span in profile.years_shown if span.clause in in_clause), None)
    years = stated.amount if stated is not None else relevant
    if stated is not None and _by_years(years, asked) is VerdictKind.MET:
        return Finding(found.kind, stated)
    if _by_years(years, asked) is VerdictKind.MET:
        return found
    return Finding(VerdictKind.PARTLY_MET, found.evidence)


def years_in_topic(profile: ProfileFacts, requirement: Requirement, relevant: float) -> Finding:
    """Relevant years, or years stated in a clause on the requirement's own topic."""
    asked = requirement.years or 0.0
    topic = stem_set(requirement.text) - _YEARS_STEMS
    topical = {
        clause: hits
        for clause, hits in best_clauses(profile, topic).items()
        if hits >= TOPIC_SHARE * len(topic)
    }
    stated = next((span for span in profile.years_shown if span.clause in topical), None)
    if stated is not None and stated.amount > relevant:
        return _with_evidence(_by_years(stated.amount, asked), stated)
    kind = _by_years(relevant, asked)
    if kind is VerdictKind.NOT_SHOWN:
        return NOTHING
    return _with_evidence(kind, _years_evidence(profile, topical, asked))


def _with_evidence(kind: VerdictKind, evidence: Evidence | None) -> Finding:
    return NOTHING if kind is VerdictKind.NOT_SHOWN else Finding(kind, evidence)


def _years_evidence(
    profile: ProfileFacts, topical: dict[int, int], asked: float
) -> Evidence | None:
    """Words that show the years: stated ones that reach what is needed, on the topic first.

    A shorter span would seem to contradict the verdict ("6 months" for two years), so without a
    long one the title of an occupation, a dated position, or a clause on the topic is quoted.
    """
    needed = PARTLY_YEARS_SHARE * asked
    long_enough = [span for span in profile.years_shown if span.amount + TINY >= needed]
    for span in long_enough:
        if span.clause in topical:
            return span
    if long_enough:
        return long_enough[0]
    for where in profile.occupations.values():
        if where is not None:
            return where
    if profile.dated:
        return profile.dated[0]
    if topical:
        index = max(topical, key=lambda clause: (topical[clause], -clause))
        return Evidence(index, profile.clauses[index].start, profile.clauses[index].start)
    return None


def judge_degree(profile: ProfileFacts, requirement: Requirement, relevant: float) -> Finding:
    asked = requirement.degree or 0
    shown = profile.degrees[0] if profile.degrees else None
    rank = max(profile.degree or 0, int(shown.amount) if shown else 0)
    if rank >= asked and shown is not None:
        if asked == 0 or _subject_fits(profile, requirement.text):
            return Finding(VerdictKind.MET, shown)
        return Finding(VerdictKind.PARTLY_MET, shown)
    if _EQUIVALENT.search(requirement.text) and relevant:
        missing = max(asked - rank, 1)
        needed = max(EQUIVALENT_YEARS * missing, requirement.years or 0.0)
        kind = _by_years(relevant, needed)
        if kind is not VerdictKind.NOT_SHOWN:
            return Finding(kind, _years_evidence(profile, {}, needed))
    if shown is not None and rank == asked - 1 and rank > 0:
        return Finding(VerdictKind.PARTLY_MET, shown)
    return NOTHING


def _subject_fits(profile: ProfileFacts, text: str) -> bool:
    """Whether a degree's clause names a subject that is asked for, or none where a related one
    will do, or none is asked for."""
    subject = stem_set(text) - _DEGREE_STEMS
    if not subject or _ANY_SUBJECT.search(text):
        return True
    named: set[str] = set()
    for where in profile.degrees:
        near = range(max(where.clause - 1, 0), min(where.clause + 2, len(profile.clauses)))
        if any(item.stem in subject for index in near for item in profile.stems[index]):
            return True
        named.update(item.stem for item in profile.stems[where.clause])
    return not (named - _DEGREE_STEMS) and _RELATED_SUBJECT.search(text) is not None
