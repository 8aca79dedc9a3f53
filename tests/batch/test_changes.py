"""Change detection: a pair is scored when, and only when, something it depends on differs."""

from __future__ import annotations

import itertools

import pytest

from lantern.batch.changes import changed_pairs, current_inputs, wave_of

KEYS = "member_id string, posting_id string"
SCORES = (
    f"{KEYS}, member_fingerprint string, posting_fingerprint string, requirements_version string,"
    " model_version string"
)
OLD = ("a", "b", "c")


@pytest.fixture
def documents(spark):  # type: ignore[no-untyped-def]
    """Members, postings and requirements; in a posting's name, what is new of it tonight."""
    members = [("m1", "a"), ("m2", "a2")]
    postings = [("same", "b", "c", "b"), ("posting", "b2", "c", "b2"), ("rules", "b", "c2", "b")]
    postings += [("unread", "b2", "c", "b"), ("unwanted", "b", "c", "b"), ("bare", "b", None, None)]
    return (
        spark.createDataFrame(members, "member_id string, fingerprint string"),
        spark.createDataFrame([p[:2] for p in postings], "posting_id string, fingerprint string"),
        spark.createDataFrame(
            [(p[0], *p[2:]) for p in postings if p[2]],
            "posting_id string, version string, posting_fingerprint string",
        ),
    )


def _changed(spark, documents, candidates, scores, **how):  # type: ignore[no-untyped-def]
    rows = changed_pairs(
        spark.createDataFrame(candidates, KEYS),
        spark.createDataFrame(scores, SCORES),
        *documents,
        "v2",
        **how,
    ).collect()
    return {(r["member_id"], r["posting_id"]): (r["reason"], r["vanished"]) for r in rows}


def test_a_pair_is_scored_for_the_first_reason_that_applies(spark, documents) -> None:  # type: ignore[no-untyped-def]
    candidates = [("m1", p) for p in ("same", "posting", "rules", "unwanted")]
    candidates += [("m2", "same"), ("m2", "posting"), ("m2", "rules")]
    scores = [(m, p, *OLD, "v2") for m, p in candidates if (m, p) != ("m2", "rules")]
    scores[3] = ("m1", "unwanted", *OLD, "v1")
    found = _changed(spark, documents, candidates, scores)
    assert found == {
        ("m1", "posting"): ("posting", False),
        ("m1", "rules"): ("requirements", False),
        ("m1", "unwanted"): ("model", False),
        ("m2", "same"): ("member", False),
        ("m2", "posting"): ("member", False),
        ("m2", "rules"): ("new", False),
    }
    full = _changed(spark, documents, candidates, scores, full=True)
    assert full == found | {("m1", "same"): ("full", False)}


def test_a_score_goes_with_its_pair_its_documents_or_its_requirements(spark, documents) -> None:  # type: ignore[no-untyped-def]
    candidates = [("m1", p) for p in ("same", "unread", "bare", "p9")] + [("m9", "same")]
    scores = [(m, p, *OLD, "v2") for m, p in [*candidates, ("m1", "unwanted")]]
    expected = {
        ("m1", "unread"): ("gone", False),
        ("m1", "bare"): ("gone", False),
        ("m1", "unwanted"): ("gone", False),
        ("m1", "p9"): ("gone", True),
        ("m9", "same"): ("gone", True),
    }
    assert _changed(spark, documents, candidates, scores) == expected
    # Where no score is held, such a pair only waits.
    assert _changed(spark, documents, candidates, scores[:1]) == {}
    assert _changed(spark, documents, candidates, scores, full=True) == expected | {
        ("m1", "same"): ("full", False)
    }


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
