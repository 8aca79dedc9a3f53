"""Cut a decoder's vocabulary to what its task uses: a model folder in, a smaller one out.

In a small decoder of a large vocabulary most parameters are rows of the embedding that explanations
never use: of 494 million of a Qwen2.5-0.5B 136 are. What is kept of the tokenizer says
:mod:`lantern.distill.bpe_subset`; of embedding and head the same rows are kept, so the logits of
what is kept are the old ones. Trimming after Abdaoui et al. 2020, "Load what you need", and
Ushio et al. 2023, "Efficient multilingual language model compression through vocabulary trimming".
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from lantern.distill.bpe_subset import TokenizerSubset, check_subset, subset
from lantern.distill.compression import (
    LOSS_TEXTS,
    CompressionReport,
    mean_token_loss,
    parameter_count,
    token_rows,
)
from lantern.errors import ModelError, TrainingError
from lantern.inference.base_models import Base, load_tokenizer
from lantern.inference.causal_models import load_causal_model

_ID_SETTINGS: Final = (
    "bos_token_id",
    "eos_token_id",
    "pad_token_id",
    "decoder_start_token_id",
    "forced_bos_token_id",
    "forced_eos_token_id",
)

_AT_ONCE: Final = 512


def trim_vocabulary(
    folder_in: str | Path, folder_out: str | Path, texts: Sequence[str]
) -> CompressionReport:
    """Trim a model's vocabulary and write it with its tokenizer.

    Args:
        folder_in: of a decoder with a byte-pair tokenizer.
        folder_out: written as safetensors, with a ``tokenizer.json`` of its own.
        texts: of the task: prompts and answers of the train split. The losses are measured on
            some of them; the one afterwards has fewer tokens to be wrong about.

    Raises:
        ModelError: the model cannot be loaded, or its tokenizer is of another kind.
        TrainingError: there is no text.
    """
    causal = load_causal_model(str(folder_in))
    some = texts[:: max(1, len(texts) // LOSS_TEXTS)][:LOSS_TEXTS]
    held = token_rows(causal, some)
    if not held:
        raise TrainingError("there is no text to trim a vocabulary to")
    original = causal.tokenizer.backend_tokenizer
    original.no_truncation()
    original.no_padding()
    used = _used(causal.tokenizer, texts) | set(_ids_of_settings(causal.model))
    cut = subset(original.to_str(), used, causal.name)
    check_subset(original, cut, texts)
    before, loss_before = parameter_count(causal.model), mean_token_loss(causal.model, held)
    old_size = int(causal.model.config.vocab_size)
    tokenizer = _tokenizer(causal.tokenizer, cut)
    cut_vocabulary(causal.model, cut)
    new = cut.new_ids
    report = CompressionReport(
        parameters_before=before,
        parameters_after=parameter_count(causal.model),
        loss_before=loss_before,
        loss_after=mean_token_loss(causal.model, [[new[i] for i in row] for row in held]),
        tokens=sum(len(row) - 1 for row in held),
        shape={"vocabulary": (old_size, len(cut.kept))},
    )
    replace(causal, tokenizer=tokenizer).save(folder_out)
    return report


def cut_vocabulary(model: PreTrainedModel, cut: TokenizerSubset) -> None:
    """Keep the rows of the kept tokens in embedding and head, and renumber the settings' ids.

    Raises:
        ModelError: the tokenizer has ids that the embedding has no row for.
    """
    embedding: Any = model.get_input_embeddings()
    head: Any = model.get_output_embeddings()
    if cut.kept[-1] >= embedding.num_embeddings:
        raise ModelError(
            f"the tokenizer has the id {cut.kept[-1]}, the embedding has "
            f"{embedding.num_embeddings} rows; they do not belong together"
        )
    rows = torch.tensor(cut.kept, device=embedding.weight.device)
    tied = head is not None and head.weight is embedding.weight
    table = nn.Embedding(len(rows), embedding.embedding_dim)
    table.weight = _parameter(embedding.weight[rows], embedding.weight)
    model.set_input_embeddings(table)
    if head is not None:
        smaller = nn.Linear(head.in_features, len(rows), bias=head.bias is not None)
        smaller.weight = table.weight if tied else _parameter(head.weight[rows], head.weight)
        if head.bias is not None:
            smaller.bias = _parameter(head.bias[rows], head.bias)
        model.set_output_embeddings(smaller)
    new = cut.new_ids
    for settings in _settings(model):
        for key in _ID_SETTINGS:
            value = getattr(settings, key, None)
            if isinstance(value, list):
                setattr(settings, key, [new[int(number)] for number in value])
            elif value is not None:
                setattr(settings, key, new.get(int(value)))
    model.config.vocab_size = len(rows)


def _parameter(rows: Tensor, like: Tensor) -> nn.Parameter:
    return nn.Parameter(rows.detach().clone(), requires_grad=like.requires_grad)


def _settings(model: PreTrainedModel) -> list[Any]:
    found = [model.config, model.generation_config]
    return [settings for settings in found if settings is not None]


def _ids_of_settings(model: PreTrainedModel) -> Iterable[int]:
    for settings in _settings(model):
        for key in _ID_SETTINGS:
            value = getattr(settings, key, None)
            yield from (
                int(i) for i in (value if isinstance(value, list) else [value]) if i is not None
            )


def _used(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> set[int]:
    """Ids of the texts, read with special tokens and as mere data."""
    used: set[int] = set()
    for start in range(0, len(texts), _AT_ONCE):
        for as_data in (False, True):
            encoded: Any = tokenizer(
                list(texts[start : start + _AT_ONCE]),
                add_special_tokens=False,
                split_special_tokens=as_data,
            )
            used.update(*encoded["input_ids"])
    return used


def _tokenizer(old: PreTrainedTokenizerFast, cut: TokenizerSubset) -> PreTrainedTokenizerFast:
    """The old tokenizer's settings and chat template around the cut one."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        old.save_pretrained(place)
        (place / "tokenizer.json").write_text(cut.content, encoding="utf-8")
        for stale in ("vocab.json", "merges.txt", "added_tokens.json", "tokenizer.model"):
            (place / stale).unlink(missing_ok=True)
        settings_file = place / "tokenizer_config.json"
        settings = json.loads(settings_file.read_text("utf-8"))
        decoder = settings.pop("added_tokens_decoder", None)
        if decoder is not None:
            new = cut.new_ids
            settings["added_tokens_decoder"] = {
                str(new[int(number)]): token for number, token in decoder.items()
            }
        settings_file.write_text(json.dumps(settings, indent=2), encoding="utf-8")
        return load_tokenizer(Base("trimmed", str(place), None, True))
