"""Score pairs in Spark's workers with the classification engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lantern.batch.changes import INPUTS, PAIR
from lantern.batch.models import ShippedFolder, loaded_once, worker_device
from lantern.config import ScoreSettings
from lantern.fit import FitLevel

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

SCORED_SCHEMA: Final = (
    "member_id string, posting_id string,"
    " member_fingerprint string, posting_fingerprint string, requirements_version string,"
    " level string, p_low float, p_medium float, p_high float, score float, calibrated boolean,"
    " tokens int, tokens_cut int, requirement_tokens_cut int, error string,"
    " computed_tokens double, padded_tokens double,"
    " tokenise_seconds double, plan_seconds double, model_seconds double"
)
# Rows a worker holds at a time; a task is `score.partition_pairs` and usually smaller.
_CHUNK_ROWS: Final = 16_384


@dataclass(frozen=True, slots=True)
class PairScorer:
    """A ``mapInArrow`` function: texts of pairs in, scores out.

    The engine is loaded once a worker process. Time and padding are the chunk's, divided among
    its rows, so that their sums over the rows that were committed are exact.
    """

    folder: ShippedFolder
    settings: ScoreSettings
    schema: pa.Schema

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        waiting: list[pa.RecordBatch] = []
        rows = 0
        for batch in batches:
            waiting.append(batch)
            rows += batch.num_rows
            if rows >= _CHUNK_ROWS:
                yield from self._score(waiting)
                waiting, rows = [], 0
        if rows:
            yield from self._score(waiting)

    def _score(self, batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        from lantern.inference.engines import Engine, load_engine

        def load() -> Engine:
            return load_engine(
                self.folder.resolve(),
                batch_tokens=self.settings.batch_tokens,
                dtype=self.settings.dtype,
                device=worker_device(),
            )

        engine = loaded_once((self.folder, self.settings), load)
        table = pyarrow.Table.from_batches(batches)
        pairs = list(
            zip(
                table.column("requirements_text").to_pylist(),
                table.column("profile_text").to_pylist(),
                strict=True,
            )
        )
        scored = engine.score(pairs)
        levels = [
            None if row in scored.errors else FitLevel(int(p.argmax())).label
            for row, p in enumerate(scored.probabilities)
        ]
        low, medium, high = scored.probabilities.T
        share = {name: value / len(pairs) for name, value in scored.seconds.items()}
        columns: dict[str, Any] = {
            **{name: table.column(name) for name in (*PAIR, *INPUTS)},
            "level": levels,
            "p_low": low,
            "p_medium": medium,
            "p_high": high,
            "score": medium / 2 + high,
            "calibrated": [engine.calibrated] * len(pairs),
            "tokens": scored.tokens,
            "tokens_cut": scored.tokens_cut,
            "requirement_tokens_cut": scored.requirement_tokens_cut,
            "error": [scored.errors.get(row) for row in range(len(pairs))],
            "computed_tokens": [scored.computed_tokens / len(pairs)] * len(pairs),
            "padded_tokens": [scored.padded_tokens / len(pairs)] * len(pairs),
            "tokenise_seconds": [share["tokenise"]] * len(pairs),
            "plan_seconds": [share["plan"]] * len(pairs),
            "model_seconds": [share["model"]] * len(pairs),
        }
        result = pyarrow.table(
            [_as(columns[field.name], field.type) for field in self.schema], schema=self.schema
        )
        yield from result.to_batches(max_chunksize=10_000)


def _as(values: Any, type_: pa.DataType) -> Any:
    import pyarrow

    if isinstance(values, pyarrow.ChunkedArray):
        return values.cast(type_)
    return pyarrow.array(values, type=type_, from_pandas=True)


def with_texts(
    pairs: DataFrame, members: DataFrame, requirements: DataFrame, *, partitions: int
) -> DataFrame:
    """Join the texts that a model sees to pairs, and lay them out for the workers.

    Members stay together, so that a profile is tokenised once a task; the order is fixed, so that
    the batches are the same in every run.
    """
    return (
        pairs.join(members.selectExpr("member_id", "model_text AS profile_text"), "member_id")
        .join(
            requirements.selectExpr("posting_id", "model_text AS requirements_text"), "posting_id"
        )
        .repartition(partitions, "member_id")
        .sortWithinPartitions(*PAIR)
    )
