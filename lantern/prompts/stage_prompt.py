"""A stage's request: its messages, the schema of its answer, and the version of both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lantern.documents.fingerprint import fingerprint
from lantern.prompts.explanation import Message
from lantern.prompts.json_answer import AnswerModel, json_schema
from lantern.prompts.outgoing import data_block
from lantern.prompts.sections import Stage, system_text

_ASK: Final = "Answer with the JSON object of the task {stage}."
_REPAIR: Final = (
    "This answer cannot be used: {reason}. Answer once more with the whole JSON object, mended."
)
_FORM: Final = "2"  # of data blocks, of the messages, and of what is made of an answer


@dataclass(frozen=True, slots=True)
class StagePrompt:
    """What is asked in one stage about one posting or pair.

    Attributes:
        stage: the subtask.
        version: hash of sections, schema and form; every answer carries it.
        messages: system and user.
        schema: JSON schema of the answer.
    """

    stage: Stage
    version: str
    messages: tuple[Message, ...]
    schema: Mapping[str, Any]


def stage_version(stage: Stage, answer: type[AnswerModel]) -> str:
    """Content hash of all that a stage's prompt adds to its documents."""
    schema = json.dumps(json_schema(answer), sort_keys=True)
    return fingerprint("stage", stage, system_text(stage), schema, _ASK, _REPAIR, _FORM)[:12]


def stage_prompt(
    stage: Stage, answer: type[AnswerModel], documents: Mapping[str, str]
) -> StagePrompt:
    """Compose a stage's request.

    Args:
        stage: the subtask.
        answer: the model of its answer.
        documents: name -> text that may leave, what many requests share first: providers charge
            less for a beginning that they have just read.
    """
    blocks = [data_block(name, text) for name, text in documents.items()]
    user = "\n\n".join([*blocks, _ASK.format(stage=stage.name)])
    messages = (Message("system", system_text(stage)), Message("user", user))
    return StagePrompt(stage, stage_version(stage, answer), messages, json_schema(answer))


def repair_messages(prompt: StagePrompt, answer: str, reason: str) -> tuple[Message, ...]:
    """The one request for a mended answer: the chat so far, and what was wrong."""
    said = (Message("assistant", answer),) if answer.strip() else ()
    return (*prompt.messages, *said, Message("user", _REPAIR.format(reason=reason)))
