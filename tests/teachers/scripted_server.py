"""An OpenAI-compatible server that answers by a script, counts everything, and fails on demand."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]


@dataclass
class Seen:
    """One POST: what was asked, and whether its answer was sent as a whole."""

    key: str
    stage: str
    repair: bool
    body: Body
    headers: dict[str, str]
    at: float
    status: int = 0
    answered: bool = False


@dataclass(frozen=True)
class Fault:
    """What the server does instead of answering well."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    error: Body | None = None
    content: str | None = None
    finish_reason: str = "stop"
    raw: bytes | None = None  # the whole body, of whatever kind
    hang_s: float = 0.0  # silence, then no answer
    cut: bool = False  # the connection is reset without an answer
    cut_body: bool = False  # the connection ends within the body


Script = Callable[[Body], str]
Faults = Callable[["ScriptedServer", Seen], Fault | None]


class ScriptedServer:
    """Runs in threads of the test's process; use it as a context manager.

    Args:
        script: from a request's body to the answer's content.
        faults: decides for each request whether something else happens; called under a lock.
        key: the API key that is accepted; None accepts all.
        usage: from body and content to tokens in and out.
    """

    def __init__(
        self,
        script: Script | None = None,
        faults: Faults | None = None,
        key: str | None = None,
        usage: Callable[[Body, str], tuple[int, int]] | None = None,
    ) -> None:
        self.script = script or answer_of
        self.faults = faults
        self.key = key
        self.usage = usage or (lambda body, content: (len(_text(body)) // 4, len(content) // 4))
        self.seen: list[Seen] = []
        self.paid = (0, 0)  # tokens in and out of all answers
        self.lock = threading.Lock()
        self.released = threading.Event()
        handler = type("Handler", (_Handler,), {"scripted": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    def __enter__(self) -> ScriptedServer:
        serve = self._server.serve_forever
        threading.Thread(target=serve, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def answered(self) -> Counter[str]:
        """How often each request was answered, by its content: more than once is paid twice."""
        with self.lock:
            return Counter(seen.key for seen in self.seen if seen.answered)

    def stages(self) -> Counter[str]:
        """Answered requests by stage; repairs apart."""
        with self.lock:
            return Counter(
                f"{seen.stage}{' repair' if seen.repair else ''}"
                for seen in self.seen
                if seen.answered
            )


class _Handler(BaseHTTPRequestHandler):
    scripted: ScriptedServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer; two would wait for each other

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self._refused_key():
            return
        self._send(200, json.dumps({"object": "list", "data": []}).encode())

    def do_POST(self) -> None:
        server = self.scripted
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        seen = seen_of(body, dict(self.headers.items()))
        with server.lock:
            server.seen.append(seen)
            fault = server.faults(server, seen) if server.faults else None
        fault = fault or Fault()
        if self._refused_key():
            seen.status = 401
            return
        if fault.hang_s:
            server.released.wait(fault.hang_s)
        if fault.cut or fault.hang_s:
            # Linger 0: a reset, as when a process dies. What reads from the connection keeps it
            # open beyond close(), hence the shutdown.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        seen.status = fault.status
        if fault.status != 200:
            error = fault.error or {"message": "scripted", "type": "scripted_error"}
            self._send(fault.status, json.dumps({"error": error}).encode(), fault.headers)
            return
        content = server.script(body) if fault.content is None else fault.content
        tokens = server.usage(body, content)
        data = fault.raw if fault.raw is not None else _completion(body, content, fault, tokens)
        if fault.cut_body:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        try:
            self._send(200, data, fault.headers)
        except OSError:
            return  # nobody was there to read it
        with server.lock:
            seen.answered = True
            server.paid = (server.paid[0] + tokens[0], server.paid[1] + tokens[1])

    def _refused_key(self) -> bool:
        wanted = self.scripted.key
        if wanted is None or self.headers.get("Authorization") == f"Bearer {wanted}":
            return False
        error = {"message": "Incorrect API key", "code": "invalid_api_key"}
        self._send(401, json.dumps({"error": error}).encode())
        return True

    def _send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()


def _completion(body: Body, content: str, fault: Fault, tokens: tuple[int, int]) -> bytes:
    tokens_in, tokens_out = tokens
    return json.dumps(
        {
            "id": "scripted",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": content},
                    "finish_reason": fault.finish_reason,
                }
            ],
            "usage": {
                "prompt_tokens": tokens_in,
                "completion_tokens": tokens_out,
                "total_tokens": tokens_in + tokens_out,
            },
        }
    ).encode()


def seen_of(body: Body, headers: dict[str, str]) -> Seen:
    asked = {name: value for name, value in body.items() if name != "response_format"}
    key = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    stage = re.findall(r"of the task (\w+)\.", body["messages"][1]["content"])[-1]
    return Seen(key, stage, len(body["messages"]) > 2, body, headers, time.monotonic())


def _text(body: Body) -> str:
    return "".join(message["content"] for message in body["messages"])


def documents_of(body: Body) -> dict[str, str]:
    """The data blocks of a request: name -> text."""
    found = re.findall(
        r"<<<BEGIN (\w+) (\w+)>>>\n(.*?)\n<<<END \1 \2>>>",
        body["messages"][1]["content"],
        re.DOTALL,
    )
    return {name: text for name, _, text in found}


def answer_of(body: Body) -> str:
    """A plain, consistent teacher: a requirement is met where the profile holds its last word."""
    documents = documents_of(body)
    stage = seen_of(body, {}).stage
    if stage == "EXTRACT":
        return json.dumps({"requirements": extracted_items(documents["POSTING"])})
    if stage == "EVALUATE":
        asked = re.findall(r"^\d+\. \[[\w ]+\] (.+)$", documents["JOB"], re.MULTILINE)
        return json.dumps({"verdicts": verdict_items(asked, documents["PROFILE"])})
    if stage == "EXPLAIN":
        kinds = re.findall(
            r"^\d+\. (met|partly met|not shown)", documents.get("VERDICTS", ""), re.M
        )
        return json.dumps(explanation_item(kinds))
    items = extracted_items(documents["POSTING"])
    verdicts = verdict_items([item["text"] for item in items], documents["PROFILE"])
    kinds = [verdict["verdict"] for verdict in verdicts]
    return json.dumps({"requirements": items, "verdicts": verdicts} | explanation_item(kinds))


def extracted_items(posting: str) -> list[Body]:
    """Every line of the posting after its title that is short is a requirement."""
    lines = [line.strip(" -*•.") for line in posting.split("\n")[1:]]
    texts = dict.fromkeys(line for line in lines if 2 < len(line) < 120 and '"' not in line)
    return [
        {
            "text": text,
            "kind": "skill",
            "importance": "must_have",
            "skills": [],
            "any_of": False,
            "years": None,
            "degree": None,
        }
        for text in list(texts)[:5]
    ]


def verdict_items(asked: list[str], profile: str) -> list[Body]:
    items: list[Body] = []
    for number, text in enumerate(asked, 1):
        words = [word for word in re.findall(r"\w+", text) if len(word) > 3]
        found = next((word for word in words if word in profile), None)
        verdict = "met" if found else "not shown"
        items.append({"number": number, "quote": found, "verdict": verdict})
    return items


def explanation_item(kinds: list[str]) -> Body:
    share = sum(kind == "met" for kind in kinds) / max(len(kinds), 1)
    level = "High" if share == 1 and kinds else "Medium" if share else "Low"
    return {
        "summary": "Your profile shows some of what the job asks for. The rest it does not show.",
        "level": level,
        "next_step": None if level == "High" else "Add what you have done to your profile.",
    }
