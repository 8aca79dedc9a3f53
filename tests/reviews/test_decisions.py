"""The rule of several decisions on one answer."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from lantern.fit import FitLevel
from lantern.reviews.decisions import Decision, Review, settle

LOW, MEDIUM, HIGH = FitLevel


def made(reviewer: str, decision: str, level: FitLevel = MEDIUM, day: int = 1) -> Review:
    text = f"by {reviewer}" if decision == "edit" else None
    return Review(reviewer, Decision(decision), level, text, dt.date(2026, 3, day))


def test_one_decision_stands() -> None:
    one = made("anna", "accept")
    assert settle([one], deciding=3).review is one


def test_two_who_agree_leave_the_earliest_standing() -> None:
    late, early = made("anna", "edit", day=2), made("ben", "edit", day=1)
    assert settle([late, early], deciding=3).review is early


def test_decision_and_level_are_both_agreed_on() -> None:
    for other in (made("ben", "reject"), made("ben", "edit", HIGH)):
        settled = settle([made("anna", "edit"), other], deciding=3)
        assert settled.conflict
        assert settled.review is None


def test_two_who_reject_agree_whatever_the_level() -> None:
    settled = settle([made("anna", "reject", LOW), made("ben", "reject", MEDIUM)], deciding=3)
    assert settled.review is not None
    assert not settled.conflict


def test_a_strict_majority_decides_once_enough_have_decided() -> None:
    three = [made("anna", "accept"), made("ben", "reject"), made("cleo", "accept")]
    settled = settle(three, deciding=3)
    assert settled.review is not None
    assert settled.review.decision is Decision.ACCEPT
    assert settle(three, deciding=4).conflict
    tied = [*three, made("dora", "reject")]
    assert settle(tied, deciding=3).conflict


def test_an_adjudicator_decides_against_any_number() -> None:
    many = [made(name, "accept") for name in "abcde"]
    ruled = settle([*many, made("judge", "reject")], deciding=3, adjudicators={"judge"})
    assert ruled.review is not None
    assert ruled.review.reviewer == "judge"
    two = [*many, made("judge", "reject"), made("other", "accept")]
    assert settle(two, deciding=3, adjudicators={"judge", "other"}).conflict


reviews = st.lists(
    st.builds(
        made,
        st.sampled_from("abcdef"),
        st.sampled_from(["accept", "edit", "reject"]),
        st.sampled_from(list(FitLevel)),
        st.integers(1, 3),
    ),
    unique_by=lambda review: review.reviewer,
)


@settings(deadline=None)
@given(reviews, st.randoms())
def test_the_order_of_reviews_means_nothing(some: list[Review], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = random.sample(some, len(some))
    one, other = (settle(x, deciding=3, adjudicators={"a"}) for x in (some, shuffled))
    assert one == other
    assert not (one.conflict and one.review)
    assert one.conflict or bool(one.review) == bool(some)
