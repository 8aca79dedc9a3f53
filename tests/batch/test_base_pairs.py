"""D_base: no member and no posting crosses splits, strata as asked, stable as data grows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lantern.batch.base_pairs import pool, quotas, stratified
from lantern.config import Settings

SCHEMA = "{key} string, fields array<string>, vector array<float>"


def _entities(spark, key: str, n: int, seed: int):  # type: ignore[no-untyped-def]
    vectors = np.random.default_rng(seed).standard_normal((n, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = [
        (f"{key[0]}{i}", ["data" if i % 2 else "legal"], v.tolist()) for i, v in enumerate(vectors)
    ]
    return spark.createDataFrame(rows, SCHEMA.format(key=key))


def test_splits_and_strata(spark, settings: Settings) -> None:  # type: ignore[no-untyped-def]
    members, postings = _entities(spark, "member_id", 60, 1), _entities(spark, "posting_id", 60, 2)
    events = spark.createDataFrame(
        [(f"m{i}", f"p{(7 * i) % 60}") for i in range(60)], "member_id string, posting_id string"
    )
    chosen = settings.pairs.model_copy(
        update={"per_member": 8, "pool": 2}
    )  # fewer than a field's postings
    rows = pool(members, postings, events, chosen).collect()
    of_member: dict[str, set[str]] = {}
    of_posting: dict[str, set[str]] = {}
    for row in rows:
        of_member.setdefault(row["member_id"], set()).add(row["split"])
        of_posting.setdefault(row["posting_id"], set()).add(row["split"])
    assert all(len(splits) == 1 for splits in of_member.values())
    assert all(len(splits) == 1 for splits in of_posting.values())
    assert {row["split"] for row in rows} == {"train", "validation", "test"}
    assert {row["stratum"] for row in rows} == {"interest", "near", "hard", "random"}
    pairs = [(row["member_id"], row["posting_id"]) for row in rows]
    assert len(pairs) == len(set(pairs))
    interested = {(f"m{i}", f"p{(7 * i) % 60}") for i in range(60)}
    assert {
        p for p, row in zip(pairs, rows, strict=True) if row["stratum"] == "interest"
    } <= interested
    of_stratum = Counter((row["member_id"], row["stratum"]) for row in rows)
    assert all(n <= quotas(chosen, 2)[stratum] for (_, stratum), n in of_stratum.items())
    again = pool(members, postings, events, chosen).collect()
    assert sorted(map(repr, again)) == sorted(map(repr, rows))


def _judged(spark, members: int, each: int):  # type: ignore[no-untyped-def]
    """A pool in which one pair of ten is High, and one field has a fifth of the pairs."""
    rows = [
        (
            f"m{m}",
            f"p{p}",
            "train",
            "near",
            None if p % 5 == 0 else "data",
            "High" if (m + p) % 10 == 0 else "Low",
        )
        for m in range(members)
        for p in range(each)
    ]
    return spark.createDataFrame(
        rows,
        "member_id string, posting_id string, split string, stratum string, field string, "
        "level string",
    )


def test_rare_levels_and_fields_are_drawn_first(spark, settings: Settings) -> None:  # type: ignore[no-untyped-def]
    chosen = settings.pairs.model_copy(update={"per_member": 10, "shares": {"near": 1.0}})
    judged = _judged(spark, members=40, each=20)
    rows = stratified(judged, chosen).collect()
    assert rows[0].asDict().keys() == {
        "member_id",
        "posting_id",
        "split",
        "stratum",
        "field",
        "level",
    }
    of_member = Counter(row["member_id"] for row in rows)
    assert set(of_member.values()) == {10}, "each member keeps as many as wanted"
    high = sum(row["level"] == "High" for row in rows)
    without_field = sum(row["field"] is None for row in rows)
    # Drawn evenly, 40 of 400 would be High and 80 without a field: all there are, 80 and 160.
    assert high > 70
    assert without_field > 110
    again = stratified(judged.orderBy("posting_id"), chosen).collect()
    assert sorted(map(repr, again)) == sorted(map(repr, rows))


def test_a_pool_that_is_not_larger_stays_whole(spark, settings: Settings) -> None:  # type: ignore[no-untyped-def]
    chosen = settings.pairs.model_copy(update={"per_member": 20, "shares": {"near": 1.0}})
    judged = _judged(spark, members=5, each=20)
    kept = stratified(judged, chosen)
    assert kept.count() == judged.count()


@pytest.mark.parametrize(("pool_size", "expected"), [(1.0, 3), (2.0, 5), (1.5, 4)])
def test_quotas_are_rounded_up(settings: Settings, pool_size: float, expected: int) -> None:
    chosen = settings.pairs.model_copy(update={"per_member": 10, "shares": {"hard": 0.25}})
    found = quotas(chosen, pool_size)
    assert found == {"interest": 0, "near": 0, "hard": expected, "random": 0}
