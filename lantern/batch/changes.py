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


def current_inputs(
    pairs: DataFrame, members: DataFrame, postings: DataFrame, requirements: DataFrame
) -> DataFrame:
    """The pairs whose member, posting and requirements exist, with the versions of all three."""
    return (
        pairs.join(
            members.selectExpr("member_id", "fingerprint AS member_fingerprint"), "member_id"
        )
        .join(postings.selectExpr("posting_id", "fingerprint AS posting_fingerprint"), "posting_id")
        .join(
            requirements.selectExpr(
                "posting_id", "version AS requirements_version", "posting_fingerprint AS _read"
            ),
            "posting_id",
        )
        .where("_read = posting_fingerprint")
        .drop("_read")
    )


def pending_pairs(
    current: DataFrame, scores: DataFrame, model_version: str, *, full: bool = False
) -> DataFrame:
    """The pairs to score, each with the first ``reason`` that applies.

    Args:
        current: candidate pairs with the versions of their inputs.
        scores: ``fit_scores``.
        model_version: tonight's classifier.
        full: score every pair; those that are up to date get the reason ``full``.
    """
    from pyspark.sql import functions as F

    held = scores.select(
        *PAIR,
        *[F.col(name).alias(f"_{name}") for name in (*INPUTS, "model_version")],
    )
    joined = current.join(held, list(PAIR), "left")
    reason = (
        F.when(F.col("_model_version").isNull(), "new")
        .when(_differs("member_fingerprint"), "member")
        .when(_differs("posting_fingerprint"), "posting")
        .when(_differs("requirements_version"), "requirements")
        .when(F.col("_model_version") != model_version, "model")
    )
    if full:
        reason = reason.otherwise("full")
    return (
        joined.withColumn("reason", reason)
        .where(F.col("reason").isNotNull())
        .select(*PAIR, *INPUTS, "reason")
    )


def gone_pairs(current: DataFrame, scores: DataFrame) -> DataFrame:
    """Keys of scores whose pair is not asked for any more, or has lost its member or posting."""
    return scores.select(*PAIR).join(current.select(*PAIR), list(PAIR), "left_anti")


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
