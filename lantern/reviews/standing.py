"""Which of a pair's answers stands for it: for the reviewers who see it, and for D_seed."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from lantern.fit import FitLevel
from lantern.reviews.decisions import Decision, Review, Settled, settle


@dataclass(frozen=True, slots=True)
class LabelledAnswer:
    """One answer of a teacher to a pair, as ``teacher_labels`` has it."""

    teacher: str
    prompt_version: str
    sample: int
    level: FitLevel
    explanation: str
    labelled_on: dt.date

    @property
    def key(self) -> AnswerKey:
        digest = hashlib.sha256(self.explanation.encode("utf-8", "surrogatepass"))
        return AnswerKey(self.teacher, self.prompt_version, digest.hexdigest())


_UNDECIDED: Final = Settled(None, conflict=False)


class AnswerKey(NamedTuple):
    """By what reviews know an answer of a pair; the hash is SHA-256 of the explanation."""

    teacher: str
    prompt_version: str
    answer_hash: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer that stands for a pair.

    Attributes:
        answer: the teacher's.
        sample_share: share of the samples of its teacher and prompts that have its level.
        disagreement: 0..1, how far the levels of the pair's teachers lie apart.
        decisions: how many reviewers have decided about it.
        settled: what their decisions come to.
    """

    answer: LabelledAnswer
    sample_share: float = 1.0
    disagreement: float = 0.0
    decisions: int = 0
    settled: Settled = _UNDECIDED


@dataclass(frozen=True, slots=True)
class StandingRule:
    """What the choice depends on beside the answers.

    Attributes:
        teachers: names, the preferred first.
        last: the teacher that comes after all others that ``teachers`` does not name.
        deciding: so many decisions let a majority settle a conflict.
        adjudicators: reviewers whose decision settles one alone.
    """

    teachers: tuple[str, ...] = ()
    last: str = ""
    deciding: int = 3
    adjudicators: Collection[str] = frozenset()


def stand(
    answers: Sequence[LabelledAnswer],
    reviews: Mapping[AnswerKey, Sequence[Review]],
    rule: StandingRule,
) -> Standing:
    """Choose among the answers to one pair.

    Of each teacher's answers those of its latest prompts count, and of their samples the first
    with the most frequent level. Answers that people have decided about come before all others,
    whatever their prompts: first the accepted and edited, then those in conflict, then the
    rejected. Among equals the order is that of ``rule.teachers``, then the latest.

    Args:
        answers: at least one, in any order.
        reviews: of the pair's answers, those that are no more among them too.
        rule: preferences.
    """
    samples: defaultdict[tuple[str, str], list[LabelledAnswer]] = defaultdict(list)
    for answer in answers:
        samples[answer.teacher, answer.prompt_version].append(answer)
    latest: dict[str, tuple[dt.date, str]] = {}
    for (teacher, prompt), group in samples.items():
        age = (max(answer.labelled_on for answer in group), prompt)
        latest[teacher] = max(age, latest.get(teacher, age))
    usual = [_usual(samples[teacher, prompt]) for teacher, (_, prompt) in latest.items()]
    levels = [answer.level for answer in usual]
    apart = (max(levels) - min(levels)) / (len(FitLevel) - 1)
    reviewed = [answer for answer in answers if reviews.get(answer.key)]
    options = [_option(answer, samples, reviews, rule, apart) for answer in [*reviewed, *usual]]
    return min(options, key=lambda option: _rank(option, rule))


def _usual(samples: Sequence[LabelledAnswer]) -> LabelledAnswer:
    """The first sample with the most frequent level; of equally frequent ones the earliest."""
    votes = Counter(answer.level for answer in samples)
    ordered = sorted(samples, key=lambda answer: answer.sample)
    return max(ordered, key=lambda answer: votes[answer.level])


def _option(
    answer: LabelledAnswer,
    samples: Mapping[tuple[str, str], Sequence[LabelledAnswer]],
    reviews: Mapping[AnswerKey, Sequence[Review]],
    rule: StandingRule,
    apart: float,
) -> Standing:
    group = samples[answer.teacher, answer.prompt_version]
    made = reviews.get(answer.key, ())
    return Standing(
        answer,
        sample_share=sum(other.level is answer.level for other in group) / len(group),
        disagreement=apart,
        decisions=len(made),
        settled=settle(made, deciding=rule.deciding, adjudicators=rule.adjudicators),
    )


def _rank(option: Standing, rule: StandingRule) -> tuple[int, int, int, str, str, int]:
    settled, answer = option.settled, option.answer
    if not option.decisions:
        state = 3
    elif settled.conflict:
        state = 1
    else:
        rejected = settled.review is not None and settled.review.decision is Decision.REJECT
        state = 2 if rejected else 0
    if answer.teacher in rule.teachers:
        preference = rule.teachers.index(answer.teacher)
    else:
        preference = len(rule.teachers) + (answer.teacher == rule.last)
    age = -answer.labelled_on.toordinal()
    return state, preference, age, answer.teacher, answer.prompt_version, answer.sample
