"""A batch that went out to reviewers: its folder, its manifest, and what comes back.

The manifest lists every task by its content hash; the batch's id is a hash of the manifest, and
the tables remember which batches they gave out (``runs``). So a file that was cut, changed, or
that belongs to other tables is told apart before any decision in it is read.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lantern.errors import InputError, SettingsError
from lantern.reviews.label_studio import (
    INTERFACE_FILE,
    TASKS_FILE,
    interface,
    read_export,
    tasks_json,
)
from lantern.reviews.spreadsheet import CSV_FILE, read_csv, tasks_csv
from lantern.reviews.submission import Submission, refuse
from lantern.reviews.tasks import ReviewTask

MANIFEST_FILE: Final = "manifest.json"
FORMATS: Final = ("label-studio", "csv")
FORMAT_VERSION: Final = 1
_MOST_BYTES: Final = 512 * 1024 * 1024

Format = Literal["label-studio", "csv"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ManifestTask(_Strict):
    """A task that went out: its id, what it showed, and whose answer it is."""

    task: str
    content_hash: str
    teacher: str
    prompt_version: str


class BatchManifest(_Strict):
    """What the file ``manifest.json`` of a batch says.

    Attributes:
        format_version: of this file.
        format: of the tasks.
        weights: of what the pairs were chosen by.
        counts: tasks by why they were chosen.
        tasks: in the order of the file.
        batch: hash of all of the above.
    """

    format_version: Literal[1]
    format: Format
    weights: dict[str, float]
    counts: dict[str, int]
    tasks: list[ManifestTask]
    batch: str

    @property
    def content_hashes(self) -> dict[str, str]:
        return {task.task: task.content_hash for task in self.tasks}


def make_manifest(
    format_: Format,
    tasks: Sequence[ReviewTask],
    *,
    weights: Mapping[str, float],
    counts: Mapping[str, int],
) -> BatchManifest:
    """The manifest of a batch; a pure function of what is in it."""
    manifest = BatchManifest(
        format_version=FORMAT_VERSION,
        format=format_,
        weights=dict(weights),
        counts=dict(counts),
        tasks=[
            ManifestTask(
                task=task.task,
                content_hash=task.content_hash,
                teacher=task.teacher,
                prompt_version=task.prompt_version,
            )
            for task in tasks
        ],
        batch="",
    )
    return manifest.model_copy(update={"batch": _batch_id(manifest)})


def refuse_used_folder(folder: Path) -> None:
    """Raise SettingsError where a batch cannot be written: reviewers' work may be in there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingsError(f"{folder} is not an empty folder; name another --out")


def write_batch(folder: Path, manifest: BatchManifest, tasks: Sequence[ReviewTask]) -> None:
    """Write the folder of a batch, whole or not at all."""
    refuse_used_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".arriving-", dir=folder.parent) as arriving:
        inside = Path(arriving) / "batch"
        inside.mkdir()
        if manifest.format == "csv":
            csv_text = tasks_csv(manifest.batch, tasks)
            (inside / CSV_FILE).write_text(csv_text, encoding="utf-8-sig", newline="")
        else:
            _write(inside / TASKS_FILE, tasks_json(manifest.batch, tasks))
            _write(inside / INTERFACE_FILE, interface())
        _write(inside / MANIFEST_FILE, manifest.model_dump_json(indent=1) + "\n")
        inside.replace(folder)


def read_manifest(folder: Path) -> BatchManifest:
    """The manifest of a batch's folder.

    Raises:
        InputError: it is missing, or not as it was written.
    """
    path = folder / MANIFEST_FILE
    try:
        manifest = BatchManifest.model_validate_json(_text(path))
    except ValidationError:
        raise InputError(
            f"{path} is not a whole manifest; take it from the exported folder"
        ) from None
    if manifest.batch != _batch_id(manifest):
        raise InputError(f"{path} was changed after the export; take it from the exported folder")
    return manifest


def read_submission(path: Path, manifest: BatchManifest, reviewer: str | None = None) -> Submission:
    """Read a file of reviewers and hold it against the manifest of its batch.

    A CSV file must hold every task. Label Studio leaves out tasks that nobody has annotated.

    Raises:
        InputError: the file is not whole, of another batch, or its tasks are not those that went
            out; every problem is told, up to a number.
    """
    text = _text(path)
    if manifest.format == "csv":
        submission = read_csv(text, path.name, reviewer)
    else:
        submission = read_export(text, path.name)
    known = manifest.content_hashes
    problems: list[str] = []
    for shown in submission.tasks:
        if shown.batch != manifest.batch:
            problems.append(f"{shown.place}: belongs to another batch than the manifest")
        elif shown.task not in known:
            problems.append(f"{shown.place}: a task that the batch does not have")
        elif shown.content_hash != known[shown.task]:
            problems.append(f"{shown.place}: title, requirements, profile or answer were changed")
    absent = len(known.keys() - {shown.task for shown in submission.tasks})
    if manifest.format == "csv" and absent:
        problems.append(f"{absent} of the batch's {len(known)} tasks are missing; it was cut off")
    if problems:
        refuse(path.name, problems)
    return submission


def _batch_id(manifest: BatchManifest) -> str:
    content = manifest.model_dump(exclude={"batch"})
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path}: larger than any batch of reviews; give the exported file")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        where = "; name the batch's folder with --batch" if path.name == MANIFEST_FILE else ""
        raise InputError(f"{path}: no such file{where}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; name the file in it") from None
