"""ROUGE of the answers that a decoder generates: what a checkpoint is chosen by.

The loss of the next token is low long before whole answers are right, so it is not the measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final, Protocol

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from lantern.distill.encoded_answers import EncodedAnswer, EncodedAnswers
from lantern.inference.causal_models import end_tokens

ROUGE: Final = ("rouge1", "rouge2", "rougeL")
SELECTED: Final = "rougeL"
_BATCH_ROWS = 8


class Generate(Protocol):
    """Writes an answer to each prompt.

    Args:
        prompts: ids of each prompt.
        answer_tokens: most tokens of an answer.

    Returns:
        The ids of each answer, end token included if one was written.
    """

    def __call__(
        self, model: PreTrainedModel, prompts: Sequence[Sequence[int]], answer_tokens: int
    ) -> list[list[int]]: ...


class GreedyGenerator:
    """The likeliest token at every step, by transformers' own ``generate``.

    Args:
        tokenizer: of the model.
        synced: all processes hold a part of the weights and must take equally many steps (ZeRO-3).
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, *, synced: bool = False) -> None:
        self._tokenizer, self._synced = tokenizer, synced

    @torch.no_grad()
    def __call__(
        self, model: PreTrainedModel, prompts: Sequence[Sequence[int]], answer_tokens: int
    ) -> list[list[int]]:
        return generated(
            model, self._tokenizer, prompts, answer_tokens, synced=self._synced, do_sample=False
        )


def generated(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    prompts: Sequence[Sequence[int]],
    answer_tokens: int,
    *,
    synced: bool,
    **how: Any,
) -> list[list[int]]:
    """Answers by transformers' ``generate``, of prompts padded on the left.

    Args:
        model: in evaluation mode.
        tokenizer: of the model.
        prompts: ids of each.
        answer_tokens: most tokens of an answer.
        synced: see :class:`GreedyGenerator`.
        how: to choose tokens; goes to ``generate``.
    """
    ends = end_tokens(model, tokenizer)
    width = max(len(prompt) for prompt in prompts)
    pad = int(tokenizer.pad_token_id)
    ids = torch.full((len(prompts), width), pad, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.as_tensor(list(prompt))
        mask[row, width - len(prompt) :] = 1
    written = model.generate(
        input_ids=ids.to(model.device),
        attention_mask=mask.to(model.device),
        max_new_tokens=answer_tokens,
        eos_token_id=list(ends),
        pad_token_id=pad,
        use_cache=True,
        synced_gpus=synced,
        **how,
    )
    return [_until_end(row, ends) for row in written[:, width:].tolist()]


def _until_end(ids: list[int], ends: Sequence[int]) -> list[int]:
    for place, token in enumerate(ids):
        if token in ends:
            return ids[: place + 1]
    return ids


class AnswerScorer:
    """Sums of ROUGE F-measures over a fixed choice of validation examples.

    Args:
        validation: the split.
        tokenizer: of the student.
        generate: writes the answers.
        answers: how many examples; they are spread evenly over the split.
        answer_tokens: most tokens of an answer.
    """

    def __init__(
        self,
        validation: EncodedAnswers,
        tokenizer: PreTrainedTokenizerFast,
        generate: Generate,
        *,
        answers: int,
        answer_tokens: int,
    ) -> None:
        self._tokenizer, self._generate = tokenizer, generate
        self._answer_tokens = answer_tokens
        # The longest first: what does not fit in memory fails at once, and batches pad little.
        self._chosen = sorted(validation.spread(answers), key=lambda example: -len(example.ids))

    def __len__(self) -> int:
        return len(self._chosen)

    def sums(self, model: PreTrainedModel, *, part: int = 0, parts: int = 1) -> list[float]:
        """ROUGE-1, -2 and -L summed over one of several parts of the choice, and their count."""
        examples = self._chosen[part::parts]
        totals = [0.0] * len(ROUGE)
        for start in range(0, len(examples), _BATCH_ROWS):
            batch = examples[start : start + _BATCH_ROWS]
            answers = self._generate(
                model, [example.prompt.tolist() for example in batch], self._answer_tokens
            )
            for example, answer in zip(batch, answers, strict=True):
                scores = self._rouge.score(self._reference(example), self._text(answer))
                totals = [t + scores[name].fmeasure for t, name in zip(totals, ROUGE, strict=True)]
        return [*totals, float(len(examples))]

    @cached_property
    def _rouge(self) -> Any:
        from rouge_score.rouge_scorer import RougeScorer

        return RougeScorer(list(ROUGE), use_stemmer=False)

    def _reference(self, example: EncodedAnswer) -> str:
        return self._text(example.answer.tolist())

    def _text(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))
