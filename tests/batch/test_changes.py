"""Change detection: a pair is scored when, and only when, something it depends on differs."""

from __future__ import annotations

import itertools

import pytest

from lantern.batch.changes import current_inputs, gone_pairs, pending_pairs, wave_of

KEYS = "member_id string, posting_id string"
INPUTS = "member_fingerprint string, posting_fingerprint string, requirements_version string"


def _current(spark, rows):  # type: ignore[no-untyped-def]
    return spark.createDataFrame(rows, f"{KEYS}, {INPUTS}")


def _scores(spark, rows):  # type: ignore[no-untyped-def]
    return spark.createDataFrame(rows, f"{KEYS}, {INPUTS}, model_version string")


def _reasons(frame):  # type: ignore[no-untyped-def]
    return {(r["member_id"], r["posting_id"]): r["reason"] for r in frame.collect()}


def test_each_reason(spark) -> None:  # type: ignore[no-untyped-def]
    current = _current(
        spark,
        [
            ("m1", "same", "a", "b", "c"),
            ("m1", "new", "a", "b", "c"),
            ("m1", "member", "a2", "b", "c"),
            ("m1", "posting", "a", "b2", "c"),
            ("m1", "requirements", "a", "b", "c2"),
            ("m1", "model", "a", "b", "c"),
            ("m1", "both", "a2", "b2", "c"),
        ],
    )
    old = ("a", "b", "c")
    scores = _scores(
        spark,
        [("m1", p, *old, "v2") for p in ("same", "member", "posting", "requirements", "both")]
        + [("m1", "model", *old, "v1"), ("m1", "gone", *old, "v2")],
    )
    assert _reasons(pending_pairs(current, scores, "v2")) == {
        ("m1", "new"): "new",
        ("m1", "member"): "member",
        ("m1", "posting"): "posting",
        ("m1", "requirements"): "requirements",
        ("m1", "model"): "model",
        ("m1", "both"): "member",
    }
    full = _reasons(pending_pairs(current, scores, "v2", full=True))
    assert full["m1", "same"] == "full"
    assert len(full) == 7
    gone = gone_pairs(current, scores).collect()
    assert [(r["member_id"], r["posting_id"]) for r in gone] == [("m1", "gone")]


def test_a_pair_without_member_posting_or_fresh_requirements_waits(spark) -> None:  # type: ignore[no-untyped-def]
    pairs = spark.createDataFrame(
        [(m, p) for m, p in itertools.product(("m1", "m9"), ("p1", "p2", "p9"))], KEYS
    )
    members = spark.createDataFrame([("m1", "f")], "member_id string, fingerprint string")
    postings = spark.createDataFrame(
        [("p1", "g"), ("p2", "g2")], "posting_id string, fingerprint string"
    )
    requirements = spark.createDataFrame(
        [("p1", "v", "g"), ("p2", "v", "older")],
        "posting_id string, version string, posting_fingerprint string",
    )
    rows = current_inputs(pairs, members, postings, requirements).collect()
    assert [(r["member_id"], r["posting_id"]) for r in rows] == [("m1", "p1")]


@pytest.mark.parametrize("waves", [1, 7])
def test_a_members_pairs_share_a_wave(spark, waves: int) -> None:  # type: ignore[no-untyped-def]
    pairs = spark.range(200).selectExpr(
        "concat('m', id % 20) AS member_id", "concat('p', id) AS posting_id"
    )
    found = pairs.withColumn("wave", wave_of(waves)).groupBy("member_id").agg({"wave": "min"})
    seen = {row[1] for row in found.collect()}
    assert seen <= set(range(waves))
    assert (
        pairs.withColumn("wave", wave_of(waves)).select("member_id", "wave").distinct().count()
        == 20
    )
