"""Reading a server's refusals and its wishes to be left alone."""

from __future__ import annotations

import datetime as dt

import pytest

from lantern.teachers.server_faults import Fault, diagnose, retry_after

NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Sun, 01 Mar 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 01 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-4"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (401, None, Fault.KEY),
        (429, {"error": {"message": "slow down"}}, Fault.TRANSIENT),
        (429, {"error": {"code": "insufficient_quota"}}, Fault.NO_CREDIT),
        (502, "<html>", Fault.TRANSIENT),
        (413, None, Fault.CONTEXT),
        (400, {"error": {"message": "Input is too long for requested model."}}, Fault.CONTEXT),
        (400, {"error": {"code": "context_length_exceeded", "message": "x"}}, Fault.CONTEXT),
        (400, {"message": "prompt is too long: 9 > 8", "type": "x"}, Fault.CONTEXT),
        (400, {"detail": "As of v4.44 a default chat template is not allowed"}, Fault.TEMPLATE),
        (400, {"error": {"message": "Invalid schema for response_format"}}, Fault.SCHEMA),
        (422, {"detail": [{"loc": ["body", "response_format"]}]}, Fault.SCHEMA),
        (400, {"error": {"message": "what?"}}, Fault.REFUSED),
        (418, [], Fault.REFUSED),
    ],
)
def test_diagnosis(status: int, body: object, fault: Fault) -> None:
    found = diagnose(status, body, {})
    assert found.fault is fault
    assert found.told.startswith(f"HTTP {status}")
