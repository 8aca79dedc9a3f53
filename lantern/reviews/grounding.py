"""Whether an explanation may be learned from: its form, its requirements, its quotes, its class."""

from __future__ import annotations

from collections.abc import Sequence

from lantern.fit import (
    Assessment,
    ExplanationFormatError,
    FitLevel,
    level_contradiction,
    parse_explanation,
)


def form_problem(
    explanation: str, level: FitLevel | None, requirements: Sequence[str]
) -> str | None:
    """What is wrong with an explanation's form; None if it is whole.

    Args:
        explanation: the text.
        level: the class it should name; None for any.
        requirements: the posting's, by their text and in order: one verdict each, no other.
    """
    try:
        assessment = parse_explanation(explanation)
    except ExplanationFormatError as error:
        return f"not in the form of an explanation: {error}"
    if level is not None and assessment.level is not level:
        return "its first line names another level"
    if [verdict.requirement for verdict in assessment.verdicts] != list(requirements):
        return "its verdicts are not the posting's requirements, by name and in order"
    return None


def invented_quotes(assessment: Assessment, profile: str) -> list[int]:
    """Numbers (from 1) of the verdicts whose quote is not an exact span of the profile."""
    return [
        number
        for number, verdict in enumerate(assessment.verdicts, start=1)
        if verdict.quote is not None and verdict.quote not in profile
    ]


def contradiction(assessment: Assessment) -> str | None:
    """Why the class cannot stand beside the verdicts; None where it can."""
    return level_contradiction(assessment.level, [verdict.kind for verdict in assessment.verdicts])
