"""The domain: fit levels, requirements, verdicts, and the explanation that is built from them.

The text form of an :class:`Assessment` is what the teachers write, what the explanation model is
distilled to write, and what the job page shows::

    You are a Medium fit for this job.
    Requirements:
    - 5+ years of Python [met]: "built Python services since 2015"
    - Kubernetes [partly met]: "ran containers with Docker"
    - AWS certification [not shown]
    Summary: Your background covers ... What the profile does not show is ...
    Next step: Add ...

A requirement stands before its verdict: a decoder writes from left to right, and so judges after
it has read what it judges. "Not shown" speaks of the profile, never of the person.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


class FitLevel(enum.IntEnum):
    """How well a member fits a job. The integer is the class index of every classifier."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def label(self) -> str:
        """The word that is stored and shown: ``Low``, ``Medium`` or ``High``."""
        return self.name.capitalize()

    @classmethod
    def from_label(cls, label: str) -> FitLevel:
        """Parse ``Low``, ``Medium`` or ``High`` (any case); raises ValueError otherwise."""
        try:
            return cls[label.strip().upper()]
        except KeyError:
            raise ValueError(f"not a fit level: {label!r}; expected Low, Medium or High") from None


LEVEL_LABELS: Final = tuple(level.label for level in FitLevel)


class RequirementKind(enum.StrEnum):
    """What a requirement asks for."""

    SKILL = "skill"
    EXPERIENCE = "experience"
    DEGREE = "degree"
    CERTIFICATE = "certificate"
    OTHER = "other"


class Importance(enum.StrEnum):
    """Whether a posting insists on a requirement."""

    MUST_HAVE = "must_have"
    NICE_TO_HAVE = "nice_to_have"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a posting.

    Attributes:
        kind: what it asks for.
        importance: must-have or nice-to-have.
        text: the requirement as shown to people: one line, without a colon-quote sequence.
        skills: canonical names of the lexicon's skills that it names; any one of them satisfies
            a requirement of kind SKILL when ``any_of`` is true, else each counts.
        any_of: whether ``skills`` are alternatives ("Java or C#").
        years: years of experience asked for, if any.
        degree: minimum degree rank (see ``documents.degrees``), if any.
    """

    kind: RequirementKind
    importance: Importance
    text: str
    skills: tuple[str, ...] = ()
    any_of: bool = False
    years: float | None = None
    degree: int | None = None


class VerdictKind(enum.StrEnum):
    """What a profile shows about one requirement."""

    MET = "met"
    PARTLY_MET = "partly met"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one requirement; MET and PARTLY_MET may quote the profile.

    Attributes:
        requirement: the requirement's text, exactly as in :attr:`Requirement.text`.
        kind: met, partly met or not shown.
        quote: an exact span of the member's own profile; required for MET, None for NOT_SHOWN.
    """

    requirement: str
    kind: VerdictKind
    quote: str | None = None

    def __post_init__(self) -> None:
        if self.kind is VerdictKind.MET and not self.quote:
            raise ValueError("a met requirement must quote the profile")
        if self.kind is VerdictKind.NOT_SHOWN and self.quote is not None:
            raise ValueError("a requirement that is not shown has nothing to quote")


@dataclass(frozen=True, slots=True)
class Assessment:
    """A fit level with its reasons.

    Attributes:
        level: the class.
        verdicts: one for each requirement of the posting, in the posting's order.
        summary: two sentences, one line; see :func:`name_problem` for what they name.
        next_step: the next best action; present if and only if the level is not HIGH.
    """

    level: FitLevel
    verdicts: tuple[Verdict, ...]
    summary: str
    next_step: str | None = None

    def __post_init__(self) -> None:
        if (self.level is FitLevel.HIGH) != (self.next_step is None):
            raise ValueError("a next step goes with every level but High, and only with those")


def level_contradiction(level: FitLevel, kinds: Sequence[VerdictKind]) -> str | None:
    """Why a level cannot stand beside verdicts of these kinds; None where it can.

    Only what no reader would accept: a High fit of which nothing is met, and a Low fit of which
    everything is. Between the two the verdicts leave room for judgement.

    Args:
        level: the class.
        kinds: one for each requirement; a posting without any contradicts nothing.
    """
    if not kinds:
        return None
    if level is FitLevel.HIGH and VerdictKind.MET not in kinds:
        return "the level is High, but no requirement is met"
    if level is FitLevel.LOW and all(kind is VerdictKind.MET for kind in kinds):
        return "the level is Low, but every requirement is met"
    return None


NAME: Final = re.compile(r"“([^“”]*)”")
"""What summary and next step name a requirement by."""
MARK: Final = re.compile(r"[“”]")


def naming(assessment: Assessment) -> tuple[tuple[str, list[str]], ...]:
    """The summary's first sentence, the rest of it and the next step, with what each may name.

    The first sentence, which ends with the first full stop outside of a name, names what is met,
    or what is partly met where nothing is; all that follows it names what is not met.

    Returns:
        Three texts, which may be empty, each with requirements.
    """
    first = _FIRST_SENTENCE.match(assessment.summary)
    shown = first[0] if first else ""
    best = _best_kind(assessment)
    told = [v.requirement for v in assessment.verdicts if v.kind is best]
    open_ = [v.requirement for v in assessment.verdicts if v.kind is not VerdictKind.MET]
    rest = assessment.summary[len(shown) :]
    return (shown, told), (rest, open_), (assessment.next_step or "", open_)


