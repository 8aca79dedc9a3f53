"""From a pair of texts to the token ids that the classifier reads.

The requirements are never cut silently. When a pair is too long, the profile gives way first, down
to a quarter of the input; only requirements that are longer than the other three quarters are cut
as well, from their end, where the nice-to-haves stand. Both cuts are counted for each pair.

Control tokens that are written in a text ("[SEP]", "<|endoftext|>") are read as plain text: nobody
can end their profile early and write requirements of their own behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from lantern.errors import ModelError

Ids = npt.NDArray[np.int32]
Pair = tuple[str, str]

PROFILE_SHARE = 0.25
"""The share of the input that long requirements leave to the profile."""


@dataclass(frozen=True, slots=True)
class PairTemplate:
    """How the two texts of a pair are put together.

    Attributes:
        prefix, middle, suffix: token ids before, between and after the texts.
        profile_first: true for causal encoders, so that one member's profile is a common prefix
            of all that member's pairs.
        token_types: whether the model tells the two texts apart by token types (BERT).
        pad: token id of the padding.
    """

    prefix: tuple[int, ...]
    middle: tuple[int, ...]
    suffix: tuple[int, ...]
    profile_first: bool
    token_types: bool
    pad: int

    @property
    def overhead(self) -> int:
        """Tokens of the template itself."""
        return len(self.prefix) + len(self.middle) + len(self.suffix)

    def to_json(self) -> dict[str, Any]:
        """For the file of settings that lies beside the weights."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> PairTemplate:
        """The inverse of :meth:`to_json`."""
        texts = {key: tuple(values[key]) for key in ("prefix", "middle", "suffix")}
        return cls(**values | texts)


def template_for(tokenizer: PreTrainedTokenizerFast, *, token_types: bool) -> PairTemplate:
    """The template that suits a tokenizer.

    With a CLS and a SEP token: ``[CLS] requirements [SEP] profile [SEP]``. Else, as for causal
    language models: ``(BOS) profile, blank line, requirements, EOS``, where the EOS is the token
    that ``last_token`` pooling reads.

    Args:
        tokenizer: of the base model.
        token_types: whether the model knows token types.

    Raises:
        ModelError: if the tokenizer has neither a SEP nor an EOS token.
    """
    cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
    bos, eos, pad = tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id
    if cls is not None and sep is not None:
        filler = pad if pad is not None else sep
        return PairTemplate((cls,), (sep,), (sep,), False, token_types, filler)
    if eos is None:
        raise ModelError("the tokenizer has neither a separator nor an end token; use another base")
    blank_line = tuple(tokenizer("\n\n", add_special_tokens=False)["input_ids"])
    prefix = (bos,) if bos is not None else ()
    filler = pad if pad is not None else eos
    return PairTemplate(prefix, blank_line or (eos,), (eos,), True, token_types, filler)


@dataclass(frozen=True, slots=True)
class PairInput:
    """The token ids of one pair.

    Attributes:
        ids: all token ids.
        second_start: position from which on token types are 1.
        tokens_cut: tokens of the profile that did not fit.
        requirement_tokens_cut: tokens of the requirements that did not fit.
    """

    ids: Ids
    second_start: int
    tokens_cut: int
    requirement_tokens_cut: int

    def __len__(self) -> int:
        return int(self.ids.size)


@dataclass(frozen=True, slots=True)
class PaddedBatch:
    """Inputs of one forward pass, ``[batch, tokens]`` each, padded on the right."""

    input_ids: Tensor
    attention_mask: Tensor
    token_type_ids: Tensor | None

    def to(self, device: torch.device) -> PaddedBatch:
        """The same batch on a device."""
        types = None if self.token_type_ids is None else self.token_type_ids.to(device)
        return PaddedBatch(self.input_ids.to(device), self.attention_mask.to(device), types)


