"""Read a teacher's answer: JSON by schema, or the reason why it is none, without quoting it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

_FENCE: Final = re.compile(r"\s*```(?:json)?\s*\n(?P<body>.*?)\n?\s*```\s*", re.DOTALL)
_THOUGHT: Final = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
_TOLD_PROBLEMS: Final = 3


class AnswerRejected(ValueError):  # noqa: N818 - a verdict on an answer, not a failure of ours
    """An answer cannot be used. The text says why, for the teacher and for the quarantine.

    It holds numbers and names of fields, never text of the answer.
    """


class AnswerModel(BaseModel):
    """Base of the answers' models: nothing beyond the schema, every field required."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Model = TypeVar("Model", bound=AnswerModel)
Parse = Callable[[str], Any]


def read_answer(model: type[Model], raw: str) -> Model:
    """The answer as its model.

    A code fence around the whole and a model's thoughts before it are taken off; anything else
    that is not the JSON object itself is refused.

    Raises:
        AnswerRejected: no JSON, cut off, or not of the schema.
    """
    text = _THOUGHT.sub("", raw, count=1) if raw.lstrip().startswith("<think>") else raw
    fenced = _FENCE.fullmatch(text)
    text = (fenced["body"] if fenced else text).strip()
    if not text:
        raise AnswerRejected("the answer is empty")
    try:
        found = json.loads(text, object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise AnswerRejected(f"the answer is no valid JSON: {error.msg} at {place}") from None
    except RecursionError:
        raise AnswerRejected("the answer is no valid JSON: nested too deeply") from None
    try:
        return model.model_validate(found)
    except ValidationError as error:
        raise AnswerRejected(f"the answer does not satisfy the schema: {_told(error)}") from None


def json_schema(model: type[AnswerModel]) -> Mapping[str, Any]:
    """The model's JSON schema, in the form that servers with strict schemas accept."""
    return model.model_json_schema()


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise AnswerRejected("the answer is no valid JSON: a field stands twice in one object")
    return found


def _told(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    known = [
        f"{_place(problem['loc'])}: {problem['msg']}"
        for problem in problems
        if problem["type"] != "extra_forbidden"
    ]
    # The name of an unknown field is the answer's own text: it is not told.
    extra = len(problems) - len(known)
    if extra:
        known.append(f"{extra} fields that the schema does not have")
    more = len(known) - _TOLD_PROBLEMS
    return "; ".join(known[:_TOLD_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc) or "the whole"
