"""D_base: the pairs that teachers label, with splits that share no member and no posting.

Members and postings are assigned to a split each by a hash of their id and the seed, and a pair
belongs to D_base only if both are in the same split. Strata of a member's pairs:

``interest``  the member viewed, asked about or applied to the posting;
``near``      the most similar postings of the own fields;
``hard``      postings of the own fields that are among the least similar there: the same words
              of the trade, another job;
``random``    any posting.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import TYPE_CHECKING, Literal

import numpy as np

from lantern.batch.candidates import matrix
from lantern.batch.schemas import arrow_schema
from lantern.config import PairSettings, SplitSettings

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

_Stratum = Literal["interest", "near", "hard", "random"]
_ORDER: tuple[_Stratum, ...] = ("interest", "near", "hard", "random")


def split_of(key: str, split: SplitSettings, seed: int) -> Column:
    """The split of an id: a pure function of the id and the seed, stable as data grows."""
    from pyspark.sql import functions as F

    share = F.pmod(F.xxhash64(F.lit(seed), F.col(key)), F.lit(1_000_000)) / 1_000_000
    return (
        F.when(share < split.train, "train")
        .when(share < split.train + split.validation, "validation")
        .otherwise("test")
    )


def base_pairs(
    members: DataFrame, postings: DataFrame, events_pairs: DataFrame, settings: PairSettings
) -> DataFrame:
    """Choose D_base.

    Args:
        members: ``member_id``, ``fields``, ``vector``.
        postings: ``posting_id``, ``fields``, ``vector``.
        events_pairs: pairs with explicit interest.
        settings: pairs a member, shares of the strata, splits and seed.

    Returns:
        The columns of ``base_pairs``; a pair that qualifies twice keeps the first stratum.
    """
    from pyspark.sql import DataFrame, Window
    from pyspark.sql import functions as F

    quota = {
        name: math.ceil(settings.shares.get(name, 0.0) * settings.per_member) for name in _ORDER
    }
    who = members.select(
        "member_id",
        F.col("fields").alias("member_fields"),
        F.col("vector").alias("member_vector"),
        split_of("member_id", settings.split, settings.seed).alias("split"),
    )
    jobs = postings.select(
        "posting_id",
        F.col("fields").alias("posting_fields"),
        F.col("vector").alias("posting_vector"),
        split_of("posting_id", settings.split, settings.seed).alias("split"),
    )
    # Each member meets a bounded number of postings a field: linear in the data.
    draw = F.xxhash64(F.lit(settings.seed), "posting_id")
    by_field = jobs.withColumn("field", F.explode("posting_fields")).withColumn(
        "slot",
        F.row_number().over(Window.partitionBy("split", "field").orderBy(draw, "posting_id")),
    )
    bound = 8 * settings.per_member
    slots = by_field.groupBy("split", "field").agg(F.max("slot").alias("slots"))
    start = F.pmod(F.xxhash64(F.lit(settings.seed), "member_id", "field"), F.col("slots"))
    offsets = F.sequence(F.lit(0), F.least(F.lit(bound), F.col("slots")) - 1)
    in_field = _with_cosine(
        who.withColumn("field", F.explode("member_fields"))
        .join(slots, ["split", "field"])
        .withColumn("offset", F.explode(offsets))
        .withColumn("slot", (F.pmod(start + F.col("offset"), F.col("slots")) + 1).cast("int"))
        .join(by_field, ["split", "field", "slot"])
        .select("member_id", "posting_id", "split", "member_vector", "posting_vector")
        .dropDuplicates(["member_id", "posting_id"])
    )
    best = Window.partitionBy("member_id").orderBy(F.desc("similarity"), "posting_id")
    worst = Window.partitionBy("member_id").orderBy("similarity", "posting_id")
    near = in_field.withColumn("_r", F.row_number().over(best)).where(F.col("_r") <= quota["near"])
    hard = in_field.withColumn("_r", F.row_number().over(worst)).where(F.col("_r") <= quota["hard"])
    interest = (
        events_pairs.join(who.select("member_id", "split"), "member_id")
        .join(jobs.select("posting_id", "split"), ["posting_id", "split"])
        .withColumn("_r", F.row_number().over(_shuffled(settings.seed)))
        .where(F.col("_r") <= quota["interest"])
    )
    numbered = jobs.withColumn(
        "slot", F.row_number().over(Window.partitionBy("split").orderBy(draw, "posting_id"))
    )
    everywhere = numbered.groupBy("split").agg(F.max("slot").alias("slots"))
    dice = F.xxhash64(F.lit(settings.seed), "member_id", "number")
    random = (
        who.join(everywhere, "split")
        .withColumn("number", F.explode(F.sequence(F.lit(1), F.lit(max(quota["random"], 1)))))
        .withColumn("slot", (F.pmod(dice, F.col("slots")) + 1).cast("int"))
        .join(numbered, ["split", "slot"])
        .where(F.lit(quota["random"] > 0))
    )
    strata = {"interest": interest, "near": near, "hard": hard, "random": random}
    parts = [
        strata[name].select(
            "member_id",
            "posting_id",
            "split",
            F.lit(rank).alias("rank"),
            F.lit(name).alias("stratum"),
        )
        for rank, name in enumerate(_ORDER)
    ]
    rows = reduce(DataFrame.unionByName, parts)
    first = Window.partitionBy("member_id", "posting_id").orderBy("rank")
    chosen = rows.withColumn("_n", F.row_number().over(first)).where("_n = 1")
    return chosen.join(
        jobs.select("posting_id", F.element_at("posting_fields", 1).alias("field")), "posting_id"
    ).select("member_id", "posting_id", "split", "stratum", "field")


def _shuffled(seed: int):  # type: ignore[no-untyped-def]
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    return Window.partitionBy("member_id").orderBy(
        F.xxhash64(F.lit(seed), "posting_id"), "posting_id"
    )


def _with_cosine(pairs: DataFrame) -> DataFrame:
    """Replace the vectors of pairs by their dot product, four decimals."""
    schema = "member_id string, posting_id string, split string, similarity double"
    arrow = arrow_schema(schema)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        for batch in batches:
            left, right = (
                matrix(batch.column("member_vector")),
                matrix(batch.column("posting_vector")),
            )
            cosine = (left * right).sum(axis=1, dtype=np.float64).round(4)
            columns = [batch.column(name) for name in ("member_id", "posting_id", "split")]
            yield pyarrow.RecordBatch.from_arrays([*columns, pyarrow.array(cosine)], schema=arrow)

    return pairs.mapInArrow(run, schema)
