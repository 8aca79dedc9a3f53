"""The classification engine: pairs of texts in, probabilities out.

The answer to a pair depends on the set of pairs that are handed over together, never on their
order or on how often one is repeated: equal pairs are scored once, and the batches are planned from
lengths and texts alone. So the same pairs give the same bits.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from lantern.errors import ModelError
from lantern.fit import LEVEL_LABELS
from lantern.inference.batches import IndexArray, padded_tokens, plan_batches
from lantern.inference.device import pick_device, pick_dtype
from lantern.inference.encoder import FitClassifier
from lantern.inference.memory import is_out_of_memory, release_memory
from lantern.inference.pair_input import Pair, PairEncoder, PairInput, collate
from lantern.inference.scored_batch import Probabilities, ScoredBatch, column, is_text, restore


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
        distinct = sorted({pair for pair in pairs if is_text(pair)})
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
            if not is_text(pair):
                errors[position] = "a text is missing"
            elif isinstance(reason := built[pair], str):
                errors[position] = reason
            else:
                order[position] = rows[pair]
                if rows[pair] in failed:
                    errors[position] = failed[rows[pair]]
        return ScoredBatch(
            probabilities=restore(table, order, np.nan),
            tokens=restore(column(lengths), order, 0),
            tokens_cut=restore(column([i.tokens_cut for i in inputs]), order, 0),
            requirement_tokens_cut=restore(
                column([i.requirement_tokens_cut for i in inputs]), order, 0
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
