"""The warehouse: hides whether a table is a Delta folder or a Unity Catalog name.

All writes go through here. Entities are merged by their business key and only where something
differs, so that a run that is repeated commits nothing; a lost optimistic commit is tried again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from lantern.config import WarehouseSettings
from lantern.errors import TableError
from lantern.tables.catalog import SCHEMA_VERSION, TABLES, TableSpec, table_spec
from lantern.tables.failures import is_conflict, translated
from lantern.tables.files import delete_folder

if TYPE_CHECKING:
    from delta.tables import DeltaTable
    from pyspark.sql import Column, DataFrame, SparkSession

_VERSION_PROPERTY = "lantern.schemaVersion"
_ATTEMPTS = 6
_LEAVES = "_leaves"
T = TypeVar("T")


class Warehouse:
    """The tables of one environment."""

    def __init__(self, spark: SparkSession, settings: WarehouseSettings) -> None:
        self.spark = spark
        self._catalog = settings.catalog
        path = settings.path
        # Spark's workers and Delta's log want one absolute name for a local folder.
        self._path = path if ":/" in path else str(Path(path).absolute())
        self._known: set[str] = set()
        self._created: set[str] = set()

    @property
    def root(self) -> str:
        """The folder or URI of the tables; also where staged files go."""
        return self._path

    def location(self, name: str) -> str:
        """The SQL name of a table: ``catalog.schema.table`` or ``delta.`/path/table` ``."""
        table_spec(name)
        if self._catalog:
            return f"{self._catalog}.{name}"
        return f"delta.`{self._path}/{name}`"

    def exists(self, name: str) -> bool:
        from delta.tables import DeltaTable

        if self._catalog:
            return bool(self.spark.catalog.tableExists(self.location(name)))
        return bool(DeltaTable.isDeltaTable(self.spark, f"{self._path}/{name}"))

    def read(self, name: str, version: int | None = None) -> DataFrame:
        """A table's rows, as of a version if one is given; an absent table is created empty."""
        self.ensure(name)
        if version is None:
            return self.spark.table(self.location(name))
        reader = self.spark.read.option("versionAsOf", version)
        if self._catalog:
            return reader.table(self.location(name))
        return reader.format("delta").load(f"{self._path}/{name}")

    def version(self, name: str) -> int:
        """The table's current Delta version."""
        self.ensure(name)
        row = self.spark.sql(f"DESCRIBE HISTORY {self.location(name)} LIMIT 1").first()
        if row is None:
            raise TableError(f"table {name} has no history; restore it from a backup")
        return int(row["version"])

    def versions(self, *names: str) -> dict[str, int]:
        return {name: self.version(name) for name in names}

    def ensure(self, name: str) -> None:
        """Create the table if it is absent; refuse one of a newer schema.

        Raises:
            TableError: the table was written by a newer Lantern, or lacks columns of ours.
        """
        if name in self._known:
            return
        spec = table_spec(name)
        with translated(f"opening {name}"):
            if self.exists(name):
                self._check(spec)
            else:
                self._create(spec)
                self._created.add(name)
        self._known.add(name)

    def ensure_all(self) -> None:
        for name in TABLES:
            self.ensure(name)

    def merge(
        self,
        name: str,
        rows: DataFrame,
        *,
        changed: Sequence[str] | None = None,
        delete_unmatched: str | None = None,
        leaving: DataFrame | None = None,
    ) -> None:
        """Insert new keys and update keys whose columns differ.

        A table that this process created and nobody has written since takes the rows as they are:
        there is nothing to compare them with.

        Args:
            name: the table.
            rows: all its columns, at most one row a key. Evaluated once: stage what is costly.
            changed: update only where one of these differs; default: any column outside the key.
            delete_unmatched: a SQL condition on ``t``; table rows without a source row that
                satisfy it are deleted.
            leaving: keys that are deleted by the same commit; none of them is in ``rows``.
        """
        self.ensure(name)
        if name in self._created:
            self._created.discard(name)
            if self.version(name) == 0:
                self.append(name, rows)
                return
        spec = table_spec(name)
        on = " AND ".join(f"t.`{key}` = s.`{key}`" for key in spec.key)
        compared = changed or [c for c in spec.column_names if c not in spec.key]
        differs = " OR ".join(f"NOT (t.`{c}` <=> s.`{c}`)" for c in compared)
        source = rows.select(*spec.column_names)
        if leaving is not None:
            source = _with_leaving(source, leaving.select(*spec.key))

        def write() -> None:
            builder = self._delta(name).alias("t").merge(source.alias("s"), on)
            if leaving is not None:
                builder = builder.whenMatchedDelete(f"s.{_LEAVES}")
            builder = builder.whenMatchedUpdateAll(differs)
            builder = builder.whenNotMatchedInsertAll(
                None if leaving is None else f"NOT s.{_LEAVES}"
            )
            if delete_unmatched:
                builder = builder.whenNotMatchedBySourceDelete(delete_unmatched)
            builder.execute()

        self._retrying(write, f"writing {name}")

    def append(self, name: str, rows: DataFrame) -> None:
        """Add rows whose keys are known to be new (new events, a run's own manifest)."""
        self.ensure(name)
        self._created.discard(name)
        ordered = rows.select(*table_spec(name).column_names)

        def write() -> None:
            writer = ordered.write.format("delta").mode("append")
            if self._catalog:
                writer.saveAsTable(self.location(name))
            else:
                writer.save(f"{self._path}/{name}")

        self._retrying(write, f"writing {name}")

    def delete_keys(self, name: str, keys: DataFrame) -> None:
        """Delete the rows whose key columns occur in ``keys``."""
        on = " AND ".join(f"t.`{key}` = s.`{key}`" for key in keys.columns)

        def write() -> None:
            self._delta(name).alias("t").merge(keys.alias("s"), on).whenMatchedDelete().execute()

        self._retrying(write, f"deleting from {name}")

    def delete_where(self, name: str, condition: Column) -> None:
        self.ensure(name)
        self._retrying(lambda: self._delta(name).delete(condition), f"deleting from {name}")

    def stage(self, label: str, rows: DataFrame) -> DataFrame:
        """Evaluate ``rows`` once into a Parquet folder and read it back.

        Python functions are evaluated again by every action that uses them; staged, they run
        once, and what was written can be counted.
        """
        folder = self._staged(label)
        with translated(f"staging {label}"):
            rows.write.mode("overwrite").parquet(folder)
        return self.spark.read.schema(rows.schema).parquet(folder)

    def unstage(self, label: str) -> None:
        """Remove what was staged under ``label``, here or by a run that was killed.

        A label is a path: ``score`` takes ``score/plan`` with it.
        """
        delete_folder(self.spark, self._staged(label))

    def _staged(self, label: str) -> str:
        return f"{self._path}/_staging/{label}"

    def _delta(self, name: str) -> DeltaTable:
        from delta.tables import DeltaTable

        self.ensure(name)
        if self._catalog:
            return DeltaTable.forName(self.spark, self.location(name))
        return DeltaTable.forPath(self.spark, f"{self._path}/{name}")

    def _create(self, spec: TableSpec) -> None:
        from delta.tables import DeltaTable

        builder = DeltaTable.createIfNotExists(self.spark).comment(f"One row is {spec.row}.")
        if self._catalog:
            builder = builder.tableName(self.location(spec.name))
        else:
            builder = builder.location(f"{self._path}/{spec.name}")
        for column in spec.columns:
            builder = builder.addColumn(
                column.name, column.type, nullable=column.nullable, comment=column.comment
            )
        properties = {_VERSION_PROPERTY: str(SCHEMA_VERSION)}
        properties |= {f"delta.constraints.{name}": check for name, check in spec.checks.items()}
        if spec.change_feed:
            properties["delta.enableChangeDataFeed"] = "true"
        builder = reduce(lambda b, item: b.property(*item), properties.items(), builder)
        if spec.cluster_by:
            builder = builder.clusterBy(*spec.cluster_by)
        builder.execute()

    def _check(self, spec: TableSpec) -> None:
        detail = self._describe(spec.name)
        found = int(detail.get(_VERSION_PROPERTY, "0"))
        if found > SCHEMA_VERSION:
            raise TableError(
                f"table {spec.name} has schema version {found}, this Lantern knows "
                f"{SCHEMA_VERSION}; upgrade Lantern, or point warehouse.path elsewhere"
            )
        present = set(self.spark.table(self.location(spec.name)).columns)
        missing = [c for c in spec.column_names if c not in present]
        if missing:
            raise TableError(
                f"table {spec.name} lacks the columns {', '.join(missing)}; "
                "it was not made by this version of Lantern"
            )

    def _describe(self, name: str) -> dict[str, str]:
        # Not DESCRIBE DETAIL: that computes the table's size, which takes seconds.
        rows = self.spark.sql(f"SHOW TBLPROPERTIES {self.location(name)}").collect()
        return {str(row["key"]): str(row["value"]) for row in rows}

    def _retrying(self, write: Callable[[], T], doing: str) -> T:
        with translated(doing):
            return Retrying(
                stop=stop_after_attempt(_ATTEMPTS),
                wait=wait_random_exponential(multiplier=0.5, max=20),
                retry=retry_if_exception(is_conflict),
                reraise=True,
            )(write)


def _with_leaving(rows: DataFrame, leaving: DataFrame) -> DataFrame:
    """Both, told apart by a column; of what leaves only the keys are filled."""
    from pyspark.sql import functions as F

    marked = leaving.withColumn(_LEAVES, F.lit(True))
    return rows.withColumn(_LEAVES, F.lit(False)).unionByName(marked, allowMissingColumns=True)


def new_run_id() -> str:
    """An id for a run, unique and without meaning."""
    return uuid.uuid4().hex[:12]
