"""ingest: members, postings and events from their sources into their tables."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from lantern.batch.documents import posting_builder, profile_builder
from lantern.batch.ingest import Arrival, ingest_entities, ingest_events
from lantern.documents.fingerprint import RENDERING_VERSION
from lantern.steps.context import Context
from lantern.tables.quarantine import replace_quarantine
from lantern.tables.runs import Manifest
from lantern.tables.sources import read_source

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def run(context: Context, manifest: Manifest) -> None:
    """Reads the sources; writes ``members``, ``postings``, ``events`` and ``quarantine``."""
    settings, warehouse = context.settings, context.warehouse
    # A new rendering or another bound has every row built again.
    salt = f"{RENDERING_VERSION}|{settings.documents.model_dump_json()}|"
    builders = {
        "members": profile_builder(settings.documents),
        "postings": posting_builder(settings.documents),
    }
    arrivals: dict[str, Arrival] = {}
    refused: dict[str, DataFrame | None] = {}
    named = [*builders, *(["events"] if settings.input.events.path is not None else [])]
    with manifest.phase("open"):  # all of them, before anything is written
        sources = {
            table: read_source(context.spark, table, getattr(settings.input, table), salt)
            for table in named
        }
    for table, build in builders.items():
        with manifest.phase(table):
            arrivals[table], refused[table] = ingest_entities(
                warehouse,
                table,
                sources[table],
                build,
                day=context.day,
                allowed_vanished_share=settings.input.allowed_vanished_share,
            )
    if "events" in sources:
        with manifest.phase("events"):
            arrivals["events"], refused["events"] = ingest_events(
                warehouse, sources["events"], day=context.day
            )
    with manifest.phase("quarantine"):
        replace_quarantine(warehouse, refused, stage="ingest", day=context.day)
    warehouse.unstage("ingest")
    for table, arrival in arrivals.items():
        counted = asdict(arrival)
        context.reporter.line(
            "ingest", table, {k: v for k, v in counted.items() if v or k == "new"}
        )
        manifest.counts |= {f"{table}_{fate}": rows for fate, rows in counted.items()}
        manifest.figures[f"{table}_quarantined_share"] = arrival.quarantined_share
        if arrival.quarantined_share > settings.input.allowed_quarantine_share:
            manifest.outcome = "quarantined"
