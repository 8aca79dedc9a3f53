"""Tiny models with random weights and tokenizers built on the spot: no download, no hub."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import (
    BertConfig,
    BertModel,
    ModernBertConfig,
    ModernBertModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2Model,
)

from lantern.inference.encoder import FitClassifier
from lantern.inference.late_interaction import LateInteractionClassifier

WORDS = """
python java kubernetes nurse driver sales years of experience in and with degree bachelor master
license certificate led built team the a for senior junior 5 10 sql excel care patient
""".split()  # noqa: SIM905
REQUIREMENTS = ("5 years of python", "nurse license and patient care", "sales experience")
PROFILES = (
    "senior python driver with sql",
    "junior nurse in a care team with a bachelor degree",
    "led the sales team for 10 years and built excel with python and java and kubernetes",
)
PAIRS = [(requirements, profile) for requirements in REQUIREMENTS for profile in PROFILES]


def word_tokenizer(**special: str) -> PreTrainedTokenizerFast:
    """A word-level tokenizer over WORDS and the given special tokens."""
    names = [*special.values(), *WORDS, "[", "]", "\n\n"]
    vocabulary = {name: index for index, name in enumerate(dict.fromkeys(["[UNK]", *names]))}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    backend.normalizer = normalizers.Lowercase()
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split("\n\n", "isolated"),
            pre_tokenizers.Split(" ", "removed"),
            pre_tokenizers.Punctuation(),
        ]
    )
    # As in all-MiniLM's file: settings of others that must play no part here.
    backend.enable_truncation(4)
    backend.enable_padding(length=4)
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]", **special)


def save_tiny_bert(folder: Path) -> Path:
    """A BERT of four layers."""
    torch.manual_seed(0)
    tokenizer = word_tokenizer(pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]")
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.1,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def save_tiny_modernbert(folder: Path) -> Path:
    """A ModernBERT of three layers, one of them with global attention."""
    torch.manual_seed(0)
    tokenizer = word_tokenizer(pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]")
    config = ModernBertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        local_attention=16,
        initializer_range=0.1,
        pad_token_id=tokenizer.pad_token_id,
        cls_token_id=tokenizer.cls_token_id,
        sep_token_id=tokenizer.sep_token_id,
        bos_token_id=None,
        eos_token_id=None,
        attn_implementation="sdpa",
    )
    ModernBertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def save_tiny_qwen(folder: Path) -> Path:
    """A causal model of three layers."""
    torch.manual_seed(0)
    tokenizer = word_tokenizer(pad_token="<pad>", eos_token="<eos>")
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.1,
    )
    Qwen2Model(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def classifier_of(
    base: Path, *, pooling: str = "mean", max_tokens: int = 64, layers: int | None = None
) -> FitClassifier:
    """A classifier with a random head, the same at every call."""
    torch.manual_seed(1)
    model = FitClassifier.from_base(
        str(base),
        pooling=pooling,
        hidden_size=16,
        dropout=0.1,
        max_tokens=max_tokens,
        layers=layers,
    )
    return model.eval()


def late_classifier_of(
    base: Path,
    *,
    pooling: str = "mean",
    unit_tokens: int = 32,
    requirement_units: int = 8,
    profile_units: int = 12,
) -> LateInteractionClassifier:
    """A late-interaction classifier with a random head, the same at every call."""
    torch.manual_seed(1)
    model = LateInteractionClassifier.from_base(
        str(base),
        pooling=pooling,
        hidden_size=16,
        dropout=0.1,
        unit_tokens=unit_tokens,
        requirement_units=requirement_units,
        profile_units=profile_units,
    )
    with torch.no_grad():
        model.head.learned.fill_(0.7)  # starts at 0, which would hide a wrong product
    return model.eval()
