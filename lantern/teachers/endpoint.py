"""The endpoint of a teacher: its key, its client, whether it is there, and what it replies."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import openai
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from lantern.config import TeacherSettings
from lantern.errors import SettingsError, TeacherError

_CHECK_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Reply:
    """The part of a completion's body that is read.

    Attributes:
        content: the text; empty if the model refused.
        finish_reason: as the server says.
        usage: tokens in and out; None if the server does not count.
    """

    content: str
    finish_reason: str
    usage: tuple[int, int] | None


def api_key(settings: TeacherSettings) -> str | None:
    """The key from the environment; None if the settings name none.

    Raises:
        SettingsError: the variable is not set.
    """
    if settings.api_key_env is None:
        return None
    key = os.environ.get(settings.api_key_env, "").strip()
    if not key:
        raise SettingsError(
            f"no key for the teacher: set the environment variable {settings.api_key_env} (for "
            "Spark's executors too), or teacher.api_key_env=null for a server that asks none"
        )
    return key


def client_of(settings: TeacherSettings) -> openai.OpenAI:
    """A client without retries of its own; raises SettingsError where there is no key."""
    return openai.OpenAI(
        api_key=api_key(settings) or "none",
        base_url=settings.base_url,
        timeout=openai.Timeout(settings.timeout_s, connect=settings.connect_timeout_s),
        max_retries=0,
    )


def host_of(settings: TeacherSettings) -> str:
    """Host and port, for messages."""
    return urlsplit(settings.base_url or "").netloc


def check_endpoint(settings: TeacherSettings) -> None:
    """Ask the endpoint for its list of models: free, and it tells of a wrong host or key.

    Raises:
        SettingsError: no key.
        TeacherError: the host cannot be reached, or refuses the key.
    """
    client = client_of(settings)
    reachable = Retrying(
        stop=stop_after_attempt(_CHECK_ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.5, max=5),
        retry=retry_if_exception_type(openai.APIConnectionError),
        reraise=True,
    )
    try:
        reachable(client.models.with_raw_response.list, timeout=settings.connect_timeout_s)
    except openai.APIConnectionError:
        raise TeacherError(
            f"the teacher at {host_of(settings)} cannot be reached; check teacher.base_url and the "
            "network"
        ) from None
    except openai.AuthenticationError as error:
        raise TeacherError(
            f"{host_of(settings)} refused the key in ${settings.api_key_env}: "
            f"HTTP {error.status_code}"
        ) from None
    except openai.APIError:
        return  # many servers have no such list; the first request will tell
    finally:
        client.close()


def read_reply(body: bytes) -> Reply:
    """Read a completion's body; raises ValueError where it is none.

    Signs that no encoding holds are replaced: an answer must be storable to be kept.
    """
    found = json.loads(body.decode("utf-8", "replace"))
    try:
        choice = found["choices"][0]
        content = choice["message"].get("content") or ""
        reason = choice.get("finish_reason") or "stop"
    except (KeyError, IndexError, TypeError, AttributeError):
        raise ValueError("no completion") from None
    if not isinstance(content, str) or not isinstance(reason, str):
        raise ValueError("no completion")
    usage = found.get("usage")
    counts = None
    if isinstance(usage, dict):
        given = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
        if all(isinstance(count, int) and count >= 0 for count in given):
            counts = (int(given[0] or 0), int(given[1] or 0))
    return Reply(_storable(content), _storable(reason), counts)


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
