"""LoRA around a decoder, and its merging into a model of plain weights."""

from __future__ import annotations

from typing import Any, cast

from torch import nn
from transformers import PreTrainedModel

from lantern.config import LoraSettings


def with_lora(model: PreTrainedModel, settings: LoraSettings) -> nn.Module:
    """The decoder with low-rank adapters; everything else is frozen (Hu et al. 2021).

    The weights of the adapters start from torch's global random state.
    """
    from peft import LoraConfig, TaskType, get_peft_model

    config = LoraConfig(
        task_type=TaskType.CAUSAL_LM,
        r=settings.rank,
        lora_alpha=cast(Any, settings.alpha),
        lora_dropout=settings.dropout,
        target_modules=settings.target,
    )
    return cast(nn.Module, get_peft_model(model, config))


def merged(model: nn.Module) -> PreTrainedModel:
    """The decoder of plain weights; one without adapters is returned as it is."""
    from peft import PeftModel

    if isinstance(model, PeftModel):
        return cast(PreTrainedModel, cast(Any, model).merge_and_unload())
    return cast(PreTrainedModel, model)
