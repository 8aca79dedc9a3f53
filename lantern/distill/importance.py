"""How much each part of a decoder matters, by what it does to calibration texts.

*Layers*: block influence, 1 - cos of a layer's input and output, averaged over tokens (Men et al.
2024, "ShortGPT", arXiv 2403.03853). *Heads, neurons, channels*: size of their activations, squared
and averaged over tokens (Muralidharan et al. 2024, "Compact language models via pruning and
knowledge distillation", arXiv 2407.14679). Everything is measured in one pass over the whole model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lantern.distill.compression import padded_batches
from lantern.inference.causal_models import CausalModel


@dataclass(frozen=True, slots=True)
class Importance:
    """Larger matters more; all in float64 on the CPU.

    Attributes:
        layers: ``[layers]`` block influence.
        groups: ``[layers, key-value heads]`` of a key-value head with its query heads.
        neurons: ``[layers, intermediate size]`` of the MLP.
        channels: ``[hidden size]`` of the residual stream, summed over the layers' norms.
    """

    layers: Tensor
    groups: Tensor
    neurons: Tensor
    channels: Tensor


class _Sums:
    """Sums over the tokens of the batch whose mask is set."""

    def __init__(self, layers: int) -> None:
        self.mask = torch.empty(0)
        self.influence = torch.zeros(layers, dtype=torch.float64)
        self.attention: list[Tensor | None] = [None] * layers
        self.neurons: list[Tensor | None] = [None] * layers
        self.channels: Tensor | None = None
        self.tokens = 0

    def squared(self, values: Tensor) -> Tensor:
        return (values.double().square() * self.mask[..., None]).sum(dim=(0, 1)).cpu()


def measure_importance(causal: CausalModel, rows: Sequence[Sequence[int]]) -> Importance:
    """Run the texts through the model and sum up.

    Args:
        causal: Llama- or Qwen2-shaped.
        rows: token ids of the calibration texts.
    """
    model: Any = causal.model
    layers = model.model.layers
    config = model.config
    sums = _Sums(len(layers))
    handles = [handle for number in range(len(layers)) for handle in _hooks(layers, number, sums)]
    try:
        with torch.no_grad():
            for ids, mask in padded_batches(rows, model.device):
                sums.mask = mask.double()
                sums.tokens += int(mask.sum())
                model.model(input_ids=ids, attention_mask=mask, use_cache=False)
    finally:
        for handle in handles:
            handle.remove()
    tokens = max(1, sums.tokens)
    groups = torch.stack([values for values in sums.attention if values is not None])
    neurons = torch.stack([values for values in sums.neurons if values is not None])
    channels = sums.channels if sums.channels is not None else torch.zeros(config.hidden_size)
    return Importance(
        layers=sums.influence / tokens,
        groups=groups.view(len(layers), config.num_key_value_heads, -1).sum(dim=-1) / tokens,
        neurons=neurons / tokens,
        channels=channels / tokens,
    )


def _hooks(layers: Any, number: int, sums: _Sums) -> list[Any]:
    layer = layers[number]

    def influence(_: nn.Module, given: tuple[Any, ...], named: dict[str, Any], output: Any) -> None:
        before = given[0] if given else named["hidden_states"]
        after = output[0] if isinstance(output, tuple) else output
        cosine = nn.functional.cosine_similarity(before.double(), after.double(), dim=-1)
        sums.influence[number] += float(((1 - cosine) * sums.mask).sum())

    def attention(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        # Query heads of one key-value head stand side by side in the input of o_proj.
        sums.attention[number] = _added(sums.attention[number], sums.squared(given[0]))

    def neurons(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        sums.neurons[number] = _added(sums.neurons[number], sums.squared(given[0]))

    def channels(_: nn.Module, given: object, output: Tensor) -> None:
        sums.channels = _added(sums.channels, sums.squared(output))

    return [
        layer.register_forward_hook(influence, with_kwargs=True),
        layer.self_attn.o_proj.register_forward_pre_hook(attention),
        layer.mlp.down_proj.register_forward_pre_hook(neurons),
        layer.input_layernorm.register_forward_hook(channels),
        layer.post_attention_layernorm.register_forward_hook(channels),
    ]


def _added(total: Tensor | None, more: Tensor) -> Tensor:
    return more if total is None else total + more
