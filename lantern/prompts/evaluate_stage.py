"""Stage 2: what a profile shows about each of a posting's requirements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lantern.fit import Importance, Requirement, Verdict, VerdictKind
from lantern.prompts.json_answer import AnswerModel, AnswerRejected, read_answer
from lantern.prompts.outgoing import Outgoing
from lantern.prompts.quotes import quoted
from lantern.prompts.sections import Stage
from lantern.prompts.stage_prompt import StagePrompt, stage_prompt, stage_version

_LEADS: Final = {Importance.MUST_HAVE: "[must have]", Importance.NICE_TO_HAVE: "[nice to have]"}


class VerdictItem(AnswerModel):
    """One verdict as the teacher writes it; the evidence comes before the decision."""

    number: int
    quote: str | None
    verdict: VerdictKind


class EvaluateAnswer(AnswerModel):
    """The answer of stage 2."""

    verdicts: list[VerdictItem]


EVALUATE_VERSION: Final = stage_version(Stage.EVALUATE, EvaluateAnswer)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Stage 2's result.

    Attributes:
        verdicts: one for each requirement, in its order; quotes are spans of ``members.text``.
        sent_quotes: the same quotes as they stand in the redacted profile; only these may leave.
    """

    verdicts: tuple[Verdict, ...]
    sent_quotes: tuple[str | None, ...]


def job_text(title: str, requirements: Sequence[Requirement]) -> str:
    """Title and numbered requirements, to be redacted as one text; a line each."""
    numbered = (
        f"{number}. {_LEADS[item.importance]} {' '.join(item.text.split())}"
        for number, item in enumerate(requirements, 1)
    )
    return "\n".join([f"Title: {' '.join(title.split())}", *numbered])


def evaluate_prompt(job: Outgoing, profile: Outgoing) -> StagePrompt:
    """Ask for the verdicts; ``job`` is a :func:`job_text`, ``profile`` is ``members.text``."""
    documents = {"JOB": job.text, "PROFILE": profile.text}
    return stage_prompt(Stage.EVALUATE, EvaluateAnswer, documents)


def parse_evaluate(
    raw: str, requirements: Sequence[Requirement], profile: Outgoing, original: str
) -> Evaluation:
    """The verdicts of an answer.

    Args:
        raw: the answer.
        requirements: the posting's, in the order in which they were numbered.
        profile: what the teacher read.
        original: ``members.text``, of which the quotes become spans.

    Raises:
        AnswerRejected: not of the schema, not one verdict for each requirement, or a quote that
            the profile does not hold.
    """
    return read_verdicts(read_answer(EvaluateAnswer, raw).verdicts, requirements, profile, original)


def read_verdicts(
    items: Sequence[VerdictItem],
    requirements: Sequence[Requirement],
    profile: Outgoing,
    original: str,
) -> Evaluation:
    """Turn a teacher's verdicts into those of the domain; raises AnswerRejected."""
    if [item.number for item in items] != list(range(1, len(requirements) + 1)):
        raise AnswerRejected(
            f"expected one verdict for each of the {len(requirements)} requirements, "
            "numbered in their order"
        )
    verdicts: list[Verdict] = []
    sent: list[str | None] = []
    for item, requirement in zip(items, requirements, strict=True):
        what = f"requirement {item.number}"
        given = (item.quote or "").strip()
        if item.verdict is VerdictKind.NOT_SHOWN and given:
            raise AnswerRejected(f"{what} is not shown and has a quote all the same")
        if item.verdict is VerdictKind.MET and not given:
            raise AnswerRejected(f"{what} is met without a quote")
        span, own = quoted(given, profile, original, what=what) if given else (None, None)
        verdicts.append(Verdict(requirement.text, item.verdict, own))
        sent.append(span)
    return Evaluation(tuple(verdicts), tuple(sent))
