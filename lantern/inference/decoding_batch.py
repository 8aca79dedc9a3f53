"""One batch of answers while they are written: rows, their waiting tokens, and the shared cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from lantern.inference.row_cache import Places, row_cache

if TYPE_CHECKING:
    from lantern.inference.generate import GenerationRequest
    from lantern.inference.grammar import GrammarCompiler

_KEPT_SHARE = 0.75
"""The cache is rebuilt without finished rows when fewer than this share of its rows go on."""

_PADDED_SHARE = 0.3
"""Of what a pass reads; with lantern-base on a CPU, 0 and 0.7 took more time than 0.3 and 0.5."""


@dataclass(slots=True)
class Row:
    """One answer.

    Attributes:
        number: of the request.
        request: the request.
        matcher: of its grammar, or None.
        waiting: tokens that the model has not read yet.
        read: tokens that it has: the position of the next one.
        answer: ids so far.
        forced: of them without a choice.
        finished: whether it ended by itself.
        error: why there is no answer.
    """

    number: int
    request: GenerationRequest
    matcher: Any
    waiting: list[int] = field(default_factory=list)
    read: int = 0
    answer: list[int] = field(default_factory=list)
    forced: int = 0
    finished: bool = False
    error: str | None = None

    @property
    def draws(self) -> bool:
        """Whether the next choice is drawn."""
        most = self.request.drawn_choices
        return most is None or len(self.answer) - self.forced < most

    @property
    def done(self) -> bool:
        full = len(self.answer) >= self.request.max_tokens
        return full or self.finished or self.error is not None


class DecodingBatch:
    """Writes the answers of some rows together.

    Args:
        model: in evaluation mode.
        rows: neighbours share the beginnings of their prompts.
        ends: tokens that end an answer.
        grammars: of the model's tokenizer.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        rows: Sequence[Row],
        ends: frozenset[int],
        grammars: GrammarCompiler,
    ) -> None:
        self._model, self._rows, self._ends, self._grammars = model, list(rows), ends, grammars
        self._device = model.device
        self._places = Places()
        self._cache = row_cache(self._places)
        self._dice = {
            row.number: torch.Generator().manual_seed(row.request.seed)
            for row in rows
            if row.request.temperature > 0
        }
        self.passes = 0
        self.computed_tokens = 0

    @torch.inference_mode()
    def run(self) -> None:
        """Write until every row is done."""
        self._read_shared_beginnings()
        for row in self._rows:
            if row.matcher is not None:
                self._take(row, self._grammars.opening(row.matcher), forced=True)
        while True:
            self._drop_done()
            if not self._rows:
                return
            width = pass_width([len(row.waiting) for row in self._rows])
            logits = self._pass([row.waiting[:width] for row in self._rows])
            for row in self._rows:
                row.read += min(width, len(row.waiting))
                del row.waiting[:width]
            self._choose(logits)

    def _read_shared_beginnings(self) -> None:
        """Read each distinct beginning once, and give every row its columns of the cache."""
        beginnings: list[list[int]] = []
        index: list[int] = []
        for row in self._rows:
            ids, shared = row.request.prompt.ids, row.request.prompt.shared
            beginning = ids[: min(shared, len(ids) - 1)]
            if not beginnings or beginnings[-1] != beginning:
                beginnings.append(beginning)
            index.append(len(beginnings) - 1)
            row.waiting = ids[len(beginning) :]
        if len(beginnings) == len(self._rows) or not all(beginnings):
            for row in self._rows:
                row.waiting = list(row.request.prompt.ids)
            return
        self._pass(beginnings, starts=[0] * len(beginnings))
        for row, which in zip(self._rows, index, strict=True):
            row.read = len(beginnings[which])
        self._keep(index)

    def _pass(self, waiting: Sequence[list[int]], starts: list[int] | None = None) -> Tensor:
        """One forward pass over waiting tokens, flush right; returns the last ones' logits."""
        starts = starts or [row.read for row in self._rows]
        width = max(len(ids) for ids in waiting)
        tokens = torch.zeros(len(waiting), width, dtype=torch.long)
        positions = torch.full_like(tokens, -1)
        for number, (ids, start) in enumerate(zip(waiting, starts, strict=True)):
            if ids:
                tokens[number, -len(ids) :] = torch.tensor(ids)
                positions[number, -len(ids) :] = torch.arange(start, start + len(ids))
        self._places.move(positions, self._device)
        output = self._model(
            input_ids=tokens.to(self._device),
            attention_mask=self._places.masks(self._model.config, self._model.dtype),
            position_ids=self._places.positions.clamp_min(0),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self.passes += 1
        self.computed_tokens += tokens.numel()
        logits: Tensor = output.logits[:, -1].float()
        return logits

    def _choose(self, logits: Tensor) -> None:
        """The next token of every row that waits for one, and what its grammar then forces."""
        going = [n for n, row in enumerate(self._rows) if not (row.done or row.waiting)]
        if not going:
            return
        rows, logits = [self._rows[number] for number in going], logits[going]
        broken = torch.isnan(logits).any(dim=1).tolist()
        matchers = [row.matcher for row in rows]
        if any(matcher is not None for matcher in matchers):
            allowed = torch.from_numpy(self._grammars.masks(matchers)).to(logits.device)
            logits = logits.masked_fill(~allowed, float("-inf"))
        likeliest = logits.argmax(dim=1).tolist()
        for number, row in enumerate(rows):
            if broken[number]:
                row.error = "the model gave a value that is not a number"
                continue
            token = likeliest[number]
            if row.number in self._dice and row.draws:
                scaled = logits[number].cpu() / row.request.temperature
                drawn = torch.multinomial(scaled.softmax(0), 1, generator=self._dice[row.number])
                token = int(drawn)
            self._take(row, [token], forced=False)
            if row.matcher is not None and not row.done:
                self._take(row, self._grammars.advance(row.matcher, token), forced=True)

    def _take(self, row: Row, tokens: Sequence[int], *, forced: bool) -> None:
        room = row.request.max_tokens - len(row.answer)
        for token in tokens[:room]:
            row.answer.append(token)
            row.waiting.append(token)
            row.forced += forced
            if token in self._ends:
                row.finished = True
                return
        if len(tokens) <= room and row.matcher is not None and row.matcher.is_stopped():
            row.finished = True

    def _drop_done(self) -> None:
        """Rebuild the cache without finished rows, once enough of them have piled up.

        Until then they stay in it and wait for nothing; their new columns are masked.
        """
        going = [number for number, row in enumerate(self._rows) if not row.done]
        for row in self._rows:
            if row.done:
                row.waiting = []
        if len(going) >= _KEPT_SHARE * len(self._rows) and going:
            return
        self._rows = [self._rows[number] for number in going]
        if going:
            self._keep(going)

    def _keep(self, index: list[int]) -> None:
        """Rows of the cache by number, one as often as it is named."""
        self._cache.batch_select_indices(torch.tensor(index, device=self._device))


def pass_width(waiting: Sequence[int]) -> int:
    """How many tokens of each row the next pass reads, by how many wait in each.

    The widest pass of which padding is no more than :data:`_PADDED_SHARE`; who waits with more goes
    on in the pass after it.
    """
    lengths = sorted(length for length in waiting if length)
    for width in reversed(lengths):
        filled = sum(min(length, width) for length in lengths)
        if filled >= (1 - _PADDED_SHARE) * width * len(lengths):
            return width
    raise ValueError("no row waits for anything")
