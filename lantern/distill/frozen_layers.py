"""Compute the frozen lower layers once, so that an epoch costs the upper layers only.

The lower layers of a stack do not change while they are frozen, and are free of dropout, so their
hidden states are the same in every epoch. They are computed once and kept. Then the lower layers
are replaced by stand-ins: all but the last pass their input on, and the last answers with the kept
states. That is exact and works for every architecture whose layers take and give hidden states: the
model still builds its own masks and position embeddings for the layers above.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from lantern.errors import TrainingError
from lantern.inference.batches import plan_batches
from lantern.inference.encoder import FitClassifier
from lantern.inference.layers import layer_stack
from lantern.inference.pair_input import PairInput, collate

HALF_PRECISION_FROM = 512 * 2**20
"""Kept states that would take more bytes than this in float32 are kept in float16."""


def freeze_lower_layers(encoder: nn.Module, count: int) -> None:
    """Stop training the embeddings and the first ``count`` layers; 0: everything is trained.

    Raises:
        TrainingError: if there are fewer layers.
    """
    stack = layer_stack(encoder)
    if count > len(stack):
        raise TrainingError(
            f"classifier.frozen_layers is {count}, the encoder has {len(stack)} layers; lower it"
        )
    if count == 0:
        return
    encoder.get_input_embeddings().requires_grad_(False)  # type: ignore[operator]
    embeddings = getattr(encoder, "embeddings", None)
    if isinstance(embeddings, nn.Module):
        embeddings.requires_grad_(False)
    for layer in stack[:count]:
        layer.requires_grad_(False)


@torch.no_grad()
def lower_states(
    model: FitClassifier,
    inputs: Sequence[PairInput],
    layers: int,
    *,
    batch_tokens: int,
    device: torch.device,
    done: Callable[[int], None],
) -> list[Tensor]:
    """Hidden states after the first ``layers`` layers: a ``[tokens, width]`` an input, on the CPU.

    Args:
        model: in evaluation mode afterwards.
        inputs: what to compute them for.
        layers: at least 1.
        batch_tokens: most padded tokens of a batch.
        device: where the model is.
        done: called with the number of inputs that are done.
    """
    model.eval()
    encoder: Any = model.encoder
    stack = layer_stack(encoder)
    upper = list(stack[layers:])
    kept: list[Tensor] = []
    handle = stack[layers - 1].register_forward_hook(
        lambda _module, _inputs, output: kept.append(_hidden(output))
    )
    tokens = sum(len(item) for item in inputs)
    dtype = torch.float32
    if tokens * encoder.config.hidden_size * 4 > HALF_PRECISION_FROM:
        dtype = torch.float16
    states: list[Tensor] = [torch.empty(0)] * len(inputs)
    finished = 0
    try:
        with _replaced(stack, layers, [_PassOn(layer) for layer in upper]):
            for batch in plan_batches([len(item) for item in inputs], batch_tokens):
                rows = [inputs[row] for row in batch]
                padded = collate(rows, model.config.template).to(device)
                model.logits(padded)
                output = kept.pop()
                for place, row in enumerate(batch):
                    # clone: a view would keep the padded batch alive
                    states[row] = output[place, : len(inputs[row])].to("cpu", dtype, copy=True)
                finished += len(batch)
                done(finished)
    finally:
        handle.remove()
    return states


class KeptStates(nn.Module):
    """Stands in for the last frozen layer: answers with the states that were set."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        _copy_kind(layer, self)
        self.states: Tensor | None = None

    def set_batch(self, states: Sequence[Tensor], device: torch.device) -> None:
        """The states of the next batch, in the order of its rows; padded on the right."""
        self.states = nn.utils.rnn.pad_sequence(list(states), batch_first=True).to(
            device, torch.float32
        )

    def forward(self, hidden_states: Tensor, *_: object, **__: object) -> Tensor:
        """The states that were set; the input is what the frozen layers below gave, unused."""
        if self.states is None or self.states.shape != hidden_states.shape:
            raise RuntimeError("the kept states are not those of this batch")
        return self.states


@contextmanager
def without_lower_layers(encoder: nn.Module, count: int) -> Iterator[KeptStates]:
    """The encoder with its first ``count`` layers replaced by :class:`KeptStates` inside."""
    stack = layer_stack(encoder)
    kept = KeptStates(stack[count - 1])
    stand_ins = [_PassOn(layer) for layer in stack[: count - 1]]
    with _replaced(stack, 0, [*stand_ins, kept]):
        yield kept


@contextmanager
def _replaced(stack: nn.ModuleList, start: int, stand_ins: Sequence[nn.Module]) -> Iterator[None]:
    real = list(stack[start : start + len(stand_ins)])
    for place, module in enumerate(stand_ins):
        stack[start + place] = module
    try:
        yield
    finally:
        for place, module in enumerate(real):
            stack[start + place] = module


class _PassOn(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        _copy_kind(layer, self)

    def forward(self, hidden_states: Tensor, *_: object, **__: object) -> Tensor:
        return hidden_states


def _copy_kind(layer: nn.Module, stand_in: nn.Module) -> None:
    """ModernBERT asks a layer for the kind of its attention before it calls it."""
    if hasattr(layer, "attention_type"):
        stand_in.attention_type = layer.attention_type


def _hidden(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    return output[0] if isinstance(output, tuple) else output
