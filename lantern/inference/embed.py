"""Embeddings of texts: unit vectors whose dot product is the similarity of two texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from lantern.errors import ModelError
from lantern.inference.base_models import load_encoder, load_tokenizer, resolve_base
from lantern.inference.batches import IndexArray, plan_batches
from lantern.inference.device import pick_device, pick_dtype
from lantern.inference.memory import is_out_of_memory, release_memory
from lantern.inference.pair_input import Ids, TextTokenizer
from lantern.inference.pooling import masked_mean

Vectors = npt.NDArray[np.float32]


class TextEmbedder:
    """Mean-pooled sentence embeddings, as all-MiniLM-L6-v2 was trained for.

    Args:
        base: name of a sentence encoder, see :func:`lantern.inference.base_models.resolve_base`.
        revision: of the hub.
        max_tokens: longer texts are cut; 256 is what all-MiniLM was trained for.
        batch_tokens: most padded tokens of a batch.
        dtype: ``auto``, ``float32`` or ``bfloat16``.
        device: ``auto``, ``cpu``, ``cuda`` ...
    """

    def __init__(
        self,
        base: str,
        *,
        revision: str | None = None,
        max_tokens: int = 256,
        batch_tokens: int = 4096,
        dtype: str = "auto",
        device: str = "auto",
    ) -> None:
        found = resolve_base(base, revision)
        tokenizer = load_tokenizer(found)
        if tokenizer.cls_token_id is None or tokenizer.sep_token_id is None:
            raise ModelError(f"the base {found.name!r} is no sentence encoder; use another one")
        self.device = pick_device(device)
        self.max_tokens = max_tokens
        self.batch_tokens = batch_tokens
        self._first, self._last = int(tokenizer.cls_token_id), int(tokenizer.sep_token_id)
        self._pad = int(tokenizer.pad_token_id or 0)
        self._texts = TextTokenizer(tokenizer)
        encoder = load_encoder(found).to(pick_dtype(dtype, self.device)).to(self.device)
        self._encoder = encoder.eval()
        self.width = int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors ``[texts, width]``, in the order of the texts; equal texts, equal bits.

        Raises:
            ModelError: if a text cannot be tokenised; the message names its position.
        """
        distinct = sorted(set(texts))
        found, errors = self._texts.tokenise(distinct)
        if errors:
            position = next(i for i, text in enumerate(texts) if text in errors)
            raise ModelError(f"text {position}: {errors[texts[position]]}")
        inputs = [self._with_ends(found[text]) for text in distinct]
        table = np.zeros((len(distinct), self.width), dtype=np.float32)
        for batch in plan_batches([ids.size for ids in inputs], self.batch_tokens):
            self._embed_batch(inputs, batch, table)
        rows = {text: row for row, text in enumerate(distinct)}
        return table[[rows[text] for text in texts]] if texts else table

    def _with_ends(self, ids: Ids) -> Ids:
        ends = ([self._first], ids[: self.max_tokens - 2], [self._last])
        return np.concatenate(ends).astype(np.int32)

    def _embed_batch(self, inputs: Sequence[Ids], batch: IndexArray, table: Vectors) -> None:
        try:
            table[batch] = self._forward([inputs[row] for row in batch])
            return
        except (RuntimeError, MemoryError) as error:
            if batch.size == 1 or not is_out_of_memory(error):
                raise
        release_memory(self.device)
        half = batch.size // 2
        self._embed_batch(inputs, batch[:half], table)
        self._embed_batch(inputs, batch[half:], table)

    @torch.inference_mode()
    def _forward(self, inputs: Sequence[Ids]) -> Vectors:
        longest = max(ids.size for ids in inputs)
        input_ids = torch.full((len(inputs), longest), self._pad, dtype=torch.long)
        mask = torch.zeros_like(input_ids)
        for row, ids in enumerate(inputs):
            input_ids[row, : ids.size] = torch.from_numpy(ids)
            mask[row, : ids.size] = 1
        input_ids, mask = input_ids.to(self.device), mask.to(self.device)
        states = self._encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state
        pooled = masked_mean(states.float(), mask)
        vectors: Vectors = torch.nn.functional.normalize(pooled, dim=-1).cpu().numpy()
        return vectors
