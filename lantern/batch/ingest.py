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
    had = held.count()

    distinct = incoming.dropDuplicates([key, "source_hash"])
    ambiguous = distinct.groupBy(key).count().where("count > 1").select(key)
    vanished = held.join(incoming, key, "left_anti").select(key)
    gone = vanished.count()
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
    fates = {row["_fate"]: row["count"] for row in arrived.groupBy("_fate").count().collect()}

    reasons = [
        refused.select(key, REASON, "source_hash"),
        distinct.join(ambiguous, key).select(
            key, F.lit("the same id with different contents").alias(REASON), "source_hash"
        ),
        source.broken.select(F.col("key").alias(key), REASON, "source_hash"),
    ]
    quarantined = reasons[0].unionByName(reasons[1]).unionByName(reasons[2])
    leaving = vanished.unionByName(refused.select(key)).join(held, key, "left_semi")

    if fates:
        if had:
            warehouse.merge(table, arrived, changed=["source_hash", "fingerprint"])
        else:
            warehouse.append(table, arrived)
    if not leaving.isEmpty():
        warehouse.delete_keys(table, leaving)
    replace_quarantine(
        warehouse, quarantined.withColumnRenamed(key, "key"), table=table, stage="ingest", day=day
    )
    read = incoming.count() + (bad := source.broken.count())
    refused_count = refused.count() + bad
    held_back = distinct.join(ambiguous, key).count()
    unique = distinct.count()
    for label in ("incoming", "built"):
        warehouse.unstage(f"{table}_{label}")
    new, changed = fates.get("new", 0), fates.get("changed", 0)
    return Arrival(
        read=read,
        duplicate=read - bad - unique,
        new=new,
        changed=changed,
        unchanged=unique - held_back - (refused_count - bad) - new - changed,
        vanished=gone,
        quarantined=refused_count + held_back,
    )


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
    new, unique, read, refused = fresh.count(), good.count(), rows.count(), bad.count()
    if new:
        warehouse.append("events", fresh)
    replace_quarantine(
        warehouse, bad.unionByName(source.broken), table="events", stage="ingest", day=day
    )
    refused_broken = source.broken.count()
    warehouse.unstage("events_incoming")
    return Arrival(
        read=read + refused_broken,
        duplicate=read - refused - unique,
        new=new,
        changed=0,
        unchanged=unique - new,
        vanished=0,
        quarantined=refused + refused_broken,
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