def name_problem(assessment: Assessment) -> str | None:
    """What summary and next step name against the verdicts; None if nothing.

    They name a requirement by some of its own words, in “…”, where :func:`naming` allows it.
    """
    texts = naming(assessment)
    if any(MARK.search(NAME.sub("", text)) for text, _ in texts):
        return "a “ or a ” without the other"
    first, *later = (
        all(is_part(name, allowed) for name in NAME.findall(text)) for text, allowed in texts
    )
    if not first:
        best = _best_kind(assessment)
        return f"the summary's first sentence names in “…” what is not a requirement that is {best}"
    if not all(later):
        return "after the summary's first sentence, “…” holds what is not a requirement still open"
    return None


def _best_kind(assessment: Assessment) -> VerdictKind:
    kinds = [verdict.kind for verdict in assessment.verdicts]
    return VerdictKind.MET if VerdictKind.MET in kinds else VerdictKind.PARTLY_MET


def named(assessment: Assessment) -> list[str]:
    """What summary and next step name, in “…”."""
    return NAME.findall(f"{assessment.summary}\n{assessment.next_step or ''}")


def is_part(name: str, requirements: Sequence[str]) -> bool:
    """Whether it is a part of one of the requirements that cuts no word."""
    begins = r"(?<!\w)" if re.match(r"\w", name) else ""
    ends = r"(?!\w)" if re.search(r"\w\Z", name) else ""
    part = re.compile(f"{begins}{re.escape(name)}{ends}")
    return any(map(str.isalnum, name)) and any(part.search(text) for text in requirements)


class ExplanationFormatError(ValueError):
    """A text is not an explanation in the format of this module."""


_CLASS_LINE = re.compile(r"You are a (Low|Medium|High) fit for this job\.")
_VERDICT_LINE = re.compile(
    r"- (?P<text>[^\"]+) \[(?P<kind>met|partly met|not shown)\](?:: \"(?P<quote>[^\"]+)\")?"
)
_FIRST_SENTENCE = re.compile(r"(?:“[^“”]*”|[^.“])*\.?")
_SUMMARY = "Summary: "
_NEXT_STEP = "Next step: "


def class_line(level: FitLevel) -> str:
    """The line that every explanation begins with."""
    return f"You are a {level.label} fit for this job."


def render_explanation(assessment: Assessment) -> str:
    """The text form of an assessment; :func:`parse_explanation` is its inverse.

    Requirement texts and quotes hold no line break and no double quote; the documents package
    guarantees that for requirements, and quotes are chosen so.
    """
    lines = [class_line(assessment.level), "Requirements:"]
    for verdict in assessment.verdicts:
        quote = f': "{verdict.quote}"' if verdict.quote else ""
        lines.append(f"- {verdict.requirement} [{verdict.kind}]{quote}")
    lines.append(_SUMMARY + assessment.summary)
    if assessment.next_step is not None:
        lines.append(_NEXT_STEP + assessment.next_step)
    return "\n".join(lines)


def parse_explanation(text: str) -> Assessment:
    """Read the text form back.

    Raises:
        ExplanationFormatError: if any line is out of place; the message names the line's number,
            not its content.
    """
    lines = text.strip().split("\n")
    match = _CLASS_LINE.fullmatch(lines[0].strip())
    if not match:
        raise ExplanationFormatError("line 1 is not the class line")
    if len(lines) < 3 or lines[1].strip() != "Requirements:":
        raise ExplanationFormatError("line 2 is not 'Requirements:'")
    verdicts: list[Verdict] = []
    row = 2
    while row < len(lines) and lines[row].startswith("- "):
        found = _VERDICT_LINE.fullmatch(lines[row].rstrip())
        if not found:
            raise ExplanationFormatError(f"line {row + 1} is not a verdict")
        try:
            kind = VerdictKind(found["kind"])
            verdicts.append(Verdict(found["text"], kind, found["quote"]))
        except ValueError as error:
            raise ExplanationFormatError(f"line {row + 1}: {error}") from None
        row += 1
    if row >= len(lines) or not lines[row].startswith(_SUMMARY):
        raise ExplanationFormatError(f"line {row + 1} is not the summary")
    summary = lines[row].removeprefix(_SUMMARY).strip()
    rest = lines[row + 1 :]
    if len(rest) > 1 or (rest and not rest[0].startswith(_NEXT_STEP)):
        raise ExplanationFormatError(f"line {row + 2} is not the next step")
    next_step = rest[0].removeprefix(_NEXT_STEP).strip() if rest else None
    try:
        return Assessment(FitLevel.from_label(match[1]), tuple(verdicts), summary, next_step)
    except ValueError as error:
        raise ExplanationFormatError(str(error)) from None
