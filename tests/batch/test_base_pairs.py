"""D_base: no member and no posting crosses splits, strata as asked, stable as data grows."""

from __future__ import annotations

import numpy as np

from lantern.batch.base_pairs import base_pairs
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
    chosen = settings.pairs.model_copy(update={"per_member": 8})  # fewer than a field's postings
    rows = base_pairs(members, postings, events, chosen).collect()
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
    again = base_pairs(members, postings, events, chosen).collect()
    assert sorted(map(repr, again)) == sorted(map(repr, rows))
