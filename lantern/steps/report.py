"""report: one HTML page about the night, from the tables."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantern.errors import TableError
from lantern.report.data import (
    BoardJob,
    BoardMember,
    Costs,
    EntityCounts,
    LastNight,
    LevelCounts,
    PairCounts,
    QuarantineCount,
    ReportData,
    StepRun,
)
from lantern.report.page import render_report
from lantern.steps.context import Context
from lantern.steps.report_model import model_figures
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

_PHASES = ("read", "plan", "tokenise", "model", "commit")
_JOBS_A_MEMBER = 5
_VERSIONS = ("members", "postings", "requirements", "candidates", "fit_scores", "explanations")


def run(context: Context, manifest: Manifest) -> None:
    """Reads the tables of the last night; writes the page, whole or not at all."""
    path = report_path(context)
    with manifest.phase("read"):
        data = collect(context)
    with manifest.phase("write"):
        page = render_report(data)
        path.parent.mkdir(parents=True, exist_ok=True)
        arriving = path.with_suffix(".arriving")
        arriving.write_text(page, encoding="utf-8")
        arriving.replace(path)
    manifest.facts["path"] = str(path)
    context.reporter.line("report", "page", {"at": os.path.relpath(path)})


def report_path(context: Context) -> Path:
    given = context.settings.report.path
    return Path(given).absolute() if given else context.local_folder / "report.html"


def collect(context: Context) -> ReportData:
    """What the page shows; raises TableError before the first night."""
    from pyspark.sql import functions as F

    warehouse = context.warehouse
    runs = warehouse.read("runs").where(F.col("logical_date") <= F.lit(context.day))
    scored = (
        runs.where("step = 'score' AND outcome IN ('done', 'quarantined')").drop("config").collect()
    )
    if not scored:
        raise TableError("no night has been scored yet; run `lantern night` first")
    tonight = max(scored, key=_ended)
    steps = runs.where(F.col("run_id") == tonight["run_id"]).orderBy("started_at").collect()
    by_step = {row["step"]: row for row in steps}
    counts, figures = tonight["counts"], tonight["figures"]
    ingest = by_step["ingest"]["counts"] if "ingest" in by_step else {}
    explain = by_step["explain"]["counts"] if "explain" in by_step else {}
    scores = warehouse.read("fit_scores")
    return ReportData(
        logical_date=tonight["logical_date"],
        outcome=_worst(row["outcome"] for row in steps),
        entities=tuple(
            EntityCounts(
                name=table,
                total=warehouse.read(table).count(),
                **{
                    fate: ingest.get(f"{table}_{fate}", 0)
                    for fate in ("new", "changed", "vanished")
                },
            )
            for table in ("members", "postings")
        ),
        pairs=PairCounts(
            candidates=counts.get("candidates", 0),
            scored=counts.get("scored", 0),
            kept=counts.get("kept", 0),
            deleted=counts.get("deleted_vanished", 0) + counts.get("deleted_not_candidate", 0),
            failed=counts.get("failed", 0),
            explained=explain.get("explained", 0),
        ),
        costs=Costs(
            seconds=sum(_seconds(row) for row in steps),
            score_seconds=_seconds(tonight),
            tokens=counts.get("tokens", 0),
            padding_ratio=figures.get("padding_ratio") if counts.get("scored") else None,
            pairs_cut=counts.get("pairs_cut", 0),
            tokens_cut_share=figures.get("tokens_cut_share", 0.0),
        ),
        levels=_levels(scores),
        last_night=_last_night(context, scored, tonight),
        phases={p: tonight["seconds"][p] for p in _PHASES if p in tonight["seconds"]},
        steps=tuple(StepRun(row["step"], row["outcome"], _seconds(row)) for row in steps),
        board=_board(context, scores),
        quarantine=_quarantine(context),
        table_versions=warehouse.versions(*_VERSIONS),
        facts={
            "Model version": tonight["facts"].get("model_version", ""),
            "Run": tonight["run_id"],
            "Lantern": tonight["lantern_version"],
        },
        model=model_figures(context, tonight["facts"].get("pair", "")),
    )


def _worst(outcomes: Any) -> str:
    order = ("done", "quarantined", "interrupted", "failed")
    return max(outcomes, key=order.index, default="done")


def _seconds(row: Any) -> float:
    if row["ended_at"] is None:
        return 0.0
    return float((row["ended_at"] - row["started_at"]).total_seconds())


def _levels(scores: DataFrame) -> LevelCounts:
    found = {row["level"]: row["count"] for row in scores.groupBy("level").count().collect()}
    return LevelCounts(found.get("Low", 0), found.get("Medium", 0), found.get("High", 0))


def _ended(run: Row) -> dt.datetime:
    ended: dt.datetime = run["ended_at"]
    return ended


def _last_night(context: Context, scored: Sequence[Row], tonight: Row) -> LastNight | None:
    """The levels that stood before tonight: the version of ``fit_scores`` that tonight's first
    score read is what the nights before had left."""
    earlier = [run for run in scored if run["logical_date"] < tonight["logical_date"]]
    if not earlier:
        return None
    before = max(earlier, key=_ended)
    later = (run for run in scored if run["logical_date"] > before["logical_date"])
    first = min(later, key=lambda run: (run["logical_date"], run["started_at"]))
    version = first["versions_in"]["fit_scores"]
    return LastNight(
        logical_date=before["logical_date"],
        levels=_levels(context.warehouse.read("fit_scores", version)),
        model_version=before["facts"].get("model_version"),
    )


def _board(context: Context, scores: DataFrame) -> tuple[BoardMember, ...]:
    """A few members with their best jobs: those whose levels differ most, by id where equal."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    warehouse = context.warehouse
    explained = warehouse.read("explanations").select("member_id", "posting_id", "explanation")
    best = Window.partitionBy("member_id").orderBy(F.desc("score"), "posting_id")
    chosen = (
        scores.groupBy("member_id")
        .agg(F.count_distinct("level").alias("levels"), F.max("score").alias("top"))
        .orderBy(F.desc("levels"), F.xxhash64("member_id"))
        .limit(context.settings.report.board_members)
    )
    rows = (
        scores.join(F.broadcast(chosen.select("member_id")), "member_id")
        .withColumn("_rank", F.row_number().over(best))
        .where(F.col("_rank") <= _JOBS_A_MEMBER)
        .join(explained, ["member_id", "posting_id"], "left")
        .join(
            warehouse.read("postings").select("posting_id", "title", "organization", "location"),
            "posting_id",
        )
        .join(warehouse.read("members").select("member_id", "headline", "years"), "member_id")
        .orderBy("member_id", "_rank")
        .collect()
    )
    members: dict[str, list[Any]] = {}
    for row in rows:
        members.setdefault(row["member_id"], []).append(row)
    return tuple(
        BoardMember(
            member_id=member_id,
            headline=jobs[0]["headline"],
            note=f"{jobs[0]['years']:g} years of experience" if jobs[0]["years"] else None,
            jobs=tuple(
                BoardJob(
                    title=job["title"],
                    level=job["level"],
                    score=float(job["score"]),
                    organization=job["organization"],
                    location=job["location"],
                    explanation=job["explanation"],
                )
                for job in jobs
            ),
        )
        for member_id, jobs in members.items()
    )


def _quarantine(context: Context) -> tuple[QuarantineCount, ...]:
    rows = (
        context.warehouse.read("quarantine")
        .groupBy("table", "stage", "reason")
        .count()
        .orderBy("table", "stage", "count")
        .collect()
    )
    return tuple(
        QuarantineCount(row["table"], row["stage"], row["reason"], row["count"]) for row in rows
    )
