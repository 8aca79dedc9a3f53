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
"""... but never by fewer shared words than this; the only word of a requirement partly meets it."""
CERTIFICATE_MET: Final = 0.75
"""A certificate that the lexicon does not know needs this share of its words in one clause."""
EQUIVALENT_YEARS: Final = 5.0
"""Relevant years that stand for a degree one rank up, where the posting accepts experience; for
each further rank as many more."""
FIELD_YEARS_SHARE: Final = 0.4
"""Years in another occupation of the posting's field count by this share."""
TOPIC_SHARE: Final = 0.5
"""A clause is on a topic when it holds this share of the topic's content words."""
_TINY: Final = 1e-9

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
_CONDITION: Final = re.compile(
    r"\b(?:drug|background|pre-?employment|criminal|credit|motor vehicle)[ -]?"
    r"(?:test|screen|check|investigation|record)"
    r"|\b(?:\d\d|eighteen|twenty[- ]one) years (?:of age|old)|\byears of age\b"
    r"|\b(?:lift|push|pull|carry|kneel|crouch|stoop|bend|climb|stand for|sit for)\w*\b"
    r".{0,60}(?:\b(?:lbs?|pounds?|kg|hours|periods?)\b|,)"
    r"|\b(?:authoriz|authoris|eligib|legal right)\w*.{0,20}\bwork\b"
    r"|\b(?:equal opportunity|eeo|reasonable accommodation|disabilit)"
    r"|\b(?:work|available|availability|shifts?)\b.{0,30}"
    r"\b(?:weekends?|nights?|evenings?|holidays?|overtime|shifts?)\b"
    r"|\b(?:willing\w*|able|ability) to (?:travel|relocate|commute|work (?:overtime|flexible))",
    re.IGNORECASE,
)
_ONLY_BASIC = re.compile(r"\s*[(:–-]\s*(?:basics?|beginner|learning|some|little)\b", re.IGNORECASE)
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


def judge_requirement(
    profile: ProfileFacts,
    requirement: Requirement,
    words: Lexicon,
    *,
    occupation: str | None = None,
) -> Verdict:
    """The verdict on one requirement; its quote is an exact span of ``profile.text``.

    Args:
        profile: the prepared member.
        requirement: the posting's.
        words: the lexicon that its skills come from.
        occupation: what the posting's title names, if the lexicon knows it: years are asked for
            in that occupation.
    """
    relevant = relevant_years(profile, occupation, words)
    finding = _find(profile, requirement, words, relevant)
    quote = profile.quote(finding.evidence) if finding.evidence is not None else None
    kind = finding.kind
    if kind is VerdictKind.MET and not quote:
        # Known from a structured field alone: there are no words to quote, so it is not claimed.
        kind = VerdictKind.PARTLY_MET
    return Verdict(requirement.text, kind, quote or None)


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


def _find(
    profile: ProfileFacts, requirement: Requirement, words: Lexicon, relevant: float
) -> Finding:
    match requirement.kind:
        case RequirementKind.DEGREE if requirement.degree is not None:
            return _degree(profile, requirement, relevant)
        case RequirementKind.CERTIFICATE if not requirement.skills:
            return _overlap(
                profile, stem_set(requirement.text) - _CERTIFICATE_STEMS, CERTIFICATE_MET
            )
    known = tuple(skill for skill in requirement.skills if skill in words.skills)
    if known:
        found = _skills(profile, known, requirement.any_of, words)
        if found.kind is VerdictKind.NOT_SHOWN:
            found = _overlap(profile, stem_set(requirement.text), OVERLAP_MET)
        if found.kind is VerdictKind.NOT_SHOWN:
            found = _usual(profile, known)
        if requirement.years is None:
            return found
        return _limited_by_years(profile, found, known, requirement.years, relevant)
    if requirement.years is not None:
        return _years_in_topic(profile, requirement, relevant)
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
        solid = [
            where
            for where in places
            if not profile.clauses[where.clause].is_learning
            and not _ONLY_BASIC.match(profile.text, where.end)
        ]
        for where in solid:
            if not profile.clauses[where.clause].is_list:
                return Finding(VerdictKind.MET, where)
        if not solid:
            return Finding(VerdictKind.PARTLY_MET, places[0])
        believed = not profile.stuffed and (
            words.skills[skill].field in profile.shown_fields
            or skill in profile.usual_skills
            or any(other in profile.in_use for other in words.skills[skill].related)
        )
        return Finding(VerdictKind.MET if believed else VerdictKind.PARTLY_MET, solid[0])
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


def _usual(profile: ProfileFacts, skills: tuple[str, ...]) -> Finding:
    """Partly met by an occupation that usually asks for one of the skills, quoting its title."""
    for skill in skills:
        where = profile.occupations.get(profile.usual_skills.get(skill, ""))
        if where is not None:
            return Finding(VerdictKind.PARTLY_MET, where)
    return NOTHING


# --- years


def _by_years(years: float, asked: float) -> VerdictKind:
    if years + _TINY >= asked:
        return VerdictKind.MET
    if years + _TINY >= PARTLY_YEARS_SHARE * asked:
        return VerdictKind.PARTLY_MET
    return VerdictKind.NOT_SHOWN


def _limited_by_years(
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


def _years_in_topic(profile: ProfileFacts, requirement: Requirement, relevant: float) -> Finding:
    """Relevant years, or years stated in a clause on the requirement's own topic."""
    asked = requirement.years or 0.0
    topic = stem_set(requirement.text) - _YEARS_STEMS
    topical = {
        clause: hits
        for clause, hits in _best_clauses(profile, topic).items()
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
    long_enough = [span for span in profile.years_shown if span.amount + _TINY >= needed]
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


# --- degrees


def _degree(profile: ProfileFacts, requirement: Requirement, relevant: float) -> Finding:
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
    met = share + _TINY >= met_from and not claimed_only and len(stems) >= OVERLAP_WORDS
    return Finding(VerdictKind.MET if met else VerdictKind.PARTLY_MET, evidence)


@lru_cache(maxsize=65_536)
def can_be_shown(text: str) -> bool:
    """Whether a profile could show it: it has content, and is no condition of the employment.

    Nobody writes into a profile that a drug test will be passed, so its absence says nothing.
    """
    return bool(stem_set(text)) and _CONDITION.search(text) is None
