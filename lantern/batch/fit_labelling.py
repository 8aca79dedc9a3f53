"""Read the explanation model's class of pairs in Spark's workers: D_cls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lantern.batch.changes import INPUTS, PAIR
from lantern.batch.models import ShippedFolder, loaded_once, worker_device
from lantern.batch.rubric import requirements_of
from lantern.batch.schemas import arrow_schema
from lantern.config import LabelFitSettings
from lantern.fit import FitLevel

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from lantern.inference.class_probabilities import ClassReader

LABELLED_SCHEMA: Final = (
    ", ".join(f"{name} string" for name in (*PAIR, *INPUTS))
    + ", level string, p_low float, p_medium float, p_high float,"
    " tokens int, profile_tokens_cut int, error string"
)
# Rows that a worker holds and plans together; rows of one member stay neighbours.
_CHUNK_ROWS: Final = 4096

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FitLabeller:
    """A ``mapInArrow`` function: texts of pairs in, class probabilities out.

    Attributes:
        model: the explanation model's folder as workers find it, or its name on the hub.
        settings: the section ``label_fit``.
        odds: of the levels; see :class:`lantern.inference.class_probabilities.ClassReader`.
    """

    model: ShippedFolder | str
    settings: LabelFitSettings
    odds: tuple[float, ...]

    def over(self, pairs: DataFrame) -> DataFrame:
        """The labels of pairs from :func:`lantern.batch.explaining.with_prompt_texts`."""
        run, arrow = self._run, arrow_schema(LABELLED_SCHEMA)

        def label(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            import pyarrow

            waiting: list[Row] = []
            for batch in batches:
                waiting += batch.to_pylist()
                while len(waiting) >= _CHUNK_ROWS:
                    rows, waiting = waiting[:_CHUNK_ROWS], waiting[_CHUNK_ROWS:]
                    yield pyarrow.RecordBatch.from_pylist(run(rows), schema=arrow)
            if waiting:
                yield pyarrow.RecordBatch.from_pylist(run(waiting), schema=arrow)

        return pairs.mapInArrow(label, LABELLED_SCHEMA)

    def _run(self, rows: list[Row]) -> list[Row]:
        from lantern.inference.class_probabilities import PairToClassify

        reader = loaded_once((self.model, self.settings, self.odds), self._load)
        answers = reader.read(
            [
                PairToClassify(row["title"], tuple(requirements_of(row)), row["model_text"])
                for row in rows
            ]
        )
        labelled = []
        for row, answer in zip(rows, answers, strict=True):
            found = answer.probabilities
            low, medium, high = found or (None, None, None)
            labelled.append(
                {
                    **{name: row[name] for name in (*PAIR, *INPUTS)},
                    "level": FitLevel(found.index(max(found))).label if found else None,
                    "p_low": low,
                    "p_medium": medium,
                    "p_high": high,
                    "tokens": answer.tokens,
                    "profile_tokens_cut": answer.profile_tokens_cut,
                    "error": answer.error,
                }
            )
        return labelled

    def _load(self) -> ClassReader:
        from lantern.inference.class_probabilities import ClassReader

        model = self.model
        return ClassReader.load(
            model.resolve() if isinstance(model, ShippedFolder) else model,
            context=self.settings.context,
            batch_tokens=self.settings.batch_tokens,
            odds=self.odds,
            dtype=self.settings.dtype,
            device=worker_device(),
        )
