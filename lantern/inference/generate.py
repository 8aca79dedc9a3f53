"""Batched generation with any causal model, free or under a grammar.

Rows of a batch advance at their own pace: a grammar often forces several tokens at once (a
requirement's text is copied, not chosen), and a row's waiting tokens are read several a pass. So
every row fills columns of its own in the key-value cache, and positions are given explicitly. What
all jobs of a member share at the beginning of their prompts is read once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from lantern.errors import ModelError
from lantern.inference.causal_models import CausalModel, end_tokens
from lantern.inference.decoding_batch import DecodingBatch, Row
from lantern.inference.device import pick_device, pick_dtype
from lantern.inference.grammar import GrammarCompiler
from lantern.inference.memory import is_out_of_memory, release_memory
from lantern.inference.prompt_ids import PromptIds


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What is asked of a decoder.

    Attributes:
        prompt: its token ids.
        max_tokens: of the answer; prompt and answer must fit the model's context.
        grammar: in llguidance's dialect of Lark; None: free decoding.
        temperature: 0: the likeliest token always.
        drawn_choices: only so many choices are drawn at that temperature, the others are the
            likeliest; None: all are drawn. What a grammar forces is no choice.
        seed: of this request's sampling; equal requests with equal seeds get equal answers.
    """

    prompt: PromptIds
    max_tokens: int
    grammar: str | None = None
    temperature: float = 0.0
    drawn_choices: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Generated:
    """An answer, or why there is none.

    Attributes:
        text: without the end token; empty if there is an error.
        ids: of the answer, the end token included where it was written.
        finished: whether it ended by itself and not at ``max_tokens``.
        forced: how many of the ids the grammar left no choice about.
        error: why the request has no answer, or None.
    """

    text: str
    ids: tuple[int, ...]
    finished: bool
    forced: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class GenerationCost:
    """What a call to :meth:`GenerationEngine.generate` took.

    Attributes:
        seconds: wall time, of it ``grammar_seconds`` for grammars.
        passes: forward passes of the model.
        computed_tokens: that the passes read, padding included.
        prompt_tokens: of all requests.
        answer_tokens: of all answers.
    """

    seconds: float
    grammar_seconds: float
    passes: int
    computed_tokens: int
    prompt_tokens: int
    answer_tokens: int


class GenerationEngine:
    """Generates answers in batches.

    Args:
        causal: the model; it is moved to the device and dtype.
        cache_tokens: most rows x (prompt + answer) of a batch: what bounds the memory.
        max_rows: most rows of a batch.
        dtype: ``auto``, ``float32`` or ``bfloat16``.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` ...
    """

    def __init__(
        self,
        causal: CausalModel,
        *,
        cache_tokens: int = 32_768,
        max_rows: int = 64,
        dtype: str = "auto",
        device: str = "auto",
    ) -> None:
        self.causal = causal
        self.device = pick_device(device)
        self._model = causal.model.to(self.device, pick_dtype(dtype, self.device)).eval()
        self._cache_tokens, self._max_rows = cache_tokens, max_rows
        self._ends = frozenset(end_tokens(causal.model, causal.tokenizer))
        head: Any = causal.model.get_output_embeddings()
        self._grammars = GrammarCompiler(causal.tokenizer, int(head.weight.shape[0]))

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generated]:
        """Answers in the order of the requests; a request that fails says so, the others go on."""
        return self.generate_measured(requests)[0]

    def generate_measured(
        self, requests: Sequence[GenerationRequest]
    ) -> tuple[list[Generated], GenerationCost]:
        """Answers, and what they took."""
        started = time.perf_counter()
        grammar_before = self._grammars.seconds
        answers: dict[int, Generated] = {}
        rows: list[Row] = []
        for number, request in enumerate(requests):
            try:
                rows.append(self._row(number, request))
            except ModelError as error:
                answers[number] = Generated("", (), False, 0, str(error))
        work = {"passes": 0, "tokens": 0}
        for batch in self._batches(rows):
            self._run(batch, answers, work)
        return [answers[number] for number in range(len(requests))], GenerationCost(
            seconds=time.perf_counter() - started,
            grammar_seconds=self._grammars.seconds - grammar_before,
            passes=work["passes"],
            computed_tokens=work["tokens"],
            prompt_tokens=sum(len(request.prompt.ids) for request in requests),
            answer_tokens=sum(len(answer.ids) for answer in answers.values()),
        )

    def _row(self, number: int, request: GenerationRequest) -> Row:
        ids, most = request.prompt.ids, request.max_tokens
        if not ids or most < 1:
            raise ModelError("a request needs a prompt and room for an answer")
        if len(ids) + most > self.causal.context:
            raise ModelError(
                f"a prompt of {len(ids)} tokens and an answer of {most} do not fit the context of "
                f"{self.causal.name!r}, {self.causal.context} tokens"
            )
        matcher = None if request.grammar is None else self._grammars.matcher(request.grammar)
        return Row(number, request, matcher)

    def _batches(self, rows: Sequence[Row]) -> Iterator[list[Row]]:
        """Rows of like length together, and those with the same beginning side by side."""

        def order(row: Row) -> tuple[int, list[int], list[int], int]:
            prompt = row.request.prompt
            return (-prompt.shared, prompt.ids[: prompt.shared], prompt.ids, row.number)

        batch: list[Row] = []
        longest = 0
        for row in sorted(rows, key=order):
            size = len(row.request.prompt.ids) + row.request.max_tokens
            longest = max(longest, size)
            full = (len(batch) + 1) * longest > self._cache_tokens or len(batch) == self._max_rows
            if batch and full:
                yield batch
                batch, longest = [], size
            batch.append(row)
        if batch:
            yield batch

    def _run(self, rows: list[Row], answers: dict[int, Generated], work: dict[str, int]) -> None:
        """Answer a batch; halve it when memory runs out, down to the row that does not fit."""
        batch = DecodingBatch(self._model, rows, self._ends, self._grammars)
        try:
            batch.run()
        except torch.AcceleratorError:
            raise  # the device itself is lost: every later batch would fail as well
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if len(rows) == 1:
                answers[rows[0].number] = Generated(
                    "", (), False, 0, "out of memory for this pair alone"
                )
                return
        else:
            work["passes"] += batch.passes
            work["tokens"] += batch.computed_tokens
            for row in rows:
                answers[row.number] = self._answer(row)
            return
        # Outside the except block: the error's traceback holds the tensors of the failed batch.
        del batch
        release_memory(self.device)
        again = [self._row(row.number, row.request) for row in rows]
        half = len(again) // 2
        self._run(again[:half], answers, work)
        self._run(again[half:], answers, work)

    def _answer(self, row: Row) -> Generated:
        if row.error is not None:
            return Generated("", (), False, 0, row.error)
        words = [token for token in row.answer if token not in self._ends]
        text = str(self.causal.tokenizer.decode(words, clean_up_tokenization_spaces=False))
        return Generated(text, tuple(row.answer), row.finished, row.forced)
