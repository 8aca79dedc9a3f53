"""The class probabilities of an explanation model: D_cls costs a prompt, not an explanation.

Every answer begins "You are a [CLASS] fit for this job.". That line is forced up to the class
word, and the probabilities of the three words are read off: the sum of the log-probabilities of a
word's tokens, normalised over the three. Nothing is generated. What all jobs of a member share at
the beginning of their prompts is read once.

A model whose examples were drawn with rare levels more often calls those levels more often than
they occur. Its probabilities times the levels' odds, normalised again, are those of pairs as they
occur (Saerens, Latinne and Decaestecker, Neural Computation 14, 2002).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lantern.errors import ModelError
from lantern.fit import FitLevel, Requirement, class_line
from lantern.inference.batches import plan_batches
from lantern.inference.causal_models import CausalModel, load_causal_model
from lantern.inference.device import pick_device, pick_dtype
from lantern.inference.memory import is_out_of_memory, release_memory
from lantern.inference.prompt_ids import PromptEncoder

_AFTER = "\nRequirements:"  # so that the line's end is cut into tokens as in a whole answer


@dataclass(frozen=True, slots=True)
class PairToClassify:
    """A pair as the explanation model reads it: title and requirements, and the model's profile."""

    title: str
    requirements: tuple[Requirement, ...]
    profile: str


@dataclass(frozen=True, slots=True)
class ClassProbabilities:
    """The answer to a pair.

    Attributes:
        probabilities: of Low, Medium and High; None if there is an error.
        tokens: of the prompt.
        profile_tokens_cut: tokens of the profile that did not fit.
        error: why there are none, without any text of the pair.
    """

    probabilities: tuple[float, float, float] | None
    tokens: int = 0
    profile_tokens_cut: int = 0
    error: str | None = None


class ClassWords(NamedTuple):
    """The tokens of the class line.

    Attributes:
        before: that all classes share.
        choices: of each class's word, in the order of the levels.
    """

    before: list[int]
    choices: list[list[int]]


class _Row(NamedTuple):
    """One pass over a pair: ``shared`` and ``rest`` are read, the last places tell of the word."""

    pair: int
    shared: tuple[int, ...]
    rest: list[int]
    word: list[int]


def class_words(encoder: PromptEncoder) -> ClassWords:
    """The tokens that tell the classes apart, under a model's tokenizer.

    Raises:
        ModelError: if two class lines are the same tokens.
    """
    lines = [encoder.data_ids(class_line(level) + _AFTER) for level in FitLevel]
    before = _common_start(lines)
    ends = [line[len(before) :] for line in lines]
    after = _common_start([end[::-1] for end in ends])
    choices = [end[: len(end) - len(after)] for end in ends]
    if not all(choices):
        raise ModelError(f"the tokenizer of {encoder.name!r} does not tell the class words apart")
    return ClassWords(before, choices)


