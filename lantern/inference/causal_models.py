"""Load and save causal language models: teachers at home, explanation students.

Only safetensors are read, ``trust_remote_code`` is never on, and the tokenizer is exactly what the
model's ``tokenizer.json`` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from lantern.errors import ModelError
from lantern.inference.base_models import Base, load_tokenizer, quiet_transformers, resolve_base
from lantern.inference.phrases import Phrases, load_phrases, save_phrases

_PROBES = ("You are a Medium fit for this job.", "- 5+ years: “C#/.NET”, naïve [not shown]\n\t7 %")


@dataclass(frozen=True, slots=True)
class CausalModel:
    """A decoder with its tokenizer.

    Attributes:
        name: as people call it; never a path of this machine.
        model: in evaluation mode.
        tokenizer: with an end token and a padding token.
        context: most tokens of prompt and answer together.
        phrases: all that its texts say around names; None: anything.
    """

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    context: int
    phrases: Phrases | None = None

    def save(self, folder: str | Path) -> None:
        """Write weights as safetensors, the configuration, the tokenizer and the phrases."""
        with quiet_transformers():
            self.model.save_pretrained(folder)
            self.tokenizer.save_pretrained(folder)
        save_phrases(self.phrases, folder)


def load_causal_model(
    name: str,
    *,
    revision: str | None = None,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> CausalModel:
    """Load a decoder by a pip package's name, a folder, or its name on the hub.

    Raises:
        ModelError: if it cannot be found or loaded, lacks weights, is no decoder, or its tokenizer
            has no end token, or its phrases are damaged.
    """
    base = resolve_base(name, revision)
    model, report = _load(base, dtype)
    tied = set(getattr(model, "all_tied_weights_keys", None) or ())
    missing = sorted(set(report["missing_keys"]) - tied)
    if missing:
        raise ModelError(
            f"the model {base.name!r} lacks {len(missing)} weights, {missing[0]} among them; "
            "it is incomplete or no decoder"
        )
    tokenizer = load_tokenizer(base)
    if tokenizer.eos_token_id is None:
        raise ModelError(f"the tokenizer of {base.name!r} has no end token; answers would not end")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    context = getattr(model.config, "max_position_embeddings", None)
    if not isinstance(context, int):
        raise ModelError(f"the configuration of {base.name!r} does not say how long its context is")
    phrases = load_phrases(base.place) if base.is_local else None
    return CausalModel(base.name, model.to(device).eval(), tokenizer, context, phrases)


def check_same_vocabulary(
    teacher: PreTrainedTokenizerFast, student: PreTrainedTokenizerFast
) -> int:
    """Make sure that a token id means the same to teacher and student.

    Returns:
        The size of the shared vocabulary; rows of a head beyond it are padding.

    Raises:
        ModelError: names up to five tokens that differ.
    """
    first, second = teacher.get_vocab(), student.get_vocab()
    different = sorted(
        token for token in first.keys() | second.keys() if first.get(token) != second.get(token)
    )
    if different:
        shown = ", ".join(
            f"{token!r} ({first.get(token, 'none')} / {second.get(token, 'none')})"
            for token in different[:5]
        )
        raise ModelError(
            f"teacher and student have other tokenizers: {len(different)} tokens differ, "
            f"{shown}; logit-level distillation needs one vocabulary"
        )
    for probe in _PROBES:
        ids = [
            list(tokenizer(probe, add_special_tokens=False)["input_ids"])
            for tokenizer in (teacher, student)
        ]
        if ids[0] != ids[1]:
            raise ModelError(
                "teacher and student have the same tokens but cut text into them differently; "
                "give the student the teacher's tokenizer"
            )
    return int(max(first.values())) + 1


def end_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Sequence[int]:
    """All ids that end an answer: the tokenizer's and those of the generation settings."""
    named: Any = getattr(model.generation_config, "eos_token_id", None)
    listed = named if isinstance(named, list) else [named]
    return sorted({int(i) for i in (*listed, tokenizer.eos_token_id) if i is not None})


def _load(base: Base, dtype: torch.dtype) -> tuple[PreTrainedModel, dict[str, Any]]:
    try:
        with quiet_transformers():
            model, report = AutoModelForCausalLM.from_pretrained(
                base.place,
                revision=base.revision,
                dtype=dtype,
                trust_remote_code=False,
                use_safetensors=True,
                local_files_only=base.is_local,
                output_loading_info=True,
            )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        hint = "its files are damaged or it is no decoder"
        if not base.is_local:
            hint = "check the name and the network, or name a local folder"
        raise ModelError(
            f"the model {base.name!r} cannot be loaded ({type(error).__name__}): {hint}"
        ) from error
    return model, report
