"""review import: reviewers' decisions in, all of a file or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lantern.batch.answers import ANSWER, current_answers
from lantern.batch.reviews import (
    answer_from,
    answers_of_tasks,
    quarantine_of_reviews,
    with_shown_documents,
)
from lantern.documents.redaction import Redactor
from lantern.errors import SettingsError
from lantern.reviews.batch_folder import BatchManifest, read_manifest, read_submission
from lantern.reviews.submission import Submission, refuse
from lantern.reviews.validation import CheckedReview, check_decisions
from lantern.steps import review_export
from lantern.steps.context import Context
from lantern.tables.catalog import table_spec
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STEP: Final = "review_import"
_COMPARED: Final = ("decision", "level", "reason", "explanation")


@dataclass(frozen=True, slots=True)
class Import:
    """What ``lantern review import`` was given, read and held against its manifest before Spark
    starts; ``replace`` lets a decision take the place of the same reviewer's earlier one."""

    name: str
    batch: BatchManifest
    submission: Submission
    replace: bool

    @classmethod
    def given(
        cls, path: Path, folder: Path | None, reviewer: str | None, *, replace: bool
    ) -> Import:
        batch = read_manifest(folder or path.parent)
        if reviewer and batch.format != "csv":
            raise SettingsError("--reviewer is for CSV files; Label Studio names reviewers itself")
        return cls(path.name, batch, read_submission(path, batch, reviewer), replace)


def run(context: Context, manifest: Manifest, given: Import) -> None:
    """Checks every decision of a file; writes ``reviews``, all of them or none.

    Decisions about answers, profiles or postings that changed since the export are left out and
    stand in ``quarantine``. A file that was imported before commits nothing.

    Raises:
        InputError: the batch is not of these tables, or a decision is wrong; nothing is written.
    """
    warehouse = context.warehouse
    _refuse_foreign(context, given)
    decided = list(dict.fromkeys(raw.task for raw in given.submission.decisions))
    with manifest.phase("check"):
        rows = with_shown_documents(
            warehouse, answers_of_tasks(warehouse, current_answers(warehouse), decided)
        ).collect()
        checked = check_decisions(
            given.submission,
            given.batch.content_hashes,
            {row["task"]: answer_from(row) for row in rows},
            Redactor(),
            day=context.day,
        )
        if checked.problems:
            refuse(given.name, checked.problems)
        held = _held(context, checked.reviews)
        new = [made for made in checked.reviews if _key(made) not in held]
        other = [
            made for made in checked.reviews if held.get(_key(made), made.content) != made.content
        ]
        if other and not given.replace:
            problem = f"{len(other)} decisions differ from what the same reviewer decided before"
            refuse(given.name, [f"{problem}; --replace takes the new ones"])
    with manifest.phase("commit"):
        if new or other:
            arriving = _rows(context, [*new, *other], given.batch.batch)
            warehouse.merge("reviews", arriving, changed=_COMPARED)
    outdated = dict.fromkeys(
        checked.outdated, "its answer or its documents changed since it went out"
    )
    stage = f"{STEP}/{given.batch.batch[:8]}"
    quarantine_of_reviews(warehouse, stage, outdated, context.day)
    decisions = Counter(str(made.review.decision) for made in checked.reviews)
    told = {
        "tasks": len(given.batch.tasks),
        "decisions": len(checked.reviews),
        "new": len(new),
        "replaced": len(other),
        "unchanged": len(checked.reviews) - len(new) - len(other),
        "outdated": len(outdated),
    }
    manifest.counts |= told | decisions
    manifest.facts |= {"batch": given.batch.batch}
    context.reporter.line("review", "import", {**told, **decisions})


def _refuse_foreign(context: Context, given: Import) -> None:
    """Only these tables' own batches come in: `runs` remembers them."""
    from pyspark.sql import functions as F

    ours = context.warehouse.read("runs").where(
        (F.col("step") == review_export.STEP)
        & (F.col("outcome") == "done")
        & (F.col("facts")["batch"] == given.batch.batch)
    )
    if ours.isEmpty():
        refuse(given.name, ["its batch was not exported from these tables; check --env and --set"])


def _key(made: CheckedReview) -> tuple[str, ...]:
    return (*(getattr(made.answer, name) for name in ANSWER), made.review.reviewer)


def _held(
    context: Context, reviews: Sequence[CheckedReview]
) -> dict[tuple[str, ...], tuple[str | None, ...]]:
    """What the same reviewers have decided about the same answers before, by key."""
    key = [*ANSWER, "reviewer"]
    ddl = ", ".join(f"{name} string" for name in key)
    wanted = context.spark.createDataFrame([_key(made) for made in reviews], ddl)
    rows = context.warehouse.read("reviews").join(wanted, key, "left_semi").collect()
    return {
        tuple(row[name] for name in key): tuple(row[name] for name in _COMPARED) for row in rows
    }


def _rows(context: Context, reviews: Sequence[CheckedReview], batch: str) -> DataFrame:
    spec = table_spec("reviews")
    rows = [
        {
            **{name: getattr(made.answer, name) for name in ANSWER},
            "reviewer": made.review.reviewer,
            "decision": str(made.review.decision),
            "reason": made.reason,
            "level": made.review.level.label,
            "explanation": made.review.explanation,
            "batch": batch,
            "reviewed_on": made.review.reviewed_on,
        }
        for made in reviews
    ]
    values = [tuple(row[name] for name in spec.column_names) for row in rows]
    return context.spark.createDataFrame(values, spec.ddl)
