"""A tiny decoder that has learnt one answer a stage by heart, for a real server to serve.

An attention window of few tokens makes it blind to everything but the last line of a prompt, which
names the stage: so it is trained in seconds on the ends of prompts, and answers a prompt of any
length the same way.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import MistralConfig, MistralForCausalLM, PreTrainedTokenizerFast

from lantern.prompts.sections import Stage, system_text

END = "<|end|>"
REQUIREMENT = "Experience with Python"
ANSWERS = {
    "EXTRACT": {
        "requirements": [
            {
                "text": REQUIREMENT,
                "kind": "skill",
                "importance": "must_have",
                "skills": ["Python"],
                "any_of": False,
                "years": None,
                "degree": None,
            }
        ]
    },
    "EVALUATE": {"verdicts": [{"number": 1, "quote": None, "verdict": "not shown"}]},
    "EXPLAIN": {
        "summary": "Your profile does not show Python. The job asks for it.",
        "level": "Low",
        "next_step": "Add where you have used Python.",
    },
}
_TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_WINDOW, _TAIL, _STEPS = 32, 80, 400


def save_teacher(folder: Path) -> float:
    """Train, save model and tokenizer; returns the last loss."""
    torch.manual_seed(0)
    tokenizer = _tokenizer()
    ids = {name: tokenizer.encode(json.dumps(answer)) for name, answer in ANSWERS.items()}
    end = int(tokenizer.eos_token_id)
    config = MistralConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        sliding_window=_WINDOW,
        max_position_embeddings=8192,
        eos_token_id=end,
        pad_token_id=end,
        bos_token_id=None,
        tie_word_embeddings=True,
    )
    model = MistralForCausalLM(config).train()
    loss = _learn(model, tokenizer, ids, end)
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return loss


def _learn(
    model: MistralForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    answers: dict[str, list[int]],
    end: int,
) -> float:
    random = Random(0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, _STEPS)
    longest = _TAIL + max(map(len, answers.values())) + 1
    loss = torch.tensor(0.0)
    for _ in range(_STEPS):
        rows, labels = [], []
        for name, answer in answers.items():
            code = "".join(random.choices("0123456789abcdef", k=12))
            block = random.choice(("POSTING", "PROFILE", "VERDICTS"))
            text = f"{_noise(random)}\n<<<END {block} {code}>>>\n\n"
            text += f"Answer with the JSON object of the task {name}.<|end|><|assistant|>"
            prompt = tokenizer.encode(text)[-_TAIL:]
            pad = longest - len(prompt) - len(answer) - 1
            rows.append([*prompt, *answer, end, *[end] * pad])
            labels.append([*[-100] * len(prompt), *answer, end, *[-100] * pad])
        loss = model(input_ids=torch.tensor(rows), labels=torch.tensor(labels)).loss
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if loss.item() < 0.01:
            break
    return loss.item()


def _noise(random: Random) -> str:
    words = system_text(Stage.ONE_CALL).split()
    return " ".join(random.choices(words, k=60))


def _tokenizer() -> PreTrainedTokenizerFast:
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1200,
        special_tokens=[END, "<|system|>", "<|user|>", "<|assistant|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    told = [system_text(stage) for stage in Stage] + [json.dumps(a) for a in ANSWERS.values()] * 9
    backend.train_from_iterator(told, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token=END, pad_token=END)
    tokenizer.chat_template = _TEMPLATE
    return tokenizer
