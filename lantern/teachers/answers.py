"""Answers that were paid for, kept by content: each is on durable storage before it is used.

A file an answer, written under another name and then renamed (local) or put whole (an object
store): so a reader never sees half of one, any number of tasks may write at the same time, and no
storage needs to append. The files bridge the time until a wave's answers are committed to
``teacher_answers``; after a kill they are all that the next run needs.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from lantern.errors import StorageError

_SUFFIX: Final = ".json"


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer of an endpoint: the columns of ``teacher_answers`` but for the date.

    Attributes:
        key: hash of the request.
        turn: 0 the answer, 1 the answer to the request for a repair.
        scope: hash of the posting's content; all requests about it go to one task.
    """

    key: str
    turn: int
    scope: str
    stage: str
    model: str
    prompt_version: str
    sample: int
    member_id: str | None
    posting_id: str
    content: str
    finish_reason: str
    tokens_in: int
    tokens_out: int
    cost: float


_FIELDS: Final = {field.name for field in fields(Turn)}


class AnswerFolder:
    """Answers that no table holds yet, in a folder that every worker reaches.

    Args:
        folder: a path that all workers share (a disk in local mode, a network disk, a mounted
            volume), or a URI that pyarrow opens (``s3://``, ``gs://``, ``abfss://``, ``hdfs://``).
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder.removeprefix("file://") if folder.startswith("file:///") else folder
        self._files = _files_of(self._folder)
        self._lock = threading.Lock()
        self._fresh: list[Turn] = []

    def find(self, key: str, turn: int) -> Turn | None:
        """The answer, if an earlier attempt of this task or a killed run left it."""
        data = self._files.read(_name(key, turn))
        if data is None:
            return None
        found = read_turn(data)
        if found is not None:
            self._remember(found)
        return found

    def keep(self, turn: Turn) -> None:
        """Write the answer; when this returns, it outlives the process and the machine's power."""
        line = json.dumps(asdict(turn)).encode()
        self._files.write(_name(turn.key, turn.turn), line)
        self._remember(turn)

    def drain(self) -> list[Turn]:
        """The answers that were found or kept since the last call: they belong into the table."""
        with self._lock:
            drained, self._fresh = self._fresh, []
        return drained

    def _remember(self, turn: Turn) -> None:
        with self._lock:
            self._fresh.append(turn)


def read_turn(data: bytes) -> Turn | None:
    """An answer from a file's bytes; None for what is none (another program's file, half a one)."""
    try:
        found: Any = json.loads(data)
    except ValueError:
        return None
    if not isinstance(found, dict) or set(found) != _FIELDS:
        return None
    return Turn(**found)


def _name(key: str, turn: int) -> str:
    return f"{key}-{turn}{_SUFFIX}"


def _files_of(folder: str) -> _LocalFiles | _RemoteFiles:
    return _RemoteFiles(folder) if ":/" in folder else _LocalFiles(Path(folder))


class _LocalFiles:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        final = self._folder / name
        draft = final.with_suffix(f".{os.getpid()}-{threading.get_ident()}.draft")
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(final)
        _sync_folder(self._folder)


def _sync_folder(folder: Path) -> None:
    """Make a renaming outlive a power cut, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class _RemoteFiles:
    def __init__(self, folder: str) -> None:
        from pyarrow import ArrowInvalid
        from pyarrow.fs import FileSystem

        try:
            self._system, self._root = FileSystem.from_uri(folder)
        except (ArrowInvalid, OSError) as error:
            raise StorageError(
                f"the teacher's answers cannot be kept under {folder} ({type(error).__name__}): "
                "name a folder that all workers reach in teacher.answers"
            ) from None

    def read(self, name: str) -> bytes | None:
        try:
            with self._system.open_input_file(f"{self._root}/{name}") as file:
                return bytes(file.read())
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        with self._system.open_output_stream(f"{self._root}/{name}") as file:
            file.write(data)
