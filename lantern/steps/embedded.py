"""Members and postings with their embeddings, as `pairs` and `candidates` read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lantern.batch.embeddings import refresh_embeddings
from lantern.batch.models import ship_folder

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.steps.context import Context


def with_embeddings(context: Context) -> tuple[DataFrame, DataFrame, int]:
    """Refresh ``embeddings``; returns members and postings with ``vector``, and rows embedded.

    A posting is embedded as its title and requirements, a member as the models see the profile.
    Both are staged under ``embedded``, as their readers go over them several times; the caller
    unstages that.
    """
    from pyspark.sql import functions as F

    warehouse, settings = context.warehouse, context.settings.candidates
    members = warehouse.read("members")
    requirements = warehouse.read("requirements").selectExpr(
        "posting_id", "model_text AS requirements_text", "version"
    )
    postings = (
        warehouse.read("postings")
        .join(requirements, "posting_id")
        .select(
            "posting_id",
            F.concat_ws("-", "fingerprint", "version").alias("fingerprint"),
            F.concat_ws(". ", "title", "requirements_text").alias("embed_text"),
            "fields",
            "seniority",
            "region",
        )
    )
    folder = None
    if Path(settings.embedder).is_dir():
        folder = ship_folder(context.spark, Path(settings.embedder), "embedder")
    embedded = refresh_embeddings(warehouse, members, postings, settings, folder)
    vectors = warehouse.read("embeddings")
    told = ("fields", "seniority", "region", "vector")

    def joined(rows: DataFrame, kind: str, key: str) -> DataFrame:
        mine = vectors.where(F.col("kind") == kind).select(F.col("id").alias(key), "vector")
        return warehouse.stage(f"embedded/{kind}", rows.join(mine, key).select(key, *told))

    return (
        joined(members, "member", "member_id"),
        joined(postings, "posting", "posting_id"),
        embedded,
    )