class TextTokenizer:
    """Token ids of texts without special tokens, each distinct text tokenised once.

    Args:
        tokenizer: of the model. It is copied, so that neither truncation nor padding set in its
            file (all-MiniLM's says 128 tokens) nor anyone else's change to it plays a part.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        copy = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
        copy.no_truncation()
        copy.no_padding()
        copy.encode_special_tokens = True
        self._tokenizer = copy

    def tokenise(self, texts: Iterable[str]) -> tuple[dict[str, Ids], dict[str, str]]:
        """Tokenise the distinct texts.

        Returns:
            Token ids by text, and by text the reason for those that could not be tokenised.
        """
        distinct = list(dict.fromkeys(texts))
        errors: dict[str, str] = {}
        try:
            encodings = self._tokenizer.encode_batch_fast(distinct, add_special_tokens=False)
            found = {
                text: np.asarray(encoding.ids, dtype=np.int32)
                for text, encoding in zip(distinct, encodings, strict=True)
            }
        except (TypeError, ValueError, UnicodeError):
            # One bad text refuses the whole batch: find it, and keep the rest.
            found = {}
            for text in distinct:
                try:
                    encoding = self._tokenizer.encode(text, add_special_tokens=False)
                    found[text] = np.asarray(encoding.ids, dtype=np.int32)
                except (TypeError, ValueError, UnicodeError) as error:
                    errors[text] = f"the text cannot be tokenised ({type(error).__name__})"
        return found, errors


class PairEncoder:
    """Builds the inputs of pairs within a number of tokens.

    Args:
        tokenizer: of the model.
        template: how the two texts are put together.
        max_tokens: most tokens of an input, the template's own included.

    Raises:
        ModelError: if the template alone fills ``max_tokens``.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, template: PairTemplate, max_tokens: int
    ) -> None:
        if max_tokens < template.overhead + 2:
            raise ModelError(f"max_tokens={max_tokens} leaves no room for a text; raise it")
        self.template = template
        self.max_tokens = max_tokens
        self._texts = TextTokenizer(tokenizer)

    def encode(self, pairs: Sequence[Pair]) -> list[PairInput | str]:
        """The inputs of ``(requirements, profile)`` pairs, in their order.

        Returns:
            For each pair its input, or the reason why it has none.
        """
        found, errors = self._texts.tokenise(text for pair in pairs for text in pair)
        inputs: list[PairInput | str] = []
        for requirements, profile in pairs:
            reason = errors.get(requirements) or errors.get(profile)
            inputs.append(reason or self._build(found[requirements], found[profile]))
        return inputs

    def _build(self, requirements: Ids, profile: Ids) -> PairInput | str:
        if requirements.size + profile.size == 0:
            return "both texts are empty"
        room = self.max_tokens - self.template.overhead
        for_profile = min(profile.size, int(room * PROFILE_SHARE))
        kept_requirements = requirements[: room - for_profile]
        kept_profile = profile[: room - kept_requirements.size]
        first, second = kept_requirements, kept_profile
        if self.template.profile_first:
            first, second = second, first
        prefix, middle, suffix = self.template.prefix, self.template.middle, self.template.suffix
        ids = np.concatenate([prefix, first, middle, second, suffix]).astype(np.int32)
        return PairInput(
            ids=ids,
            second_start=len(prefix) + int(first.size) + len(middle),
            tokens_cut=int(profile.size - kept_profile.size),
            requirement_tokens_cut=int(requirements.size - kept_requirements.size),
        )


def collate(inputs: Sequence[PairInput], template: PairTemplate) -> PaddedBatch:
    """Pad inputs on the right to the longest of them."""
    shape = (len(inputs), max(len(item) for item in inputs))
    ids = np.full(shape, template.pad, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    types = np.zeros(shape, dtype=np.int64)
    for row, item in enumerate(inputs):
        ids[row, : len(item)] = item.ids
        mask[row, : len(item)] = 1
        types[row, item.second_start : len(item)] = 1
    return PaddedBatch(
        torch.from_numpy(ids),
        torch.from_numpy(mask),
        torch.from_numpy(types) if template.token_types else None,
    )
