"""What the base decoder is pretrained on: pairs of a sample marketplace, judged by the rubric.

Two kinds of rows. An *answer row* is a pair's prompt and its explanation; every second one explains
a class that the rubric did not choose, as a night does whose classifier chose another. A *verdict
row* is a profile with the requirements of several jobs and no answer: it is there for the verdicts
alone, of which it holds four times as many as an answer row of the same length.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from lantern.documents.unusable import UnusableDocument
from lantern.fit import FitLevel, VerdictKind, level_contradiction, render_explanation
from lantern.inference.prompt_ids import PromptEncoder
from lantern.prompts.explanation import explanation_prompt
from lantern.sample.documents import sample_posting, sample_profile
from lantern.sample.marketplace import event_postings
from lantern.sample.seeding import stream
from lantern.teachers.profile_facts import facts_of
from lantern.teachers.rubric import RubricTeacher

SEED: Final = 1007
"""Of the sample that is pretrained on; no demo and no measurement uses it."""
POSTINGS: Final = 4000
VERDICTS: Final = (VerdictKind.NOT_SHOWN, VerdictKind.PARTLY_MET, VerdictKind.MET)
ANSWER_WEIGHT: Final = 1.0
PROMPT_WEIGHT: Final = 0.1
"""Of a prompt's tokens in the loss, in a model that does not know the language yet."""
_LONGEST = 1100


class Pair(NamedTuple):
    """What a pair's prompt is made of, and its answer.

    Attributes:
        answer: the rubric's explanation.
        verdicts: of the answer.
        other_answer: the explanation of another class that these verdicts allow; None: none does.
    """

    title: str
    requirements: tuple[Any, ...]
    requirements_text: str
    profile: str
    answer: str
    verdicts: tuple[VerdictKind, ...]
    other_answer: str | None


class Row(NamedTuple):
    """A row of tokens.

    Attributes:
        input_ids: ``[tokens]``.
        weights: ``[tokens]`` in the loss of the language model; 0: not learned.
        ends: ``[requirements]`` where in ``input_ids`` each requirement of the prompt ends.
        verdicts: ``[requirements]`` indices of :data:`VERDICTS`.
    """

    input_ids: list[int]
    weights: list[float]
    ends: list[int]
    verdicts: list[int]


def pairs_of(
    index: int,
    seed: int = SEED,
    postings: int = POSTINGS,
    among: Sequence[int] | None = None,
    *,
    events: int = 5,
    others: int = 1,
) -> Iterator[Pair]:
    """Pairs of member ``index`` with the rubric teacher's answers: of events first, then of any.

    Args:
        index: of the member.
        seed: of the sample.
        postings: of the sample.
        among: only these postings; None: all.
        events: at most so many postings of the member's events.
        others: so many of all postings.
    """
    try:
        member = sample_profile(seed, index)
    except UnusableDocument:
        return
    facts = facts_of(member)
    dice, choice = stream(seed, "pretraining", index), stream(seed, "other class", index)
    allowed = range(postings) if among is None else among
    seen = [number for number in event_postings(seed, index, postings) if number in allowed]
    dice.shuffle(seen)
    any_of = [allowed[int(dice.random() * len(allowed))] for _ in range(others)]
    for number in [*seen[:events], *any_of]:
        posting, extracted = sample_posting(seed, number)
        job: dict[str, Any] = {"title": posting.title, "posting_seniority": posting.seniority}
        told = RubricTeacher().judge(facts, extracted.requirements, **job).assessment
        kinds = tuple(verdict.kind for verdict in told.verdicts)
        possible = [
            level
            for level in FitLevel
            if level is not told.level and level_contradiction(level, kinds) is None
        ]
        other = None
        if possible:
            level = possible[int(choice.random() * len(possible))]
            other = RubricTeacher().explain(facts, extracted.requirements, level=level, **job)
        yield Pair(
            posting.title,
            extracted.requirements,
            extracted.model_text,
            member.model_text,
            render_explanation(told),
            kinds,
            render_explanation(other) if other else None,
        )


