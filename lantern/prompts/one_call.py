"""All of the teacher's work in one call: the prompt that the stages replaced, for comparison."""

from __future__ import annotations

from typing import Final

from lantern.fit import Assessment, Requirement
from lantern.prompts.evaluate_stage import VerdictItem, read_verdicts
from lantern.prompts.explain_stage import ExplainAnswer, LevelName, read_assessment
from lantern.prompts.extract_stage import RequirementItem, read_requirements
from lantern.prompts.json_answer import AnswerModel, AnswerRejected, read_answer
from lantern.prompts.outgoing import Outgoing
from lantern.prompts.sections import Stage
from lantern.prompts.stage_prompt import StagePrompt, stage_prompt, stage_version


class OneCallAnswer(AnswerModel):
    """The answers of the three stages in one object."""

    requirements: list[RequirementItem]
    verdicts: list[VerdictItem]
    summary: str
    level: LevelName
    next_step: str | None


ONE_CALL_VERSION: Final = stage_version(Stage.ONE_CALL, OneCallAnswer)


def one_call_prompt(posting: Outgoing, profile: Outgoing) -> StagePrompt:
    """Ask for everything; ``posting`` is its title, a line break, its whole description."""
    documents = {"POSTING": posting.text, "PROFILE": profile.text}
    return stage_prompt(Stage.ONE_CALL, OneCallAnswer, documents)


def parse_one_call(
    raw: str, posting: Outgoing, profile: Outgoing, original: str
) -> tuple[tuple[Requirement, ...], Assessment]:
    """The requirements and the assessment of an answer.

    Raises:
        AnswerRejected: as the parsers of the three stages do.
    """
    answer = read_answer(OneCallAnswer, raw)
    requirements = read_requirements(answer.requirements, posting)
    if [item.importance for item in answer.requirements] != [r.importance for r in requirements]:
        # The verdicts are numbered in the answer's order: it must be the order that is kept.
        raise AnswerRejected("requirements must differ from one another, must-haves first")
    evaluation = read_verdicts(answer.verdicts, requirements, profile, original)
    explained = ExplainAnswer(
        summary=answer.summary, level=answer.level, next_step=answer.next_step
    )
    return requirements, read_assessment(explained, requirements, evaluation.verdicts)
