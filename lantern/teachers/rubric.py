"""T1 of the embedded default: a deterministic expert rubric, named as what it is.

It judges a posting's extracted requirements against a profile and writes the explanation.
``docs/rubric.md`` states the rules in words; the constants below are the thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from lantern.documents.lexicon import Lexicon, SkillKind, lexicon
from lantern.fit import (
    Assessment,
    FitLevel,
    Importance,
    Requirement,
    RequirementKind,
    Verdict,
    VerdictKind,
)
from lantern.teachers.profile_facts import ProfileFacts, prepare_profile
from lantern.teachers.rubric_overlap import can_be_shown
from lantern.teachers.rubric_text import Reasons, next_step, summary
from lantern.teachers.rubric_verdicts import judge_requirement
from lantern.teachers.stems import stem_set

__all__ = [
    "RUBRIC_VERSION",
    "ProfileFacts",
    "RubricAnswer",
    "RubricTeacher",
    "prepare_profile",
]

RUBRIC_VERSION: Final = "rubric-6"

MUST_WEIGHT: Final = 1.0
NICE_WEIGHT: Final = 0.35
SOFT_SHARE: Final = 0.5
"""Free-text and soft requirements weigh this share: word overlap judges them less surely."""
CREDIT: Final = {
    VerdictKind.MET: 1.0,
    VerdictKind.PARTLY_MET: 0.5,
    VerdictKind.NOT_SHOWN: 0.0,
}
HIGH_FROM: Final = 0.68
MEDIUM_FROM: Final = 0.36
LEAST_MUST_SHARE: Final = 0.5
"""Less than this weighted share of must-haves at least partly met: Low."""
SENIORITY_BELOW: Final = {1: 0.95, 2: 0.8}
"""Factor on the score when the profile is so many levels below the posting; then FAR_BELOW."""
SENIORITY_FAR_BELOW: Final = 0.6
SENIORITY_ABOVE: Final = {1: 1.0, 2: 0.95}
"""... and when it is above; then FAR_ABOVE."""
SENIORITY_FAR_ABOVE: Final = 0.85
JUNIOR_CAP: Final = 2
"""So many levels below the posting, the level is at most Medium."""
OTHER_FIELD_FACTOR: Final = 0.8
"""On the score when title and headline name occupations of different fields."""
TITLE_ALONE: Final = (0.35, 0.25, 0.3)
"""Score without requirements: a fully similar title, the same field, usual skills shown."""
USUAL_SKILLS: Final = 3
"""So many usual skills of the posting's occupation, shown in use, earn all of the last part."""
THIN_WEIGHT: Final = 1.6
"""A posting whose requirements weigh less says too little: High needs a like title as well."""
LIKE_TITLE: Final = 0.5
"""Share of the title's words that makes a title alike; the same occupation does, too."""
_BAND_EDGE: Final = 0.005


class RubricAnswer(NamedTuple):
    """The rubric's answer to a pair; ``score`` lies within the band of the level."""

    assessment: Assessment
    score: float


class _Judged(NamedTuple):
    level: FitLevel
    score: float
    verdicts: tuple[Verdict, ...]


