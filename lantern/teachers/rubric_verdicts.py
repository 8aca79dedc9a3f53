"""One verdict for each requirement: what the profile shows, with the words that show it.

Thresholds are the constants below; ``docs/rubric.md`` explains them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from lantern.documents.lexicon import Lexicon
from lantern.fit import Requirement, RequirementKind, Verdict, VerdictKind
from lantern.teachers.profile_facts import Evidence, ProfileFacts
from lantern.teachers.stems import stem_set

PARTLY_YEARS_SHARE: Final = 0.6
"""At least this share of the years asked for is partly met."""
OVERLAP_MET: Final = 0.6
"""A free-text requirement is met when one clause holds this share of its content words."""
OVERLAP_PARTLY: Final = 0.4
"""... and partly met from this share on."""
OVERLAP_WORDS: Final = 2
"""... but never by fewer shared words than this, unless the requirement has only one."""
CERTIFICATE_MET: Final = 0.75
"""A certificate that the lexicon does not know needs this share of its words in one clause."""
EQUIVALENT_YEARS_PER_RANK: Final = 2.0
"""Years of experience that stand for one missing degree rank where the posting accepts that."""
_TINY: Final = 1e-9

_EQUIVALENT = re.compile(
    r"\bequivalent\b|\bin lieu\b|\bor (?:\w+ ){0,4}(?:work |professional )?experience\b",
    re.IGNORECASE,
)
_ANY_SUBJECT = re.compile(
    r"\b(?:related|relevant|similar|any|equivalent|technical|quantitative)\b", re.IGNORECASE
)
_DEGREE_STEMS: Final = stem_set(
    "bachelor bachelors master masters associate associates doctorate doctoral phd diploma degree "
    "university college school education graduate undergraduate four-year 4-year two-year "
    "accredited institution program programme bs ba ms ma msc bsc mba btech be b.s b.a m.s b.e "
    "b.tech m.tech ged studies study discipline area completion completed earned hold holds "
    "science arts or equivalent combination training level academic"
)
_CERTIFICATE_STEMS: Final = stem_set(
    "certification certificate certified certifications license licence licensed licensure "
    "registered registration state national active professional board credential eligible"
)
_YEARS_STEMS: Final = stem_set("professional industry practical hands-on career track record")


class Finding(NamedTuple):
    """What was found for one skill or requirement, before it becomes a verdict."""

    kind: VerdictKind
    evidence: Evidence | None = None


NOTHING: Final = Finding(VerdictKind.NOT_SHOWN)
_ORDER: Final = {VerdictKind.NOT_SHOWN: 0, VerdictKind.PARTLY_MET: 1, VerdictKind.MET: 2}


def judge_requirement(profile: ProfileFacts, requirement: Requirement, words: Lexicon) -> Verdict:
    """The verdict on one requirement; its quote is an exact span of ``profile.text``."""
    finding = _find(profile, requirement, words)
    quote = profile.quote(finding.evidence) if finding.evidence is not None else None
    kind = finding.kind
    if kind is VerdictKind.MET and not quote:
        # Known from a structured field alone: there are no words to quote, so it is not claimed.
        kind = VerdictKind.PARTLY_MET
    return Verdict(requirement.text, kind, quote or None)


def _find(profile: ProfileFacts, requirement: Requirement, words: Lexicon) -> Finding:
    match requirement.kind:
        case RequirementKind.DEGREE if requirement.degree is not None:
            return _degree(profile, requirement)
        case RequirementKind.CERTIFICATE if not requirement.skills:
            return _overlap(
                profile, stem_set(requirement.text) - _CERTIFICATE_STEMS, CERTIFICATE_MET
            )
    known = tuple(skill for skill in requirement.skills if skill in words.skills)
    if known:
        found = _skills(profile, known, requirement.any_of, words)
        if requirement.years is None:
            return found
        return _limited_by_years(profile, found, known, requirement.years)
    if requirement.years is not None:
        return _years_in_topic(profile, requirement)
    return _overlap(profile, stem_set(requirement.text), OVERLAP_MET)


# --- skills


def _skills(
    profile: ProfileFacts, skills: tuple[str, ...], any_of: bool, words: Lexicon
) -> Finding:
    findings = [_skill(profile, skill, words) for skill in skills]
    best = max(findings, key=lambda finding: _ORDER[finding.kind])
    if any_of or all(finding.kind is VerdictKind.MET for finding in findings):
        return best
    if best.kind is VerdictKind.NOT_SHOWN:
        return NOTHING
    return Finding(VerdictKind.PARTLY_MET, best.evidence)


def _skill(profile: ProfileFacts, skill: str, words: Lexicon) -> Finding:
    """Met where the skill is shown in use, or is listed in a profile that makes that believable."""
    places = profile.skills.get(skill)
    if places:
        clauses = profile.clauses
        for where in places:
            if not clauses[where.clause].is_list and not clauses[where.clause].is_learning:
                return Finding(VerdictKind.MET, where)
        for where in places:
            if not clauses[where.clause].is_learning:
                believed = not profile.stuffed and (
                    words.skills[skill].field in profile.shown_fields
                    or skill in profile.usual_skills
                    or any(other in profile.in_use for other in words.skills[skill].related)
                )
                return Finding(VerdictKind.MET if believed else VerdictKind.PARTLY_MET, where)
        return Finding(VerdictKind.PARTLY_MET, places[0])
    for other in words.skills[skill].related:
        if other in profile.in_use:
            shown = profile.skills[other]
            in_use = next((w for w in shown if not profile.clauses[w.clause].is_list), shown[0])
            return Finding(VerdictKind.PARTLY_MET, in_use)
    if not profile.stuffed:
        for other in words.skills[skill].related:
            if other in profile.skills:
                return Finding(VerdictKind.PARTLY_MET, profile.skills[other][0])
    return NOTHING


# --- years


def _by_years(years: float, asked: float) -> VerdictKind:
    if years + _TINY >= asked:
        return VerdictKind.MET
    if years + _TINY >= PARTLY_YEARS_SHARE * asked:
        return VerdictKind.PARTLY_MET
    return VerdictKind.NOT_SHOWN


def _limited_by_years(
    profile: ProfileFacts, found: Finding, skills: tuple[str, ...], asked: float
) -> Finding:
    """Years tied to a skill: those stated beside it, else the years of the whole profile.

    A skill that is shown with too few years is still partly met: part of what is asked is there.
    """
    if found.kind is VerdictKind.NOT_SHOWN:
        return NOTHING
    in_clause = {where.clause for skill in skills for where in profile.skills.get(skill, ())}
    stated = next((span for span in profile.years_shown if span.clause in in_clause), None)
    years = stated.amount if stated is not None else profile.years or 0.0
    if stated is not None and _by_years(years, asked) is VerdictKind.MET:
        return Finding(found.kind, stated)
    if _by_years(years, asked) is VerdictKind.MET:
        return found
    return Finding(VerdictKind.PARTLY_MET, found.evidence)


def _years_in_topic(profile: ProfileFacts, requirement: Requirement) -> Finding:
    """Overall years; where the requirement names a topic, the profile must show some of it."""
    assert requirement.years is not None  # noqa: S101 - narrowed by the caller
    years = profile.years
    if years is None:
        years = max((span.amount for span in profile.years_shown), default=0.0)
    kind = _by_years(years, requirement.years)
    if kind is VerdictKind.NOT_SHOWN:
        return NOTHING
    topic = stem_set(requirement.text) - _YEARS_STEMS
    topical = _best_clauses(profile, topic) if topic else {}
    if topic and not topical:
        shown_by_title = bool(topic & profile.title_stems)
        if not shown_by_title:
            kind = VerdictKind.PARTLY_MET
    return Finding(kind, _years_evidence(profile, topical))


def _years_evidence(profile: ProfileFacts, topical: dict[int, int]) -> Evidence | None:
    """Words that show years, in a clause on the topic where there is one."""
    spans = profile.years_shown
    for span in spans:
        if span.clause in topical:
            return span
    if spans:
        return spans[0]
    if topical:
        index = max(topical, key=lambda clause: (topical[clause], -clause))
        return Evidence(index, profile.clauses[index].start, profile.clauses[index].start)
    if profile.clauses and profile.years:
        first = profile.clauses[0]
        return Evidence(0, first.start, first.start)
    return None


# --- degrees


def _degree(profile: ProfileFacts, requirement: Requirement) -> Finding:
    asked = requirement.degree or 0
    shown = profile.degrees[0] if profile.degrees else None
    rank = max(profile.degree or 0, int(shown.amount) if shown else 0)
    if rank >= asked and shown is not None:
        if asked == 0 or _subject_fits(profile, requirement.text):
            return Finding(VerdictKind.MET, shown)
        return Finding(VerdictKind.PARTLY_MET, shown)
    by_years = NOTHING
    if _EQUIVALENT.search(requirement.text) and profile.years:
        missing = max(asked - rank, 1)
        needed = max(EQUIVALENT_YEARS_PER_RANK * missing, requirement.years or 0.0)
        kind = _by_years(profile.years, needed)
        by_years = Finding(kind, _years_evidence(profile, {}) if _ORDER[kind] else None)
    if _ORDER[by_years.kind] == 0 and shown is not None and rank == asked - 1 and rank > 0:
        return Finding(VerdictKind.PARTLY_MET, shown)
    return by_years


def _subject_fits(profile: ProfileFacts, text: str) -> bool:
    """Whether no subject is asked for, a related one will do, or a degree's clause names it."""
    subject = stem_set(text) - _DEGREE_STEMS
    if not subject or _ANY_SUBJECT.search(text):
        return True
    for where in profile.degrees:
        near = range(max(where.clause - 1, 0), min(where.clause + 2, len(profile.clauses)))
        if any(item.stem in subject for index in near for item in profile.stems[index]):
            return True
    return False


