"""Blocking: bounded, local first, deterministic, and near to an exact search."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lantern.batch.candidates import (
    bits_for,
    candidate_pairs,
    interest_pairs,
    signature,
    similar_pairs,
)
from lantern.config import Settings

WIDTH = 16
SCHEMA = "{key} string, fields array<string>, seniority int, region string, vector array<float>"


def _vectors(n: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((n, WIDTH)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _frame(spark, key: str, rows):  # type: ignore[no-untyped-def]
    return spark.createDataFrame(rows, SCHEMA.format(key=key))


def _rows(prefix: str, n: int, seed: int, *, fields=("data",), seniority=2, region="CA"):  # type: ignore[no-untyped-def]
    return [
        (f"{prefix}{i:03d}", list(fields), seniority, region, vector.tolist())
        for i, vector in enumerate(_vectors(n, seed))
    ]


@pytest.fixture
def bounds(settings: Settings):  # type: ignore[no-untyped-def]
    return settings.candidates.model_copy(update={"per_member": 5, "elsewhere_penalty": 0.1})


def _found(frame):  # type: ignore[no-untyped-def]
    return {(r["member_id"], r["posting_id"]): r["similarity"] for r in frame.collect()}


def test_one_block_gives_the_exact_nearest(spark, bounds) -> None:  # type: ignore[no-untyped-def]
    members, postings = _rows("m", 12, 1), _rows("p", 40, 2)
    found = _found(
        similar_pairs(
            _frame(spark, "member_id", members), _frame(spark, "posting_id", postings), bounds
        )
    )
    jobs = np.array([p[4] for p in postings], dtype=np.float32)
    for member in members:
        exact = (jobs @ np.array(member[4], dtype=np.float32)).round(4)
        best = sorted(range(len(jobs)), key=lambda j: (-exact[j], postings[j][0]))[:5]
        mine = {p: s for (m, p), s in found.items() if m == member[0]}
        assert set(mine) == {postings[j][0] for j in best}
        for j in best:
            assert mine[postings[j][0]] == pytest.approx(exact[j], abs=1e-4)


def test_other_fields_and_distant_seniority_do_not_meet(spark, bounds) -> None:  # type: ignore[no-untyped-def]
    members = _rows("m", 3, 1)
    postings = _rows("law", 5, 2, fields=("legal",)) + _rows("exec", 5, 3, seniority=5)
    near = _rows("near", 2, 4, seniority=3) + _rows("unknown", 2, 5, seniority=None)
    found = _found(
        similar_pairs(
            _frame(spark, "member_id", members),
            _frame(spark, "posting_id", postings + near),
            bounds,
        )
    )
    assert {p.rstrip("0123456789") for _, p in found} == {"near", "unknown"}


def test_elsewhere_is_penalised_and_remote_is_not(spark, bounds) -> None:  # type: ignore[no-untyped-def]
    vector = _vectors(1, 9)[0].tolist()
    member = [("m", ["data"], 2, "CA", vector)]
    places = {"here": "CA", "remote": "REMOTE", "unlocated": None, "elsewhere": "NY"}
    postings = [(name, ["data"], 2, place, vector) for name, place in places.items()]
    found = _found(
        similar_pairs(
            _frame(spark, "member_id", member), _frame(spark, "posting_id", postings), bounds
        )
    )
    for name in ("here", "remote", "unlocated"):
        assert found["m", name] == pytest.approx(1.0, abs=1e-4)
    assert found["m", "elsewhere"] == pytest.approx(0.9, abs=1e-4)


def test_large_blocks_are_cut_into_cells_and_still_find_most(spark, bounds) -> None:  # type: ignore[no-untyped-def]
    small = bounds.model_copy(update={"cell_postings": 32, "probes": 4})
    members, postings = _rows("m", 30, 1), _rows("p", 200, 2)
    found = _found(
        similar_pairs(
            _frame(spark, "member_id", members), _frame(spark, "posting_id", postings), small
        )
    )
    jobs = np.array([p[4] for p in postings], dtype=np.float32)
    hits = 0
    for member in members:
        exact = jobs @ np.array(member[4], dtype=np.float32)
        best = {postings[j][0] for j in np.argsort(-exact)[:5]}
        mine = {p for m, p in found if m == member[0]}
        assert len(mine) <= 5
        hits += len(best & mine)
    # A random choice of as many postings as were compared would find about a half of them.
    assert hits / (5 * len(members)) > 0.6


def test_interest_is_always_a_candidate_and_wins_the_reason(spark) -> None:  # type: ignore[no-untyped-def]
    events = spark.createDataFrame(
        [("m1", "p1", "view"), ("m1", "p2", "impression"), ("m1", "p3", "apply")],
        "member_id string, posting_id string, kind string",
    )
    similar = spark.createDataFrame(
        [("m1", "p1", 0.5), ("m2", "p2", 0.4)],
        "member_id string, posting_id string, similarity double",
    )
    rows = candidate_pairs(similar, interest_pairs(events)).collect()
    assert {(r["member_id"], r["posting_id"], r["reason"]) for r in rows} == {
        ("m1", "p1", "interest"),
        ("m1", "p3", "interest"),
        ("m2", "p2", "similar"),
    }


@given(st.integers(0, 5_000_000), st.integers(1, 5_000))
def test_bits_bound_the_mean_cell(postings: int, cell: int) -> None:
    bits = bits_for(postings, cell)
    assert 0 <= bits <= 16
    if bits < 16:
        assert postings / 2**bits <= cell


@hypothesis_settings(max_examples=20, deadline=None)
@given(st.integers(1, 50), st.integers(0, 1000))
def test_a_signature_depends_on_its_vector_alone(n: int, seed: int) -> None:
    vectors = _vectors(n, seed)
    signs, doubts = signature(vectors)
    alone, _ = signature(vectors[-1:])
    assert signs[-1] == alone[0]
    assert sorted(doubts[0].tolist()) == list(range(16))
