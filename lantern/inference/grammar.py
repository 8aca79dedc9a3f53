"""Grammars for one tokenizer: llguidance's matchers and their masks over the vocabulary."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerFast

from lantern.errors import ModelError


class GrammarCompiler:
    """Compiles grammars; each matcher follows one answer.

    Args:
        tokenizer: a fast tokenizer.
        width: of the model's head, at least the vocabulary; ids beyond it are never allowed.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, width: int) -> None:
        self._tokenizer, self._width = tokenizer, width
        self._prepared: Any = None
        self.seconds = 0.0

    def matcher(self, grammar: str) -> Any:
        """A matcher at the grammar's beginning.

        Raises:
            ModelError: if the grammar does not compile; the message names no text of the grammar.
        """
        from llguidance import LLMatcher

        started = time.perf_counter()
        if self._prepared is None:
            from llguidance.hf import from_tokenizer

            self._prepared = from_tokenizer(self._tokenizer, n_vocab=self._width)
        matcher = LLMatcher(self._prepared, grammar, log_level=0)
        self.seconds += time.perf_counter() - started
        if matcher.is_error():
            raise ModelError("the grammar of this answer does not compile; is the text too large?")
        return matcher

    def masks(self, matchers: Sequence[Any]) -> npt.NDArray[np.bool_]:
        """``[matchers, width]``: which tokens may come next; all of them where there is none."""
        started = time.perf_counter()
        masks = np.ones((len(matchers), self._width), dtype=np.bool_)
        for row, matcher in enumerate(matchers):
            if matcher is not None:
                packed = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
                bits = np.unpackbits(packed, bitorder="little")[: self._width]
                masks[row] = False
                masks[row, : bits.size] = bits
        self.seconds += time.perf_counter() - started
        return masks

    def advance(self, matcher: Any, token: int) -> list[int]:
        """Take a token; returns those that the grammar then leaves no choice about."""
        started = time.perf_counter()
        taken = matcher.consume_token(token)
        forced = [] if not taken or matcher.is_stopped() else list(matcher.compute_ff_tokens())
        if forced:
            taken = matcher.consume_tokens(forced)
        self.seconds += time.perf_counter() - started
        if not taken:
            raise ModelError("the grammar refused a token that it had allowed")
        return forced

    def opening(self, matcher: Any) -> list[int]:
        """The tokens that every answer begins with."""
        forced = list(matcher.compute_ff_tokens())
        if forced:
            matcher.consume_tokens(forced)
        return forced
