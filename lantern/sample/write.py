"""Write a sample marketplace to a folder; no file is ever seen half written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import IO, Any, Final

from lantern.errors import SettingsError, StorageError
from lantern.sample.marketplace import SAMPLE_TODAY, member_rows, posting

MEMBERS, POSTINGS, EVENTS = "members.jsonl", "postings.jsonl", "events.jsonl"
AUDIT_GROUPS, TRUTH, MANIFEST = "audit_groups.jsonl", "truth.jsonl", "sample.json"
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
FILES: Final = (MEMBERS, POSTINGS, EVENTS, AUDIT_GROUPS, TRUTH)


def write_sample(
    folder: Path | str, members: int, postings: int, seed: int, today: date = SAMPLE_TODAY
) -> dict[str, int]:
    """Write the sample; an older one in the folder is replaced.

    Args:
        folder: made if missing.
        members: how many, at least one.
        postings: how many, at least one.
        seed: of everything.
        today: the day after the last event.

    Returns:
        Rows written, by file name without its ending.

    Raises:
        SettingsError: if a count is below one.
        StorageError: if the folder cannot be written.
    """
    for name, count in (("members", members), ("postings", postings)):
        if count < 1:
            raise SettingsError(f"a sample needs at least one of its {name}, not {count}")
    counts = dict.fromkeys((Path(name).stem for name in FILES), 0)
    with replaced_together(Path(folder), (*FILES, MANIFEST)) as out:
        for index in range(postings):
            write_row(out[POSTINGS], posting(seed, index))
        for index in range(members):
            rows = member_rows(seed, index, postings, today)
            write_row(out[MEMBERS], rows.member)
            write_row(out[AUDIT_GROUPS], rows.audit_group)
            for event in rows.events:
                write_row(out[EVENTS], event)
            for truth in rows.truth:
                write_row(out[TRUTH], truth)
            counts["events"] += len(rows.events)
            counts["truth"] += len(rows.truth)
        counts.update(members=members, audit_groups=members, postings=postings)
        manifest = {
            "seed": seed,
            "members": members,
            "postings": postings,
            "today": today.isoformat(),
            "edits": {"members": {}, "postings": {}},
            "vanished": {"members": [], "postings": []},
        }
        json.dump(manifest, out[MANIFEST], indent=1)
    return counts


def write_row(out: IO[str], row: Mapping[str, Any]) -> None:
    """Write one row of a JSON lines file."""
    out.write(_ENCODE(row) + "\n")


@contextmanager
def replaced_together(folder: Path, names: tuple[str, ...]) -> Iterator[dict[str, IO[str]]]:
    """Open new versions of files; when all are written, put them in the places of the old ones.

    On any error before that the old files stay as they were, and the new ones are removed. The
    files change places one by one, in the order of ``names``: the manifest last.

    Raises:
        StorageError: if the folder cannot be written.
    """
    new = {name: folder / f".{name}.new" for name in names}
    out: dict[str, IO[str]] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, path in new.items():
            out[name] = path.open("w", encoding="utf-8", newline="\n")
        yield out
        for file in out.values():
            file.close()
        for name, path in new.items():
            path.replace(folder / name)
    except OSError as error:
        raise StorageError(
            f"cannot write the sample to {folder}: {error.strerror}; "
            "make room or choose another folder (sample.path)"
        ) from error
    finally:
        for name, file in out.items():
            with suppress(OSError):  # still open only after an error, which is on its way already
                file.close()
            new[name].unlink(missing_ok=True)
