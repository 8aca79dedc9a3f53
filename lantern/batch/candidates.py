"""Tonight's candidates: for each member the postings worth a score, linear in the data.

1. *Blocks.* A posting stands in the block of each of its fields, its region and the region
   ``anywhere``, and its seniority. A member looks into the blocks of the own fields, of the own
   region, of remote and unlocated work and of ``anywhere``, one step of seniority up and down.
2. *Cells.* A block with more postings than ``cell_postings`` is cut into cells by the signs of
   the embedding at fixed random hyperplanes (Charikar 2002, similarity estimation from rounding).
   A member looks into the own cell and the nearest others (multi-probe; Lv et al. 2007).
3. *Best of a cell.* Within a cell every member is compared with at most ``cell_postings``
   postings by cosine, and the best ``per_member`` overall stay.

So a member costs at most blocks x probes x ``cell_postings`` dot products, however many postings
there are. A pair with explicit interest is always a candidate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from lantern.batch.schemas import arrow_schema
from lantern.config import CandidateSettings

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

INTEREST: Final = ("view", "show_reason", "apply", "qualified")
ANYWHERE: Final = "*"
REMOTE: Final = "REMOTE"
_UNKNOWN: Final = "?"
_MAX_BITS: Final = 16
_MEMBERS_A_GROUP: Final = 20_000
_HYPERPLANE_SEED: Final = 20_510
_PLACED: Final = ("vector", "signature", "doubts", "place")

Matrix = npt.NDArray[np.float32]


def signature(vectors: Matrix) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
    """Cells of vectors at the finest resolution, and the order in which to doubt their bits.

    Args:
        vectors: ``[n, d]``.

    Returns:
        ``[n]`` signatures of 16 bits, the first hyperplane in the highest bit; ``[n, 16]`` the
        bits' positions (0 is the highest), the least certain first.
    """
    generator = np.random.default_rng(_HYPERPLANE_SEED)
    planes = generator.standard_normal((vectors.shape[1], _MAX_BITS), dtype=np.float32)
    margins = vectors @ planes
    weights = 1 << np.arange(_MAX_BITS - 1, -1, -1)
    signs = ((margins > 0) * weights).sum(axis=1).astype(np.int32)
    return signs, np.argsort(np.abs(margins), axis=1, kind="stable").astype(np.int8)


def bits_for(postings: int, cell_postings: int) -> int:
    """How many bits cut a block into cells of about ``cell_postings``."""
    if postings <= cell_postings:
        return 0
    return min(_MAX_BITS, math.ceil(math.log2(postings / cell_postings)))


def similar_pairs(
    members: DataFrame, postings: DataFrame, settings: CandidateSettings
) -> DataFrame:
    """The best postings of each member by similarity, from the blocks that fit.

    Args:
        members: ``member_id``, ``fields``, ``seniority``, ``region``, ``vector``.
        postings: ``posting_id``, ``fields``, ``seniority``, ``region``, ``vector``.
        settings: the bounds.

    Returns:
        ``member_id``, ``posting_id``, ``similarity`` (cosine, less ``elsewhere_penalty`` where
        the posting is neither in the member's region nor remote; four decimals).
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    blocked = _posting_blocks(_with_cells(postings))
    sizes = (
        blocked.groupBy("block").count().withColumn("bits", _bits_column(settings.cell_postings))
    )
    shift = F.expr(f"shiftright(signature, {_MAX_BITS} - bits)")
    in_cell = Window.partitionBy("block", "cell").orderBy("posting_id")
    targets = (
        blocked.join(F.broadcast(sizes.select("block", "bits")), "block")
        .withColumn("cell", F.when(F.col("bits") == 0, F.lit(0)).otherwise(shift))
        .withColumn("_rank", F.row_number().over(in_cell))
        .where(F.col("_rank") <= settings.cell_postings)
        .select("block", "cell", "posting_id", "vector", "place")
    )
    seekers = (
        _member_blocks(_with_cells(members))
        .join(F.broadcast(sizes.select("block", "bits")), "block")
        .withColumn("flip", F.explode(_probes(settings.probes)))
        .withColumn(
            "cell", F.when(F.col("bits") == 0, F.lit(0)).otherwise(shift.bitwiseXOR(F.col("flip")))
        )
        .select("block", "cell", "member_id", "vector", "place")
    )
    grouped = _in_groups(seekers, targets)
    found = _best_of_cells(*grouped, settings)
    order = Window.partitionBy("member_id").orderBy(F.desc("similarity"), "posting_id")
    return (
        found.groupBy("member_id", "posting_id")
        .agg(F.max("similarity").alias("similarity"))
        .withColumn("_rank", F.row_number().over(order))
        .where(F.col("_rank") <= settings.per_member)
        .select("member_id", "posting_id", "similarity")
    )


def interest_pairs(events: DataFrame) -> DataFrame:
    """The pairs of which a member viewed, asked about or applied to the posting."""
    from pyspark.sql import functions as F

    return events.where(F.col("kind").isin(*INTEREST)).select("member_id", "posting_id").distinct()


def candidate_pairs(similar: DataFrame, interest: DataFrame) -> DataFrame:
    """Both kinds of candidates as the table holds them; interest wins as the reason."""
    from pyspark.sql import functions as F

    marked = interest.withColumn("_interest", F.lit(True))
    return similar.join(marked, ["member_id", "posting_id"], "full").select(
        "member_id",
        "posting_id",
        F.when(F.col("_interest"), "interest").otherwise("similar").alias("reason"),
        F.col("similarity").cast("float").alias("similarity"),
    )


def _block(field: str, place: str, seniority: str) -> Column:
    from pyspark.sql import functions as F

    return F.concat_ws("|", field, place, seniority)


def _posting_blocks(postings: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    region = F.coalesce("region", F.lit(_UNKNOWN))
    level = F.coalesce(F.col("seniority").cast("string"), F.lit(_UNKNOWN))
    return (
        postings.withColumn("field", F.explode("fields"))
        .withColumn("place", F.explode(F.array(region, F.lit(ANYWHERE))))
        .withColumn("level", level)
        .select("posting_id", *_PLACED, _block("field", "place", "level").alias("block"))
    )


def _member_blocks(members: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    known_place = F.array("region", F.lit(REMOTE), F.lit(_UNKNOWN), F.lit(ANYWHERE))
    places = F.when(F.col("region").isNull(), F.array(F.lit(ANYWHERE))).otherwise(
        F.array_distinct(known_place)
    )
    near = F.transform(
        F.sequence(F.col("seniority") - 1, F.col("seniority") + 1), lambda s: s.cast("string")
    )
    all_levels = F.array(*[F.lit(str(level)) for level in range(6)])
    levels = F.when(F.col("seniority").isNull(), all_levels).otherwise(near)
    return (
        members.withColumn("field", F.explode("fields"))
        .withColumn("place", F.explode(places))
        .withColumn("level", F.explode(F.concat(levels, F.array(F.lit(_UNKNOWN)))))
        .select("member_id", *_PLACED, _block("field", "place", "level").alias("block"))
    )


def _with_cells(rows: DataFrame) -> DataFrame:
    """Add ``signature`` and ``doubts`` (bit positions, least certain first)."""
    told = ", ".join(f"`{f.name}` {f.dataType.simpleString()}" for f in rows.schema.fields)
    full = f"{told}, signature int, doubts array<int>"
    arrow = arrow_schema(full)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        for batch in batches:
            if not batch.num_rows:
                continue
            signs, doubts = signature(matrix(batch.column("vector")))
            columns = [*batch.columns, pyarrow.array(signs), pyarrow.array(doubts.tolist())]
            cast = [c.cast(f.type) for c, f in zip(columns, arrow, strict=True)]
            yield pyarrow.RecordBatch.from_arrays(cast, schema=arrow)

    return rows.mapInArrow(run, full)


def _bits_column(cell_postings: int) -> Column:
    from pyspark.sql import functions as F

    bits = F.ceil(F.log2(F.col("count") / F.lit(cell_postings))).cast("int")
    return F.when(F.col("count") <= cell_postings, 0).otherwise(F.least(bits, F.lit(_MAX_BITS)))


def _probes(probes: int) -> Column:
    """Masks to flip: none, then each of the least certain bits among the block's first ones."""
    from pyspark.sql import functions as F

    in_use = F.filter("doubts", lambda d: d < F.col("bits"))
    flips = F.transform(
        F.slice(in_use, 1, max(probes - 1, 1)),
        lambda d: F.call_function("shiftleft", F.lit(1), F.col("bits") - 1 - d),
    )
    own = F.array(F.lit(0))
    if probes == 1:
        return own
    return F.when(F.col("bits") == 0, own).otherwise(F.concat(own, flips))


def _in_groups(seekers: DataFrame, targets: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Cut crowded cells into groups of members, so that no group outgrows a worker's memory."""
    from pyspark.sql import functions as F

    crowds = (
        seekers.groupBy("block", "cell")
        .count()
        .select(
            "block", "cell", F.ceil(F.col("count") / _MEMBERS_A_GROUP).cast("int").alias("groups")
        )
    )
    seated = seekers.join(crowds, ["block", "cell"]).withColumn(
        "seat", F.pmod(F.xxhash64("member_id"), F.col("groups")).cast("int")
    )
    copied = targets.join(crowds, ["block", "cell"]).withColumn(
        "seat", F.explode(F.sequence(F.lit(0), F.col("groups") - 1))
    )
    return seated.drop("groups"), copied.drop("groups")


def _best_of_cells(
    seekers: DataFrame, targets: DataFrame, settings: CandidateSettings
) -> DataFrame:
    keep, penalty = settings.per_member, settings.elsewhere_penalty

    def best(left: pa.Table, right: pa.Table) -> pa.Table:
        import pyarrow

        members, jobs = left.column("member_id"), right.column("posting_id").to_pylist()
        member_ids: list[str] = []
        job_ids: list[str] = []
        values: list[float] = []
        if left.num_rows and right.num_rows:
            # Sorted by id, so that ties and sums do not depend on the order of the shuffle.
            order = np.argsort(np.array(jobs))
            similarity = matrix(left.column("vector")) @ matrix(right.column("vector"))[order].T
            similarity = similarity.round(4)
            if left.column("place")[0].as_py() == ANYWHERE:
                similarity -= np.float32(penalty)
            top = np.argsort(-similarity, axis=1, kind="stable")[:, :keep]
            for row, member in enumerate(members.to_pylist()):
                for column in top[row]:
                    member_ids.append(member)
                    job_ids.append(jobs[order[column]])
                    values.append(round(float(similarity[row, column]), 4))
        return pyarrow.table(
            {"member_id": member_ids, "posting_id": job_ids, "similarity": values},
            schema=pyarrow.schema(
                [("member_id", "string"), ("posting_id", "string"), ("similarity", "double")]
            ),
        )

    key = ["block", "cell", "seat"]
    return (
        seekers.groupBy(*key)
        .cogroup(targets.groupBy(*key))
        .applyInArrow(best, "member_id string, posting_id string, similarity double")
    )


def matrix(vectors: pa.Array | pa.ChunkedArray) -> Matrix:
    """A list column of equal lengths as ``[n, d]``."""
    flat = vectors.combine_chunks() if hasattr(vectors, "combine_chunks") else vectors
    rows = len(flat)
    values: Matrix = flat.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
    return values.reshape(rows, -1) if rows else values.reshape(0, 0)
