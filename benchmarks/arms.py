"""The four ways to score pairs in Spark, over the same model and the same token ids.

Every arm takes rows with ``requirements_text`` and ``profile_text`` and adds a column ``p`` with
three probabilities. All load the classifier once a worker process and build token ids with
:class:`lantern.inference.pair_input.PairEncoder`, so that only batching and plumbing differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.inputs import MAX_TOKENS
from lantern.batch.models import ShippedFolder, loaded_once
from lantern.batch.schemas import arrow_schema
from lantern.batch.scoring import SCORED_SCHEMA, PairScorer
from lantern.config import ScoreSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

BATCH = 32
BATCH_TOKENS = 4096
Arm = Callable[["DataFrame"], "DataFrame"]


def lantern(model: Path) -> Arm:
    """Ours: the night's own scorer, mapInArrow, a budget of padded tokens a batch, float32."""
    settings = ScoreSettings(
        wave_pairs=200_000,
        partition_pairs=4096,
        batch_tokens=BATCH_TOKENS,
        dtype="float32",
        allowed_quarantine_share=0.0,
    )
    scorer = PairScorer(ShippedFolder(str(model), None), settings, arrow_schema(SCORED_SCHEMA))

    def run(pairs: DataFrame) -> DataFrame:
        scored = pairs.mapInArrow(scorer, SCORED_SCHEMA)
        return scored.selectExpr("*", "array(p_low, p_medium, p_high) AS p")

    return run


def pipeline(model: Path) -> Arm:
    """``transformers.pipeline`` in a pandas_udf at batch 32."""
    from pyspark.sql import functions as F

    folder = str(model)

    @F.pandas_udf("array<float>")  # type: ignore[call-overload]
    def score(batches: Iterator[tuple[pd.Series, pd.Series]]) -> Iterator[pd.Series]:
        from benchmarks.fit_pipeline import load_pipeline

        run = loaded_once(("pipeline", folder), lambda: load_pipeline(folder, MAX_TOKENS))
        for requirements, profiles in batches:
            pairs = [
                {"text": requirement, "text_pair": profile}
                for requirement, profile in zip(requirements, profiles, strict=True)
            ]
            answers = run(pairs, batch_size=BATCH, top_k=None)
            yield pd.Series([_in_order(answer) for answer in answers])

    return lambda pairs: pairs.withColumn("p", score("requirements_text", "profile_text"))


def _in_order(answer: list[dict[str, Any]]) -> list[float]:
    by_label = {item["label"]: item["score"] for item in answer}
    return [by_label["Low"], by_label["Medium"], by_label["High"]]


def predict_batch(model: Path) -> Arm:
    """``pyspark.ml.functions.predict_batch_udf`` at batch 32."""
    from pyspark.ml.functions import predict_batch_udf
    from pyspark.sql.types import ArrayType, FloatType

    folder = str(model)

    def make() -> Callable[[Any, Any], Any]:
        from benchmarks.forward import Forward

        forward = Forward(folder, MAX_TOKENS)

        def predict(requirements: Any, profiles: Any) -> Any:
            return forward(forward.encode(list(zip(requirements, profiles, strict=True))))

        return predict

    score = predict_batch_udf(make, return_type=ArrayType(FloatType()), batch_size=BATCH)
    return lambda pairs: pairs.withColumn("p", score("requirements_text", "profile_text"))


def sorted_32(model: Path) -> Arm:
    """Tokenised, sorted by length, fixed batches of 32, order restored."""
    from pyspark.sql import functions as F

    folder = str(model)

    @F.pandas_udf("array<float>")  # type: ignore[call-overload]
    def score(batches: Iterator[tuple[pd.Series, pd.Series]]) -> Iterator[pd.Series]:
        import numpy as np

        from benchmarks.forward import Forward

        forward = loaded_once(("sorted", folder), lambda: Forward(folder, MAX_TOKENS))
        for requirements, profiles in batches:
            inputs = forward.encode(list(zip(requirements, profiles, strict=True)))
            order = np.argsort([-len(item) for item in inputs], kind="stable")
            table = np.empty((len(inputs), 3), dtype=np.float32)
            for start in range(0, len(inputs), BATCH):
                rows = order[start : start + BATCH]
                table[rows] = forward([inputs[row] for row in rows])
            yield pd.Series(list(table))

    return lambda pairs: pairs.withColumn("p", score("requirements_text", "profile_text"))


ARMS: dict[str, Callable[[Path], Arm]] = {
    "lantern": lantern,
    "pipeline": pipeline,
    "predict_batch_udf": predict_batch,
    "sorted_32": sorted_32,
}
