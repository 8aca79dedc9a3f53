"""Answers to learn from, as Parquet shards: the one place where a decoder's training meets Spark.

Spark joins, checks and writes them in its workers; no row comes to the driver. A training reads
them from their folder, here or on a machine that has no Spark.

Shards hold texts of profiles. They are removed when the training that they are for has ended.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lantern.batch.changes import INPUTS, PAIR, current_inputs
from lantern.errors import TableError, TrainingError
from lantern.tables.failures import translated

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.tables.store import Warehouse

SPLITS: Final = ("train", "validation")
READ: Final = ("base_pairs", "members", "postings", "requirements")
_SIGNAL: Final = ("token_ids", "top_k", "top_ids", "top_logprobs", "tail_logprobs")
_COUNTED: Final = "shards.json"


def seed_answers(warehouse: Warehouse, versions: Mapping[str, int]) -> DataFrame:
    """D_seed: pair, split and answer.

    Args:
        warehouse: of the tables.
        versions: of ``seed``, as of which it is read.
    """
    seed = warehouse.read("seed", versions["seed"])
    return seed.select(*PAIR, "split", "explanation")


def synthetic_answers(
    warehouse: Warehouse, versions: Mapping[str, int], teacher: str, prompt_version: str
) -> DataFrame:
    """D_t of one teacher and one prompt, where the answer's inputs are still those of today.

    Args:
        warehouse: of the tables.
        versions: of ``synthetic`` and :data:`READ`, as of which they are read.
        teacher, prompt_version: as the rows name them.
    """
    from pyspark.sql import functions as F

    rows = warehouse.read("synthetic", versions["synthetic"]).where(
        (F.col("teacher") == teacher) & (F.col("prompt_version") == prompt_version)
    )
    pairs, *documents = (warehouse.read(name, versions[name]) for name in READ)
    current = current_inputs(pairs.select(*PAIR), *documents)
    kept = rows.join(current, [*PAIR, *INPUTS], "left_semi")
    return kept.select(*PAIR, "split", "explanation", *_SIGNAL)


def write_shards(
    warehouse: Warehouse,
    answers: DataFrame,
    versions: Mapping[str, int],
    folder: Path,
    *,
    rows_a_shard: int = 8192,
) -> dict[str, int]:
    """Join the documents to answers and write both splits; what the folder held before is gone.

    Rows of the test split are left out, and rows of pairs that D_base does not hold any more. The
    order of rows is that of their keys within each shard, and a row's shard depends on its member
    alone.

    Args:
        warehouse: of the tables.
        answers: ``member_id``, ``posting_id``, ``split``, ``explanation`` and, or not, the columns
            of a cached signal.
        versions: of :data:`READ`, as of which they are read.
        folder: that Spark and the training both reach.
        rows_a_shard: about.

    Returns:
        The rows of each split, and those ``left_out``.

    Raises:
        TableError: an answer's split is not that of D_base, or a member or posting of the test
            split occurs in another.
        TrainingError: a split has no rows.
    """
    from pyspark.sql import functions as F

    pairs, members, postings, requirements = (warehouse.read(name, versions[name]) for name in READ)
    kept = answers.where(F.col("split") != "test")
    found = check_splits(kept, pairs)
    kept = kept.join(pairs.select(*PAIR), list(PAIR), "left_semi")
    (folder / _COUNTED).unlink(missing_ok=True)
    counts: dict[str, int] = {}
    for split in SPLITS:
        of_split = kept.where(F.col("split") == split)
        shards = max(1, round(found[split] / rows_a_shard))
        texts = (
            of_split.join(members.select("member_id", "model_text"), "member_id")
            .join(postings.select("posting_id", "title"), "posting_id")
            .join(requirements.select("posting_id", "requirements"), "posting_id")
            .repartition(shards, "member_id")
            .sortWithinPartitions(*PAIR)
        )
        place = str((folder / split).absolute())
        with translated(f"writing the shards of the {split} split"):
            texts.write.mode("overwrite").parquet(place)
            counts[split] = warehouse.spark.read.parquet(place).count()
        if not counts[split]:
            raise TrainingError(
                f"the {split} split has no answers to learn from; label, curate or synthesize "
                "more pairs, or change pairs.split"
            )
    counts["left_out"] = found["left_out"]
    (folder / _COUNTED).write_text(json.dumps(counts), encoding="utf-8")
    return counts


def shard_counts(folder: Path) -> dict[str, int] | None:
    """What :func:`write_shards` returned, if both splits are written whole."""
    try:
        counts: dict[str, int] = json.loads((folder / _COUNTED).read_text("utf-8"))
    except (OSError, json.JSONDecodeError):
        return None
    return counts


def check_splits(answers: DataFrame, base_pairs: DataFrame) -> dict[str, int]:
    """Make sure that no answer to learn from is of the test split, under whatever name.

    Args:
        answers: ``member_id``, ``posting_id``, ``split``; train and validation.
        base_pairs: the truth about splits.

    Returns:
        How many answers each split has, and how many are ``left_out``: they are of no pair of
        D_base, and nothing is known of their split.

    Raises:
        TableError: says how many rows are wrong, and how.
    """
    from pyspark.sql import functions as F

    named = answers.select(*PAIR, F.col("split").alias("_named"))
    held_out = base_pairs.where(F.col("split") == "test")
    tested_members = held_out.select("member_id").distinct().withColumn("_member", F.lit(True))
    tested_postings = held_out.select("posting_id").distinct().withColumn("_posting", F.lit(True))
    row = (
        named.join(base_pairs.select(*PAIR, "split"), list(PAIR), "left")
        .join(tested_members, "member_id", "left")
        .join(tested_postings, "posting_id", "left")
        .agg(
            *(F.count_if(F.col("split") == split).alias(split) for split in SPLITS),
            F.count_if(F.col("split").isNull()).alias("left_out"),
            F.count_if(F.col("split") != F.col("_named")).alias("other"),
            F.count_if(
                F.col("split").isNotNull()
                & (F.col("_member").isNotNull() | F.col("_posting").isNotNull())
            ).alias("held_out"),
        )
        .collect()[0]
    )
    for name, says in (
        ("other", "are in another split of D_base"),
        ("held_out", "have a member or a posting of the test split"),
    ):
        if row[name]:
            raise TableError(
                f"{row[name]} answers to learn from {says}; run `lantern pairs`, then label, "
                "curate or synthesize again"
            )
    return {name: int(row[name]) for name in (*SPLITS, "left_out")}
