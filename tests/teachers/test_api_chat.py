"""The client: attempts, waits, what a server cannot do, and which failures end what."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytest.importorskip("openai", reason="the teacher behind an API needs the extra `teacher`")

from lantern.config import TeacherSettings, load_settings
from lantern.errors import SettingsError, TeacherError
from lantern.teachers.chat import PROMPT_CUT, ChatRequest, Message, RequestFailed
from lantern.teachers.endpoint import check_endpoint
from lantern.teachers.openai_chat import OpenAIChat
from lantern.teachers.pacing import Pacer
from lantern.teachers.spending import BudgetSpent, Limits, Meter
from tests.teachers.scripted_server import Fault, ScriptedServer, Seen

PRIVATE = "Maria Testperson has built Python services"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANTERN_TEST_KEY", "right")


def settings_of(server: ScriptedServer, **changed: Any) -> TeacherSettings:
    given = {
        "base_url": server.base_url,
        "model": "scripted",
        "api_key_env": "LANTERN_TEST_KEY",
        "timeout_s": 60,
        "max_attempts": 3,
        "max_output_tokens": 500,
    }
    return load_settings("local").teacher.model_copy(update=given | changed)


def chat_of(
    server: ScriptedServer,
    slept: list[float] | None = None,
    limits: Limits | None = None,
    **changed: Any,
) -> tuple[OpenAIChat, Meter]:
    settings = settings_of(server, **changed)
    meter = Meter(limits or Limits(), settings.price)
    waits = [] if slept is None else slept
    pacer = Pacer(None, clock=lambda: sum(waits), sleep=waits.append)
    return OpenAIChat(settings, meter, pacer, sleep=waits.append), meter


def request(text: str = PRIVATE) -> ChatRequest:
    ask = f"{text}\nAnswer with the JSON object of the task EXPLAIN."
    return ChatRequest(
        (Message("system", "s"), Message("user", ask)), "explain", {"type": "object"}
    )


def in_turn(*faults: Fault | None) -> Any:
    """The n-th request gets the n-th fault; later ones are answered well."""
    left: Iterator[Fault | None] = iter(faults)
    return lambda _server, _seen: next(left, None)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=429),
        Fault(status=500),
        Fault(status=503),
        Fault(status=408),
        Fault(cut=True),
        Fault(cut_body=True),
        Fault(raw=b"<html>a proxy speaks</html>"),
        Fault(raw=b'{"choices": []}'),
        Fault(raw=b'{"choices": [{"message": {"content": 7}}]}'),
        Fault(raw=b"\xff\xfe"),
        Fault(hang_s=3),
    ],
    ids=["429", "500", "503", "408", "cut", "cut body", "html", "empty", "shape", "bytes", "hang"],
)
def test_a_passing_fault_is_tried_again(fault: Fault) -> None:
    with ScriptedServer(faults=in_turn(fault, fault)) as server:
        slept: list[float] = []
        chat, meter = chat_of(server, slept, timeout_s=1 if fault.hang_s else 60)
        completion = chat.complete(request())
    assert '"level"' in completion.content
    totals = meter.totals()
    assert (totals["calls"], totals["retries"], totals["answers"]) == (3, 2, 1)
    assert sum(seen.answered for seen in server.seen) >= 1


def test_attempts_end_and_the_reason_holds_nothing_of_the_text() -> None:
    error = {"message": f"cannot read: {PRIVATE}", "code": "overloaded"}
    always = Fault(status=500, error=error)
    with ScriptedServer(faults=lambda *_: always) as server:
        chat, meter = chat_of(server, max_attempts=4)
        with pytest.raises(
            RequestFailed, match=r"4 attempts failed, the last: HTTP 500 overloaded"
        ):
            chat.complete(request())
        assert len(server.seen) == 4
    assert meter.totals()["tokens_in"] == 0, "what was not answered is not paid"


def test_the_reason_of_an_unknown_refusal_holds_nothing_of_the_text() -> None:
    error = {"message": PRIVATE, "code": PRIVATE, "type": "bad", "param": "x y"}
    with ScriptedServer(faults=lambda *_: Fault(status=400, error=error)) as server:
        chat, _ = chat_of(server)
        with pytest.raises(RequestFailed) as failed:
            chat.complete(request())
    assert PRIVATE not in str(failed.value)
    assert "HTTP 400 bad" in str(failed.value)


def test_retry_after_is_waited_for_by_all() -> None:
    asked = Fault(status=429, headers={"Retry-After": "7"})
    with ScriptedServer(faults=in_turn(asked)) as server:
        slept: list[float] = []
        chat, _ = chat_of(server, slept)
        chat.complete(request())
    assert max(slept) >= 7


def test_a_wait_that_is_too_long_ends_the_request() -> None:
    asked = Fault(status=429, headers={"Retry-After": "3600"})
    with ScriptedServer(faults=lambda *_: asked) as server:
        chat, _ = chat_of(server, longest_wait_s=60)
        with pytest.raises(RequestFailed, match=r"asks to wait 3600 s, longer than .*\(60\)"):
            chat.complete(request())
        assert len(server.seen) == 1


def test_backoff_grows_with_full_jitter() -> None:
    failing = [Fault(status=500)] * 4 + [None]
    with ScriptedServer(faults=in_turn(*failing * 20)) as server:
        waits = []
        for _ in range(20):
            slept: list[float] = []
            chat, _ = chat_of(server, slept, max_attempts=5, longest_wait_s=3)
            chat.complete(request())
            waits.append(slept)
    assert all(len(row) == 4 for row in waits)
    first, *_, last = zip(*waits, strict=True)
    assert max(first) <= 1 < max(last) <= 3
    assert min(last) < 1, "no full jitter"
    assert len(set(first)) > 10


def test_a_wrong_key_stops_at_once() -> None:
    with ScriptedServer(key="another") as server:
        chat, _ = chat_of(server)
        with ThreadPoolExecutor(6) as pool:
            futures = [pool.submit(chat.complete, request(f"{n}")) for n in range(6)]
        errors = [future.exception() for future in futures]
        assert len(server.seen) == 1, "one request is enough to know"
        with pytest.raises(TeacherError, match=r"refused the key in \$LANTERN_TEST_KEY"):
            check_endpoint(settings_of(server))
    assert all(isinstance(error, TeacherError) for error in errors)
    assert "right" not in str(errors[0])


def test_no_key_and_no_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as server:
        settings = settings_of(server, connect_timeout_s=1)
        check_endpoint(settings)
    with pytest.raises(TeacherError, match="cannot be reached"):
        check_endpoint(settings)
    monkeypatch.delenv("LANTERN_TEST_KEY")
    with pytest.raises(SettingsError, match="set the environment variable LANTERN_TEST_KEY"):
        check_endpoint(settings)


@pytest.mark.parametrize(
    ("status", "message", "told"),
    [
        (400, "no chat template is defined; you must provide a chat template", "no chat template"),
        (404, "The model `scripted` does not exist", "has no model scripted"),
        (403, "project has no access", "does not allow this key"),
        (402, "pay", "no credit left"),
    ],
)
def test_what_no_request_can_get_past_stops(status: int, message: str, told: str) -> None:
    fault = Fault(status=status, error={"message": message})
    with ScriptedServer(faults=lambda *_: fault) as server:
        chat, _ = chat_of(server)
        for _ in range(3):
            with pytest.raises(TeacherError, match=told):
                chat.complete(request())
        assert len(server.seen) <= 2


def test_one_text_cannot_stop_a_run_that_works() -> None:
    """A server that echoes what it refuses: a profile with the words of a fault in it."""
    fault = Fault(status=403, error={"message": "chat template, invalid api key"})
    with ScriptedServer(faults=in_turn(None, fault, None)) as server:
        chat, _ = chat_of(server)
        chat.complete(request("a"))
        with pytest.raises(RequestFailed):
            chat.complete(request("b"))
        chat.complete(request("c"))


def test_no_credit_is_no_rate_limit() -> None:
    fault = Fault(status=429, error={"message": "quota", "code": "insufficient_quota"})
    with ScriptedServer(faults=lambda *_: fault) as server:
        chat, _ = chat_of(server)
        with pytest.raises(TeacherError, match="no credit left"):
            chat.complete(request())
        assert len(server.seen) == 1


def test_a_context_that_is_too_small_is_said_and_nothing_is_cut() -> None:
    error = {"message": "This model's maximum context length is 512 tokens", "code": "x"}

    def too_long(_: ScriptedServer, seen: Seen) -> Fault | None:
        return Fault(status=400, error=error) if "long" in str(seen.body["messages"]) else None

    with ScriptedServer(faults=too_long) as server:
        chat, _ = chat_of(server, give_up_after=2)
        for _ in range(4):
            with pytest.raises(RequestFailed, match=r"context is too small .* nothing was cut"):
                chat.complete(request("long"))
        chat.complete(request("short"))
        sent = [seen.body["messages"][1]["content"] for seen in server.seen]
    assert sum("long" in text for text in sent) == 4


def test_a_server_that_cuts_silently_is_found_out() -> None:
    with ScriptedServer(usage=lambda *_: (64, 5)) as server:
        chat, meter = chat_of(server)
        assert chat.complete(request("x " * 2000)).finish_reason == PROMPT_CUT
        assert chat.complete(request("x")).finish_reason == "stop"
    assert meter.totals()["tokens_in"] == 128, "it was paid for"


def test_a_server_without_schemas_is_asked_without_them_after_one_try() -> None:
    def refuses(_: ScriptedServer, seen: Seen) -> Fault | None:
        if "response_format" in seen.body:
            return Fault(status=400, error={"message": "response_format is not supported"})
        return None

    with ScriptedServer(faults=refuses) as server:
        chat, _ = chat_of(server)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(chat.complete, [request(f"{n}") for n in range(8)]))
        with_schema = [seen for seen in server.seen if "response_format" in seen.body]
        assert len(with_schema) == 1
        assert not chat.structured
        assert len(server.seen) == 9


def test_schemas_are_kept_where_they_work() -> None:
    refusal = Fault(status=400, error={"message": "something else"})
    with ScriptedServer(faults=in_turn(None, refusal)) as server:
        chat, _ = chat_of(server)
        chat.complete(request("a"))
        with pytest.raises(RequestFailed):
            chat.complete(request("b"))
        chat.complete(request("c"))
        assert all("response_format" in seen.body for seen in server.seen)


def test_the_length_has_another_name_with_some_models() -> None:
    def refuses(_: ScriptedServer, seen: Seen) -> Fault | None:
        if "max_tokens" in seen.body:
            told = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
            return Fault(status=400, error={"message": told})
        return None

    with ScriptedServer(faults=refuses) as server:
        chat, _ = chat_of(server)
        chat.complete(request("a"))
        chat.complete(request("b"))
        assert [s.body.get("max_completion_tokens") for s in server.seen] == [None, 500, 500]


def test_a_dead_endpoint_is_given_up() -> None:
    with ScriptedServer(faults=lambda *_: Fault(status=500)) as server:
        chat, _ = chat_of(server, give_up_after=3, max_attempts=2)
        for _ in range(2):
            with pytest.raises(RequestFailed):
                chat.complete(request())
        for _ in range(4):
            with pytest.raises(TeacherError, match="failed 3 requests in a row"):
                chat.complete(request())
        assert len(server.seen) == 6


@pytest.mark.parametrize("limits", [Limits(calls=5), Limits(tokens=5 * 700), Limits(cost=5 * 0.7)])
def test_a_budget_is_never_exceeded(limits: Limits) -> None:
    from lantern.config import TeacherPrice

    # 200 tokens out, as many in as a budget of five requests of up to 500 tokens out allows for.
    price = TeacherPrice(input_per_1k=1.0, output_per_1k=1.0)
    with ScriptedServer(usage=lambda *_: (50, 200)) as server:
        chat, meter = chat_of(server, limits=limits, price=price)
        spent = threading.Event()

        def ask(number: int) -> None:
            try:
                chat.complete(request(f"{number}"))
            except BudgetSpent:
                spent.set()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(ask, range(40)))
        totals = meter.totals()
    assert spent.is_set()
    assert totals["answers"] == len(server.seen)
    assert limits.allow(
        int(totals["calls"]), int(totals["tokens_in"] + totals["tokens_out"]), totals["cost"]
    )
    # What is set aside and not used is given back: more is asked than the worst case allows for.
    assert totals["answers"] == (5 if limits.calls else 12)


def test_the_parts_of_a_budget_add_up() -> None:
    limits = Limits(calls=7, tokens=100, cost=1.0)
    parts = [limits.part(number, 3) for number in range(3)]
    assert [part.calls for part in parts] == [3, 2, 2]
    assert sum(part.tokens or 0 for part in parts) <= 100
    left = limits.without({"calls": 9, "tokens_in": 60, "tokens_out": 10, "cost": 0.25})
    assert left == Limits(calls=0, tokens=30, cost=0.75)


def test_the_rate_is_kept_and_shared() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pacer = Pacer(60, offset=0.5, clock=lambda: now[0], sleep=sleep)
    starts = []
    for _ in range(5):
        pacer.wait()
        starts.append(now[0])
    assert starts == [0.5, 1.5, 2.5, 3.5, 4.5]
    pacer.hold(30)
    pacer.wait()
    assert now[0] == 34.5