class RubricTeacher:
    """Judges and explains; holds no state but the lexicon."""

    name: Final = "rubric"
    version: Final = RUBRIC_VERSION

    def __init__(self, words: Lexicon | None = None) -> None:
        """``words``: the lexicon that the requirements' skills come from; None for the default."""
        self._words = words or lexicon()

    def judge(
        self,
        profile: ProfileFacts,
        requirements: Sequence[Requirement],
        *,
        title: str,
        posting_seniority: int | None,
    ) -> RubricAnswer:
        """The level, score in 0..1 and explanation of a pair.

        Args:
            profile: the prepared member.
            requirements: the posting's, in its order; the verdicts keep it.
            title: the posting's title.
            posting_seniority: 0 intern .. 5 executive, if known.
        """
        judged = self._judge(profile, requirements, title, posting_seniority)
        return RubricAnswer(
            self._assess(profile, requirements, judged, judged.level, posting_seniority),
            judged.score,
        )

    def explain(
        self,
        profile: ProfileFacts,
        requirements: Sequence[Requirement],
        *,
        level: FitLevel,
        title: str,
        posting_seniority: int | None,
    ) -> Assessment:
        """The same verdicts under a level that the classifier chose; the text fits that level."""
        judged = self._judge(profile, requirements, title, posting_seniority)
        return self._assess(profile, requirements, judged, level, posting_seniority)

    def _assess(
        self,
        profile: ProfileFacts,
        requirements: Sequence[Requirement],
        judged: _Judged,
        level: FitLevel,
        posting_seniority: int | None,
    ) -> Assessment:
        gap = _seniority_gap(profile.seniority, posting_seniority)
        weights = [self._weight(requirement) for requirement in requirements]
        reasons = Reasons.of(requirements, judged.verdicts, weights, self._words)
        return Assessment(
            level,
            judged.verdicts,
            summary(level, reasons, gap=gap),
            next_step(level, reasons, gap=gap),
        )

    def _judge(
        self,
        profile: ProfileFacts,
        requirements: Sequence[Requirement],
        title: str,
        posting_seniority: int | None,
    ) -> _Judged:
        occupation = self._words.occupation_of(title)
        verdicts = tuple(
            judge_requirement(profile, requirement, self._words, occupation=occupation)
            for requirement in requirements
        )
        affinity, field_known, same_field = self._title_affinity(profile, title, occupation)
        weights = [self._weight(requirement) for requirement in requirements]
        total = sum(weights)
        cap = FitLevel.HIGH
        if total:
            earned = sum(w * CREDIT[v.kind] for w, v in zip(weights, verdicts, strict=True))
            score = earned / total
            cap = self._cap(requirements, verdicts, weights)
            alike = affinity >= LIKE_TITLE or occupation in profile.occupations
            if total < THIN_WEIGHT and not alike:
                cap = min(cap, FitLevel.MEDIUM)
            if field_known and not same_field and affinity == 0:
                score *= OTHER_FIELD_FACTOR
        else:
            usual = self._usual_skills_share(profile, occupation)
            parts = (affinity, float(same_field), usual)
            score = sum(w * part for w, part in zip(TITLE_ALONE, parts, strict=True))
            cap = FitLevel.MEDIUM
        gap = _seniority_gap(profile.seniority, posting_seniority)
        score *= _seniority_factor(gap)
        if gap <= -JUNIOR_CAP:
            cap = min(cap, FitLevel.MEDIUM)
        level = min(cap, _level_of(score))
        ceiling = {FitLevel.LOW: MEDIUM_FROM, FitLevel.MEDIUM: HIGH_FROM}.get(level)
        if ceiling is not None:
            score = min(score, ceiling - _BAND_EDGE)
        return _Judged(level, score, verdicts)

    def _cap(
        self,
        requirements: Sequence[Requirement],
        verdicts: Sequence[Verdict],
        weights: Sequence[float],
    ) -> FitLevel:
        """The best level that the must-haves allow."""
        musts = [
            (requirement, verdict, weight)
            for requirement, verdict, weight in zip(requirements, verdicts, weights, strict=True)
            if requirement.importance is Importance.MUST_HAVE and weight > 0
        ]
        core = [item for item in musts if self._is_core(item[0])]
        cap = FitLevel.HIGH
        if any(verdict.kind is VerdictKind.NOT_SHOWN for _, verdict, _ in core):
            cap = FitLevel.MEDIUM
        shown = sum(w for _, verdict, w in musts if verdict.kind is not VerdictKind.NOT_SHOWN)
        if musts and shown < LEAST_MUST_SHARE * sum(w for _, _, w in musts):
            cap = FitLevel.LOW
        return cap

    def _is_core(self, requirement: Requirement) -> bool:
        """Whether it asks for something that can be checked, so that its absence says something."""
        match requirement.kind:
            case RequirementKind.DEGREE | RequirementKind.CERTIFICATE:
                return True
            case RequirementKind.EXPERIENCE if requirement.years is not None:
                return True
            case _:
                known = [s for s in requirement.skills if s in self._words.skills]
                return any(self._words.skills[s].kind is not SkillKind.SOFT for s in known)

    def _weight(self, requirement: Requirement) -> float:
        must = requirement.importance is Importance.MUST_HAVE
        weight = MUST_WEIGHT if must else NICE_WEIGHT
        if self._is_core(requirement):
            return weight
        return weight * SOFT_SHARE if requirement.skills or can_be_shown(requirement.text) else 0.0

    def _usual_skills_share(self, profile: ProfileFacts, occupation: str | None) -> float:
        if occupation is None:
            return 0.0
        usual = self._words.occupations[occupation].skills
        return min(1.0, sum(skill in profile.in_use for skill in usual) / USUAL_SKILLS)

    def _title_affinity(
        self, profile: ProfileFacts, title: str, occupation: str | None
    ) -> tuple[float, bool, bool]:
        """Share of the title's content words in the member's titles, and the fields of both.

        Returns:
            The share; whether the fields of both are known; whether they are the same.
        """
        stems = stem_set(title)
        affinity = len(stems & profile.title_stems) / len(stems) if stems else 0.0
        if occupation is None:
            return affinity, False, False
        field = self._words.occupations[occupation].field
        fields = profile.title_fields or profile.shown_fields
        return affinity, bool(profile.title_fields), field in fields


def _level_of(score: float) -> FitLevel:
    if score >= HIGH_FROM:
        return FitLevel.HIGH
    return FitLevel.MEDIUM if score >= MEDIUM_FROM else FitLevel.LOW


def _seniority_gap(member: int | None, posting: int | None) -> int:
    """Levels of the member above the posting; negative below; 0 if either is unknown."""
    return 0 if member is None or posting is None else member - posting


def _seniority_factor(gap: int) -> float:
    if gap == 0:
        return 1.0
    if gap < 0:
        return SENIORITY_BELOW.get(-gap, SENIORITY_FAR_BELOW)
    return SENIORITY_ABOVE.get(gap, SENIORITY_FAR_ABOVE)
