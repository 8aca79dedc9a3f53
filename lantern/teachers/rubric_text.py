"""The words of the rubric's explanation: a two-sentence summary and the next best action.

Every sentence says only what the verdicts say, so that it stays true under any level: the level
may be the classifier's, and then the text names what speaks for and against without arguing.
"Not shown" speaks of the profile, never of the person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from lantern.fit import FitLevel, Requirement, RequirementKind, Verdict, VerdictKind

MAX_NAMED: Final = 3
"""Most requirements that a sentence names."""
MAX_LABEL: Final = 60
_MAX_SKILLS: Final = 2
_NOTABLE_GAP: Final = 2

_DEGREES: Final = {
    0: "a high school diploma",
    1: "an associate degree",
    2: "a bachelor's degree",
    3: "a master's degree",
    4: "a doctorate",
}
_COMPOUND = re.compile(r" (?:and|or) ")
_ROLE = re.compile(r"[^\W\d_][\w /&+.#'-]{2,38}[\w+#]")


class Reasons(NamedTuple):
    """What the sentences speak of: labels of the requirements that weigh, the weightiest first.

    Attributes:
        met: met.
        partly: partly met.
        missing: not shown.
        met_count: how many are met; labels may be fewer, since two may share one.
        total: how many weigh.
    """

    met: tuple[str, ...]
    partly: tuple[str, ...]
    missing: tuple[str, ...]
    met_count: int
    total: int

    @classmethod
    def of(
        cls,
        requirements: Sequence[Requirement],
        verdicts: Sequence[Verdict],
        weights: Sequence[float],
    ) -> Reasons:
        """Sort the requirements by verdict and weight; what has no weight is not spoken of."""
        weighty = [
            (weight, requirement, verdict.kind)
            for requirement, verdict, weight in zip(requirements, verdicts, weights, strict=True)
            if weight > 0
        ]
        weighty.sort(key=lambda item: (-item[0], item[1].kind is RequirementKind.OTHER))
        named: dict[VerdictKind, dict[str, None]] = {kind: {} for kind in VerdictKind}
        seen: set[str] = set()
        for _, requirement, kind in weighty:
            label = requirement_label(requirement)
            if label not in seen:
                seen.add(label)
                named[kind][label] = None
        return cls(
            tuple(named[VerdictKind.MET]),
            tuple(named[VerdictKind.PARTLY_MET]),
            tuple(named[VerdictKind.NOT_SHOWN]),
            sum(kind is VerdictKind.MET for _, _, kind in weighty),
            len(weighty),
        )


def requirement_label(requirement: Requirement) -> str:
    """A requirement in a few words that fit into a sentence."""
    years = _years(requirement.years) if requirement.years else ""
    if requirement.kind is RequirementKind.DEGREE and requirement.degree is not None:
        return _DEGREES.get(requirement.degree, "a degree")
    if requirement.skills:
        names = requirement.skills[:_MAX_SKILLS]
        more = len(requirement.skills) - len(names)
        if more:
            skills = f"{', '.join(names)} {'or' if requirement.any_of else 'and'} {more} more"
        else:
            skills = joined(names, "or" if requirement.any_of else "and")
        return f"{years} of {skills}" if years else skills
    if requirement.kind is RequirementKind.EXPERIENCE and years:
        return f"{years} of experience"
    return f"“{_shortened(requirement.text)}”"


def _years(years: float) -> str:
    if years < 1:
        return f"{years * 12:.0f}+ months"
    return f"{years:g}+ years"


def joined(items: Sequence[str], word: str) -> str:
    """``a, b and c``; a comma more before the last where an item holds an ``and`` of its own."""
    if len(items) < 2:
        return "".join(items)
    inner = any(
        f" {w} " in item and not item.startswith("“") for item in items for w in ("and", "or")
    )
    last = f", {word} " if inner else f" {word} "
    return ", ".join(items[:-1]) + last + items[-1]


def summary(level: FitLevel, reasons: Reasons, *, gap: int = 0) -> str:
    """Two sentences: what the profile shows of the job, and what it does not show.

    Args:
        level: the level that the text must fit.
        reasons: what is met and what is not.
        gap: seniority levels of the member above the posting; negative below.
    """
    if not reasons.total:
        return "The posting lists no requirements that could be checked. " + _NO_REQUIREMENTS[level]
    return f"{_shown(level, reasons)} {_open(level, reasons, gap)}"


def next_step(
    level: FitLevel, reasons: Reasons, *, headline: str | None = None, gap: int = 0
) -> str | None:
    """The next best action; None for a High fit, which is to apply."""
    if level is FitLevel.HIGH:
        return None
    if level is FitLevel.MEDIUM:
        return _medium_step(reasons, gap)
    roles = _roles(headline)
    if reasons.met:
        look = f"look for {roles} that ask for {joined(reasons.met[:2], 'and')}"
    elif reasons.partly:
        look = f"look for {roles} that build on what you have done close to {reasons.partly[0]}"
    else:
        look = f"look for {roles} closer to what your profile shows"
    if gap <= -_NOTABLE_GAP:
        look += ", at a level nearer to your experience"
    if reasons.missing:
        named = joined(reasons.missing[:2], "or")
        return f"If you have {named}, add it to your profile; otherwise {look}."
    return f"{look[0].upper()}{look[1:]}."


_NO_REQUIREMENTS: Final = {
    FitLevel.HIGH: "Its title and your background point the same way.",
    FitLevel.MEDIUM: "Its title and your background have something in common.",
    FitLevel.LOW: "Its title and your background look far apart.",
}


def _shown(level: FitLevel, reasons: Reasons) -> str:
    met, count, total = reasons.met, reasons.met_count, reasons.total
    if met:
        named = joined(met[:MAX_NAMED], "and")
        before = ", above all" if len(met) > MAX_NAMED else ":"
        if count == total:
            asked = {1: "the one requirement", 2: "both requirements"}.get(
                total, f"all {total} requirements"
            )
            return f"Your profile shows {asked} of this job{before} {named}."
        number = "one" if count == 1 else str(count)
        return f"Your profile shows {number} of the {total} requirements{before} {named}."
    if reasons.partly:
        return f"Your profile comes close to {joined(reasons.partly[:MAX_NAMED], 'and')}."
    if level is FitLevel.LOW:
        return "Your profile speaks of other things than this job asks for."
    return "Taken as a whole, your background points towards this job."


def _open(level: FitLevel, reasons: Reasons, gap: int) -> str:
    met, partly, missing = reasons.met, reasons.partly, reasons.missing
    if missing:
        more = len(missing) - MAX_NAMED
        named = joined(missing[:MAX_NAMED], "or")
        if more > 0:
            named = f"{', '.join(missing[:MAX_NAMED])} or {more} more"
        ending = {
            FitLevel.HIGH: f", so be ready to speak about {'it' if len(missing) == 1 else 'them'}",
            FitLevel.MEDIUM: "",
            FitLevel.LOW: ", which the posting asks for",
        }[level]
        return f"It does not show {named}{ending}{_pitched(gap)}."
    if partly and met:
        return f"It shows {joined(partly[:MAX_NAMED], 'and')} in part{_pitched(gap)}."
    if _pitched(gap):
        return f"The job is pitched {_direction(gap)} the level that your profile shows."
    return {
        FitLevel.HIGH: "Nothing that the posting asks for is left open.",
        FitLevel.MEDIUM: "Taken as a whole, the match is good but not complete.",
        FitLevel.LOW: "Taken as a whole, though, the job looks further from your background than"
        " the single requirements suggest.",
    }[level]


def _direction(gap: int) -> str:
    return "above" if gap < 0 else "below"


def _pitched(gap: int) -> str:
    if abs(gap) < _NOTABLE_GAP:
        return ""
    return f", and the job is pitched {_direction(gap)} the level that it shows"


def _medium_step(reasons: Reasons, gap: int) -> str:
    strength = reasons.met[0] if reasons.met else ""
    if reasons.missing:
        lead = f" and lead with {strength}" if strength else ""
        return (
            f"If you have {reasons.missing[0]}, add it to your profile; if not, apply anyway{lead}."
        )
    if reasons.partly:
        return (
            f"Apply, and show with one example how far your experience covers {reasons.partly[0]}."
        )
    if abs(gap) >= _NOTABLE_GAP:
        return "Apply, and say why this level suits you now."
    with_it = f" with {strength}" if strength else ""
    return f"Apply, and tell one thing that you achieved{with_it}."


def _roles(headline: str | None) -> str:
    """``Data Analyst roles``, or just ``roles`` where the headline is no plain title."""
    first = re.split(r"\s*(?:[|,;:•@(]|\s[-–—]\s|\bat\b)\s*", headline or "", maxsplit=1)[0].strip()
    return f"{first} roles" if _ROLE.fullmatch(first) else "roles"


def _shortened(text: str) -> str:
    """The text up to MAX_LABEL characters, cut between words, without the end of a sentence."""
    text = re.sub(r"[.!?;:]+(?=\s|$)", ",", text).strip(" ,")
    if len(text) > MAX_LABEL:
        text = text[:MAX_LABEL].rsplit(" ", 1)[0].rstrip(" ,(-–/&") + " …"
    return text
