"""Writing and changing a sample: whole files, only what was meant to change, always the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lantern.errors import InputError, SettingsError, StorageError
from lantern.sample import write
from lantern.sample.change import change_sample
from lantern.sample.edits import member_after, opening_after
from lantern.sample.marketplace import member, posting
from lantern.sample.write import FILES, write_sample


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_sample(tmp_path / "sample", 60, 70, seed=4)
    return tmp_path / "sample"


def test_counts_and_content(tmp_path: Path) -> None:
    counts = write_sample(tmp_path, 20, 30, seed=4)
    for name in FILES:
        assert len(_rows(tmp_path / name)) == counts[Path(name).stem] > 0
    assert _rows(tmp_path / "members.jsonl") == [member(4, i) for i in range(20)]
    assert _rows(tmp_path / "postings.jsonl") == [posting(4, i) for i in range(30)]


def test_the_same_arguments_write_the_same_bytes(tmp_path: Path, folder: Path) -> None:
    write_sample(tmp_path / "again", 60, 70, seed=4)
    assert _bytes(tmp_path / "again") == _bytes(folder)


def test_groups_stay_in_their_file(folder: Path) -> None:
    for name in FILES:
        keys = {key for row in _rows(folder / name) for key in row}
        assert ("gender" in keys) == (name == "audit_groups.jsonl")


@pytest.mark.parametrize(("members", "postings"), [(0, 5), (5, 0), (-1, 5)])
def test_a_sample_of_nothing_is_refused(tmp_path: Path, members: int, postings: int) -> None:
    with pytest.raises(SettingsError, match="at least one"):
        write_sample(tmp_path / "none", members, postings, seed=1)
    assert not (tmp_path / "none").exists()


def test_a_failed_write_leaves_the_old_sample(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _bytes(folder)

    def no_space(out: object, row: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, "write_row", no_space)
    with pytest.raises(StorageError, match="No space left"):
        write_sample(folder, 10, 10, seed=9)
    assert _bytes(folder) == before


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sample").write_text("", encoding="utf-8")
    with pytest.raises(StorageError):
        write_sample(tmp_path / "sample", 1, 1, seed=1)


def test_a_change_touches_what_it_says_and_nothing_else(folder: Path) -> None:
    before = {n: _rows(folder / n) for n in FILES}
    changed = change_sample(folder, 0.05, seed=1)
    assert len(changed.members) == 3
    assert len(changed.postings) == 4
    for name, key, ids in (
        ("members.jsonl", "member_id", changed.members),
        ("postings.jsonl", "posting_id", changed.postings),
    ):
        pairs = list(zip(before[name], _rows(folder / name), strict=True))
        assert tuple(new[key] for old, new in pairs if old != new) == ids
        assert all(old[key] == new[key] for old, new in pairs)
    assert _rows(folder / "events.jsonl") == before["events.jsonl"]
    for old, new in zip(before["truth.jsonl"], _rows(folder / "truth.jsonl"), strict=True):
        touched = old["member_id"] in changed.members or old["posting_id"] in changed.postings
        assert touched or old == new


def test_at_least_one_of_each_is_changed(folder: Path) -> None:
    changed = change_sample(folder, 0.001, seed=1)
    assert (len(changed.members), len(changed.postings)) == (1, 1)


def test_changes_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_sample(tmp_path / name, 40, 40, seed=4)
        change_sample(tmp_path / name, 0.1, seed=2, new_members=2, vanished_postings=1)
        change_sample(tmp_path / name, 0.1, seed=3, new_postings=1, vanished_members=2)
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")


def test_new_and_vanished_rows(folder: Path) -> None:
    changed = change_sample(
        folder, 0.02, 5, new_members=3, new_postings=2, vanished_members=4, vanished_postings=5
    )
    members = [row["member_id"] for row in _rows(folder / "members.jsonl")]
    postings = [row["posting_id"] for row in _rows(folder / "postings.jsonl")]
    assert members[-3:] == list(changed.new_members)
    assert postings[-2:] == list(changed.new_postings)
    assert len(members) == 60 + 3 - 4
    assert len(postings) == 70 + 2 - 5
    assert len(changed.vanished_members) == 4
    assert not set(members) & set(changed.vanished_members)
    assert not set(postings) & set(changed.vanished_postings)
    audit = [row["member_id"] for row in _rows(folder / "audit_groups.jsonl")]
    assert audit == members
    truth = _rows(folder / "truth.jsonl")
    assert {row["member_id"] for row in truth} == set(members)
    assert {row["posting_id"] for row in truth} <= set(postings)
    assert set(changed.new_members) <= {row["member_id"] for row in _rows(folder / "events.jsonl")}


def test_vanished_rows_do_not_come_back_and_new_ids_are_new(folder: Path) -> None:
    first = change_sample(folder, 0.02, 5, new_members=1, vanished_members=2)
    second = change_sample(folder, 0.5, 6, new_members=1)
    assert not set(first.vanished_members) & set(second.members)
    assert set(first.new_members).isdisjoint(second.new_members)


def test_edits_reach_the_text_and_the_facts() -> None:
    kinds = set()
    for index in range(60):
        base, written = member_after(4, index, ())
        after, rewritten = member_after(4, index, (1,))
        assert rewritten.row != written.row
        kinds.add((len(after.jobs) - len(base.jobs), len(after.skills) - len(base.skills)))
        asked = opening_after(4, index, ()).asked
        asked_now = opening_after(4, index, (1,)).asked
        assert sum(a != b for a, b in zip(asked, asked_now, strict=True)) == 1
    assert kinds == {(1, 0), (0, 1)}


@pytest.mark.parametrize("share", [0.0, -0.1, 1.5, float("nan")])
def test_a_wrong_share_is_refused(folder: Path, share: float) -> None:
    with pytest.raises(SettingsError, match="share"):
        change_sample(folder, share, seed=1)


def test_wrong_counts_are_refused(folder: Path) -> None:
    with pytest.raises(SettingsError, match="negative"):
        change_sample(folder, 0.1, 1, new_members=-1)
    with pytest.raises(SettingsError, match="at least one must stay"):
        change_sample(folder, 0.1, 1, vanished_members=60)


def test_a_folder_without_a_sample_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InputError, match="holds no sample"):
        change_sample(tmp_path, 0.1, 1)
    (folder / "events.jsonl").unlink()
    with pytest.raises(InputError, match=r"lacks events\.jsonl"):
        change_sample(folder, 0.1, 1)
