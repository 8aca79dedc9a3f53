"""The result of a training: one folder of plain weights, wherever they were while it ran."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantern.distill.lora import merged
from lantern.distill.objective_head import remove_objective_head
from lantern.inference.causal_models import CausalModel, load_causal_model

if TYPE_CHECKING:
    from lantern.distill.decoder_trainer import DecoderTrainer


def finished(trainer: DecoderTrainer, student: CausalModel, folder: Path) -> CausalModel:
    """Merge adapters, save the best checkpoint's model, and return it in evaluation mode.

    With DeepSpeed every process loads it from the folder: there the weights belong to its engine,
    in parts.

    Args:
        trainer: after its training.
        student: whose model was trained.
        folder: that the first process writes.
    """
    with _whole_weights(trainer):
        model = merged(trainer.model)
        remove_objective_head(model)
        result = replace(student, model=model.eval())
        if trainer.args.should_save:
            result.save(folder)
    trainer.accelerator.wait_for_everyone()
    if not trainer.is_deepspeed_enabled:
        return result
    from transformers.integrations.deepspeed import unset_hf_deepspeed_config

    unset_hf_deepspeed_config()  # or the next model would be loaded in parts
    loaded = load_causal_model(str(folder), device=trainer.args.device)
    return replace(student, model=loaded.model)


@contextmanager
def _whole_weights(trainer: Any) -> Iterator[None]:
    """Inside, each weight is whole in every process; ZeRO-3 keeps a part in each."""
    if not (trainer.is_deepspeed_enabled and trainer.deepspeed.zero_optimization_stage() == 3):
        yield
        return
    import deepspeed

    with deepspeed.zero.GatheredParameters(list(trainer.model.parameters())):
        yield
