"""The engine of late-interaction classifiers: encode the distinct units, compare them pair by pair.

The answer to a pair does not depend on the other pairs of the call, nor on what was asked before:
on a CPU to the last bit. Units and pairs are padded to sizes of their own, see
:func:`lantern.inference.unit_input.padded_size`.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lantern.errors import ModelError
from lantern.fit import LEVEL_LABELS
from lantern.inference.device import pick_device, pick_dtype
from lantern.inference.interaction_head import ProjectedUnits
from lantern.inference.late_interaction import LateInteractionClassifier
from lantern.inference.memory import is_out_of_memory, release_memory
from lantern.inference.pair_input import Pair
from lantern.inference.scored_batch import Probabilities, ScoredBatch, column, is_text, restore
from lantern.inference.unit_input import SideTable, UnitTable, padded_size
from lantern.inference.unit_vectors import REMEMBERED, UnitEncoder, UnitVectors
from lantern.inference.units import split_profile, split_requirements

_BATCH_PAIRS = 256
_ROWS_STEP = 8
_PROJECTED_AT_ONCE = 4096


class PairTables(NamedTuple):
    """Pairs as positions in the tables of their two sides.

    Attributes:
        requirements, profiles: tables of the distinct texts.
        first, second: of each pair, its position in the two tables.
        errors: reason by pair, for pairs that cannot be scored.
        units: the table that numbers the units of both.
    """

    requirements: SideTable
    profiles: SideTable
    first: list[int]
    second: list[int]
    errors: dict[int, str]
    units: UnitTable


def tabulate(model: LateInteractionClassifier, pairs: Sequence[Pair]) -> PairTables:
    """Split, bound and number the texts of pairs; each distinct text once."""
    config = model.config
    units = UnitTable(model.tokenizer, config.template, config.unit_tokens)
    asked = {text: row for row, text in enumerate(dict.fromkeys(pair[0] for pair in pairs))}
    shown = {text: row for row, text in enumerate(dict.fromkeys(pair[1] for pair in pairs))}
    requirements, bad_requirements = units.add(
        [split_requirements(text) for text in asked], config.requirement_units
    )
    profiles, bad_profiles = units.add(
        [split_profile(text) for text in shown], config.profile_units
    )
    first = [asked[requirement] for requirement, _ in pairs]
    second = [shown[profile] for _, profile in pairs]
    errors: dict[int, str] = {}
    for position, (one, other) in enumerate(zip(first, second, strict=True)):
        reason = bad_requirements.get(one) or bad_profiles.get(other)
        if reason is None and requirements.sizes[one] + profiles.sizes[other] == 0:
            reason = "both texts are empty"
        if reason is not None:
            errors[position] = reason
    return PairTables(requirements, profiles, first, second, errors, units)


class LateInteractionEngine:
    """Scores pairs with a late-interaction classifier.

    Args:
        model: the classifier, with its tokenizer; it is moved to the device and dtype.
        batch_tokens: most padded tokens of a batch of units.
        dtype: ``auto``, ``float32`` or ``bfloat16``; auto: bfloat16 where the hardware has it.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` ...
        remembered: vectors of units that are kept from call to call.
    """

    def __init__(
        self,
        model: LateInteractionClassifier,
        *,
        batch_tokens: int = 4096,
        dtype: str = "auto",
        device: str = "auto",
        remembered: int = REMEMBERED,
    ) -> None:
        if batch_tokens < 1:
            raise ModelError(f"batch_tokens must be at least 1, got {batch_tokens}")
        self.device = pick_device(device)
        self.dtype = pick_dtype(dtype, self.device)
        self.batch_tokens = batch_tokens
        self._model = model.cast_encoder(self.dtype).to(self.device).eval()
        self._encoder = UnitEncoder(
            self._model, batch_tokens=batch_tokens, device=self.device, remembered=remembered
        )

    @classmethod
    def load(
        cls,
        folder: str | Path,
        *,
        batch_tokens: int = 4096,
        dtype: str = "auto",
        device: str = "auto",
    ) -> LateInteractionEngine:
        """An engine for a saved classifier.

        Raises:
            ModelError: if the folder does not hold one.
        """
        model = LateInteractionClassifier.load(folder)
        return cls(model, batch_tokens=batch_tokens, dtype=dtype, device=device)

    @property
    def calibrated(self) -> bool:
        """Whether the probabilities are temperature-scaled."""
        return self._model.config.calibrated

    def score(self, pairs: Sequence[Pair]) -> ScoredBatch:
        """Probabilities of pairs ``(requirements, profile)``.

        A pair that cannot be scored is named in the answer's ``errors``; the others are scored.
        ``tokens`` are those of a pair's units, ``padded_tokens`` and ``computed_tokens`` what the
        encoder ran over: each distinct unit once, and none that it remembers.
        """
        started = time.perf_counter()
        distinct = sorted({pair for pair in pairs if is_text(pair)})
        tables = tabulate(self._model, distinct)
        tokenised = time.perf_counter()
        vectors = self._encoder.encode(tables.units.inputs)
        failed = dict(tables.errors)
        _blame_pairs(tables, vectors, failed)
        table = np.full((len(distinct), len(LEVEL_LABELS)), np.nan, dtype=np.float32)
        self._compare(tables, vectors.table, table, failed)
        modelled = time.perf_counter()

        rows = {pair: row for row, pair in enumerate(distinct)}
        order = np.full(len(pairs), -1, dtype=np.intp)
        errors: dict[int, str] = {}
        for position, pair in enumerate(pairs):
            if not is_text(pair):
                errors[position] = "a text is missing"
                continue
            order[position] = rows[pair]
            if rows[pair] in failed:
                errors[position] = failed[rows[pair]]
        first, second = tables.requirements, tables.profiles
        both = list(zip(tables.first, tables.second, strict=True))
        return ScoredBatch(
            probabilities=restore(table, order, np.nan),
            tokens=restore(
                column([first.tokens[one] + second.tokens[other] for one, other in both]), order, 0
            ),
            tokens_cut=restore(column([second.tokens_cut[other] for _, other in both]), order, 0),
            requirement_tokens_cut=restore(
                column([first.tokens_cut[one] for one, _ in both]), order, 0
            ),
            padded_tokens=vectors.padded_tokens,
            computed_tokens=vectors.computed_tokens,
            errors=errors,
            seconds={
                "tokenise": tokenised - started,
                "plan": 0.0,
                "model": modelled - tokenised,
            },
        )

    @torch.inference_mode()
    def _compare(
        self,
        tables: PairTables,
        vectors: Tensor,
        table: Probabilities,
        failed: dict[int, str],
    ) -> None:
        units = self._project(vectors)
        sizes: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for row, (one, other) in enumerate(zip(tables.first, tables.second, strict=True)):
            if row not in failed:
                size = (
                    padded_size(tables.requirements.sizes[one]),
                    padded_size(tables.profiles.sizes[other]),
                )
                sizes[size].append(row)
        for size, rows in sorted(sizes.items(), reverse=True):
            for start in range(0, len(rows), _BATCH_PAIRS):
                batch = rows[start : start + _BATCH_PAIRS]
                self._compare_batch(units, tables, batch, size, table, failed)

    def _project(self, vectors: Tensor) -> ProjectedUnits:
        """In parts of one and the same size: rows of a product may depend on how many there are."""
        rows = -(-max(1, vectors.shape[0]) // _ROWS_STEP) * _ROWS_STEP
        filled = torch.nn.functional.pad(vectors, (0, 0, 0, rows - vectors.shape[0]))
        parts = [
            self._model.head.project(filled[start : start + _PROJECTED_AT_ONCE])
            for start in range(0, rows, _PROJECTED_AT_ONCE)
        ]
        return ProjectedUnits(*(torch.cat(columns) for columns in zip(*parts, strict=True)))

    def _compare_batch(
        self,
        units: ProjectedUnits,
        tables: PairTables,
        batch: list[int],
        size: tuple[int, int],
        table: Probabilities,
        failed: dict[int, str],
    ) -> None:
        """Fill the batch's rows of ``table``; halve it when it fails, down to the pair at fault."""
        try:
            table[batch] = self._forward(units, tables, batch, size)
        except torch.AcceleratorError:
            raise  # the device itself is lost: every later batch would fail as well
        except (RuntimeError, MemoryError) as error:
            out_of_memory = is_out_of_memory(error)
            if len(batch) == 1:
                failed[batch[0]] = (
                    "out of memory for this pair alone"
                    if out_of_memory
                    else f"the model failed on this pair ({type(error).__name__})"
                )
                return
        else:
            for row in batch:
                if not np.isfinite(table[row]).all():
                    table[row] = np.nan
                    failed[row] = "the model gave a value that is not a number"
            return
        if out_of_memory:
            release_memory(self.device)
        half = len(batch) // 2
        self._compare_batch(units, tables, batch[:half], size, table, failed)
        self._compare_batch(units, tables, batch[half:], size, table, failed)

    def _forward(
        self,
        units: ProjectedUnits,
        tables: PairTables,
        batch: list[int],
        size: tuple[int, int],
    ) -> Probabilities:
        # Filled up to whole steps of rows: a product of one row takes another kernel than of many.
        rows = batch + batch[:1] * (-len(batch) % _ROWS_STEP)
        first = tables.requirements.take([tables.first[row] for row in rows], size[0])
        second = tables.profiles.take([tables.second[row] for row in rows], size[1])
        logits = self._model.head(units, first.to(self.device), second.to(self.device))
        scaled = logits / (self._model.config.temperature or 1.0)
        probabilities: Probabilities = torch.softmax(scaled, dim=-1).cpu().numpy()
        return probabilities[: len(batch)]


def _blame_pairs(tables: PairTables, vectors: UnitVectors, failed: dict[int, str]) -> None:
    """Name the pairs whose units have no vector."""
    if not vectors.failed:
        return
    for row, (one, other) in enumerate(zip(tables.first, tables.second, strict=True)):
        requirements, profiles = tables.requirements, tables.profiles
        numbers = requirements.side.rows[one, : requirements.sizes[one]].tolist()
        numbers += profiles.side.rows[other, : profiles.sizes[other]].tolist()
        bad = next((number for number in numbers if number in vectors.failed), None)
        if bad is not None:
            failed.setdefault(row, vectors.failed[bad])