# --- free text


def _best_clauses(profile: ProfileFacts, stems: Iterable[str]) -> dict[int, int]:
    """Clause -> how many of the stems it holds; only clauses with any."""
    hits: dict[int, int] = {}
    for stem in stems:
        for index in profile.by_stem.get(stem, ()):
            hits[index] = hits.get(index, 0) + 1
    return hits


def _overlap(profile: ProfileFacts, stems: frozenset[str], met_from: float) -> Finding:
    """Whether one clause holds enough of the requirement's content words."""
    if not stems:
        return NOTHING
    hits = _best_clauses(profile, stems)
    if not hits:
        return NOTHING
    index = max(hits, key=lambda clause: (hits[clause], -clause))
    count = hits[index]
    if count < min(OVERLAP_WORDS, len(stems)):
        return NOTHING
    share = count / len(stems)
    if share + _TINY < OVERLAP_PARTLY:
        return NOTHING
    shared = [item for item in profile.stems[index] if item.stem in stems]
    evidence = Evidence(index, shared[0].start, shared[-1].end)
    clause = profile.clauses[index]
    claimed_only = clause.is_learning or (clause.is_list and profile.stuffed)
    met = share + _TINY >= met_from and not claimed_only
    return Finding(VerdictKind.MET if met else VerdictKind.PARTLY_MET, evidence)


@lru_cache(maxsize=65_536)
def has_content(text: str) -> bool:
    """Whether a requirement has any content word that a profile could show."""
    return bool(stem_set(text))
