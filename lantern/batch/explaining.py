"""Run a decoder over pairs in Spark's workers: explanations of a class, and D_t with its signal."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lantern.batch.changes import INPUTS, PAIR
from lantern.batch.models import ShippedFolder, loaded_once, worker_device
from lantern.batch.rubric import requirements_of, verdict_rows
from lantern.batch.schemas import arrow_schema
from lantern.config import GenerationSettings
from lantern.errors import ModelError
from lantern.fit import FitLevel
from lantern.tables.catalog import VERDICT

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from lantern.inference.explain import Explained, Explainer

_KEYS: Final = ", ".join(f"{name} string" for name in (*PAIR, *INPUTS))
EXPLAINED_SCHEMA: Final = (
    f"{_KEYS}, level string, verdicts array<{VERDICT}>, explanation string,"
    " tokens int, profile_tokens_cut int, error string"
)
SYNTHESIZED_SCHEMA: Final = (
    f"{EXPLAINED_SCHEMA}, token_ids array<int>, top_k int, top_ids array<int>,"
    " top_logprobs array<smallint>, tail_logprobs array<smallint>, captured_mass double"
)
# Rows that a worker holds and plans together; rows of one member stay neighbours.
_CHUNK_ROWS: Final = 1024

Row = dict[str, Any]


def with_prompt_texts(
    pairs: DataFrame,
    members: DataFrame,
    postings: DataFrame,
    requirements: DataFrame,
    *,
    partitions: int,
) -> DataFrame:
    """Join to pairs what a decoder reads; members stay together, the order is fixed."""
    return (
        pairs.join(members.select("member_id", "text", "model_text"), "member_id")
        .join(postings.select("posting_id", "title"), "posting_id")
        .join(requirements.select("posting_id", "requirements"), "posting_id")
        .repartition(partitions, "member_id")
        .sortWithinPartitions(*PAIR)
    )


@dataclass(frozen=True, slots=True)
class PairExplainer:
    """A ``mapInArrow`` function: texts of pairs in, explanations out.

    A column ``level`` is the class that an explanation must have; where it is null the decoder
    chooses.

    Attributes:
        model: the decoder's folder as workers find it, or its name on the hub.
        settings: the section ``generation``.
        top_k: log-probabilities to keep at each token; 0: none, and the columns of
            :data:`EXPLAINED_SCHEMA` alone.
        class_temperature: at which a class that the decoder chooses is drawn; a pair's draw
            depends on its ids alone.
    """

    model: ShippedFolder | str
    settings: GenerationSettings
    top_k: int = 0
    class_temperature: float = 0.0

    @property
    def schema(self) -> str:
        """Of the result."""
        return SYNTHESIZED_SCHEMA if self.top_k else EXPLAINED_SCHEMA

    def over(self, pairs: DataFrame) -> DataFrame:
        """The explanations of pairs from :func:`with_prompt_texts`."""
        run, arrow = self._run, arrow_schema(self.schema)

        def explain(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            import pyarrow

            for rows in _chunks(batches):
                yield pyarrow.RecordBatch.from_pylist(run(rows), schema=arrow)

        return pairs.mapInArrow(explain, self.schema)

    def _run(self, rows: Sequence[Row]) -> list[Row]:
        from lantern.inference.explain import PairToExplain

        explainer = loaded_once((self.model, self.settings, self.class_temperature), self._load)
        pairs = [
            PairToExplain(
                title=row["title"],
                requirements=tuple(requirements_of(row)),
                profile=row["model_text"],
                quotable=row["text"],
                level=FitLevel.from_label(row["level"]) if row.get("level") else None,
                seed=zlib.crc32("|".join(row[key] for key in PAIR).encode()),
            )
            for row in rows
        ]
        answers = explainer.explain(pairs)
        results = [_result(row, answer) for row, answer in zip(rows, answers, strict=True)]
        if self.top_k:
            _add_signals(explainer, answers, results, self.top_k)
        return results

    def _load(self) -> Explainer:
        from lantern.inference.explain import Explainer, load_explainer
        from lantern.inference.prompt_ids import PromptEncoder

        settings = self.settings
        folder = str(self.model.resolve()) if isinstance(self.model, ShippedFolder) else self.model
        if settings.engine == "transformers":
            return load_explainer(
                folder,
                max_tokens=settings.answer_tokens,
                context=settings.context,
                cache_tokens=settings.cache_tokens,
                grounded=settings.grounded,
                class_temperature=self.class_temperature,
                dtype=settings.dtype,
                device=worker_device(),
            )
        if self.top_k:
            raise ModelError(
                "synthesize needs the teacher's logits: set generation.engine to "
                "transformers for it"
            )
        from lantern.inference.phrases import load_phrases
        from lantern.inference.vllm_engine import VllmEngine

        engine = VllmEngine(folder, context=settings.context, dtype=settings.dtype)
        encoder = PromptEncoder(engine.tokenizer, engine.context, engine.name)
        phrases = load_phrases(folder)
        return Explainer(
            engine, encoder, settings.answer_tokens, settings.grounded, phrases=phrases
        )


def _chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[list[Row]]:
    waiting: list[Row] = []
    for batch in batches:
        waiting += batch.to_pylist()
        while len(waiting) >= _CHUNK_ROWS:
            yield waiting[:_CHUNK_ROWS]
            waiting = waiting[_CHUNK_ROWS:]
    if waiting:
        yield waiting


def _result(row: Row, answer: Explained) -> Row:
    found = answer.assessment
    return {
        **{name: row[name] for name in (*PAIR, *INPUTS)},
        "level": found.level.label if found else None,
        "verdicts": verdict_rows(found) if found else None,
        "explanation": answer.text if found else None,
        "tokens": len(answer.ids),
        "profile_tokens_cut": answer.prompt.profile_tokens_cut if answer.prompt else 0,
        "error": answer.error,
    }


def _add_signals(
    explainer: Explainer, answers: Sequence[Explained], results: list[Row], k: int
) -> None:
    """The teacher's top-k log-probabilities at each token of the answers that can be used."""
    from lantern.distill.topk_cache import encode_topk
    from lantern.inference.answer_logits import answer_logits
    from lantern.inference.generate import GenerationEngine

    engine = explainer.engine
    if not isinstance(engine, GenerationEngine):
        raise ModelError("log-probabilities need the transformers engine")
    causal, tokenizer = engine.causal, explainer.encoder.tokenizer
    vocabulary = max(tokenizer.get_vocab().values()) + 1
    end = tokenizer.eos_token_id
    rows: list[tuple[list[int], list[int]]] = []
    places: list[int] = []
    for place, answer in enumerate(answers):
        if answer.assessment is None or answer.prompt is None:
            continue
        ids = list(answer.ids)
        rows.append((answer.prompt.ids, ids if ids[-1] == end else [*ids, end]))
        places.append(place)
    for row, logits in answer_logits(causal, rows, vocabulary=vocabulary):
        kept = encode_topk(logits, k)
        results[places[row]] |= {
            "token_ids": rows[row][1],
            "top_k": k,
            "top_ids": kept.ids.tolist(),
            "top_logprobs": kept.log_probs.tolist(),
            "tail_logprobs": kept.tail.tolist(),
            "captured_mass": kept.captured_mass,
        }
