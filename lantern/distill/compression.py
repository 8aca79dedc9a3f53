"""What a compression of a decoder came to: its size and its loss, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from lantern.inference.batches import plan_batches
from lantern.inference.causal_models import CausalModel

BATCH_TOKENS: Final = 4096
LOSS_TEXTS: Final = 64
"""Texts that a loss is measured on, at most."""


@dataclass(frozen=True, slots=True)
class CompressionReport:
    """How a model folder differs from the one that it was made from.

    Attributes:
        parameters_before, parameters_after: tied weights counted once.
        loss_before, loss_after: mean negative log-likelihood of a token, in nats, on texts that
            nothing was chosen by.
        tokens: that the losses were measured on.
        shape: what was cut: its name -> (before, after).
    """

    parameters_before: int
    parameters_after: int
    loss_before: float
    loss_after: float
    tokens: int
    shape: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def figures(self) -> dict[str, float]:
        """All of it by name, for a registry or a manifest."""
        return {
            "parameters_before": float(self.parameters_before),
            "parameters_after": float(self.parameters_after),
            "kept_share": self.parameters_after / self.parameters_before,
            "loss_before": self.loss_before,
            "loss_after": self.loss_after,
            **{f"{name}_after": float(after) for name, (_, after) in self.shape.items()},
        }


def parameter_count(model: nn.Module) -> int:
    """Parameters; tied weights are counted once."""
    return sum(parameter.numel() for parameter in model.parameters())


def token_rows(causal: CausalModel, texts: Iterable[str]) -> list[list[int]]:
    """Token ids of texts, cut at the context; texts of fewer than two tokens are left out.

    Special tokens that a text spells out are special: calibration texts are whole prompts.
    """
    tokenizer = causal.tokenizer
    rows = [list(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in texts]
    return [row[: causal.context] for row in rows if len(row) > 1]


def padded_batches(
    rows: Sequence[Sequence[int]], device: torch.device
) -> Iterable[tuple[Tensor, Tensor]]:
    """Ids and masks ``[batch, tokens]`` of similar lengths, padded on the right."""
    for batch in plan_batches([len(row) for row in rows], BATCH_TOKENS):
        longest = max(len(rows[number]) for number in batch)
        ids = torch.zeros(len(batch), longest, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for place, number in enumerate(batch):
            ids[place, : len(rows[number])] = torch.tensor(rows[number])
            mask[place, : len(rows[number])] = 1
        yield ids.to(device), mask.to(device)


@torch.no_grad()
def mean_token_loss(model: PreTrainedModel, rows: Sequence[Sequence[int]]) -> float:
    """Mean negative log-likelihood of the rows' tokens, the first of each row excepted."""
    total, tokens = 0.0, 0
    for ids, mask in padded_batches(rows, model.device):
        logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
        told = mask[:, 1:].bool()
        losses = nn.functional.cross_entropy(
            logits[:, :-1][told].float(), ids[:, 1:][told], reduction="sum"
        )
        total += float(losses)
        tokens += int(told.sum())
    return total / max(1, tokens)
