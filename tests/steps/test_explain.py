"""What is explained anew, what goes and what stays."""

from __future__ import annotations

from lantern.steps.explain import differing

KEYS = "member_id string, posting_id string"
INPUTS = "member_fingerprint string, posting_fingerprint string, requirements_version string"


def test_each_fate(spark) -> None:  # type: ignore[no-untyped-def]
    made_of = ("a", "b", "c", "Low")
    wanted = [("m", p, *made_of, "v1") for p in ("same", "new", "other explainer")]
    wanted += [
        ("m", "profile", "a2", "b", "c", "Low", "v1"),
        ("m", "level", *made_of[:3], "High", "v1"),
    ]
    held = [("m", p, *made_of, "e1") for p in ("same", "profile", "level", "gone")]
    held += [("m", "other explainer", *made_of, "e0")]
    rows = differing(
        spark.createDataFrame(wanted, f"{KEYS}, {INPUTS}, level string, model_version string"),
        spark.createDataFrame(held, f"{KEYS}, {INPUTS}, level string, explainer string"),
        "e1",
    ).collect()
    assert {row["posting_id"]: row["fate"] for row in rows} == {
        "new": "new",
        "other explainer": "changed",
        "profile": "changed",
        "level": "changed",
        "gone": "gone",
    }
    inputs = {row["posting_id"]: row["member_fingerprint"] for row in rows}
    assert inputs["profile"] == "a2", "the inputs of tonight, not those that are held"
