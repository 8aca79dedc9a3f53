"""review export: answers out to reviewers, redacted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lantern.batch.answers import (
    answered_pairs,
    current_answers,
    standing_answers,
    standing_rule,
)
from lantern.batch.reviews import (
    answer_from,
    quarantine_of_reviews,
    review_queue,
    with_shown_documents,
    without_tasks,
)
from lantern.documents.redaction import Redactor
from lantern.errors import InputError, RedactionError
from lantern.reviews.batch_folder import (
    BatchManifest,
    Format,
    make_manifest,
    read_manifest,
    refuse_used_folder,
    write_batch,
)
from lantern.reviews.tasks import ReviewTask, build_task
from lantern.steps.context import Context
from lantern.tables.runs import Manifest

STEP: Final = "review_export"


@dataclass(frozen=True, slots=True)
class Export:
    """What ``lantern review export`` was asked for: format, size, folder, and the folders of
    batches whose tasks are left out. Made before Spark starts, so that wrong use ends early."""

    format: Format
    pairs: int
    folder: Path
    without: tuple[BatchManifest, ...]

    @classmethod
    def asked(
        cls, format_: Format, pairs: int, folder: Path, without: Sequence[Path] = ()
    ) -> Export:
        refuse_used_folder(folder)
        return cls(format_, pairs, folder, tuple(map(read_manifest, without)))


def run(context: Context, manifest: Manifest, asked: Export) -> None:
    """Reads the answers that stand; writes a batch for reviewers, redacted, and nothing else.

    An answer that cannot be redacted is left out and stands in ``quarantine``.

    Raises:
        InputError: no answer wants a decision, or none of them can be shown.
    """
    warehouse, settings = context.warehouse, context.settings
    left_out = {task.task for batch in asked.without for task in batch.tasks}
    with manifest.phase("choose"):
        standing = warehouse.stage(
            "review",
            standing_answers(
                answered_pairs(current_answers(warehouse), warehouse.read("reviews")),
                standing_rule(settings.review, settings.curate),
            ),
        )
    queue = review_queue(standing, settings.review)
    tasks: list[ReviewTask] = []
    because: dict[str, str] = {}
    refused: dict[str, str] = {}
    while len(tasks) < asked.pairs:
        # Again only where some could not be redacted: the next in the queue take their places.
        with manifest.phase("choose"):
            next_ = without_tasks(queue, left_out | because.keys()).orderBy("place")
            chosen = with_shown_documents(warehouse, next_.limit(asked.pairs - len(tasks)))
            rows = sorted(chosen.collect(), key=lambda row: row["place"])
        if not rows:
            break
        with manifest.phase("redact"):
            shown, failed = _redacted(rows)
        tasks, refused = [*tasks, *shown], refused | failed
        because |= {row["task"]: row["because"] for row in rows}
        if not failed:
            break
    warehouse.unstage("review")
    quarantine_of_reviews(warehouse, STEP, refused, context.day)
    if not tasks:
        raise InputError(_nothing(len(refused), len(left_out)))
    counts = Counter(because[task.task] for task in tasks)
    weights = settings.review.weights.model_dump()
    batch = make_manifest(asked.format, tasks, weights=weights, counts=counts)
    with manifest.phase("write"):
        write_batch(asked.folder, batch, tasks)
    manifest.counts |= {"tasks": len(tasks), "not_redacted": len(refused), **counts}
    manifest.facts |= {"batch": batch.batch, "format": asked.format}
    figures = {"tasks": len(tasks), **counts, "not_redacted": len(refused)}
    told = {name: count for name, count in figures.items() if count}
    at = os.path.relpath(asked.folder)
    context.reporter.line("review", "export", {**told, "batch": batch.batch[:8], "at": at})


def _redacted(rows: Sequence[Any]) -> tuple[list[ReviewTask], dict[str, str]]:
    """The tasks, and key -> reason of those that cannot be shown."""
    redactor = Redactor()
    tasks: list[ReviewTask] = []
    refused: dict[str, str] = {}
    for row in rows:
        try:
            tasks.append(build_task(answer_from(row), redactor))
        except RedactionError:
            key = f"{row['member_id']}|{row['posting_id']}"
            refused[key] = "cannot be redacted, so it is not shown to a reviewer"
    return tasks, refused


def _nothing(refused: int, left_out: int) -> str:
    if refused:
        return f"none of {refused} answers can be redacted, so nothing was exported"
    beside = " beside those of --without" if left_out else ""
    return f"no answer wants a decision{beside}; run `lantern label`, or raise review.reviewers"
