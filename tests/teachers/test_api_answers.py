"""Answers that were paid for: on storage before they are used, whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lantern.errors import StorageError
from lantern.teachers.answers import AnswerFolder, Turn, _RemoteFiles, read_turn

TURN = Turn(
    key="k",
    turn=0,
    scope="s",
    stage="evaluate",
    model="m",
    prompt_version="v",
    sample=0,
    member_id=None,
    posting_id="p",
    content='{"a": "naïve \u2028 [NAME_1]"}',
    finish_reason="stop",
    tokens_in=3,
    tokens_out=4,
    cost=0.25,
)


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_what_is_kept_is_found_by_another_process(prefix: str, tmp_path: Path) -> None:
    folder = f"{prefix}{tmp_path}/deep/answers"
    first = AnswerFolder(folder)
    assert first.find("k", 0) is None
    first.keep(TURN)
    first.keep(replace(TURN, turn=1, content=""))
    assert [turn.turn for turn in first.drain()] == [0, 1]
    assert first.drain() == []
    second = AnswerFolder(folder)
    assert second.find("k", 0) == TURN
    assert second.find("k", 1) == replace(TURN, turn=1, content="")
    assert second.find("k", 2) is None
    assert len(second.drain()) == 2, "what was found belongs into the table as well"
    assert sorted(p.name for p in (tmp_path / "deep/answers").iterdir()) == ["k-0.json", "k-1.json"]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"key": "k"}', b"\xff\xfe\x00"])
def test_half_a_file_is_no_answer(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "k-0.json").write_bytes(data)
    assert read_turn(data) is None
    folder = AnswerFolder(str(tmp_path))
    assert folder.find("k", 0) is None
    folder.keep(TURN)
    assert folder.find("k", 0) == TURN


def test_an_object_store_holds_answers_too() -> None:
    pytest.importorskip("pyarrow")
    files = _RemoteFiles("mock:///bucket/answers")
    assert files.read("k-0.json") is None
    files._system.create_dir(files._root)  # an object store has no folders, this one has
    files.write("k-0.json", b"{}")
    assert files.read("k-0.json") == b"{}"


def test_a_storage_that_nobody_can_open_is_said_with_the_setting() -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(StorageError, match=r"teacher\.answers"):
        AnswerFolder("dbfs:/answers")
