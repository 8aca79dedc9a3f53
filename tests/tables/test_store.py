"""The warehouse: creation, constraints, merging, staging, refusal of newer schemas."""

from __future__ import annotations

import datetime as dt

import pytest

from lantern.errors import ConcurrentWriteError, StorageError, TableError
from lantern.tables.catalog import SCHEMA_VERSION, TABLES, table_spec
from lantern.tables.failures import translated

DAY = dt.date(2026, 3, 1)


def _events(spark, rows):  # type: ignore[no-untyped-def]
    return spark.createDataFrame(
        [(m, p, kind, DAY, arm) for m, p, kind, arm in rows], table_spec("events").ddl
    )


def _content(warehouse):  # type: ignore[no-untyped-def]
    rows = warehouse.read("events").collect()
    return sorted((r["member_id"], r["posting_id"], r["kind"], r["arm"]) for r in rows)


def test_every_table_is_created_with_its_constraints(warehouse) -> None:  # type: ignore[no-untyped-def]
    warehouse.ensure_all()
    for name, spec in TABLES.items():
        table = warehouse.read(name)
        assert tuple(table.columns) == spec.column_names
        properties = warehouse._describe(name)
        assert {f"delta.constraints.{check}" for check in spec.checks} <= set(properties)
        assert properties.get("delta.enableChangeDataFeed") == (
            "true" if spec.change_feed else None
        )
        not_null = {c.name for c in spec.columns if not c.nullable}
        assert not_null == {f.name for f in table.schema.fields if not f.nullable}


def test_merge_updates_what_differs_inserts_what_is_new_and_repeats_without_effect(
    spark, warehouse
) -> None:  # type: ignore[no-untyped-def]
    warehouse.append(
        "events", _events(spark, [("m1", "p1", "view", None), ("m2", "p1", "view", "a")])
    )
    arriving = _events(spark, [("m1", "p1", "view", "b"), ("m3", "p1", "apply", None)])
    warehouse.merge("events", arriving)
    expected = [
        ("m1", "p1", "view", "b"),
        ("m2", "p1", "view", "a"),
        ("m3", "p1", "apply", None),
    ]
    assert _content(warehouse) == expected
    warehouse.merge("events", arriving)
    assert _content(warehouse) == expected
    warehouse.merge("events", arriving, delete_unmatched="t.member_id <> 'm9'")
    assert _content(warehouse) == [expected[0], expected[2]]


def test_what_leaves_goes_with_the_commit_that_brings_the_rest(spark, warehouse) -> None:  # type: ignore[no-untyped-def]
    held = [("m1", "p1", "view", None), ("m2", "p1", "view", "a"), ("m3", "p1", "view", "a")]
    warehouse.append("events", _events(spark, held))
    version = warehouse.version("events")
    arriving = _events(spark, [("m1", "p1", "view", "b"), ("m4", "p1", "apply", None)])
    leaving = _events(spark, [held[1], ("m9", "p1", "view", None)])
    warehouse.merge("events", arriving, leaving=leaving)
    expected = [("m1", "p1", "view", "b"), held[2], ("m4", "p1", "apply", None)]
    assert _content(warehouse) == expected
    assert warehouse.version("events") == version + 1


def test_a_first_merge_only_appends_unless_someone_else_has_written(spark, warehouse) -> None:  # type: ignore[no-untyped-def]
    from lantern.tables.store import Warehouse

    def operations(of: str) -> list[str]:
        history = spark.sql(f"DESCRIBE HISTORY {warehouse.location(of)}").collect()
        return [row["operation"] for row in history]

    warehouse.merge("events", _events(spark, [("m1", "p1", "view", "a")]))
    warehouse.merge("events", _events(spark, [("m1", "p1", "view", "b")]))
    assert operations("events") == ["MERGE", "WRITE", "CREATE TABLE"]
    assert _content(warehouse) == [("m1", "p1", "view", "b")]

    warehouse.ensure("candidates")
    other = Warehouse(spark, warehouse_settings(warehouse))
    pair = spark.createDataFrame([("m1", "p1", "similar", 0.5)], table_spec("candidates").ddl)
    other.merge("candidates", pair)
    warehouse.merge("candidates", pair)
    assert operations("candidates")[-2:] == ["MERGE", "CREATE TABLE"]
    assert warehouse.read("candidates").count() == 1


def test_a_row_that_violates_a_constraint_is_refused_and_nothing_is_written(
    spark, warehouse
) -> None:  # type: ignore[no-untyped-def]
    rows = _events(spark, [("m1", "p1", "view", None), ("m2", "p1", "stare", None)])
    with pytest.raises(TableError, match="constraint 'kind'"):
        warehouse.append("events", rows)
    assert _content(warehouse) == []


def test_a_table_of_a_newer_schema_is_refused(spark, warehouse) -> None:  # type: ignore[no-untyped-def]
    from lantern.tables.store import Warehouse

    warehouse.ensure("events")
    newer = SCHEMA_VERSION + 1
    spark.sql(
        f"ALTER TABLE {warehouse.location('events')} "
        f"SET TBLPROPERTIES ('lantern.schemaVersion' = '{newer}')"
    )
    later = Warehouse(spark, warehouse_settings(warehouse))
    with pytest.raises(TableError, match=f"schema version {newer}.*upgrade Lantern"):
        later.read("events")


def warehouse_settings(warehouse):  # type: ignore[no-untyped-def]
    from lantern.config import WarehouseSettings

    return WarehouseSettings(path=warehouse.root, catalog=None)


def test_staged_rows_are_evaluated_once(spark, warehouse) -> None:  # type: ignore[no-untyped-def]
    evaluated = spark.sparkContext.accumulator(0)

    def count(batches):  # type: ignore[no-untyped-def]
        for batch in batches:
            evaluated.add(batch.num_rows)
            yield batch

    rows = spark.range(100).mapInArrow(count, "id long")
    staged = warehouse.stage("counted", rows)
    assert staged.count() == 100
    assert staged.where("id < 50").count() == 50
    assert evaluated.value == 100
    warehouse.unstage("counted")
    warehouse.unstage("counted")


def test_versions_can_be_read_back(spark, warehouse) -> None:  # type: ignore[no-untyped-def]
    warehouse.append("events", _events(spark, [("m1", "p1", "view", None)]))
    before = warehouse.version("events")
    warehouse.append("events", _events(spark, [("m2", "p1", "view", None)]))
    assert warehouse.read("events", before).count() == 1
    assert warehouse.read("events").count() == 2


def test_a_lost_commit_is_tried_again_and_given_up_after_a_while(
    warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("time.sleep", lambda _: None)
    from delta.exceptions import ConcurrentAppendException

    attempts: list[int] = []

    def loses_twice() -> str:
        attempts.append(1)
        if len(attempts) < 3:
            raise ConcurrentAppendException("another writer was first")
        return "committed"

    assert warehouse._retrying(loses_twice, "writing events") == "committed"
    assert len(attempts) == 3

    def always_loses() -> None:
        raise ConcurrentAppendException("another writer was first")

    with pytest.raises(ConcurrentWriteError, match="writing events"):
        warehouse._retrying(always_loses, "writing events")


def test_a_full_disk_is_said_as_such() -> None:
    with pytest.raises(StorageError, match="no space left"), translated("writing fit_scores"):
        raise OSError(28, "No space left on device")


def test_a_bug_is_not_dressed_up() -> None:
    with pytest.raises(ZeroDivisionError), translated("writing fit_scores"):
        _ = 1 / 0


def test_an_unknown_table_names_the_known_ones() -> None:
    with pytest.raises(TableError, match="fit_scores"):
        table_spec("scores")
