"""Change detection: which candidate pairs have no score of tonight's inputs, and which scores go.

A score depends on the member's fingerprint, the posting's fingerprint, the version of the
requirements and the model's version. A pair is scored when any of them differs from what the
stored score was made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

PAIR = ("member_id", "posting_id")
INPUTS = ("member_fingerprint", "posting_fingerprint", "requirements_version")
REASONS = ("new", "member", "posting", "requirements", "model")
GONE = "gone"
_VANISHED = "(member_fingerprint IS NULL OR posting_fingerprint IS NULL)"
_FRESH = "_read = posting_fingerprint"


def current_inputs(
    pairs: DataFrame, members: DataFrame, postings: DataFrame, requirements: DataFrame
) -> DataFrame:
    """The pairs whose member, posting and requirements exist, with the versions of all three."""
    beside = _beside_inputs(pairs, members, postings, requirements)
    return beside.where(f"NOT {_VANISHED} AND {_FRESH}").drop("_read")


def changed_pairs(
    candidates: DataFrame,
    scores: DataFrame,
    members: DataFrame,
    postings: DataFrame,
    requirements: DataFrame,
    model_version: str,
    *,
    full: bool = False,
) -> DataFrame:
    """What differs between the pairs that must have a score and the scores that are held.

    A pair whose member, posting or fresh requirements are missing waits: it is not scored, and a
    score of it goes.

    Args:
        candidates: the pairs that must have a score.
        scores: ``fit_scores``.
        members, postings, requirements: the tables.
        model_version: tonight's classifier.
        full: score every pair; those that are up to date get the reason ``full``.

    Returns:
        The pairs to score with their inputs and the first ``reason`` of :data:`REASONS` that
        applies; and the pairs whose score goes, with the reason :data:`GONE`. ``vanished``: its
        member or posting is no more.
    """
    from pyspark.sql import functions as F

    asked = candidates.select(*PAIR, F.lit(True).alias("_asked"))
    held = scores.select(
        *PAIR,
        *[F.col(name).alias(f"_{name}") for name in (*INPUTS, "model_version")],
    )
    rows = _beside_inputs(
        asked.join(held, list(PAIR), "full"), members, postings, requirements
    ).withColumn("vanished", F.expr(_VANISHED))
    is_held = F.col("_model_version").isNotNull()
    ready = F.expr(f"_asked IS NOT NULL AND NOT vanished AND {_FRESH}")
    because = (
        F.when(~is_held, "new")
        .when(_differs("member_fingerprint"), "member")
        .when(_differs("posting_fingerprint"), "posting")
        .when(_differs("requirements_version"), "requirements")
        .when(F.col("_model_version") != model_version, "model")
    )
    if full:
        because = because.otherwise("full")
    reason = F.when(ready, because).when(is_held, GONE)
    return (
        rows.withColumn("reason", reason)
        .where(F.col("reason").isNotNull())
        .select(*PAIR, *INPUTS, "reason", "vanished")
    )


def _beside_inputs(
    pairs: DataFrame, members: DataFrame, postings: DataFrame, requirements: DataFrame
) -> DataFrame:
    """Each pair with the versions of its inputs, null where there is none; ``_read``: the posting's
    fingerprint that the requirements were extracted from."""
    versions = requirements.selectExpr(
        "posting_id", "version AS requirements_version", "posting_fingerprint AS _read"
    )
    return (
        pairs.join(
            members.selectExpr("member_id", "fingerprint AS member_fingerprint"),
            "member_id",
            "left",
        )
        .join(
            postings.selectExpr("posting_id", "fingerprint AS posting_fingerprint"),
            "posting_id",
            "left",
        )
        .join(versions, "posting_id", "left")
    )


def wave_of(waves: int) -> Column:
    """The commit wave of a pair.

    It depends on the member alone, so that a night that was killed and started again cuts its
    work into the same waves, the same tasks and the same batches, and gets the same bits.
    """
    from pyspark.sql import functions as F

    return F.pmod(F.xxhash64("member_id"), F.lit(waves)).cast("int")


def _differs(name: str) -> Column:
    from pyspark.sql import functions as F

    return ~F.col(name).eqNullSafe(F.col(f"_{name}"))
