"""On-policy distillation: the student answers, the live teacher scores its answers.

In a share of the steps the answers of the data are replaced by samples of the student at
temperature 1, and only ``l_kd`` is minimised on them (GKD, Agarwal et al. 2024): the student is
corrected where it really goes, not only along the teacher's own texts.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from lantern.distill.encoded_answers import EncodedAnswer, EncodedAnswers
from lantern.distill.generated_rouge import generated
from lantern.distill.packing import Batch, RowLayout
from lantern.distill.random_state import seeded

_LARGEST_SEED = 2**31


@dataclass(frozen=True, slots=True)
class StudentSampler:
    """Puts a student's own answers into batches.

    What it draws depends on the seed, the step, the micro-batch and the process alone, so a
    resumed run draws the same.

    Attributes:
        examples: the train split.
        tokenizer: of the student.
        layout: how rows are laid out.
        context: most tokens of prompt and answer.
        answer_tokens: most tokens of a sampled answer.
        share: of the steps.
        seed: of the choice of steps and of the samples.
        synced: see :class:`generated_rouge.GreedyGenerator`.
    """

    examples: EncodedAnswers
    tokenizer: PreTrainedTokenizerFast
    layout: RowLayout
    context: int
    answer_tokens: int
    share: float
    seed: int
    synced: bool = False

    def applies(self, step: int) -> bool:
        """Whether a step is on-policy; the same in all processes."""
        return random.Random(f"{self.seed}/{step}").random() < self.share  # noqa: S311

    @torch.no_grad()
    def resampled(
        self, model: nn.Module, batch: Batch, *, step: int, micro_batch: int, process: int
    ) -> Batch:
        """The batch's prompts with answers of the student.

        Args:
            model: the student, LoRA around it or not; it is left in evaluation mode.
            batch: of the train split.
            step, micro_batch, process: which samples are drawn.
        """
        numbers = batch["examples"].tolist()
        sources = [self.examples[number] for number in numbers]
        place = f"{self.seed}/{step}/{micro_batch}/{process}"
        model.eval()
        with seeded(random.Random(place).randrange(_LARGEST_SEED)):  # noqa: S311
            answers = generated(
                cast(PreTrainedModel, model),  # peft's wrapper generates as well
                self.tokenizer,
                [source.prompt.tolist() for source in sources],
                self.answer_tokens,
                synced=self.synced,
                do_sample=True,
                temperature=1.0,
                top_k=0,
                top_p=1.0,
            )
        sampled = [
            self._with(source, answer) for source, answer in zip(sources, answers, strict=True)
        ]
        return self.layout.batch(list(zip(numbers, sampled, strict=True)))

    def _with(self, source: EncodedAnswer, answer: Sequence[int]) -> EncodedAnswer:
        kept = list(answer)[: self.context - source.prompt_tokens]
        ids = np.concatenate([source.prompt, np.array(kept, dtype=np.int32)])
        return replace(source, ids=ids, signal=None)
