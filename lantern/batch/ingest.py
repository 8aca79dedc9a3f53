"""Bring a source's rows into an entity table: new, changed, unchanged, vanished, refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lantern.batch.documents import REASON, BuildRow, build_rows
from lantern.errors import InputError
from lantern.tables.catalog import TableSpec, table_spec
from lantern.tables.quarantine import replace_quarantine

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.tables.sources import Source
    from lantern.tables.store import Warehouse

_MANAGED = ("first_seen", "changed_on")


@dataclass(frozen=True, slots=True)
class Arrival:
    """Rows by what became of them."""

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
) -> Arrival:
    """Merge a full snapshot of an entity into its table.

    Only rows whose ``source_hash`` the table does not hold are built. A row that cannot be used
    goes to ``quarantine`` and leaves the table; an id that occurs with different contents goes
    there too, and the table keeps what it has. An id that is gone from the source is deleted.

    Raises:
        InputError: more of the table would vanish than is allowed: the source is likely partial.
    """
    from pyspark.sql import functions as F

    spec = table_spec(table)
    (key,) = spec.key
    rows = _with_ids(source.rows, key, prefix=table[0])
    incoming = warehouse.stage(f"{table}_incoming", rows)
    held = warehouse.read(table).select(key, "source_hash", "fingerprint", *_MANAGED)
    distinct = incoming.dropDuplicates([key, "source_hash"])
    ambiguous = distinct.groupBy(key).count().where("count > 1").select(key)
    vanished = held.join(incoming, key, "left_anti").select(key)
    seen = _seen(incoming, held, key)
    had, gone = seen["had"], seen["gone"]
    if had and gone / had > allowed_vanished_share:
        raise InputError(
            f"{gone} of {had} {table} are not in the source any more, more than "
            "input.allowed_vanished_share; if that is right, raise it for this run with --set"
        )
    fresh = distinct.join(ambiguous, key, "left_anti").join(
        held.select(key, "source_hash"), [key, "source_hash"], "left_anti"
    )
    built = warehouse.stage(f"{table}_built", build_rows(fresh, build, _built_schema(spec), key))
    refused = built.where(F.col(REASON).isNotNull())
    usable = built.where(F.col(REASON).isNull()).join(
        held.select(key, F.col("fingerprint").alias("_held"), *_MANAGED), key, "left"
    )
    same = F.col("_held").eqNullSafe(F.col("fingerprint"))
    arrived = usable.select(
        *[c for c in spec.column_names if c not in _MANAGED],
        F.coalesce("first_seen", F.lit(day)).alias("first_seen"),
        F.when(same, F.col("changed_on")).otherwise(F.lit(day)).alias("changed_on"),
        F.when(F.col("_held").isNull(), "new")
        .when(~same, "changed")
        .otherwise("unchanged")
        .alias("_fate"),
    )
    fates = _counted(
        arrived.select("_fate").unionByName(refused.select(F.lit("refused").alias("_fate")))
    )
    bad = source.broken.count() if source.may_be_broken else 0
    refusals = refused.select(F.col(key).alias("key"), REASON, "source_hash")
    ambiguities = distinct.join(ambiguous, key).select(
        F.col(key).alias("key"),
        F.lit("the same id with different contents").alias(REASON),
        "source_hash",
    )
    quarantined = refusals.unionByName(ambiguities).unionByName(source.broken)
    new, changed, out = (fates.get(fate, 0) for fate in ("new", "changed", "refused"))
    if new + changed + fates.get("unchanged", 0):
        if had:
            warehouse.merge(table, arrived, changed=["source_hash", "fingerprint"])
        else:
            warehouse.append(table, arrived)
    if gone or (out and had):
        leaving = vanished.unionByName(refused.select(key)).join(held, key, "left_semi")
        warehouse.delete_keys(table, warehouse.stage(f"{table}_leaving", leaving))
        warehouse.unstage(f"{table}_leaving")
    replace_quarantine(warehouse, quarantined, table=table, stage="ingest", day=day)
    for label in ("incoming", "built"):
        warehouse.unstage(f"{table}_{label}")
    return Arrival(
        read=seen["read"] + bad,
        duplicate=seen["read"] - seen["distinct"],
        new=new,
        changed=changed,
        unchanged=seen["distinct"] - seen["ambiguous"] - out - new - changed,
        vanished=gone,
        quarantined=out + seen["ambiguous"] + bad,
    )


def _seen(incoming: DataFrame, held: DataFrame, key: str) -> dict[str, int]:
    """Rows read, distinct and of ambiguous ids; rows held, and those of them that are gone."""
    from pyspark.sql import functions as F

    by_id = incoming.groupBy(key).agg(
        F.count("*").alias("rows"), F.count_distinct("source_hash").alias("contents")
    )
    row = (
        by_id.join(held.select(key, F.lit(1).alias("_held")), key, "full")
        .agg(
            F.coalesce(F.sum("rows"), F.lit(0)).alias("read"),
            F.coalesce(F.sum("contents"), F.lit(0)).alias("distinct"),
            F.coalesce(F.sum(F.when(F.col("contents") > 1, F.col("contents"))), F.lit(0)).alias(
                "ambiguous"
            ),
            F.count("_held").alias("had"),
            F.count_if(F.col("rows").isNull()).alias("gone"),
        )
        .collect()[0]
    )
    return {name: int(value) for name, value in row.asDict().items()}


def _counted(fates: DataFrame) -> dict[str, int]:
    return {
        str(row["_fate"]): int(row["count"]) for row in fates.groupBy("_fate").count().collect()
    }


def ingest_events(warehouse: Warehouse, source: Source, *, day: dt.date) -> Arrival:
    """Add the events that are not there yet; a broken event is quarantined."""
    from pyspark.sql import functions as F

    spec = table_spec("events")
    kinds = spec.checks["kind"]
    usable = F.expr(" AND ".join(f"{c} IS NOT NULL" for c in spec.key)) & F.expr(kinds)
    rows = warehouse.stage(
        "events_incoming", source.rows.withColumn("_ok", F.coalesce(usable, F.lit(False)))
    )
    good = rows.where("_ok").dropDuplicates(list(spec.key))
    fresh = good.join(warehouse.read("events"), list(spec.key), "left_anti")
    bad = rows.where("NOT _ok").select(
        F.concat(F.lit("row "), F.substring("source_hash", 1, 12)).alias("key"),
        F.lit("an event lacks an id or a day, or its kind is unknown").alias(REASON),
        "source_hash",
    )
    new, unique = fresh.count(), good.count()
    totals = rows.agg(F.count("*").alias("read"), F.count_if(~F.col("_ok")).alias("bad")).collect()[
        0
    ]
    broken = source.broken.count() if source.may_be_broken else 0
    if new:
        warehouse.append("events", fresh)
    replace_quarantine(
        warehouse, bad.unionByName(source.broken), table="events", stage="ingest", day=day
    )
    warehouse.unstage("events_incoming")
    return Arrival(
        read=totals["read"] + broken,
        duplicate=totals["read"] - totals["bad"] - unique,
        new=new,
        changed=0,
        unchanged=unique - new,
        vanished=0,
        quarantined=totals["bad"] + broken,
    )


def _with_ids(rows: DataFrame, key: str, prefix: str) -> DataFrame:
    """Derive an id from the content where none is given: the same content, the same id."""
    from pyspark.sql import functions as F

    given = F.nullif(F.trim(key), F.lit(""))
    derived = F.concat(F.lit(f"{prefix}-"), F.substring("source_hash", 1, 16))
    return rows.withColumn(key, F.coalesce(given, derived))


def _built_schema(spec: TableSpec) -> str:
    built: Sequence[str] = [f"`{c.name}` {c.type}" for c in spec.columns if c.name not in _MANAGED]
    return ", ".join(built)
