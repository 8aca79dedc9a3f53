"""Bring a source's rows into an entity table: new, changed, unchanged, vanished, refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lantern.batch.documents import REASON, BuildRow, build_rows
from lantern.errors import InputError
from lantern.tables.catalog import TableSpec, table_spec

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from lantern.tables.sources import Source
    from lantern.tables.store import Warehouse

_MANAGED = ("first_seen", "changed_on")


@dataclass(frozen=True, slots=True)
class Arrival:
    """Rows of a source by what became of them."""

    read: int
    duplicate: int
    new: int
    changed: int
    unchanged: int
    vanished: int
    quarantined: int

    @property
    def quarantined_share(self) -> float:
        return self.quarantined / self.read if self.read else 0.0


def ingest_entities(
    warehouse: Warehouse,
    table: str,
    source: Source,
    build: BuildRow,
    *,
    day: dt.date,
    allowed_vanished_share: float,
) -> tuple[Arrival, DataFrame | None]:
    """Merge a full snapshot of an entity into its table.

    Only rows whose ``source_hash`` the table does not hold are built. A row that cannot be used
    leaves the table, or does not enter it; of an id that occurs with different contents the table
    keeps what it has. An id that is gone from the source is deleted.

    Returns:
        What became of the rows; and what was refused, for ``quarantine``, or None for nothing. It
        reads what is staged under ``ingest``: the caller unstages that when it is written.

    Raises:
        InputError: the source is empty, or more of the table would vanish than is allowed: the
            source is likely partial.
    """
    from pyspark.sql import functions as F

    spec = table_spec(table)
    (key,) = spec.key
    staged = f"ingest/{table}"
    incoming = warehouse.stage(f"{staged}/incoming", _with_ids(source.rows, key, prefix=table[0]))
    held = warehouse.read(table).select(key, "source_hash", "fingerprint", *_MANAGED)
    seen = _seen(incoming, held, key)
    bad = source.broken.count() if source.may_be_broken else 0
    source.check_read(seen["read"] + bad)
    had, gone = seen["had"], seen["gone"]
    if had and gone / had > allowed_vanished_share:
        raise InputError(
            f"{gone} of {had} {table} are not in the source any more, more than "
            "input.allowed_vanished_share; if that is right, raise it for this run with --set"
        )
    distinct = incoming.dropDuplicates([key, "source_hash"])
    ambiguous = distinct.groupBy(key).count().where("count > 1").select(key)
    fresh = distinct.join(ambiguous, key, "left_anti").join(
        held.select(key, "source_hash"), [key, "source_hash"], "left_anti"
    )
    before = held.select(key, F.col("fingerprint").alias("_held"), *_MANAGED)
    built = build_rows(fresh, build, _built_schema(spec), key).join(before, key, "left")
    same = F.col("_held").eqNullSafe(F.col("fingerprint"))
    built = warehouse.stage(
        f"{staged}/built",
        built.select(
            *[c for c in spec.column_names if c not in _MANAGED],
            F.coalesce("first_seen", F.lit(day)).alias("first_seen"),
            F.when(same, F.col("changed_on")).otherwise(F.lit(day)).alias("changed_on"),
            REASON,
            F.when(F.col(REASON).isNotNull(), "refused")
            .when(F.col("_held").isNull(), "new")
            .when(~same, "changed")
            .otherwise("unchanged")
            .alias("_fate"),
        ),
    )
    fates = {row["_fate"]: row["count"] for row in built.groupBy("_fate").count().collect()}
    new, changed, out = (fates.get(fate, 0) for fate in ("new", "changed", "refused"))
    refused = built.where(F.col("_fate") == "refused")
    leaving = None
    if gone or (out and had):
        vanished = held.join(incoming, key, "left_anti").select(key)
        leaving = warehouse.stage(
            f"{staged}/leaving",
            vanished.unionByName(refused.select(key)).join(held, key, "left_semi").select(key),
        )
    if new + changed + fates.get("unchanged", 0):
        usable = built.where(F.col("_fate") != "refused")
        warehouse.merge(table, usable, changed=["source_hash", "fingerprint"], leaving=leaving)
    elif leaving is not None:
        warehouse.delete_keys(table, leaving)
    arrival = Arrival(
        read=seen["read"] + bad,
        duplicate=seen["read"] - seen["distinct"],
        new=new,
        changed=changed,
        unchanged=seen["distinct"] - seen["ambiguous"] - out - new - changed,
        vanished=gone,
        quarantined=out + seen["ambiguous"] + bad,
    )
    if not arrival.quarantined:
        return arrival, None
    refusals = refused.select(F.col(key).alias("key"), REASON, "source_hash")
    ambiguities = distinct.join(ambiguous, key).select(
        F.col(key).alias("key"),
        F.lit("the same id with different contents").alias(REASON),
        "source_hash",
    )
    return arrival, refusals.unionByName(ambiguities).unionByName(source.broken)


def _seen(incoming: DataFrame, held: DataFrame, key: str) -> dict[str, int]:
    """Rows read, distinct and of ambiguous ids; rows held, and those of them that are gone."""
    from pyspark.sql import functions as F

    by_id = incoming.groupBy(key).agg(
        F.count("*").alias("rows"), F.count_distinct("source_hash").alias("contents")
    )
    nothing = F.lit(0)
    ambiguous = F.sum(F.when(F.col("contents") > 1, F.col("contents")))
    return _counted(
        by_id.join(held.select(key, F.lit(1).alias("_held")), key, "full"),
        read=F.coalesce(F.sum("rows"), nothing),
        distinct=F.coalesce(F.sum("contents"), nothing),
        ambiguous=F.coalesce(ambiguous, nothing),
        had=F.count("_held"),
        gone=F.count_if(F.col("rows").isNull()),
    )


def ingest_events(
    warehouse: Warehouse, source: Source, *, day: dt.date
) -> tuple[Arrival, DataFrame | None]:
    """Add the events that are not there yet; returns as :func:`ingest_entities` does.

    Raises:
        InputError: the source is empty.
    """
    from pyspark.sql import functions as F

    spec = table_spec("events")
    key, kinds = list(spec.key), spec.checks["kind"]
    usable = F.expr(" AND ".join(f"{c} IS NOT NULL" for c in key)) & F.expr(kinds)
    rows = warehouse.stage(
        "ingest/events", source.rows.withColumn("_ok", F.coalesce(usable, F.lit(False)))
    )
    held = warehouse.read("events").select(*key, F.lit(1).alias("_held"))
    by_key = rows.where("_ok").groupBy(*key).agg(F.count("*").alias("rows"))
    seen = _counted(
        by_key.join(held, key, "left"),
        usable=F.coalesce(F.sum("rows"), F.lit(0)),
        unique=F.count("*"),
        new=F.count_if(F.col("_held").isNull()),
    )
    bad = rows.where("NOT _ok").select(
        F.concat(F.lit("row "), F.substring("source_hash", 1, 12)).alias("key"),
        F.lit("an event lacks an id or a day, or its kind is unknown").alias(REASON),
        "source_hash",
    )
    broken = source.broken.count() if source.may_be_broken else 0
    refused = bad.count()
    source.check_read(seen["usable"] + refused + broken)
    if seen["new"]:
        good = rows.where("_ok").dropDuplicates(key)
        warehouse.append("events", good.join(held, key, "left_anti"))
    arrival = Arrival(
        read=seen["usable"] + refused + broken,
        duplicate=seen["usable"] - seen["unique"],
        new=seen["new"],
        changed=0,
        unchanged=seen["unique"] - seen["new"],
        vanished=0,
        quarantined=refused + broken,
    )
    return arrival, bad.unionByName(source.broken) if arrival.quarantined else None


def _counted(rows: DataFrame, **counts: Column) -> dict[str, int]:
    found = rows.agg(*[count.alias(name) for name, count in counts.items()]).collect()[0]
    return {name: int(value) for name, value in found.asDict().items()}


def _with_ids(rows: DataFrame, key: str, prefix: str) -> DataFrame:
    """Derive an id from the content where none is given: the same content, the same id."""
    from pyspark.sql import functions as F

    given = F.nullif(F.trim(key), F.lit(""))
    derived = F.concat(F.lit(f"{prefix}-"), F.substring("source_hash", 1, 16))
    return rows.withColumn(key, F.coalesce(given, derived))


def _built_schema(spec: TableSpec) -> str:
    built: Sequence[str] = [f"`{c.name}` {c.type}" for c in spec.columns if c.name not in _MANAGED]
    return ", ".join(built)
