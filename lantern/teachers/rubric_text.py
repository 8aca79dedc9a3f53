"""The words of the rubric's explanation: a two-sentence summary and the next best action.

Every sentence says only what the verdicts say, so that it stays true under any level: the level
may be the classifier's, and then the text names what speaks for and against without arguing.
"Not shown" speaks of the profile, never of the person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from lantern.fit import FitLevel, Importance, Requirement, RequirementKind, Verdict, VerdictKind

MAX_NAMED: Final = 3
"""Most requirements that a sentence names."""
MAX_LABEL: Final = 70
_MAX_SKILLS: Final = 3
_NOTABLE_GAP: Final = 2

_DEGREES: Final = {
    0: "a high school diploma",
    1: "an associate degree",
    2: "a bachelor's degree",
    3: "a master's degree",
    4: "a doctorate",
}
_KIND_ORDER: Final = {
    RequirementKind.SKILL: 0,
    RequirementKind.EXPERIENCE: 0,
    RequirementKind.CERTIFICATE: 1,
    RequirementKind.DEGREE: 2,
    RequirementKind.OTHER: 3,
}
_COMPOUND = re.compile(r" (?:and|or) ")
_ROLE = re.compile(r"[^\W\d_][\w /&+.#'-]{2,38}[\w+#]")


def requirement_label(requirement: Requirement) -> str:
    """A requirement in a few words that fit into a sentence."""
    years = f"{requirement.years:g}+ years" if requirement.years else ""
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


def joined(items: Sequence[str], word: str) -> str:
    """``a, b and c``; a comma more before the last where an item holds an ``and`` of its own."""
    if len(items) < 2:
        return "".join(items)
    inner = any(
        f" {w} " in item and not item.startswith("“") for item in items for w in ("and", "or")
    )
    last = f", {word} " if inner else f" {word} "
    return ", ".join(items[:-1]) + last + items[-1]


def summary(
    level: FitLevel,
    requirements: Sequence[Requirement],
    verdicts: Sequence[Verdict],
    *,
    gap: int = 0,
) -> str:
    """Two sentences: what the profile shows of the job, and what it does not show.

    Args:
        level: the level that the text must fit.
        requirements: the posting's, in its order.
        verdicts: one for each.
        gap: seniority levels of the member above the posting; negative below.
    """
    if not requirements:
        return "The posting lists no requirements that could be checked. " + _NO_REQUIREMENTS[level]
    met = _labels(requirements, verdicts, VerdictKind.MET)
    partly = _labels(requirements, verdicts, VerdictKind.PARTLY_MET)
    missing = _labels(requirements, verdicts, VerdictKind.NOT_SHOWN)
    count = sum(verdict.kind is VerdictKind.MET for verdict in verdicts)
    shown = _shown(level, met, partly, count, len(verdicts))
    return f"{shown} {_open(level, met, partly, missing, gap)}"


def next_step(
    level: FitLevel,
    requirements: Sequence[Requirement],
    verdicts: Sequence[Verdict],
    *,
    headline: str | None = None,
    gap: int = 0,
) -> str | None:
    """The next best action; None for a High fit, which is to apply."""
    if level is FitLevel.HIGH:
        return None
    met = _labels(requirements, verdicts, VerdictKind.MET)
    partly = _labels(requirements, verdicts, VerdictKind.PARTLY_MET)
    missing = _labels(requirements, verdicts, VerdictKind.NOT_SHOWN)
    if level is FitLevel.MEDIUM:
        return _medium_step(met, partly, missing, gap)
    roles = _roles(headline)
    if met:
        look = f"look for {roles} that ask for {joined(met[:2], 'and')}"
    elif partly:
        look = f"look for {roles} that build on what you have done close to {partly[0]}"
    else:
        look = f"look for {roles} closer to what your profile shows"
    if gap <= -_NOTABLE_GAP:
        look += ", at a level nearer to your experience"
    if missing:
        named = joined(missing[:2], "or")
        return f"If you have {named}, add it to your profile; otherwise {look}."
    return f"{look[0].upper()}{look[1:]}."


_NO_REQUIREMENTS: Final = {
    FitLevel.HIGH: "Its title and your background point the same way.",
    FitLevel.MEDIUM: "Its title and your background have something in common.",
    FitLevel.LOW: "Its title and your background look far apart.",
}


def _shown(
    level: FitLevel, met: Sequence[str], partly: Sequence[str], count: int, total: int
) -> str:
    if met:
        named = joined(met[:MAX_NAMED], "and")
        if count == total:
            asked = "the one requirement" if total == 1 else f"all {total} requirements"
            return f"Your profile shows {asked} of this job{_naming(met)}: {named}."
        number = "one" if count == 1 else str(count)
        among = ":" if len(met) <= MAX_NAMED else ", above all"
        return f"Your profile shows {number} of the {total} requirements{among} {named}."
    if partly:
        return f"Your profile comes close to {joined(partly[:MAX_NAMED], 'and')}."
    if level is FitLevel.LOW:
        return "Your profile speaks of other things than this job asks for."
    return "Taken as a whole, your background points towards this job."


def _naming(met: Sequence[str]) -> str:
    return ", above all" if len(met) > MAX_NAMED else ""


def _open(
    level: FitLevel,
    met: Sequence[str],
    partly: Sequence[str],
    missing: Sequence[str],
    gap: int,
) -> str:
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


def _medium_step(
    met: Sequence[str], partly: Sequence[str], missing: Sequence[str], gap: int
) -> str:
    if missing:
        strength = f" and lead with {met[0]}" if met else ""
        return f"If you have {missing[0]}, add it to your profile; if not, apply anyway{strength}."
    if partly:
        return f"Apply, and show with one example how far your experience covers {partly[0]}."
    if abs(gap) >= _NOTABLE_GAP:
        return "Apply, and say why this level suits you now."
    strength = f" with {met[0]}" if met else ""
    return f"Apply, and tell one thing that you achieved{strength}."


def _labels(
    requirements: Sequence[Requirement], verdicts: Sequence[Verdict], kind: VerdictKind
) -> list[str]:
    """Labels of the requirements with this verdict, must-haves and checkable ones first."""
    chosen = [
        requirement
        for requirement, verdict in zip(requirements, verdicts, strict=True)
        if verdict.kind is kind
    ]
    chosen.sort(
        key=lambda item: (
            item.kind is RequirementKind.OTHER,
            item.importance is not Importance.MUST_HAVE,
            _KIND_ORDER[item.kind],
        )
    )
    return list(dict.fromkeys(requirement_label(item) for item in chosen))


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
