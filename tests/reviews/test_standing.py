"""Which of a pair's answers stands for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lantern.fit import FitLevel
from lantern.reviews.decisions import Decision, Review
from lantern.reviews.standing import AnswerKey, LabelledAnswer, StandingRule, stand

LOW, MEDIUM, HIGH = FitLevel
RULE = StandingRule(last="rubric")


def said(teacher: str, level: FitLevel, sample: int = 0, prompt: str = "v1", day: int = 1) -> Any:
    text = f"{teacher} {prompt} {sample}"
    on = dt.date(2026, 3, day)
    return LabelledAnswer(teacher, prompt, sample, level, text, on)


def about(answer: LabelledAnswer, *decisions: str) -> dict[AnswerKey, list[Review]]:
    day = dt.date(2026, 3, 9)
    made = [Review(f"r{n}", Decision(d), MEDIUM, None, day) for n, d in enumerate(decisions)]
    return {answer.key: made}


def test_the_rubric_comes_last_and_the_preferred_first() -> None:
    rubric, api, other = said("rubric", LOW, day=3), said("api", HIGH), said("other", MEDIUM, day=2)
    assert stand([rubric, api, other], {}, RULE).answer == other  # the later of the two
    preferred = StandingRule(teachers=("api",), last="rubric")
    assert stand([rubric, api, other], {}, preferred).answer == api
    named = StandingRule(teachers=("rubric",), last="rubric")
    assert stand([rubric, api, other], {}, named).answer == rubric


def test_disagreement_is_how_far_the_teachers_lie_apart() -> None:
    far = stand([said("rubric", LOW), said("api", HIGH)], {}, RULE)
    near = stand([said("rubric", LOW), said("api", MEDIUM)], {}, RULE)
    one = stand([said("api", HIGH)], {}, RULE)
    assert (far.disagreement, near.disagreement, one.disagreement) == (1.0, 0.5, 0.0)


def test_the_first_sample_of_the_most_frequent_level_speaks_for_its_teacher() -> None:
    samples = [said("api", level, n) for n, level in enumerate([HIGH, MEDIUM, MEDIUM])]
    chosen = stand(samples, {}, RULE)
    assert chosen.answer == samples[1]
    assert chosen.sample_share == 2 / 3
    tied = stand([said("api", HIGH, 0), said("api", LOW, 1)], {}, RULE)
    assert (tied.answer.sample, tied.sample_share) == (0, 0.5)


def test_the_latest_prompts_count_unless_people_have_decided() -> None:
    old, new = said("api", LOW, prompt="v9", day=1), said("api", HIGH, prompt="v2", day=2)
    chosen = stand([old, new], {}, RULE)
    assert chosen.answer == new
    assert chosen.disagreement == 0.0
    assert stand([old, new], about(old, "accept"), RULE).answer == old
    # Even a rejection: what people have looked at is not passed by in silence.
    assert stand([old, new], about(old, "reject"), RULE).answer == old


def test_what_people_accepted_comes_before_conflicts_and_those_before_rejections() -> None:
    one, two, three = said("a", LOW), said("b", MEDIUM), said("c", HIGH)
    reviews = about(one, "reject") | about(two, "accept", "reject") | about(three, "accept")
    assert stand([one, two, three], reviews, RULE).answer == three
    chosen = stand([one, two], reviews, RULE)
    assert chosen.answer == two
    assert chosen.settled.conflict
    assert chosen.decisions == 2
    assert stand([one], reviews, RULE).answer == one


def test_a_review_of_another_text_says_nothing() -> None:
    gone = said("api", HIGH, sample=5)
    chosen = stand([said("api", HIGH)], about(gone, "reject"), RULE)
    assert chosen.decisions == 0
    assert chosen.settled.review is None


answers = st.lists(
    st.builds(
        said,
        st.sampled_from(["rubric", "api", "other"]),
        st.sampled_from(list(FitLevel)),
        st.integers(0, 2),
        st.sampled_from(["v1", "v2"]),
        st.integers(1, 2),
    ),
    min_size=1,
    unique_by=lambda a: (a.teacher, a.prompt_version, a.sample),
)


@settings(deadline=None)
@given(answers, st.randoms())
def test_the_order_of_answers_means_nothing(some: list[LabelledAnswer], random: Any) -> None:
    reviews = about(some[0], "accept", "reject") if len(some) % 2 else {}
    assert stand(some, reviews, RULE) == stand(random.sample(some, len(some)), reviews, RULE)
