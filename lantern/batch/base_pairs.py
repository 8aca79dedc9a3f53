"""D_base: the pairs that teachers label, with splits that share no member and no posting.

Members and postings are assigned to a split each by a hash of their id and the seed, and a pair
belongs to D_base only if both are in the same split. Strata of a member's pairs:

``interest``  the member viewed, asked about or applied to the posting;
``near``      the most similar postings of the own fields;
``hard``      postings of the own fields that are among the least similar there: the same words
              of the trade, another job;
``random``    any posting.

The strata alone leave few pairs of a rare level: most members fit few jobs. So a pool of more
pairs than wanted is judged by the rubric, which costs no model, and the pairs of a member and a
stratum that stay are drawn with weights of one over the size of their cell, where a cell is a
split, a field and that level. The level here only says which pairs are worth a teacher's answer;
it is no label.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from lantern.batch.candidates import matrix
from lantern.batch.schemas import arrow_schema
from lantern.config import PairSettings, SplitSettings

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

Stratum = Literal["interest", "near", "hard", "random"]
STRATA: Final[tuple[Stratum, ...]] = ("interest", "near", "hard", "random")
_CELL: Final = ("split", "field", "level")
_DICE: Final = 1 << 32


def quotas(settings: PairSettings, pool: float = 1.0) -> dict[str, int]:
    """How many pairs of each stratum a member brings, times ``pool``."""
    share = settings.shares
    return {s: math.ceil(share.get(s, 0.0) * settings.per_member * pool) for s in STRATA}


def split_of(key: str, split: SplitSettings, seed: int) -> Column:
    """The split of an id: a pure function of the id and the seed, stable as data grows."""
    from pyspark.sql import functions as F

    share = F.pmod(F.xxhash64(F.lit(seed), F.col(key)), F.lit(1_000_000)) / 1_000_000
    return (
        F.when(share < split.train, "train")
        .when(share < split.train + split.validation, "validation")
        .otherwise("test")
    )


def pool(
    members: DataFrame, postings: DataFrame, events_pairs: DataFrame, settings: PairSettings
) -> DataFrame:
    """The pairs that may enter D_base: of each stratum ``pairs.pool`` times what is wanted.

    Args:
        members: ``member_id``, ``fields``, ``vector``.
        postings: ``posting_id``, ``fields``, ``vector``.
        events_pairs: pairs with explicit interest.
        settings: pairs a member, shares of the strata, splits and seed.

    Returns:
        The columns of ``base_pairs`` but the level, a pair once.
    """
    from pyspark.sql import DataFrame, Window
    from pyspark.sql import functions as F

    quota = quotas(settings, settings.pool)
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
    # Where a field has few postings, the same ones are its most and its least similar: each goes
    # where it stands further in front.
    place = {
        "interest": F.lit(0.0),
        "near": F.col("_r") / max(quota["near"], 1),
        "hard": F.col("_r") / max(quota["hard"], 1),
        "random": F.lit(2.0),
    }
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
            place[name].alias("place"),
            F.lit(name).alias("stratum"),
        )
        for name in STRATA
    ]
    rows = reduce(DataFrame.unionByName, parts)
    first = Window.partitionBy("member_id", "posting_id").orderBy("place", F.desc("stratum"))
    chosen = rows.withColumn("_n", F.row_number().over(first)).where("_n = 1")
    return chosen.join(
        jobs.select("posting_id", F.element_at("posting_fields", 1).alias("field")), "posting_id"
    ).select("member_id", "posting_id", "split", "stratum", "field")


def stratified(judged_pool: DataFrame, settings: PairSettings) -> DataFrame:
    """Draw D_base from the pool, rare fields and levels first.

    A weighted draw without replacement (Efraimidis & Spirakis 2006, weighted random sampling with
    a reservoir): the smallest ``-ln(u) / w`` stay, with the pair's own ``u`` from a hash, so that
    the same pool gives the same pairs.

    Args:
        judged_pool: :func:`pool` with ``level``. Evaluated twice: stage it.
        settings: pairs a member, shares of the strata and seed.

    Returns:
        The columns of ``base_pairs``.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    sizes = judged_pool.groupBy(*_CELL).agg(F.count("*").alias("_size"))
    same = reduce(and_, (F.col(f"p.{c}").eqNullSafe(F.col(f"s.{c}")) for c in _CELL))
    dice = F.pmod(F.xxhash64(F.lit(settings.seed), "member_id", "posting_id"), F.lit(_DICE))
    drawn = (
        judged_pool.alias("p")
        .join(F.broadcast(sizes).alias("s"), same)
        .select("p.*", (-F.ln((dice + 1) / _DICE) * F.col("_size")).alias("_key"))
    )
    first = Window.partitionBy("member_id", "stratum").orderBy("_key", "posting_id")
    wanted = F.create_map(*(F.lit(item) for pair in quotas(settings).items() for item in pair))
    return (
        drawn.withColumn("_n", F.row_number().over(first))
        .where(F.col("_n") <= wanted[F.col("stratum")])
        .select("member_id", "posting_id", "split", "stratum", "field", "level")
    )


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
