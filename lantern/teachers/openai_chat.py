"""A teacher behind any OpenAI-compatible endpoint.

The client's own retries are off: attempts, waits and costs are counted here. What a server cannot
do (hold an answer to a schema, the name of the length's field) is found out once, by the first
request, which goes alone; so is a wrong key.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

import openai
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from lantern.config import TeacherSettings
from lantern.errors import TeacherError
from lantern.teachers.chat import PROMPT_CUT, ChatRequest, Completion, RequestFailed
from lantern.teachers.endpoint import Reply, client_of, host_of, read_reply
from lantern.teachers.pacing import Pacer
from lantern.teachers.server_faults import Diagnosis, Fault, diagnose
from lantern.teachers.spending import Meter

_MOST_CHARS_PER_TOKEN: Final = 8
"""Prose has four to five; a server that counts fewer tokens than this has cut the prompt."""


class _Transient(Exception):  # noqa: N818 - a signal to try again
    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(diagnosis.told)
        self.diagnosis = diagnosis


class OpenAIChat:
    """A chat model of an endpoint; one a task, safe to share between its threads.

    Args:
        settings: the teacher's.
        meter: counts and bounds what is spent.
        pacer: says when a request may start.
        sleep: waits between two attempts; for tests.

    Raises:
        SettingsError: no key.
    """

    def __init__(
        self,
        settings: TeacherSettings,
        meter: Meter,
        pacer: Pacer,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._meter, self._pacer = settings, meter, pacer
        self._client = client_of(settings)
        self._schema = settings.structured_outputs != "off"
        self._schema_proven = settings.structured_outputs == "on"
        self._length_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
        self._alone, self._lock = threading.Lock(), threading.Lock()
        self._first_done = False
        self._succeeded = False
        self._failed_in_a_row = 0
        self._stopped: TeacherError | None = None
        self._retrying = Retrying(
            stop=stop_after_attempt(settings.max_attempts),
            wait=self._pause,
            retry=retry_if_exception_type(_Transient),
            reraise=True,
            sleep=sleep,
        )
        self._jitter = wait_random_exponential(multiplier=1, max=settings.longest_wait_s)

    @property
    def name(self) -> str:
        return str(self._settings.model)

    @property
    def structured(self) -> bool:
        """Whether answers are asked for by schema, as far as is known."""
        return self._schema

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def complete(self, request: ChatRequest) -> Completion:
        """One completion, after as many attempts as the settings allow.

        Raises:
            RequestFailed: this request failed for good.
            TeacherError: no request can succeed, or too many in a row did not.
            BudgetSpent: the next attempt does not fit into the budget.
        """
        with self._first_alone():
            if self._stopped is not None:
                raise self._stopped
            try:
                completion: Completion = self._retrying.copy()(self._attempt, request)
            except _Transient as fault:
                attempts = self._settings.max_attempts
                raise self._given_up(f"{attempts} attempts failed, the last: {fault}") from None
            except TeacherError as stop:
                self._stopped = stop
                raise
        with self._lock:
            self._failed_in_a_row, self._succeeded = 0, True
        return completion

    @contextmanager
    def _first_alone(self) -> Iterator[None]:
        if not self._first_done:
            with self._alone:
                if not self._first_done:
                    try:
                        yield
                    finally:
                        self._first_done = True
                    return
        yield

    def _attempt(self, request: ChatRequest) -> Completion:
        if self._stopped is not None:
            raise self._stopped
        self._pacer.wait()
        text = "".join(message.content for message in request.messages)
        reserved = self._meter.reserve(text, self._settings.max_output_tokens)
        try:
            reply = self._send(request)
        except openai.APITimeoutError:
            self._meter.release(reserved)
            raise _Transient(Diagnosis(Fault.TRANSIENT, "no answer in time")) from None
        except openai.APIStatusError as error:
            self._meter.release(reserved)
            found = diagnose(error.status_code, error.body, error.response.headers)
            return self._mended(request, found)
        except openai.APIConnectionError:
            self._meter.release(reserved)
            told = "the connection failed or was cut"
            raise _Transient(Diagnosis(Fault.TRANSIENT, told)) from None
        except (openai.APIError, ValueError):
            self._meter.release(reserved)
            told = "the reply was no completion"
            raise _Transient(Diagnosis(Fault.TRANSIENT, told)) from None
        except BaseException:
            self._meter.release(reserved)
            raise
        if self._schema:
            self._schema_proven = True
        # A server that does not count is taken at four characters a token.
        counted = (-(-len(text) // 4), -(-len(reply.content) // 4))
        tokens_in, tokens_out = reply.usage or counted
        cost = self._meter.settle(reserved, tokens_in, tokens_out)
        was_cut = len(text) > _MOST_CHARS_PER_TOKEN * max(tokens_in, 1)
        reason = PROMPT_CUT if was_cut else reply.finish_reason
        return Completion(reply.content, reason, tokens_in, tokens_out, cost)

    def _send(self, request: ChatRequest) -> Reply:
        settings = self._settings
        asked: dict[str, Any] = {
            "model": settings.model,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            self._length_field: settings.max_output_tokens,
        }
        if settings.temperature is not None:
            asked["temperature"] = settings.temperature
        if settings.seed is not None:
            asked["seed"] = settings.seed + request.sample
        if self._schema:
            named = {"name": request.schema_name, "schema": request.schema, "strict": True}
            asked["response_format"] = {"type": "json_schema", "json_schema": named}
        response = self._client.chat.completions.with_raw_response.create(**asked)
        return read_reply(response.http_response.content)

    def _mended(self, request: ChatRequest, found: Diagnosis) -> Completion:
        """Try again where the request's form was at fault; else raise what the fault means."""
        if found.fault is Fault.LENGTH_FIELD and self._length_field == "max_tokens":
            self._length_field = "max_completion_tokens"
            return self._attempt(request)
        schema_refused = found.fault in (Fault.SCHEMA, Fault.REFUSED)
        if schema_refused and self._schema and not self._schema_proven:
            self._schema = False
            try:
                return self._attempt(request)
            except (RequestFailed, TeacherError):
                self._schema = True  # it was not the schema
                raise
        raise self._meaning(found)

    def _meaning(self, found: Diagnosis) -> Exception:
        settings, where = self._settings, host_of(self._settings)
        if found.fault is Fault.TRANSIENT:
            wait = found.retry_after
            if wait is not None and wait > settings.longest_wait_s:
                self._pacer.hold(settings.longest_wait_s)
                return self._given_up(
                    f"{found.told}; the server asks to wait {wait:.0f} s, longer than "
                    f"teacher.longest_wait_s ({settings.longest_wait_s:g})"
                )
            if wait is not None:
                self._pacer.hold(wait)
            return _Transient(found)
        if found.fault is Fault.CONTEXT:
            return RequestFailed(
                f"the model's context is too small for this request and its answer of up to "
                f"{settings.max_output_tokens} tokens ({found.told}); nothing was cut"
            )
        if found.fault is Fault.KEY:
            return TeacherError(f"{where} refused the key in ${settings.api_key_env}: {found.told}")
        if found.fault is Fault.NO_CREDIT:
            return TeacherError(f"{where}: the account has no credit left: {found.told}")
        # What one text can provoke must not stop a run in which others were answered.
        if not self._succeeded:
            if found.fault is Fault.TEMPLATE:
                return TeacherError(
                    f"{where}: the model {settings.model} has no chat template ({found.told}); "
                    "serve an instruction-tuned model, or give the server a template"
                )
            if found.fault is Fault.NOT_FOUND:
                return TeacherError(
                    f"{where} has no model {settings.model}, or teacher.base_url lacks its "
                    f"version (/v1): {found.told}"
                )
            if found.fault is Fault.NOT_ALLOWED:
                return TeacherError(
                    f"{where} does not allow this key to use {settings.model}: {found.told}"
                )
        return self._given_up(f"the server refused the request: {found.told}")

    def _given_up(self, reason: str) -> Exception:
        """A request's end without an answer; too many in a row are the endpoint's end."""
        with self._lock:
            self._failed_in_a_row += 1
            failed = self._failed_in_a_row
        if failed < self._settings.give_up_after:
            return RequestFailed(reason)
        self._stopped = TeacherError(
            f"{host_of(self._settings)} failed {failed} requests in a row, the last one so: "
            f"{reason}; see the server's log (a model without a chat template fails so, too)"
        )
        return self._stopped

    def _pause(self, state: RetryCallState) -> float:
        """Full jitter over an exponential bound, never less than what Retry-After says."""
        self._meter.count("retries")
        error = state.outcome.exception() if state.outcome else None
        asked = error.diagnosis.retry_after if isinstance(error, _Transient) else None
        return max(self._jitter(state), asked or 0.0)
