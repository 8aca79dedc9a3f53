"""The logits of answers that are already written, in one pass over prompt and answer.

A teacher's distribution is wanted as it is, without the grammar that held its answer; so the
answer is read again instead of keeping the logits of its generation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from lantern.inference.batches import plan_batches
from lantern.inference.causal_models import CausalModel


@torch.inference_mode()
def answer_logits(
    causal: CausalModel,
    rows: Sequence[tuple[Sequence[int], Sequence[int]]],
    *,
    vocabulary: int,
    batch_tokens: int = 8192,
) -> Iterator[tuple[int, Tensor]]:
    """The logits that each token of an answer was chosen by.

    Args:
        causal: on its device, in evaluation mode.
        rows: ``(prompt ids, answer ids)``, both not empty.
        vocabulary: the real one; further columns of the head are cut off.
        batch_tokens: most padded tokens of a pass.

    Yields:
        ``(row, [answer tokens, vocabulary])`` in float32, each row once, in no order.
    """
    model: Any = causal.model
    head = model.get_output_embeddings()
    lengths = [len(prompt) + len(answer) for prompt, answer in rows]
    for batch in plan_batches(lengths, batch_tokens) if rows else ():
        width = max(lengths[row] for row in batch)
        ids = torch.zeros(len(batch), width, dtype=torch.long)
        mask = ids.clone()
        for place, row in enumerate(batch):
            prompt, answer = rows[row]
            ids[place, : lengths[row]] = torch.tensor([*prompt, *answer])
            mask[place, : lengths[row]] = 1
        hidden = model.get_decoder()(
            input_ids=ids.to(model.device), attention_mask=mask.to(model.device)
        ).last_hidden_state
        for place, row in enumerate(batch):
            prompt, _ = rows[row]
            states = hidden[place, len(prompt) - 1 : lengths[row] - 1]
            yield int(row), head(states)[:, :vocabulary].float()
