"""What a failed request means: try again, give this request up, or give the endpoint up."""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

_CONTEXT: Final = re.compile(
    r"context[ _-]?(?:length|window|size)|maximum (?:context|model|prompt|input) ?len|max_model_len"
    r"|prompt is too long|too many tokens|exceeds? .{0,40}(?:context|token)|too long for",
    re.IGNORECASE,
)
_TEMPLATE: Final = re.compile(r"chat[ _-]?template", re.IGNORECASE)
_SCHEMA: Final = re.compile(
    r"response_format|json_schema|structured|guided|grammar|schema", re.IGNORECASE
)
_LENGTH_FIELD: Final = re.compile(r"max_completion_tokens")
_QUOTA: Final = re.compile(r"insufficient_quota|billing|credit", re.IGNORECASE)
# A code is shown, a message is not: it may quote what was sent.
_CODE: Final = re.compile(r"[A-Za-z][\w.\-]{0,39}")


class Fault(enum.Enum):
    """Kinds of failure."""

    TRANSIENT = "transient"
    KEY = "key"
    NO_CREDIT = "no credit"
    NOT_ALLOWED = "not allowed"
    NOT_FOUND = "not found"
    TEMPLATE = "template"
    CONTEXT = "context"
    SCHEMA = "schema"
    LENGTH_FIELD = "length field"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A fault, what to say of it, and how long the server wants to be left alone."""

    fault: Fault
    told: str
    retry_after: float | None = None


def diagnose(status: int, body: object, headers: Mapping[str, str]) -> Diagnosis:
    """Read an HTTP answer other than success.

    Args:
        status: the HTTP status.
        body: the decoded body, of any form.
        headers: keys in lower case, or a mapping that ignores case.
    """
    words = _words(body)
    told = f"HTTP {status}" + _codes(body)
    wait = retry_after(headers)
    if status == 401:
        return Diagnosis(Fault.KEY, told)
    if status == 429 and _QUOTA.search(" ".join(_codes_of(body))):
        return Diagnosis(Fault.NO_CREDIT, told)
    if status == 402:
        return Diagnosis(Fault.NO_CREDIT, told)
    if status in (408, 409, 425, 429) or status >= 500:
        return Diagnosis(Fault.TRANSIENT, told, wait)
    if status == 403:
        return Diagnosis(Fault.NOT_ALLOWED, told)
    if status == 404:
        return Diagnosis(Fault.NOT_FOUND, told)
    for pattern, fault in (
        (_TEMPLATE, Fault.TEMPLATE),
        (_LENGTH_FIELD, Fault.LENGTH_FIELD),
        (_CONTEXT, Fault.CONTEXT),
        (_SCHEMA, Fault.SCHEMA),
    ):
        if pattern.search(words):
            return Diagnosis(fault, told)
    return Diagnosis(Fault.CONTEXT if status == 413 else Fault.REFUSED, told)


def retry_after(headers: Mapping[str, str], now: dt.datetime | None = None) -> float | None:
    """Seconds that the server asks to wait, from ``retry-after-ms`` or ``retry-after``.

    The latter holds seconds or a date (RFC 9110, 10.2.3). What cannot be read is no wish.
    """
    milliseconds, value = headers.get("retry-after-ms"), headers.get("retry-after")
    for text, scale in ((milliseconds, 1000.0), (value, 1.0)):
        try:
            seconds = float(text or "") / scale
        except ValueError:
            continue
        return seconds if 0 <= seconds < float("inf") else None
    if value is None:
        return None
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=dt.UTC)
    return max(0.0, (date - (now or dt.datetime.now(dt.UTC))).total_seconds())


def _error(body: object) -> Mapping[str, Any]:
    """The part of a body that describes the error: ``{"error": {...}}`` or the body itself."""
    if not isinstance(body, dict):
        return {}
    inner = body.get("error")
    return inner if isinstance(inner, dict) else body


def _words(body: object) -> str:
    error = _error(body)
    said = [error.get(name) for name in ("message", "detail", "code", "type", "param")]
    return " ".join(str(word) for word in said if word) or (body if isinstance(body, str) else "")


def _codes_of(body: object) -> list[str]:
    error = _error(body)
    said = [error.get(name) for name in ("code", "type", "param")]
    return [word for word in said if isinstance(word, str) and _CODE.fullmatch(word)]


def _codes(body: object) -> str:
    return "".join(f" {code}" for code in dict.fromkeys(_codes_of(body)))
