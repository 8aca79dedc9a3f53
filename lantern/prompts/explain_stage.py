"""Stage 3: the class and its reasons, from the verdicts of stage 2."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from typing import Final

from lantern.fit import (
    NAME,
    Assessment,
    ExplanationFormatError,
    FitLevel,
    Requirement,
    Verdict,
    is_part,
    name_problem,
    parse_explanation,
    render_explanation,
)
from lantern.prompts.contradiction import contradiction
from lantern.prompts.evaluate_stage import Evaluation
from lantern.prompts.json_answer import AnswerModel, AnswerRejected, read_answer
from lantern.prompts.outgoing import Outgoing
from lantern.prompts.quotes import exact_span
from lantern.prompts.sections import Stage
from lantern.prompts.stage_prompt import StagePrompt, stage_prompt, stage_version

_MOST_CHARS: Final = 1_000
_LEAST_CHARS: Final = 15
_PLACEHOLDER: Final = re.compile(r"\[[A-Z]+_\d+\]")


class LevelName(enum.StrEnum):
    """The classes as the teacher writes them."""

    HIGH = "High"
    MEDIUM = "Medium"
    LOW = "Low"


class ExplainAnswer(AnswerModel):
    """The answer of stage 3."""

    summary: str
    level: LevelName
    next_step: str | None


EXPLAIN_VERSION: Final = stage_version(Stage.EXPLAIN, ExplainAnswer)


def explain_prompt(job: Outgoing, evaluation: Evaluation, profile: Outgoing) -> StagePrompt:
    """Ask for class and reasons.

    The profile is sent only where there are no verdicts to judge by.
    """
    documents = {"JOB": job.text}
    if evaluation.verdicts:
        documents["VERDICTS"] = _verdict_lines(evaluation)
    else:
        documents["PROFILE"] = profile.text
    return stage_prompt(Stage.EXPLAIN, ExplainAnswer, documents)


def _verdict_lines(evaluation: Evaluation) -> str:
    pairs = zip(evaluation.verdicts, evaluation.sent_quotes, strict=True)
    return "\n".join(
        f"{number}. {verdict.kind}" + (f': "{quote}"' if quote else "")
        for number, (verdict, quote) in enumerate(pairs, 1)
    )


def parse_explain(
    raw: str, requirements: Sequence[Requirement], evaluation: Evaluation
) -> Assessment:
    """The assessment that an answer makes of the verdicts.

    Raises:
        AnswerRejected: not of the schema, a text that cannot be shown, or a class that the
            verdicts cannot carry.
    """
    return read_assessment(read_answer(ExplainAnswer, raw), requirements, evaluation.verdicts)


def read_assessment(
    answer: ExplainAnswer, requirements: Sequence[Requirement], verdicts: Sequence[Verdict]
) -> Assessment:
    """Turn a teacher's explanation into one of the domain; raises AnswerRejected."""
    level = FitLevel.from_label(answer.level)
    reason = contradiction(level, requirements, verdicts)
    if reason is not None:
        raise AnswerRejected(f"the class contradicts its verdicts: {reason}")
    next_step = " ".join((answer.next_step or "").split()) or None
    if level is FitLevel.HIGH and next_step is not None:
        raise AnswerRejected("next_step must be null where the level is High")
    if level is not FitLevel.HIGH and next_step is None:
        raise AnswerRejected("next_step is required unless the level is High")
    summary = _with_exact_names(_shown(answer.summary, "summary"), verdicts)
    if next_step is not None:
        next_step = _with_exact_names(_shown(next_step, "next_step"), verdicts)
    assessment = Assessment(level, tuple(verdicts), summary, next_step)
    try:
        held = parse_explanation(render_explanation(assessment)) == assessment
    except ExplanationFormatError:
        held = False
    if not held:
        raise AnswerRejected("the texts do not fit into the form of an explanation")
    misnamed = name_problem(assessment)
    if misnamed is not None:
        raise AnswerRejected(misnamed)
    return assessment


def _with_exact_names(text: str, verdicts: Sequence[Verdict]) -> str:
    """The text with its names as the requirements have them; a teacher writes them in its case."""
    told = [verdict.requirement for verdict in verdicts]

    def exact(name: re.Match[str]) -> str:
        if is_part(name[1], told):
            return name[0]
        spans = filter(None, (exact_span(name[1], requirement) for requirement in told))
        return f"“{next(spans, name[1])}”"

    return NAME.sub(exact, text)


def _shown(text: str, field: str) -> str:
    line = " ".join(text.split())
    if not _LEAST_CHARS <= len(line) <= _MOST_CHARS:
        raise AnswerRejected(
            f"{field} has {len(line)} characters; allowed are {_LEAST_CHARS} to {_MOST_CHARS}"
        )
    if _PLACEHOLDER.search(line):
        raise AnswerRejected(f"{field} holds a word in square brackets; say it without")
    return line
