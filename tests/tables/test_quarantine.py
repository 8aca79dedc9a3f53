"""What is refused stands in quarantine for as long as it is refused, and nobody else's rows go."""

from __future__ import annotations

import datetime as dt

from lantern.tables.quarantine import replace_quarantine

DAY, NEXT = dt.date(2026, 3, 1), dt.date(2026, 3, 2)


def _refused(spark, *keys: str):  # type: ignore[no-untyped-def]
    rows = [(key, "too short", "h") for key in keys]
    return spark.createDataFrame(rows, "key string, reason string, source_hash string")


def _content(warehouse):  # type: ignore[no-untyped-def]
    rows = warehouse.read("quarantine").collect()
    return {(r["table"], r["stage"], r["key"]): r["seen_on"] for r in rows}


def test_a_stages_tables_are_replaced_and_others_left_alone(spark, warehouse) -> None:  # type: ignore[no-untyped-def]
    refused = {"members": _refused(spark, "m1", "m2"), "postings": _refused(spark, "p1", "p1")}
    replace_quarantine(warehouse, refused, stage="ingest", day=DAY)
    replace_quarantine(warehouse, {"postings": _refused(spark, "p1")}, stage="elsewhere", day=DAY)
    later = {"members": _refused(spark, "m2", "m3"), "events": _refused(spark)}
    replace_quarantine(warehouse, later, stage="ingest", day=NEXT)
    expected = {
        ("members", "ingest", "m2"): DAY,  # refused again: the day it was first seen
        ("members", "ingest", "m3"): NEXT,
        ("postings", "ingest", "p1"): DAY,  # not asked about
        ("postings", "elsewhere", "p1"): DAY,
    }
    assert _content(warehouse) == expected
    version = warehouse.version("quarantine")
    replace_quarantine(warehouse, later, stage="ingest", day=NEXT)
    assert warehouse.version("quarantine") == version
    # Nothing is refused any more, and the stage that never refused anything changes nothing.
    mended = {"members": None, "events": None}
    replace_quarantine(warehouse, mended, stage="ingest", day=NEXT)
    assert {key[:2] for key in _content(warehouse)} == {
        ("postings", "ingest"),
        ("postings", "elsewhere"),
    }
    version = warehouse.version("quarantine")
    replace_quarantine(warehouse, mended, stage="ingest", day=NEXT)
    assert warehouse.version("quarantine") == version
