"""Token ids of the explanation prompt: a chat template around data that stays data.

The template is rendered around a mark, and the pair's text is tokenised apart with special tokens
turned off: "<|im_end|>" in a profile becomes letters and never a turn. Only the profile is ever
cut; requirements that do not fit are an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from transformers import PreTrainedTokenizerFast

from lantern.errors import ModelError
from lantern.fit import Requirement
from lantern.prompts.explanation import SYSTEM_TEXT, explanation_prompt

_MARK = (
    "\ue000"  # private use: the cleaning of documents leaves none in a text, and it is not in ours
)
_PLAIN = f"{SYSTEM_TEXT}\n\n{_MARK}\n\nAnswer:\n"


@dataclass(frozen=True, slots=True)
class PromptIds:
    """A prompt as ids.

    Attributes:
        ids: all of it.
        shared: the first so many are equal for all jobs of the member.
        profile_tokens_cut: tokens of the profile that did not fit.
    """

    ids: list[int]
    shared: int
    profile_tokens_cut: int


class PromptEncoder:
    """Encodes pairs for one tokenizer.

    Args:
        tokenizer: with or without a chat template.
        context: most tokens of prompt and answer together.
        name: of the model, for messages.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, context: int, name: str) -> None:
        self.tokenizer, self.context, self.name = tokenizer, context, name

    def encode(
        self,
        *,
        title: str,
        requirements: Sequence[Requirement],
        profile: str,
        answer_tokens: int,
    ) -> PromptIds:
        """Ids of a pair's prompt, leaving room for so many tokens of the answer.

        Raises:
            ModelError: if the requirements and an empty profile do not fit.
        """
        prompt = explanation_prompt(title=title, requirements=requirements, profile=profile)
        before, after = self.around
        kept, job = self.data_ids(prompt.profile), self.data_ids(prompt.job)
        room = self.context - answer_tokens - len(before) - len(job) - len(after)
        if room < 1:
            raise ModelError(
                f"the context of {self.name!r} is {self.context} tokens: {len(requirements)} "
                f"requirements ({len(job)} tokens), the instructions and an answer of "
                f"{answer_tokens} do not fit; requirements are never cut, use a longer context"
            )
        cut = max(0, len(kept) - room)
        kept = kept[: len(kept) - cut]
        ids = [*before, *kept, *job, *after]
        return PromptIds(ids, len(before) + len(kept), cut)

    def answer_ids(self, answer: str) -> list[int]:
        """Ids of an answer with the end token, as a student learns to write it."""
        end = self.tokenizer.eos_token_id
        return [*self.data_ids(answer), *([end] if isinstance(end, int) else [])]

    def data_ids(self, text: str) -> list[int]:
        """Ids of text that is data: whatever looks like a special token in it is letters."""
        encoded: Any = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)
        return list(encoded["input_ids"])

    def data_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """:meth:`data_ids`, and which characters of the text each of them stands for."""
        encoded: Any = self.tokenizer(
            text,
            add_special_tokens=False,
            split_special_tokens=True,
            return_offsets_mapping=True,
        )
        return list(encoded["input_ids"]), list(encoded["offset_mapping"])

    @cached_property
    def around(self) -> tuple[list[int], list[int]]:
        """Ids of the template before and after the user's data."""
        rendered = _PLAIN
        if self.tokenizer.chat_template:
            chat = [
                {"role": "system", "content": SYSTEM_TEXT},
                {"role": "user", "content": _MARK},
            ]
            rendered = str(
                self.tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
            )
        before, mark, after = rendered.partition(_MARK)
        if not mark or _MARK in after:
            raise ModelError(
                f"the chat template of {self.name!r} does not show the user's message exactly once"
            )
        first: Any = self.tokenizer(before, add_special_tokens=False)
        second: Any = self.tokenizer(after, add_special_tokens=False)
        return list(first["input_ids"]), list(second["input_ids"])
