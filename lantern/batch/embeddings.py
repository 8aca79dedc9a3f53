"""Keep the embeddings of members and postings current: only what changed is embedded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lantern.batch.models import ShippedFolder, loaded_once, worker_device
from lantern.batch.partitions import cores_of, model_tasks
from lantern.batch.schemas import arrow_schema
from lantern.config import CandidateSettings

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from lantern.tables.store import Warehouse

_SCHEMA: Final = "kind string, id string, fingerprint string, model string, vector array<float>"
_ROWS_A_TASK: Final = 256


@dataclass(frozen=True, slots=True)
class _Embedder:
    """``mapInArrow``: rows with a ``text`` to rows with a ``vector``."""

    base: str
    model: str
    max_tokens: int
    folder: ShippedFolder | None
    schema: pa.Schema

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        from lantern.inference.embed import TextEmbedder

        def load() -> TextEmbedder:
            base = str(self.folder.resolve()) if self.folder else self.base
            return TextEmbedder(base, max_tokens=self.max_tokens, device=worker_device())

        for batch in batches:
            if not batch.num_rows:
                continue
            embedder = loaded_once(("embedder", self.base, self.max_tokens), load)
            vectors = embedder.embed(batch.column("text").to_pylist())
            yield pyarrow.RecordBatch.from_arrays(
                [
                    batch.column("kind"),
                    batch.column("id"),
                    batch.column("fingerprint"),
                    pyarrow.array([self.model] * batch.num_rows),
                    pyarrow.array(vectors.tolist(), type=self.schema.field("vector").type),
                ],
                schema=self.schema,
            )


def refresh_embeddings(
    warehouse: Warehouse,
    members: DataFrame,
    postings: DataFrame,
    settings: CandidateSettings,
    folder: ShippedFolder | None = None,
) -> int:
    """Embed what is new or changed, forget what is gone; returns how many were embedded.

    Args:
        warehouse: where ``embeddings`` is.
        members: ``member_id``, ``fingerprint``, ``model_text``.
        postings: ``posting_id``, ``fingerprint``, ``embed_text``.
        settings: names the embedder.
        folder: the embedder's folder where it is not a package or a hub id.
    """
    from pyspark.sql import functions as F

    model = f"{settings.embedder}/{settings.max_tokens}"
    texts = members.selectExpr(
        "'member' AS kind", "member_id AS id", "fingerprint", "model_text AS text"
    ).unionByName(
        postings.selectExpr(
            "'posting' AS kind", "posting_id AS id", "fingerprint", "embed_text AS text"
        )
    )
    held = warehouse.read("embeddings").select(
        "kind", "id", F.col("fingerprint").alias("_embedded"), F.col("model").alias("_model")
    )
    here, key = F.lit(1).alias("_here"), ["kind", "id"]
    same = F.col("fingerprint").eqNullSafe(F.col("_embedded")) & F.col("_model").eqNullSafe(model)
    counted = (
        texts.select(*key, "fingerprint", here)
        .join(held, key, "full")
        .agg(
            F.count_if(F.col("_here").isNotNull() & ~same).alias("stale"),
            F.count_if(F.col("_here").isNull()).alias("gone"),
        )
        .collect()[0]
    )
    count = int(counted["stale"])
    if count:
        stale = texts.join(held, key, "left").where(~same)
        tasks = model_tasks(count, _ROWS_A_TASK, cores_of(warehouse.spark))
        embedder = _Embedder(
            settings.embedder, model, settings.max_tokens, folder, arrow_schema(_SCHEMA)
        )
        read = ("kind", "id", "fingerprint", "text")
        fresh = warehouse.stage(
            "embeddings",
            stale.select(*read).repartition(tasks, "id").mapInArrow(embedder, _SCHEMA),
        )
        warehouse.merge("embeddings", fresh, changed=["fingerprint", "model"])
        warehouse.unstage("embeddings")
    if counted["gone"]:
        warehouse.delete_keys("embeddings", held.join(texts, key, "left_anti").select(*key))
    return count
