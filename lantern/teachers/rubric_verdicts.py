"""One verdict for each requirement: what the profile shows, with the words that show it.

``docs/rubric.md`` explains the rules; thresholds are constants beside the rule that uses them.
"""

from __future__ import annotations

import re
from typing import Final

from lantern.documents.lexicon import Lexicon
from lantern.fit import Requirement, RequirementKind, Verdict, VerdictKind
from lantern.teachers.profile_facts import ProfileFacts
from lantern.teachers.rubric_overlap import NOTHING, ORDER, OVERLAP_MET, Finding, overlap
from lantern.teachers.rubric_years import (
    judge_degree,
    limited_by_years,
    relevant_years,
    years_in_topic,
)
from lantern.teachers.stems import stem_set

CERTIFICATE_MET: Final = 0.75
"""A certificate that the lexicon does not know needs this share of its words in one clause."""

_ONLY_BASIC = re.compile(r"\s*[(:–-]\s*(?:basics?|beginner|learning|some|little)\b", re.IGNORECASE)
_CERTIFICATE_STEMS: Final = stem_set(
    "certification certificate certified certifications license licence licensed licensure "
    "registered registration state national active professional board credential eligible"
)


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


def _find(
    profile: ProfileFacts, requirement: Requirement, words: Lexicon, relevant: float
) -> Finding:
    match requirement.kind:
        case RequirementKind.DEGREE if requirement.degree is not None:
            return judge_degree(profile, requirement, relevant)
        case RequirementKind.CERTIFICATE if not requirement.skills:
            return overlap(
                profile, stem_set(requirement.text) - _CERTIFICATE_STEMS, CERTIFICATE_MET
            )
    known = tuple(skill for skill in requirement.skills if skill in words.skills)
    if known:
        found = _skills(profile, known, requirement.any_of, words)
        # A licence is held or not: no like wording and no title stands for it.
        if requirement.kind is not RequirementKind.CERTIFICATE:
            if found.kind is VerdictKind.NOT_SHOWN:
                found = overlap(profile, stem_set(requirement.text), OVERLAP_MET)
            if found.kind is VerdictKind.NOT_SHOWN:
                found = _usual(profile, known)
        if requirement.years is None:
            return found
        return limited_by_years(profile, found, known, requirement.years, relevant)
    if requirement.years is not None:
        return years_in_topic(profile, requirement, relevant)
    return overlap(profile, stem_set(requirement.text), OVERLAP_MET)


def _skills(
    profile: ProfileFacts, skills: tuple[str, ...], any_of: bool, words: Lexicon
) -> Finding:
    findings = [_skill(profile, skill, words) for skill in skills]
    best = max(findings, key=lambda finding: ORDER[finding.kind])
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
