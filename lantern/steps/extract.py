"""extract: the requirements of new and changed postings."""

from __future__ import annotations

from lantern.batch.documents import build_rows, extract_row
from lantern.documents.requirements import EXTRACTOR
from lantern.steps.context import Context
from lantern.tables.catalog import table_spec
from lantern.tables.quarantine import replace_quarantine
from lantern.tables.runs import Manifest


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``postings``; writes ``requirements``.

    A posting in which no requirement is recognised stays usable, with an empty list; the
    quarantine names it, because its fit can only be judged by its title.
    """
    from pyspark.sql import functions as F

    warehouse = context.warehouse
    spec = table_spec("requirements")
    postings = warehouse.read("postings").selectExpr(
        "posting_id", "title", "text", "fingerprint AS posting_fingerprint"
    )
    held = warehouse.read("requirements").where(F.col("extractor") == EXTRACTOR)
    stale = postings.join(
        held.select("posting_id", "posting_fingerprint"),
        ["posting_id", "posting_fingerprint"],
        "left_anti",
    )
    schema = ", ".join(f"`{c.name}` {c.type}" for c in spec.columns) + ", source_hash string"
    with manifest.phase("extract"):
        fresh = warehouse.stage(
            "requirements", build_rows(stale, extract_row, schema, "posting_id")
        )
    extracted = fresh.count()
    with manifest.phase("commit"):
        if extracted:
            if warehouse.read("requirements").isEmpty():
                warehouse.append("requirements", fresh)
            else:
                warehouse.merge("requirements", fresh)
        gone = warehouse.read("requirements").join(postings, "posting_id", "left_anti")
        vanished = gone.count()
        if vanished:
            warehouse.delete_keys("requirements", gone.select("posting_id"))
        warehouse.unstage("requirements")
    kept = warehouse.read("requirements")
    none = kept.where(F.size("requirements") == 0).select(
        F.col("posting_id").alias("key"),
        F.lit("no requirement recognised; judged by its title alone").alias("reason"),
        F.col("posting_fingerprint").alias("source_hash"),
    )
    replace_quarantine(warehouse, none, table="requirements", stage="extract", day=context.day)
    totals = kept.agg(
        F.sum("words_before").alias("before"),
        F.sum("words_kept").alias("kept"),
        F.sum(F.size("requirements")).alias("items"),
        F.count("*").alias("postings"),
        F.count_if(F.size("requirements") == 0).alias("without"),
    ).collect()[0]
    share = (totals["kept"] or 0) / max(totals["before"] or 0, 1)
    manifest.counts |= {
        "extracted": extracted,
        "vanished": vanished,
        "postings": totals["postings"],
        "without_requirements": totals["without"],
    }
    manifest.figures |= {
        "words_kept_share": share,
        "items_per_posting": (totals["items"] or 0) / max(totals["postings"], 1),
    }
    manifest.facts["extractor"] = EXTRACTOR
    context.reporter.line(
        "extract",
        "requirements",
        {
            "extracted": extracted,
            "postings": totals["postings"],
            "without": totals["without"],
            "words_kept": f"{share:.0%}",
        },
    )
