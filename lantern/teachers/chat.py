"""What a teacher behind an API is to the rest of the code: messages in, one completion out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from lantern.prompts.explanation import Message

__all__ = ["PROMPT_CUT", "ChatModel", "ChatRequest", "Completion", "Message", "RequestFailed"]

PROMPT_CUT: Final = "prompt_cut"
"""Finish reason of an answer to a prompt that the server had cut to fit its context."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request.

    Attributes:
        messages: the chat; every text of a person in it has been redacted.
        schema_name: names the JSON schema to the server; letters, digits and underscores.
        schema: the JSON schema of the answer, for servers that can hold a model to one.
        sample: 0, or the number of the self-consistency sample.
    """

    messages: tuple[Message, ...]
    schema_name: str
    schema: Mapping[str, Any]
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer, paid for.

    Attributes:
        content: the text; empty if the model refused.
        finish_reason: ``stop``, ``length`` (cut at the allowed length), what the server says, or
            :data:`PROMPT_CUT`.
        tokens_in: prompt tokens, as the server counts them.
        tokens_out: completion tokens, as the server counts them.
        cost: by the price list of the settings.
    """

    content: str
    finish_reason: str
    tokens_in: int
    tokens_out: int
    cost: float = 0.0


class RequestFailed(Exception):  # noqa: N818 - it is the request's failure, no error of ours
    """One request could not be answered; others may be. The text is a reason without any data."""


class ChatModel(Protocol):
    """A chat model, wherever it runs."""

    @property
    def name(self) -> str:
        """The model's name: part of what an answer is kept by."""

    def complete(self, request: ChatRequest) -> Completion:
        """One completion; retries are the model's own affair.

        Raises:
            RequestFailed: this request cannot be answered.
            TeacherError: no request can be: a wrong key, a model that is not there.
        """
