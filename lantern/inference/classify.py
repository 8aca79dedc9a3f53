"""The classification engine: pairs of texts in, probabilities out.

The answer to a pair depends on the set of pairs that are handed over together, never on their
order or on how often one is repeated: equal pairs are scored once, and the batches are planned from
lengths and texts alone. So the same pairs give the same bits.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch

from lantern.errors import ModelError
from lantern.fit import LEVEL_LABELS
from lantern.inference.batches import IndexArray, padded_tokens, plan_batches
from lantern.inference.device import pick_device, pick_dtype
from lantern.inference.encoder import FitClassifier
from lantern.inference.memory import is_out_of_memory, release_memory
from lantern.inference.pair_input import Pair, PairEncoder, PairInput, collate

Probabilities = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int32]
_Number = TypeVar("_Number", np.float32, np.int32)


@dataclass(frozen=True, slots=True)
class ScoredBatch:
    """The answer to a list of pairs, in its order.

    Attributes:
        probabilities: ``[pairs, 3]``, Low, Medium, High; nan where the pair is in ``errors``.
        tokens: of each pair's input, after cutting.
        tokens_cut: of each pair's profile that did not fit.
        requirement_tokens_cut: of each pair's requirements that did not fit.
        padded_tokens: that the model computed in all, padding included.
        computed_tokens: real tokens among them; equal pairs count once.
        errors: reason by the pair's position, for the pairs that have no score.
        seconds: wall time of ``tokenise``, ``plan`` and ``model``.
    """

    probabilities: Probabilities
    tokens: Counts
    tokens_cut: Counts
    requirement_tokens_cut: Counts
    padded_tokens: int
    computed_tokens: int
    errors: dict[int, str]
    seconds: dict[str, float]


class ClassifierEngine:
    """Scores pairs with a classifier.

    Args:
        model: the classifier, with its tokenizer; it is moved to the device and dtype.
        batch_tokens: most padded tokens of a batch.
        max_tokens: longest input; None: what the classifier was trained for.
        dtype: ``auto``, ``float32`` or ``bfloat16``; auto: bfloat16 where the hardware has it.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` ...
    """

    def __init__(
        self,
        model: FitClassifier,
        *,
        batch_tokens: int = 4096,
        max_tokens: int | None = None,
        dtype: str = "auto",
        device: str = "auto",
    ) -> None:
        if batch_tokens < 1:
            raise ModelError(f"batch_tokens must be at least 1, got {batch_tokens}")
        self.device = pick_device(device)
        self.dtype = pick_dtype(dtype, self.device)
        self.batch_tokens = batch_tokens
        self.max_tokens = max_tokens or model.config.max_tokens
        if self.max_tokens > model.config.max_tokens:
            raise ModelError(
                f"the classifier was trained for {model.config.max_tokens} tokens, "
                f"max_tokens is {self.max_tokens}; lower it"
            )
        self._model = model.cast_encoder(self.dtype).to(self.device).eval()
        self._pairs = PairEncoder(model.tokenizer, model.config.template, self.max_tokens)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        *,
        batch_tokens: int = 4096,
        max_tokens: int | None = None,
        dtype: str = "auto",
        device: str = "auto",
    ) -> ClassifierEngine:
        """An engine for a saved classifier.

        Raises:
            ModelError: if the folder does not hold one.
        """
        model = FitClassifier.load(folder)
        return cls(
            model, batch_tokens=batch_tokens, max_tokens=max_tokens, dtype=dtype, device=device
        )

    @property
    def calibrated(self) -> bool:
        """Whether the probabilities are temperature-scaled."""
        return self._model.config.calibrated

    def score(self, pairs: Sequence[Pair]) -> ScoredBatch:
        """Probabilities of pairs ``(requirements, profile)``.

        A pair that cannot be scored is named in the answer's ``errors``; the others are scored.
        """
        started = time.perf_counter()
        distinct = sorted({pair for pair in pairs if _is_text(pair)})
        built = dict(zip(distinct, self._pairs.encode(distinct), strict=True))
        tokenised = time.perf_counter()

        usable = [pair for pair in distinct if isinstance(built[pair], PairInput)]
        inputs = [item for item in built.values() if isinstance(item, PairInput)]
        lengths = [len(item) for item in inputs]
        plan = plan_batches(lengths, self.batch_tokens)
        planned = time.perf_counter()

        table = np.full((len(inputs), len(LEVEL_LABELS)), np.nan, dtype=np.float32)
        failed: dict[int, str] = {}
        for batch in plan:
            self._score_batch(inputs, batch, table, failed)
        seconds = {
            "tokenise": tokenised - started,
            "plan": planned - tokenised,
            "model": time.perf_counter() - planned,
        }
        rows = {pair: row for row, pair in enumerate(usable)}
        errors: dict[int, str] = {}
        order = np.full(len(pairs), -1, dtype=np.intp)
        for position, pair in enumerate(pairs):
            if not _is_text(pair):
                errors[position] = "a text is missing"
            elif isinstance(reason := built[pair], str):
                errors[position] = reason
            else:
                order[position] = rows[pair]
                if rows[pair] in failed:
                    errors[position] = failed[rows[pair]]
        return ScoredBatch(
            probabilities=_restore(table, order, np.nan),
            tokens=_restore(_column(lengths), order, 0),
            tokens_cut=_restore(_column([i.tokens_cut for i in inputs]), order, 0),
            requirement_tokens_cut=_restore(
                _column([i.requirement_tokens_cut for i in inputs]), order, 0
            ),
            padded_tokens=padded_tokens(lengths, plan),
            computed_tokens=sum(lengths),
            errors=errors,
            seconds=seconds,
        )

    def _score_batch(
        self,
        inputs: Sequence[PairInput],
        batch: IndexArray,
        table: Probabilities,
        failed: dict[int, str],
    ) -> None:
        """Fill the batch's rows of ``table``; halve it when it fails, down to the row at fault."""
        try:
            table[batch] = self._forward([inputs[row] for row in batch])
        except torch.AcceleratorError:
            raise  # the device itself is lost: every later batch would fail as well
        except (RuntimeError, MemoryError, ValueError, IndexError) as error:
            out_of_memory = is_out_of_memory(error)
            if batch.size == 1:
                failed[int(batch[0])] = (
                    "out of memory for this pair alone"
                    if out_of_memory
                    else f"the model failed on this pair ({type(error).__name__})"
                )
                return
        else:
            for row in batch[~np.isfinite(table[batch]).all(axis=1)]:
                table[row] = np.nan
                failed[int(row)] = "the model gave a value that is not a number"
            return
        # Outside the except block: the error's traceback holds the tensors of the failed batch.
        if out_of_memory:
            release_memory(self.device)
        half = batch.size // 2
        self._score_batch(inputs, batch[:half], table, failed)
        self._score_batch(inputs, batch[half:], table, failed)

    @torch.inference_mode()
    def _forward(self, inputs: Sequence[PairInput]) -> Probabilities:
        batch = collate(inputs, self._model.config.template).to(self.device)
        logits = self._model.logits(batch) / (self._model.config.temperature or 1.0)
        probabilities: Probabilities = torch.softmax(logits, dim=-1).cpu().numpy()
        return probabilities


def _is_text(pair: Pair) -> bool:
    return isinstance(pair[0], str) and isinstance(pair[1], str)


def _column(values: Sequence[int]) -> Counts:
    return np.asarray(values, dtype=np.int32)


def _restore(rows: npt.NDArray[_Number], order: IndexArray, missing: float) -> npt.NDArray[_Number]:
    """``rows`` in the order of the request; ``missing`` where the order says -1."""
    restored = np.full((order.size, *rows.shape[1:]), missing, dtype=rows.dtype)
    restored[order >= 0] = rows[order[order >= 0]]
    return restored
