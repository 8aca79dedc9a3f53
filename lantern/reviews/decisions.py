"""What reviewers decide about an answer, and what several decisions on it come to.

The rule is stated in ``docs/review.md``; :func:`settle` is that rule.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lantern.fit import FitLevel


class Decision(enum.StrEnum):
    """A reviewer's decision on an answer."""

    ACCEPT = "accept"
    EDIT = "edit"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Review:
    """One reviewer's decision on one answer.

    Attributes:
        reviewer: pseudonym.
        decision: accept, edit or reject.
        level: the level that the reviewer holds to be right.
        explanation: the edited explanation; None unless the decision is EDIT.
        reviewed_on: day of the decision.
    """

    reviewer: str
    decision: Decision
    level: FitLevel
    explanation: str | None
    reviewed_on: dt.date


@dataclass(frozen=True, slots=True)
class Settled:
    """What the decisions on one answer come to.

    Attributes:
        review: the decision that stands; None while reviewers disagree.
        conflict: reviewers disagree and nobody has decided yet.
    """

    review: Review | None
    conflict: bool


def settle(
    reviews: Sequence[Review], *, deciding: int, adjudicators: Collection[str] = ()
) -> Settled:
    """Apply the rule to the decisions on one answer, at most one a reviewer.

    Reviewers agree when they decided the same about the same level; two who reject agree whatever
    level they hold to be right, since the answer is out either way. Where they agree the earliest
    decision stands (it has the text, where all edited). Where they do not, an adjudicator's
    decision stands; else, from ``deciding`` decisions on, that of a strict majority; else it is a
    conflict.

    Args:
        reviews: in any order; the result does not depend on it.
        deciding: so many decisions let a majority decide.
        adjudicators: pseudonyms whose decision stands against others'.
    """
    ordered = sorted(reviews, key=lambda review: (review.reviewed_on, review.reviewer))
    if not ordered:
        return Settled(None, conflict=False)
    above = [review for review in ordered if review.reviewer in adjudicators]
    deciders = above or ordered
    count = Counter(map(_outcome, deciders))
    [(outcome, votes)] = count.most_common(1)
    alone = len(count) == 1
    if alone or (len(deciders) >= deciding and 2 * votes > len(deciders)):
        first = next(review for review in deciders if _outcome(review) == outcome)
        return Settled(first, conflict=False)
    return Settled(None, conflict=True)


def _outcome(review: Review) -> tuple[Decision, FitLevel | None]:
    out = review.decision is Decision.REJECT
    return (review.decision, None if out else review.level)