class RowEncoder:
    """Rows of pairs, for one tokenizer.

    Args:
        prompts: of the tokenizer.
        prompt_weight: of a prompt's tokens.
        class_weight: of the answer's word for the class, and half as much of the first word of each
            verdict: they are one token in thirty, and all of the judgement.
    """

    def __init__(
        self, prompts: PromptEncoder, prompt_weight: float, class_weight: float = 8.0
    ) -> None:
        self._prompts, self._prompt_weight = prompts, prompt_weight
        self.class_weight = class_weight
        encoded = prompts.data_ids
        self._verdict = encoded(" [")[-1], frozenset(encoded(kind)[0] for kind in VERDICTS)
        self._class_at = len(encoded("You are a"))

    def rows(self, pairs: Sequence[Pair], answered: int, first: int = 0) -> Iterator[Row]:
        """Of one member's pairs: answer rows of so many, and a verdict row of all the others.

        Every second answer is that of another class.

        Args:
            pairs: of one member.
            answered: how many have an answer row.
            first: number of the first of them; they go round.
        """
        order = [(first + step) % len(pairs) for step in range(len(pairs))]
        for place, number in enumerate(order[:answered]):
            pair = pairs[number]
            yield self.answer_row(pair, other=place % 2 == 1 and pair.other_answer is not None)
        rest = [pairs[number] for number in order[answered:]]
        if any(pair.requirements for pair in rest):
            yield self.verdict_row(rest)

    def answer_row(self, pair: Pair, *, other: bool = False) -> Row:
        """A pair's prompt and answer; of an ``other_answer`` the class is given, not learned."""
        prompt = self.verdict_row([pair])
        answer = self._prompts.answer_ids((pair.other_answer if other else None) or pair.answer)
        before_answer = self._prompts.around[1]
        start = len(prompt.input_ids) + len(before_answer)
        ids = [*prompt.input_ids, *before_answer, *answer]
        weights = [self._prompt_weight] * start + [ANSWER_WEIGHT] * len(answer)
        weights[start + self._class_at] = 0.0 if other else self.class_weight
        bracket, words = self._verdict
        for place in range(start + 1, len(ids)):
            if ids[place - 1] == bracket and ids[place] in words:
                weights[place] = self.class_weight / 2
        return Row(ids, weights, prompt.ends, prompt.verdicts)

    def verdict_row(self, pairs: Sequence[Pair]) -> Row:
        """The profile, and the jobs of these pairs of one member behind one another."""
        opening = explanation_prompt(title="", requirements=(), profile=pairs[0].profile).profile
        ids = [*self._prompts.around[0], *self._prompts.data_ids(opening)]
        ends: list[int] = []
        for pair in pairs:
            text = explanation_prompt(
                title=pair.title, requirements=pair.requirements, profile=""
            ).job
            tokens, places = self._prompts.data_offsets(text)
            if pair.requirements:
                stops = [stop for _, stop in places]
                lines = text.split("\n")
                at = len(text)
                found = []
                for line in reversed(lines[-len(pair.requirements) :]):
                    found.append(len(ids) + bisect_left(stops, at))
                    at -= len(line) + 1
                ends.extend(reversed(found))
            ids.extend(tokens)
        verdicts = [VERDICTS.index(kind) for pair in pairs for kind in pair.verdicts]
        return Row(ids, [self._prompt_weight] * len(ids), ends, verdicts)


def member_rows(index: int, encoder: RowEncoder, answered: int = 1) -> list[Row]:
    """Rows of one member that are not too long to be learned from."""
    pairs = list(pairs_of(index, events=4, others=2))
    if not pairs:
        return []
    rows = encoder.rows(pairs, answered, first=index % len(pairs))
    return [row for row in rows if len(row.input_ids) <= _LONGEST]
