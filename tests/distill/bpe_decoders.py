"""Tiny decoders with byte-pair tokenizers that are trained on the spot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

CORPUS = [
    "You are a Medium fit for this job. Requirements: - 5+ years of Python [met]",
    "You are a Low fit for this job. - AWS certification [not shown]",
    "Summary: Your background covers Python services since 2015. Next step: Add a project.",
    "Profile: built Python services, ran containers with Docker, naïve café £5 日本",
    "Job: data engineer. - must have: Kubernetes - nice to have: bachelor's degree",
] * 3
OTHER = ["zebra quantum 🎉 ελληνικά", "def f(x):\n\treturn {x: 1}", "Docker Kubernetes Dockernetes"]
CHAT = "{% for m in messages %}<|im_start|>{{ m['content'] }}<|im_end|>{% endfor %}"


def byte_level_tokenizer() -> PreTrainedTokenizerFast:
    """As Qwen2's: signs of bytes, NFC, added tokens behind the vocabulary."""
    backend = Tokenizer(models.BPE())
    backend.normalizer = normalizers.NFC()
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = BpeTrainer(
        vocab_size=700,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator([*CORPUS, *OTHER * 5], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, chat_template=CHAT)
    names = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer.add_special_tokens({"additional_special_tokens": names})
    tokenizer.eos_token, tokenizer.pad_token = "<|im_end|>", "<|endoftext|>"
    return tokenizer


def byte_fallback_tokenizer() -> PreTrainedTokenizerFast:
    """As Llama 2's: characters, and bytes for those that are unknown; a begin token is put in."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=True)
    trainer = BpeTrainer(vocab_size=220, show_progress=False)
    trained.train_from_iterator(CORPUS, trainer)
    learned: dict[str, Any] = json.loads(trained.to_str())["model"]
    first = ["<unk>", "<s>", "</s>", *(f"<0x{value:02X}>" for value in range(256))]
    ordered = [*first, *sorted(learned["vocab"], key=learned["vocab"].get)]
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys(ordered))}
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in learned["merges"]]
    model = models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    backend = Tokenizer(model)
    backend.normalizer = normalizers.Replace(" ", "▁")
    backend.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


def save_qwen(folder: Path, *, tied: bool = True, spare_rows: int = 0) -> Path:
    """Four layers, four query heads on two key-value heads, attention biases."""
    torch.manual_seed(0)
    tokenizer = byte_level_tokenizer()
    config = Qwen2Config(
        vocab_size=len(tokenizer) + spare_rows,
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=48,
        max_position_embeddings=96,
        initializer_range=0.2,
        tie_word_embeddings=tied,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    return _saved(Qwen2ForCausalLM(config), tokenizer, folder)


def save_llama(folder: Path) -> Path:
    """Two layers, untied, a byte-fallback tokenizer."""
    torch.manual_seed(0)
    tokenizer = byte_fallback_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        intermediate_size=48,
        max_position_embeddings=96,
        initializer_range=0.2,
        tie_word_embeddings=False,
        bos_token_id=1,
        eos_token_id=2,
    )
    return _saved(LlamaForCausalLM(config), tokenizer, folder)


def _saved(model: Any, tokenizer: PreTrainedTokenizerFast, folder: Path) -> Path:
    with torch.no_grad():
        for name, values in model.named_parameters():
            if name.endswith("bias") or "norm" in name:  # zeros and ones would hide a wrong cut
                values += 0.3 * torch.randn_like(values)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
