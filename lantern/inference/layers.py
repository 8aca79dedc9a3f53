"""The stack of layers of a transformer, whatever its architecture calls it."""

from __future__ import annotations

from typing import Any

from torch import nn

from lantern.errors import ModelError

_PLACES = ("encoder.layer", "encoder.layers", "layers", "transformer.layer", "h")


def layer_stack(encoder: nn.Module) -> nn.ModuleList:
    """The layers, lowest first.

    Raises:
        ModelError: if the architecture keeps them where we do not know.
    """
    for place in _PLACES:
        try:
            stack = encoder.get_submodule(place)
        except AttributeError:
            continue
        if isinstance(stack, nn.ModuleList):
            return stack
    raise ModelError(f"cannot find the layers of {type(encoder).__name__}; use another base")


def keep_layers(encoder: nn.Module, count: int) -> None:
    """Drop all layers above the first ``count``; the saved configuration says so too.

    Raises:
        ModelError: if there are fewer.
    """
    stack = layer_stack(encoder)
    if count > len(stack):
        raise ModelError(f"the base has {len(stack)} layers, {count} are asked for; lower it")
    del stack[count:]
    config: Any = encoder.config
    config.num_hidden_layers = count
    if getattr(config, "layer_types", None) is not None:
        config.layer_types = config.layer_types[:count]
