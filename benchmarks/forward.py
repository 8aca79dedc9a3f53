"""Token ids to probabilities, plainly: what the rivals without a library of their own run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from lantern.inference.encoder import FitClassifier
from lantern.inference.pair_input import Pair, PairEncoder, PairInput, collate


class Forward:
    """A classifier in float32 on the CPU.

    Args:
        folder: of the saved classifier.
        max_tokens: longest input.
    """

    def __init__(self, folder: str, max_tokens: int) -> None:
        self._model = FitClassifier.load(folder)
        self._template = self._model.config.template
        self._encoder = PairEncoder(self._model.tokenizer, self._template, max_tokens)

    def encode(self, pairs: Sequence[Pair]) -> list[PairInput]:
        """Token ids of all pairs; every one of the benchmark's pairs has some."""
        inputs = self._encoder.encode(pairs)
        usable = [item for item in inputs if isinstance(item, PairInput)]
        assert len(usable) == len(inputs)
        return usable

    @torch.inference_mode()
    def __call__(self, inputs: Sequence[PairInput]) -> npt.NDArray[np.float32]:
        """``[pairs, 3]`` probabilities of one padded batch."""
        logits = self._model.logits(collate(inputs, self._template))
        probabilities: npt.NDArray[np.float32] = torch.softmax(logits, dim=-1).numpy()
        return probabilities