class ClassReader:
    """Reads class probabilities off one decoder.

    Args:
        causal: the explanation model; it is moved to the device and dtype.
        context: most tokens of a prompt with the class line; None: the model's.
        batch_tokens: most padded tokens of a pass.
        odds: how many times as often each level occurs as in the examples that the model learned
            from, in the order of the levels; only their ratios count.
        dtype: ``auto``, ``float32`` or ``bfloat16``.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` ...

    Raises:
        ModelError: if the tokenizer does not tell the classes apart.
    """

    def __init__(
        self,
        causal: CausalModel,
        *,
        context: int | None = None,
        batch_tokens: int = 8192,
        odds: Sequence[float] = (1.0, 1.0, 1.0),
        dtype: str = "auto",
        device: str = "auto",
    ) -> None:
        self.device = pick_device(device)
        model: Any = causal.model.to(pick_dtype(dtype, self.device)).to(self.device).eval()
        self._model = model
        self._batch_tokens = batch_tokens
        self._log_odds = torch.tensor([math.log(value) for value in odds], dtype=torch.float64)
        bound = min(context or causal.context, causal.context)
        self._encoder = PromptEncoder(causal.tokenizer, bound, causal.name)
        self._words = class_words(self._encoder)
        self._vocabulary = max(causal.tokenizer.get_vocab().values()) + 1

    @classmethod
    def load(
        cls,
        name: str | Path,
        *,
        context: int | None = None,
        batch_tokens: int = 8192,
        odds: Sequence[float] = (1.0, 1.0, 1.0),
        dtype: str = "auto",
        device: str = "auto",
    ) -> ClassReader:
        """A reader of a decoder's folder or name; raises ModelError if it cannot be loaded."""
        return cls(
            load_causal_model(str(name)),
            context=context,
            batch_tokens=batch_tokens,
            odds=odds,
            dtype=dtype,
            device=device,
        )

    def read(self, pairs: Sequence[PairToClassify]) -> list[ClassProbabilities]:
        """Probabilities in the order of the pairs; one that fails says so, the others go on."""
        answers: list[ClassProbabilities | None] = [None] * len(pairs)
        rows: list[_Row] = []
        cuts: dict[int, tuple[int, int]] = {}
        line = len(self._words.before) + max(map(len, self._words.choices))
        for number, pair in enumerate(pairs):
            try:
                prompt = self._encoder.encode(
                    title=pair.title,
                    requirements=pair.requirements,
                    profile=pair.profile,
                    answer_tokens=line,
                )
            except ModelError as error:
                answers[number] = ClassProbabilities(None, error=str(error))
                continue
            cuts[number] = (len(prompt.ids), prompt.profile_tokens_cut)
            shared, rest = tuple(prompt.ids[: prompt.shared]), prompt.ids[prompt.shared :]
            rows += [
                _Row(number, shared, [*rest, *self._words.before, *stub], stub)
                for stub in _longest_stubs(self._words.choices)
            ]
        scores = torch.full((len(pairs), len(FitLevel)), torch.nan, dtype=torch.float64)
        failed: dict[int, str] = {}
        for group in _groups(rows):
            self._read_group(group, scores, failed)
        for number, (tokens, cut) in cuts.items():
            weighed = scores[number] + self._log_odds
            answers[number] = _answer(weighed, tokens, cut, failed.get(number))
        return [answer for answer in answers if answer is not None]

    def _read_group(self, rows: list[_Row], scores: Tensor, failed: dict[int, str]) -> None:
        """Fill the scores of rows with one shared beginning, or of rows that share none."""
        shared = rows[0].shared if len(rows) > 1 and rows[0].shared == rows[-1].shared else ()
        whole = [row.rest if shared else [*row.shared, *row.rest] for row in rows]
        for batch in plan_batches([len(ids) + len(shared) for ids in whole], self._batch_tokens):
            places = batch.tolist()
            self._read_batch(
                [rows[place] for place in places],
                [whole[place] for place in places],
                shared,
                scores,
                failed,
            )

    def _read_batch(
        self,
        rows: list[_Row],
        whole: list[list[int]],
        shared: tuple[int, ...],
        scores: Tensor,
        failed: dict[int, str],
    ) -> None:
        """Fill the batch's scores; halve it when the memory does not do, down to one row."""
        try:
            found = self._forward(rows, whole, shared)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if len(rows) == 1:
                failed[rows[0].pair] = "out of memory for this pair alone"
                return
        else:
            for row, values in zip(rows, found, strict=True):
                for level, value in values.items():
                    scores[row.pair, level] = value
            return
        release_memory(self.device)
        half = len(rows) // 2
        self._read_batch(rows[:half], whole[:half], shared, scores, failed)
        self._read_batch(rows[half:], whole[half:], shared, scores, failed)

    @torch.inference_mode()
    def _forward(
        self, rows: list[_Row], whole: list[list[int]], shared: tuple[int, ...]
    ) -> list[dict[int, float]]:
        """Log-probabilities of the words that each row tells of, by level."""
        decoder, head = self._model.get_decoder(), self._model.get_output_embeddings()
        width = max(map(len, whole))
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        mask = torch.zeros(len(rows), len(shared) + width, dtype=torch.long)
        for place, row in enumerate(whole):
            ids[place, : len(row)] = torch.tensor(row)
            mask[place, : len(shared) + len(row)] = 1
        past: dict[str, Any] = {}
        if shared:
            first = decoder(input_ids=torch.tensor([shared], device=self.device), use_cache=True)
            first.past_key_values.batch_repeat_interleave(len(rows))
            past = {"past_key_values": first.past_key_values}
        states = decoder(
            input_ids=ids.to(self.device),
            attention_mask=mask.to(self.device),
            use_cache=bool(past),
            **past,
        ).last_hidden_state
        found = []
        for place, (of_row, tokens) in enumerate(zip(rows, whole, strict=True)):
            first_place = len(tokens) - len(of_row.word) - 1
            logits = head(states[place, first_place : len(tokens)])[:, : self._vocabulary]
            scores = logits.double().log_softmax(dim=-1)
            found.append(
                {
                    level: float(sum(scores[at, token] for at, token in enumerate(word)))
                    for level, word in enumerate(self._words.choices)
                    if of_row.word[: len(word) - 1] == word[:-1]
                }
            )
        return found


def _common_start(rows: Sequence[list[int]]) -> list[int]:
    start: list[int] = []
    for tokens in zip(*rows, strict=False):
        if len(set(tokens)) > 1:
            break
        start.append(tokens[0])
    return start


def _longest_stubs(choices: Sequence[list[int]]) -> list[list[int]]:
    """The words without their last tokens, those that begin another one left out."""
    stubs = {tuple(word[:-1]) for word in choices}
    return [
        list(stub)
        for stub in sorted(stubs)
        if not any(other != stub and other[: len(stub)] == stub for other in stubs)
    ]


def _groups(rows: list[_Row]) -> list[list[_Row]]:
    """Rows with one and the same beginning together; all others in one group."""
    by_beginning: defaultdict[tuple[int, ...], list[_Row]] = defaultdict(list)
    for row in rows:
        by_beginning[row.shared].append(row)
    together = [group for group in by_beginning.values() if len(group) > 1]
    alone = [row for group in by_beginning.values() if len(group) == 1 for row in group]
    return [*together, *([alone] if alone else [])]


def _answer(scores: Tensor, tokens: int, cut: int, failure: str | None) -> ClassProbabilities:
    if failure is None and not bool(torch.isfinite(scores).all()):
        failure = "the model gave a value that is not a number"
    if failure is not None:
        return ClassProbabilities(None, tokens, cut, failure)
    low, medium, high = scores.softmax(dim=-1).tolist()
    return ClassProbabilities((low, medium, high), tokens, cut)
