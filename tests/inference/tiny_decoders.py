"""Tiny decoders with random weights and a byte-level tokenizer trained on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from lantern.fit import Importance, Requirement, RequirementKind
from lantern.inference.causal_models import CausalModel

END = "<|end|>"
PROFILE = """Registered nurse at Harrow Lane Health, 6.2 years
- Recorded observations every four hours; said "never late"
Skills: Blood pressure (6 years), Med-surg, naïve Bayes
Lead the night shift {of} 12 nurses. """
ASKED = (
    "Registered nurse licence",
    "5+ years of ward work (acute)",
    "C#/.NET or \\backslash",
    "Team leading: nights",
)


def requirements(texts: Sequence[str] = ASKED) -> list[Requirement]:
    """Requirements of these texts; the last one is a wish."""
    kinds = [Importance.MUST_HAVE] * (len(texts) - 1) + [Importance.NICE_TO_HAVE]
    return [
        Requirement(RequirementKind.OTHER, importance, text)
        for text, importance in zip(texts, kinds, strict=True)
    ]


@lru_cache(maxsize=2)
def byte_tokenizer(*, template: bool = True) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer of 420 tokens."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=[END, "<|user|>", "<|answer|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    corpus = [PROFILE, *ASKED, "You are a Low Medium High fit for this job.\nRequirements:\n"] * 4
    backend.train_from_iterator(corpus, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token=END, pad_token=END)
    if template:
        tokenizer.chat_template = (
            "{% for m in messages %}{% if m.role == 'user' %}<|user|>{{ m.content }}{% endif %}"
            "{% endfor %}{% if add_generation_prompt %}<|answer|>{% endif %}"
        )
    return tokenizer


def tiny_decoder(kind: str = "qwen2", *, context: int = 2048, seed: int = 0) -> CausalModel:
    """A decoder of two layers with random weights.

    ``qwen2``, ``llama``, ``gpt2``; ``mistral``, which looks 16 tokens back, and ``qwen2-mixed``,
    of which one layer does.
    """
    torch.manual_seed(seed)
    tokenizer = byte_tokenizer()
    size = len(tokenizer)
    end = int(tokenizer.eos_token_id)
    common = {"vocab_size": size, "eos_token_id": end, "bos_token_id": None}
    shape = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": context,
        "initializer_range": 0.3,
    }
    if kind == "qwen2":
        model = Qwen2ForCausalLM(Qwen2Config(**common, **shape, tie_word_embeddings=True))
    elif kind == "qwen2-mixed":
        kinds = ["full_attention", "sliding_attention"]
        window = {"use_sliding_window": True, "sliding_window": 16, "layer_types": kinds}
        model = Qwen2ForCausalLM(Qwen2Config(**common, **shape, **window))
    elif kind == "mistral":
        model = MistralForCausalLM(MistralConfig(**common, **shape, sliding_window=16))
    elif kind == "llama":
        model = LlamaForCausalLM(LlamaConfig(**common, **shape))
    else:
        model = GPT2LMHeadModel(
            GPT2Config(**common, n_embd=32, n_layer=2, n_head=4, n_positions=context)
        )
    return CausalModel(f"tiny-{kind}", model.eval(), tokenizer, context)
