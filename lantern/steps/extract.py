"""extract: the requirements of new and changed postings, by rules or by a teacher behind an API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lantern.batch.api_requirements import ExtractWork
from lantern.batch.documents import build_rows, extract_row
from lantern.batch.teacher_answers import AnswerStore
from lantern.batch.teacher_waves import Outcome, Waves
from lantern.documents.requirements import EXTRACTOR
from lantern.errors import TeacherError
from lantern.steps.context import Context
from lantern.steps.teacher import open_teacher
from lantern.tables.catalog import table_spec
from lantern.tables.quarantine import replace_quarantine
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

_SCHEMA = ", ".join(f"`{c.name}` {c.type}" for c in table_spec("requirements").columns)


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``postings``; writes ``requirements``.

    A posting in which no requirement is recognised stays usable, with an empty list; the
    quarantine names it, because its fit can only be judged by its title. So it does a posting for
    which the teacher has no usable answer: the rules' requirements stand in for it.
    """
    if context.settings.extract.by == "teacher":
        _extract_by_teacher(context, manifest)
    else:
        _extract_by_rules(context, manifest)


def _extract_by_rules(context: Context, manifest: Manifest) -> None:
    warehouse = context.warehouse
    with manifest.phase("extract"):
        fresh = warehouse.stage("requirements", _by_rules(_stale(context, EXTRACTOR)))
    extracted = fresh.count()
    with manifest.phase("commit"):
        if extracted:
            warehouse.merge("requirements", fresh)
        totals = _settled(context)
        warehouse.unstage("requirements")
    manifest.facts["extractor"] = EXTRACTOR
    manifest.counts["extracted"] = extracted
    _quarantine(context, None, totals["without"])
    _report(context, manifest, totals)


def _extract_by_teacher(context: Context, manifest: Manifest) -> None:
    """Stage 1 of T1, once a posting.

    Raises:
        TeacherError: the endpoint cannot be used; what was answered before is committed.
    """
    from pyspark.sql import functions as F

    from lantern.teachers.api_teacher import extractor_name

    teacher = open_teacher(context)
    extractor = extractor_name(str(teacher.model))
    warehouse = context.warehouse
    store = AnswerStore(warehouse, teacher, "extract", context.day)
    with manifest.phase("read"):
        manifest.counts["recovered"] = store.recover()
        sent = F.sha2(F.concat_ws("\n", "title", "text"), 256)
        stale = _stale(context, extractor).withColumn("scope", sent)
        plan = warehouse.stage("extract/plan", stale)
        total = plan.count()

    def commit(found: DataFrame) -> None:
        warehouse.merge("requirements", found)

    work = ExtractWork(str(teacher.model))
    waves = Waves(warehouse, store, teacher, work, "extract", commit, manifest)
    with context.reporter.task("extract", "postings", total) as progress:
        outcome = waves.run(plan, total, context.settings.label.wave_pairs, progress)
    with manifest.phase("commit"):
        if outcome.failed is not None and outcome.rows["failed"]:
            failed = plan.join(outcome.failed.select("posting_id"), "posting_id", "left_semi")
            warehouse.merge("requirements", warehouse.stage("extract/rules", _by_rules(failed)))
        totals = _settled(context)
    manifest.facts["extractor"] = extractor
    manifest.counts["extracted"] = outcome.rows["answered"]
    outcome.note(manifest)
    _quarantine(context, outcome.failed, totals["without"])
    warehouse.unstage("extract")
    _report(context, manifest, totals)
    _say_what_is_left(context, outcome)


def _stale(context: Context, extractor: str) -> DataFrame:
    """Postings without requirements of this extractor from what they say today."""
    from pyspark.sql import functions as F

    held = context.warehouse.read("requirements").where(F.col("extractor") == extractor)
    key = ["posting_id", "posting_fingerprint"]
    return _postings(context).join(held.select(*key), key, "left_anti")


def _postings(context: Context) -> DataFrame:
    return context.warehouse.read("postings").selectExpr(
        "posting_id", "title", "text", "fingerprint AS posting_fingerprint"
    )


def _by_rules(postings: DataFrame) -> DataFrame:
    return build_rows(postings, extract_row, f"{_SCHEMA}, source_hash string", "posting_id")


def _settled(context: Context) -> Row:
    """Forget the requirements of vanished postings; returns totals over those that stay."""
    from pyspark.sql import functions as F

    warehouse = context.warehouse
    postings = warehouse.read("postings").select("posting_id", F.lit(True).alias("_here"))
    held = warehouse.read("requirements").join(postings, "posting_id", "left")
    here = F.col("_here").isNotNull()
    totals = held.agg(
        F.count_if(~here).alias("vanished"),
        F.sum(F.when(here, F.col("words_before"))).alias("before"),
        F.sum(F.when(here, F.col("words_kept"))).alias("kept"),
        F.sum(F.when(here, F.size("requirements"))).alias("items"),
        F.count_if(here).alias("postings"),
        F.count_if(here & (F.size("requirements") == 0)).alias("without"),
    ).collect()[0]
    if totals["vanished"]:
        warehouse.delete_keys("requirements", held.where(~here).select("posting_id"))
    return totals


def _quarantine(context: Context, failed: DataFrame | None, without: int) -> None:
    """Name the postings without a requirement, and those for which the rules had to stand in."""
    named = _named(context, failed) if without or failed is not None else None
    replace_quarantine(context.warehouse, {"requirements": named}, stage="extract", day=context.day)


def _named(context: Context, failed: DataFrame | None) -> DataFrame:
    from pyspark.sql import functions as F

    kept = context.warehouse.read("requirements")
    named = kept.where(F.size("requirements") == 0).select(
        F.col("posting_id").alias("key"),
        F.lit("no requirement recognised; judged by its title alone").alias("reason"),
        F.col("posting_fingerprint").alias("source_hash"),
    )
    if failed is not None:
        stood_in = failed.join(
            kept.select("posting_id", "posting_fingerprint"), "posting_id"
        ).select(
            F.col("posting_id").alias("key"),
            F.concat("reason", F.lit("; the rules' requirements stand in")).alias("reason"),
            F.col("posting_fingerprint").alias("source_hash"),
        )
        named = named.unionByName(stood_in)
    return named


def _report(context: Context, manifest: Manifest, totals: Row) -> None:
    share = (totals["kept"] or 0) / max(totals["before"] or 0, 1)
    manifest.counts |= {
        "vanished": totals["vanished"],
        "postings": totals["postings"],
        "without_requirements": totals["without"],
    }
    manifest.figures |= {
        "words_kept_share": share,
        "items_per_posting": (totals["items"] or 0) / max(totals["postings"], 1),
    }
    context.reporter.line(
        "extract",
        "requirements",
        {
            "extracted": manifest.counts["extracted"],
            "postings": totals["postings"],
            "without": totals["without"],
            "words_kept": f"{share:.0%}",
        },
    )


def _say_what_is_left(context: Context, outcome: Outcome) -> None:
    if outcome.stopped:
        raise TeacherError(outcome.stopped)
    if outcome.budget_spent:
        context.reporter.line(
            "extract",
            "budget spent",
            {"postings_remaining": outcome.rows["unasked"], "next": "run extract again to go on"},
        )
