"""Cut a decoder in depth and width: a model folder in, a smaller model folder out.

Whole layers go by block influence, key-value heads with their query heads, MLP neurons and hidden
channels by their activations, see :mod:`lantern.distill.importance`. What is left is not trained
here: a pruned student is the start of a distillation, as a stage of a chain.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedModel

from lantern.config import PruneSettings
from lantern.distill.compression import (
    LOSS_TEXTS,
    CompressionReport,
    mean_token_loss,
    parameter_count,
    token_rows,
)
from lantern.distill.importance import Importance, measure_importance
from lantern.errors import ModelError, TrainingError
from lantern.inference.base_models import quiet_transformers
from lantern.inference.causal_models import CausalModel, load_causal_model

MODEL_TYPES: Final = ("llama", "mistral", "qwen2", "qwen3")
"""Architectures whose weights we know by name."""

_HELD_OUT_EVERY: Final = 4
_LAYER: Final = re.compile(r"model\.layers\.(?P<number>\d+)\.(?P<part>.+)")


def prune(
    folder_in: str | Path,
    folder_out: str | Path,
    settings: PruneSettings,
    calibration_texts: Sequence[str],
) -> CompressionReport:
    """Prune a model and write it with its tokenizer.

    Args:
        folder_in: of a Llama- or Qwen2-shaped decoder.
        folder_out: written as safetensors.
        settings: how much is kept of what; a null keeps all.
        calibration_texts: of the task, as the model meets them; every fourth is held out of the
            choice, and the losses are measured on those.

    Raises:
        ModelError: the model cannot be loaded, is of another shape, or is smaller than asked for.
        TrainingError: fewer than two texts of at least two tokens.
    """
    causal = load_causal_model(str(folder_in))
    _check(causal, settings)
    rows = token_rows(causal, calibration_texts)
    held = rows[::_HELD_OUT_EVERY][:LOSS_TEXTS]
    chosen_by = [row for number, row in enumerate(rows) if number % _HELD_OUT_EVERY]
    if not chosen_by:
        raise TrainingError(
            f"pruning needs at least two calibration texts of two tokens, there are {len(rows)}"
        )
    kept = choose(measure_importance(causal, chosen_by), settings)
    pruned = pruned_model(causal.model, kept)
    report = CompressionReport(
        parameters_before=parameter_count(causal.model),
        parameters_after=parameter_count(pruned),
        loss_before=mean_token_loss(causal.model, held),
        loss_after=mean_token_loss(pruned, held),
        tokens=sum(len(row) - 1 for row in held),
        shape=_shape(causal.model.config, pruned.config),
    )
    replace(causal, model=pruned).save(folder_out)
    return report


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays, in ascending order; ``groups`` and ``neurons`` have an entry a kept layer."""

    layers: list[int]
    groups: list[Tensor]
    neurons: list[Tensor]
    channels: Tensor


def choose(importance: Importance, settings: PruneSettings) -> Kept:
    """The most important parts, as many as the settings keep; equals go by their place."""
    layers = _best(importance.layers, settings.layers).tolist()
    return Kept(
        layers=layers,
        groups=[_best(importance.groups[layer], settings.key_value_heads) for layer in layers],
        neurons=[_best(importance.neurons[layer], settings.neurons) for layer in layers],
        channels=_best(importance.channels, settings.channels),
    )


