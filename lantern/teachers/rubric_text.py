"""The words of the rubric's explanation: a two-sentence summary and the next best action.

Every sentence says only what the verdicts say, so that it stays true under any level: the level
may be the classifier's, and then the text names what speaks for and against without arguing. None
counts: the verdicts stand above them, and a small decoder that learns these words miscounts.
"Not shown" speaks of the profile, never of the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from lantern.documents.lexicon import Lexicon
from lantern.documents.requirement_names import short_name
from lantern.fit import FitLevel, Requirement, RequirementKind, Verdict, VerdictKind

MAX_NAMED: Final = 3
"""Most requirements that a sentence names."""
_NOTABLE_GAP: Final = 2


class Reasons(NamedTuple):
    """What the sentences speak of: names of the requirements that weigh, the weightiest first.

    Attributes:
        met: met.
        partly: partly met.
        missing: not shown.
    """

    met: tuple[str, ...]
    partly: tuple[str, ...]
    missing: tuple[str, ...]

    @classmethod
    def of(
        cls,
        requirements: Sequence[Requirement],
        verdicts: Sequence[Verdict],
        weights: Sequence[float],
        words: Lexicon,
    ) -> Reasons:
        """Sort the requirements by verdict and weight.

        What has no weight is not spoken of, unless nothing else is met.
        """
        ordered = sorted(
            zip(weights, requirements, verdicts, strict=True),
            key=lambda item: (-item[0], item[1].kind is RequirementKind.OTHER),
        )
        named: dict[VerdictKind, dict[str, None]] = {kind: {} for kind in VerdictKind}
        seen: set[str] = set()
        for weight, requirement, verdict in ordered:
            name = short_name(requirement, words)
            alone = verdict.kind is VerdictKind.MET and not named[VerdictKind.MET]
            if (weight > 0 and name not in seen) or alone:
                seen.add(name)
                named[verdict.kind][name] = None
        return cls(
            tuple(named[VerdictKind.MET]),
            tuple(named[VerdictKind.PARTLY_MET]),
            tuple(named[VerdictKind.NOT_SHOWN]),
        )


def joined(items: Sequence[str], word: str) -> str:
    """``“a”, “b” and “c”``."""
    named = [f"“{item}”" for item in items]
    return f" {word} ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def summary(level: FitLevel, reasons: Reasons, *, gap: int = 0) -> str:
    """Two sentences: what the profile shows of the job, and what it does not show.

    Args:
        level: the level that the text must fit.
        reasons: what is met and what is not.
        gap: seniority levels of the member above the posting; negative below.
    """
    if not any(reasons):
        return "The posting lists no requirements that could be checked. " + _NO_REQUIREMENTS[level]
    return f"{_shown(level, reasons)} {_open(level, reasons, gap)}"


def next_step(level: FitLevel, reasons: Reasons, *, gap: int = 0) -> str | None:
    """The next best action; None for a High fit, which is to apply."""
    if level is FitLevel.HIGH:
        return None
    if level is FitLevel.MEDIUM:
        return _medium_step(reasons, gap)
    look = "look for roles closer to what your profile shows"
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
    if reasons.met:
        return f"Your profile shows {_named(reasons.met, 'and')}."
    if reasons.partly:
        return f"Your profile comes close to {joined(reasons.partly[:MAX_NAMED], 'and')}."
    if level is FitLevel.LOW:
        return "Your profile speaks of other things than this job asks for."
    return "Taken as a whole, your background points towards this job."


def _open(level: FitLevel, reasons: Reasons, gap: int) -> str:
    met, partly, missing = reasons.met, reasons.partly, reasons.missing
    if missing:
        ending = {
            FitLevel.HIGH: f", so be ready to speak about {'it' if len(missing) == 1 else 'them'}",
            FitLevel.MEDIUM: "",
            FitLevel.LOW: ", which the posting asks for",
        }[level]
        return f"It does not show {_named(missing, 'or')}{ending}{_pitched(gap)}."
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


def _named(names: Sequence[str], word: str) -> str:
    """The weightiest, and whether there are more."""
    others = ", among others" if len(names) > MAX_NAMED else ""
    return joined(names[:MAX_NAMED], word) + others


def _direction(gap: int) -> str:
    return "above" if gap < 0 else "below"


def _pitched(gap: int) -> str:
    if abs(gap) < _NOTABLE_GAP:
        return ""
    return f", and the job is pitched {_direction(gap)} the level that it shows"


def _medium_step(reasons: Reasons, gap: int) -> str:
    if reasons.missing:
        named = joined(reasons.missing[:1], "or")
        return f"If you have {named}, add it to your profile; if not, apply anyway."
    if reasons.partly:
        named = joined(reasons.partly[:1], "and")
        return f"Apply, and show with one example how far your experience covers {named}."
    if abs(gap) >= _NOTABLE_GAP:
        return "Apply, and say why this level suits you now."
    return "Apply, and tell one thing that you achieved with what your profile shows."
