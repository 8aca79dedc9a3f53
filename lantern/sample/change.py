"""Let a night pass over a sample: some rows are edited, some are new, some vanish."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any, Final

from lantern.errors import InputError, SettingsError
from lantern.sample import write
from lantern.sample.edits import member_after, opening_after
from lantern.sample.marketplace import member_rows, truth_row
from lantern.sample.postings import posting_id, posting_index, posting_row
from lantern.sample.profiles import member_id, member_index
from lantern.sample.seeding import stream

KINDS: Final = ("members", "postings")


@dataclass(frozen=True, slots=True)
class Changed:
    """Ids that a change touched, in the order of the files."""

    members: tuple[str, ...]
    postings: tuple[str, ...]
    new_members: tuple[str, ...]
    new_postings: tuple[str, ...]
    vanished_members: tuple[str, ...]
    vanished_postings: tuple[str, ...]


def change_sample(
    folder: Path | str,
    share: float,
    seed: int,
    *,
    new_members: int = 0,
    new_postings: int = 0,
    vanished_members: int = 0,
    vanished_postings: int = 0,
) -> Changed:
    """Change a sample in place, the truth with it.

    A profile gains a skill or a new position; in a posting one required skill gives way to
    another. Rows that are not touched keep every byte. Events are history: those of vanished
    rows stay, new members bring their own.

    Args:
        folder: where :func:`lantern.sample.write.write_sample` wrote.
        share: of profiles and of postings to edit, above 0 and up to 1; at least one each.
        seed: of the change: the same seed on the same sample changes the same rows alike.
        new_members: profiles to add.
        new_postings: postings to add.
        vanished_members: profiles to remove.
        vanished_postings: postings to remove.

    Raises:
        SettingsError: if an argument is out of range.
        InputError: if the folder holds no sample.
        StorageError: if the folder cannot be written.
    """
    counts = (new_members, new_postings, vanished_members, vanished_postings)
    if not 0 < share <= 1:
        raise SettingsError(f"the share to change must be above 0 and at most 1, not {share}")
    if min(counts) < 0:
        raise SettingsError("counts of new and vanished rows cannot be negative")
    place = Path(folder)
    state = _State.read(place)
    plan = {
        "members": _plan(state, "members", share, seed, vanished_members),
        "postings": _plan(state, "postings", share, seed, vanished_postings),
    }
    fresh = {
        kind: range(state.next_index[kind], state.next_index[kind] + new)
        for kind, new in (("members", new_members), ("postings", new_postings))
    }
    for kind in KINDS:
        state.remember(kind, seed, plan[kind], len(fresh[kind]))
    with write.replaced_together(place, (*write.FILES, write.MANIFEST)) as out:
        _rewrite(place, out, state, {kind: plan[kind][0] for kind in KINDS})
        _append(out, state, fresh)
        json.dump(state.manifest(), out[write.MANIFEST], indent=1)
    return Changed(
        tuple(map(member_id, plan["members"][0])),
        tuple(map(posting_id, plan["postings"][0])),
        tuple(map(member_id, fresh["members"])),
        tuple(map(posting_id, fresh["postings"])),
        tuple(map(member_id, plan["members"][1])),
        tuple(map(posting_id, plan["postings"][1])),
    )


@dataclass(slots=True)
class _State:
    """What has become of the sample since it was written; kept in ``sample.json``."""

    seed: int
    today: date
    next_index: dict[str, int]
    edits: dict[str, dict[int, list[int]]]
    vanished: dict[str, set[int]]

    @classmethod
    def read(cls, folder: Path) -> _State:
        try:
            raw = json.loads((folder / write.MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{folder} holds no sample ({write.MANIFEST} cannot be read); "
                "write one with `lantern sample`"
            ) from error
        missing = [name for name in write.FILES if not (folder / name).is_file()]
        if missing:
            raise InputError(f"the sample in {folder} lacks {', '.join(missing)}; write it again")
        return cls(
            raw["seed"],
            date.fromisoformat(raw["today"]),
            {kind: raw[kind] for kind in KINDS},
            {kind: {int(k): v for k, v in raw["edits"][kind].items()} for kind in KINDS},
            {kind: set(raw["vanished"][kind]) for kind in KINDS},
        )

    def present(self, kind: str) -> list[int]:
        gone = self.vanished[kind]
        return [index for index in range(self.next_index[kind]) if index not in gone]

    def remember(self, kind: str, seed: int, plan: tuple[list[int], list[int]], added: int) -> None:
        edited, vanished = plan
        for index in edited:
            self.edits[kind].setdefault(index, []).append(seed)
        self.vanished[kind].update(vanished)
        self.next_index[kind] += added

    def manifest(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            **self.next_index,
            "today": self.today.isoformat(),
            "edits": self.edits,
            "vanished": {kind: sorted(gone) for kind, gone in self.vanished.items()},
        }

    def truth(self, member: int, posting: int) -> dict[str, Any]:
        who, written = member_after(self.seed, member, self.edits["members"].get(member, ()))
        facts = opening_after(self.seed, posting, self.edits["postings"].get(posting, ()))
        return truth_row(who, written.visible, facts)


def _plan(
    state: _State, kind: str, share: float, seed: int, vanishing: int
) -> tuple[list[int], list[int]]:
    """Indices to edit and indices to remove, sorted, none in both."""
    present = state.present(kind)
    if vanishing >= len(present):
        raise SettingsError(
            f"cannot remove {vanishing} of {len(present)} {kind}: at least one must stay"
        )
    rng = stream(seed, f"change-{kind}", 0)
    rng.shuffle(present)
    vanished, rest = present[:vanishing], present[vanishing:]
    edited = rest[: max(1, min(len(rest), round(share * len(present))))]
    return sorted(edited), sorted(vanished)


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield line, json.loads(line)


def _rewrite(
    folder: Path, out: dict[str, IO[str]], state: _State, edited: dict[str, list[int]]
) -> None:
    members, postings = set(edited["members"]), set(edited["postings"])
    gone_members, gone_postings = state.vanished["members"], state.vanished["postings"]
    for line, row in _lines(folder / write.MEMBERS):
        index = member_index(row["member_id"])
        if index in members:
            changed = member_after(state.seed, index, state.edits["members"][index])[1].row
            write.write_row(out[write.MEMBERS], changed)
        elif index not in gone_members:
            out[write.MEMBERS].write(line)
    for line, row in _lines(folder / write.POSTINGS):
        index = posting_index(row["posting_id"])
        if index in postings:
            facts = opening_after(state.seed, index, state.edits["postings"][index])
            write.write_row(out[write.POSTINGS], posting_row(state.seed, facts))
        elif index not in gone_postings:
            out[write.POSTINGS].write(line)
    for line, row in _lines(folder / write.AUDIT_GROUPS):
        if member_index(row["member_id"]) not in gone_members:
            out[write.AUDIT_GROUPS].write(line)
    for line, row in _lines(folder / write.TRUTH):
        member, posting = member_index(row["member_id"]), posting_index(row["posting_id"])
        if member in gone_members or posting in gone_postings:
            continue
        if member in members or posting in postings:
            write.write_row(out[write.TRUTH], state.truth(member, posting))
        else:
            out[write.TRUTH].write(line)
    with (folder / write.EVENTS).open(encoding="utf-8") as history:
        out[write.EVENTS].writelines(history)


def _append(out: dict[str, IO[str]], state: _State, fresh: dict[str, range]) -> None:
    for index in fresh["postings"]:
        facts = opening_after(state.seed, index, ())
        write.write_row(out[write.POSTINGS], posting_row(state.seed, facts))
    gone = state.vanished["postings"]
    for index in fresh["members"]:
        rows = member_rows(state.seed, index, state.next_index["postings"], state.today)
        write.write_row(out[write.MEMBERS], rows.member)
        write.write_row(out[write.AUDIT_GROUPS], rows.audit_group)
        for event in rows.events:
            if posting_index(event["posting_id"]) not in gone:
                write.write_row(out[write.EVENTS], event)
        for row in rows.truth:
            posting = posting_index(row["posting_id"])
            if posting not in gone:
                write.write_row(out[write.TRUTH], state.truth(index, posting))