def pruned_model(model: PreTrainedModel, kept: Kept) -> PreTrainedModel:
    """A model of the kept parts alone, in the weights' dtype, in evaluation mode.

    Raises:
        ModelError: the model has weights of a kind that we do not know.
    """
    config: Any = copy.deepcopy(model.config)
    head_size = _head_size(config)
    queries = config.num_attention_heads // config.num_key_value_heads
    config.num_hidden_layers = len(kept.layers)
    if getattr(config, "layer_types", None) is not None:
        config.layer_types = [config.layer_types[layer] for layer in kept.layers]
    config.head_dim = head_size
    config.num_key_value_heads = len(kept.groups[0])
    config.num_attention_heads = queries * config.num_key_value_heads
    config.intermediate_size = len(kept.neurons[0])
    config.hidden_size = len(kept.channels)
    weights = _cut_weights(model.state_dict(), kept, queries * head_size, head_size)
    with quiet_transformers():
        pruned: PreTrainedModel = AutoModelForCausalLM.from_config(config).to(model.dtype)
    missing, unexpected = pruned.load_state_dict(weights, strict=False)
    left = [name for name in missing if name != "lm_head.weight" or not config.tie_word_embeddings]
    if left or unexpected:
        raise ModelError(f"pruning left weights over or out, {(*left, *unexpected)[0]} among them")
    pruned.tie_weights()
    pruned.generation_config = copy.deepcopy(model.generation_config)
    return pruned.eval()


def _cut_weights(
    weights: Mapping[str, Tensor], kept: Kept, query_rows: int, head_size: int
) -> dict[str, Tensor]:
    """The kept rows and columns of all weights, under their new names."""
    hidden = kept.channels
    cut: dict[str, Tensor] = {}
    for name, weight in weights.items():
        match = _LAYER.fullmatch(name)
        if match is None:
            if name not in ("model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"):
                raise ModelError(f"cannot prune a model with weights {name}")
            cut[name] = weight[..., hidden].contiguous()
            continue
        if int(match["number"]) not in kept.layers:
            continue
        place = kept.layers.index(int(match["number"]))
        rows = {
            "q_proj": _rows(kept.groups[place], query_rows),
            "k_proj": _rows(kept.groups[place], head_size),
            "v_proj": _rows(kept.groups[place], head_size),
            "gate_proj": kept.neurons[place],
            "up_proj": kept.neurons[place],
        }
        columns = {"o_proj": rows["q_proj"], "down_proj": kept.neurons[place]}
        module, kind = match["part"].split(".")[-2:]
        new = f"model.layers.{place}.{match['part']}"
        if module in ("q_norm", "k_norm"):
            cut[new] = weight
        elif module in ("input_layernorm", "post_attention_layernorm"):
            cut[new] = weight[hidden].contiguous()
        elif module in rows:
            some = weight[rows[module]]
            cut[new] = some[:, hidden].contiguous() if kind == "weight" else some
        elif module in columns:
            some = weight[hidden]
            cut[new] = some[:, columns[module]].contiguous() if kind == "weight" else some
        else:
            raise ModelError(f"cannot prune a model with weights {name}")
    return cut


def _rows(groups: Tensor, size: int) -> Tensor:
    """Rows of kept groups of ``size`` rows each."""
    return (groups[:, None] * size + torch.arange(size)).flatten()


def _best(values: Tensor, count: int | None) -> Tensor:
    """Places of the ``count`` largest values, ascending; None: all."""
    if count is None:
        return torch.arange(len(values))
    order = torch.argsort(values, descending=True, stable=True)
    return order[:count].sort().values


def _head_size(config: Any) -> int:
    given = getattr(config, "head_dim", None)
    return int(given or config.hidden_size // config.num_attention_heads)


def _shape(before: Any, after: Any) -> dict[str, tuple[int, int]]:
    names = {
        "layers": "num_hidden_layers",
        "key_value_heads": "num_key_value_heads",
        "neurons": "intermediate_size",
        "channels": "hidden_size",
    }
    return {
        name: (int(getattr(before, key)), int(getattr(after, key))) for name, key in names.items()
    }


def _check(causal: CausalModel, settings: PruneSettings) -> None:
    config: Any = causal.model.config
    if config.model_type not in MODEL_TYPES:
        raise ModelError(
            f"the model {causal.name!r} is of type {config.model_type}; only "
            f"{', '.join(MODEL_TYPES)} can be pruned"
        )
    for name, (has, _) in _shape(config, config).items():
        asked = getattr(settings, name)
        if asked is not None and asked > has:
            raise ModelError(f"prune keeps {asked} {name}, the model {causal.name!r} has {has}")
