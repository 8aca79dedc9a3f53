"""Examples from Parquet shards, streamed; :mod:`lantern.batch.shards` wrote them with Spark.

A folder of shards holds one folder a split. A row that is of another split than its folder's name
stops the reading: nothing of the test split can slip into a training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from lantern.distill.answer_examples import AnswerExample
from lantern.distill.topk_cache import TopKColumns
from lantern.errors import TrainingError
from lantern.fit import Importance, Requirement, RequirementKind

SPLITS: Final = ("train", "validation")
_TEXTS: Final = ("split", "title", "requirements", "model_text", "explanation")
_SIGNAL: Final = ("token_ids", "top_k", "top_ids", "top_logprobs", "tail_logprobs")
_ROWS_A_BATCH: Final = 256


def read_shards(folder: str | Path, split: str, *, cached: bool) -> Iterator[AnswerExample]:
    """The examples of a split, in the order of its files and their rows.

    Args:
        folder: of the shards; each split is a folder in it.
        split: train or validation.
        cached: take the teacher's own tokens and their top-k columns too.

    Raises:
        TrainingError: no shards, a row of another split, or no columns of a cache.
    """
    if split not in SPLITS:
        raise TrainingError(f"a decoder learns from {' and '.join(SPLITS)} alone, not from {split}")
    files = sorted((Path(folder) / split).glob("*.parquet"))
    if not files:
        raise TrainingError(f"there are no shards of the {split} split; run the step again")
    row = 0
    for file in files:
        with pq.ParquetFile(file, memory_map=True) as shard:
            columns = [*_TEXTS, *(_SIGNAL if cached else ())]
            missing = sorted(set(columns) - set(shard.schema_arrow.names))
            if missing:
                raise TrainingError(
                    f"the shards of the {split} split have no {', '.join(missing)}; "
                    "a cached signal comes from `synthetic` alone"
                )
            for batch in shard.iter_batches(_ROWS_A_BATCH, columns=columns):
                for values in batch.to_pylist():
                    if values["split"] != split:
                        raise TrainingError(
                            f"row {row} of the {split} shards is of the {values['split']} split; "
                            "nothing is trained on it: write the shards again"
                        )
                    yield _example(values, cached)
                    row += 1


def _example(values: Mapping[str, Any], cached: bool) -> AnswerExample:
    token_ids = signal = None
    if cached:
        token_ids = tuple(values["token_ids"])
        signal = TopKColumns(
            values["top_k"],
            np.array(values["top_ids"], dtype=np.int32),
            np.array(values["top_logprobs"], dtype=np.int16),
            np.array(values["tail_logprobs"], dtype=np.int16),
        )
    return AnswerExample(
        title=values["title"],
        requirements=tuple(_requirement(item) for item in values["requirements"]),
        profile=values["model_text"],
        explanation=values["explanation"],
        token_ids=token_ids,
        signal=signal,
    )


def _requirement(item: Mapping[str, Any]) -> Requirement:
    return Requirement(
        kind=RequirementKind(item["kind"]),
        importance=Importance(item["importance"]),
        text=item["text"],
        skills=tuple(item["skills"] or ()),
        any_of=bool(item["any_of"]),
        years=item["years"],
        degree=item["degree"],
    )
