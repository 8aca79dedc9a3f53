"""Ask a teacher once: what was answered before is taken from what is kept, and never paid again.

An answer that cannot be used is sent back once with what was wrong with it. That is all: a second
bad answer is the request's end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from lantern.documents.fingerprint import fingerprint
from lantern.prompts.explanation import Message
from lantern.prompts.json_answer import AnswerRejected
from lantern.prompts.stage_prompt import StagePrompt, repair_messages
from lantern.teachers.answers import AnswerFolder, Turn
from lantern.teachers.chat import PROMPT_CUT, ChatModel, ChatRequest, RequestFailed
from lantern.teachers.spending import Meter

Value = TypeVar("Value")
_KEY_VERSION: Final = "answer-1"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about: who it is kept for, and who shares it.

    Attributes:
        scope: hash of the posting's content.
        member_id: None for a request about a posting alone.
        posting_id: the posting.
        sample: number of the self-consistency sample.
    """

    scope: str
    member_id: str | None
    posting_id: str
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Asked(Generic[Value]):
    """A usable answer and all turns that led to it."""

    value: Value
    turns: tuple[Turn, ...]


class Asker:
    """Asks for one task; safe to share between its threads.

    Args:
        model: answers.
        sampling: all settings that an answer depends on besides the messages.
        known: the answers that the table holds, by key and turn.
        folder: the answers that it does not hold yet.
        meter: counts answers that were held, and repairs.
    """

    def __init__(
        self,
        model: ChatModel,
        sampling: str,
        known: Mapping[tuple[str, int], Turn],
        folder: AnswerFolder,
        meter: Meter,
    ) -> None:
        self._model, self._sampling = model, sampling
        self._known, self._folder, self._meter = known, folder, meter
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, int], Future[Turn]] = {}

    def ask(
        self, prompt: StagePrompt, parse: Callable[[str], Value], subject: Subject
    ) -> Asked[Value]:
        """A usable answer to a stage's prompt.

        Args:
            prompt: of redacted texts.
            parse: reads an answer; raises AnswerRejected.
            subject: what it is about.

        Raises:
            RequestFailed: no answer, or none that can be used, after the one repair.
            TeacherError, BudgetSpent: nothing more can be asked.
        """
        key = self._key(prompt, subject)
        first = self._turn(key, 0, prompt, prompt.messages, subject)
        try:
            return Asked(parse(_usable(first)), (first,))
        except AnswerRejected as rejected:
            if first.finish_reason == PROMPT_CUT:
                raise RequestFailed(f"{prompt.stage}: {rejected}") from None
            reason = _with_length(str(rejected), first)
        again = repair_messages(prompt, first.content, reason)
        second = self._turn(key, 1, prompt, again, subject)
        try:
            return Asked(parse(_usable(second)), (first, second))
        except AnswerRejected as rejected:
            told = _with_length(str(rejected), second)
            raise RequestFailed(f"{prompt.stage}: {told}, also after one repair") from None

    def _key(self, prompt: StagePrompt, subject: Subject) -> str:
        said = [part for m in prompt.messages for part in (m.role, m.content)]
        return fingerprint(
            _KEY_VERSION,
            self._model.name,
            self._sampling,
            prompt.stage,
            prompt.version,
            str(subject.sample),
            *said,
        )

    def _turn(
        self,
        key: str,
        number: int,
        prompt: StagePrompt,
        messages: tuple[Message, ...],
        subject: Subject,
    ) -> Turn:
        """The answer, from whoever gets it first: equal requests of one task are asked once."""
        with self._lock:
            future = self._asked.get((key, number))
            mine = future is None
            if future is None:
                future = self._asked[key, number] = Future()
        if not mine:
            return future.result()
        try:
            turn = self._held(key, number) or self._bought(key, number, prompt, messages, subject)
        except BaseException as error:
            future.set_exception(error)
            raise
        future.set_result(turn)
        return turn

    def _held(self, key: str, number: int) -> Turn | None:
        turn = self._known.get((key, number)) or self._folder.find(key, number)
        if turn is not None:
            self._meter.count("held")
        return turn

    def _bought(
        self,
        key: str,
        number: int,
        prompt: StagePrompt,
        messages: tuple[Message, ...],
        subject: Subject,
    ) -> Turn:
        request = ChatRequest(messages, str(prompt.stage), prompt.schema, subject.sample)
        try:
            completion = self._model.complete(request)
        except RequestFailed as failed:
            raise RequestFailed(f"{prompt.stage}: {failed}") from None
        if number:
            self._meter.count("repairs")
        turn = Turn(
            key=key,
            turn=number,
            scope=subject.scope,
            stage=str(prompt.stage),
            model=self._model.name,
            prompt_version=prompt.version,
            sample=subject.sample,
            member_id=subject.member_id,
            posting_id=subject.posting_id,
            content=completion.content,
            finish_reason=completion.finish_reason,
            tokens_in=completion.tokens_in,
            tokens_out=completion.tokens_out,
            cost=completion.cost,
        )
        self._folder.keep(turn)
        return turn


def _usable(turn: Turn) -> str:
    if turn.finish_reason == PROMPT_CUT:
        raise AnswerRejected(
            f"the server read only {turn.tokens_in} tokens of the prompt: its context is too small "
            "and it cut silently; the answer is not used"
        )
    return turn.content


def _with_length(reason: str, turn: Turn) -> str:
    if turn.finish_reason == "length":
        return f"{reason} (the answer was cut off at teacher.max_output_tokens)"
    return reason
