"""Whether an answer belongs to D_seed: people's decisions first, else the automatic filters.

Every kept answer, whoever kept it, is whole in form, quotes the profile word for word and names
requirements as its verdicts have them: that is what the models learn. What only filters judge must
be consistent, too.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lantern.documents.requirement_names import with_short_names
from lantern.fit import FitLevel, Requirement, name_problem, parse_explanation, render_explanation
from lantern.reviews.decisions import Decision
from lantern.reviews.grounding import contradiction, form_problem, invented_quotes
from lantern.reviews.standing import Standing


class Dropped(enum.StrEnum):
    """Why an answer is not in D_seed; the names are those of the manifest's counts."""

    REJECTED = "rejected"
    CONFLICT = "conflict"
    NOT_REVIEWED = "not_reviewed"
    NOT_PARSED = "not_parsed"
    NOT_GROUNDED = "not_grounded"
    NAMES_NOT_CARRIED = "names_not_carried"
    CLASS_NOT_CARRIED = "class_not_carried"
    SAMPLES_DISAGREE = "samples_disagree"


TOLD: Final = {
    Dropped.REJECTED: "rejected by reviewers",
    Dropped.CONFLICT: "reviewers disagree and nobody has decided yet",
    Dropped.NOT_REVIEWED: "not reviewed, and curate.without_review leaves such answers out",
    Dropped.NOT_PARSED: "not the form of an explanation of this posting under its level",
    Dropped.NOT_GROUNDED: "a quote is not an exact span of the profile",
    Dropped.NAMES_NOT_CARRIED: "summary or next step name in “…” what the verdicts do not carry",
    Dropped.CLASS_NOT_CARRIED: "the class contradicts the verdicts",
    Dropped.SAMPLES_DISAGREE: "too few samples of the teacher have the answer's level",
}


@dataclass(frozen=True, slots=True)
class Curated:
    """What becomes of a pair: an example of D_seed, or the reasons why not.

    Attributes:
        level, explanation: of the example; it names requirements by their short names.
        kept_by: human or filter.
        dropped: every reason against it; empty if it is kept.
    """

    level: FitLevel
    explanation: str
    kept_by: str
    dropped: tuple[Dropped, ...] = ()


def curate(
    standing: Standing,
    profile: str,
    requirements: Sequence[Requirement],
    *,
    sample_agreement: float,
    without_review: str,
) -> Curated:
    """Decide about one pair.

    Args:
        standing: the pair's answer with what people decided about it.
        profile: ``members.text``.
        requirements: the posting's.
        sample_agreement: least share of samples with the answer's level.
        without_review: ``filter`` or ``leave_out`` for answers that nobody has decided about.
    """
    level, explanation = standing.answer.level, standing.answer.explanation
    review = standing.settled.review
    if review is not None and review.explanation is not None:
        level, explanation = review.level, review.explanation
    by_people = standing.decisions > 0
    if standing.settled.conflict:
        dropped = [Dropped.CONFLICT]
    elif review is not None and review.decision is Decision.REJECT:
        dropped = [Dropped.REJECTED]
    elif not by_people and without_review == "leave_out":
        dropped = [Dropped.NOT_REVIEWED]
    else:
        texts = [requirement.text for requirement in requirements]
        dropped = _unfit(level, explanation, profile, texts, consistent=not by_people)
        if not by_people and standing.sample_share < sample_agreement:
            dropped.append(Dropped.SAMPLES_DISAGREE)
    if not dropped:
        named = with_short_names(parse_explanation(explanation), requirements)
        explanation = render_explanation(named)
    return Curated(level, explanation, "human" if by_people else "filter", tuple(dropped))


def _unfit(
    level: FitLevel,
    explanation: str,
    profile: str,
    requirements: Sequence[str],
    *,
    consistent: bool,
) -> list[Dropped]:
    if form_problem(explanation, level, requirements) is not None:
        return [Dropped.NOT_PARSED]
    assessment = parse_explanation(explanation)
    found = []
    if invented_quotes(assessment, profile):
        found.append(Dropped.NOT_GROUNDED)
    if name_problem(assessment) is not None:
        found.append(Dropped.NAMES_NOT_CARRIED)
    if consistent and contradiction(assessment) is not None:
        found.append(Dropped.CLASS_NOT_CARRIED)
    return found
