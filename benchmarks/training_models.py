"""Models of random weights and examples of random ids for the benchmark of a training step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from lantern.distill.encoded_answers import EncodedAnswer, EncodedAnswers
from lantern.distill.length_buckets import LengthBuckets
from lantern.distill.topk_cache import encode_topk
from lantern.inference.causal_models import CausalModel

_SPECIAL = ("[UNK]", "<pad>", "<eos>")


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of student, teacher and examples.

    Attributes:
        vocabulary: of both.
        student, teacher: width, layers, heads, key-value heads, MLP width.
        prompt, answer: least and most tokens.
        context: of a packed row.
    """

    vocabulary: int
    student: tuple[int, int, int, int, int]
    teacher: tuple[int, int, int, int, int]
    prompt: tuple[int, int]
    answer: tuple[int, int]
    context: int

    @property
    def mean_tokens(self) -> float:
        """Of an example."""
        return (sum(self.prompt) + sum(self.answer)) / 2


SHAPES = {
    "tiny": Shape(800, (32, 1, 4, 2, 64), (48, 2, 4, 2, 96), (8, 20), (4, 12), 64),
    # Qwen's vocabulary on narrow bodies: 15 and 31 million weights, seconds a step on two cores.
    "wide": Shape(151_936, (96, 2, 4, 2, 256), (192, 4, 6, 2, 512), (40, 100), (20, 60), 256),
    # Qwen2.5-0.5B taught by Qwen2.5-1.5B, the paper's last stage.
    "half_billion": Shape(
        151_936,
        (896, 24, 14, 2, 4864),
        (1536, 28, 12, 2, 8960),
        (300, 700),
        (100, 260),
        2048,
    ),
}


def decoder(shape: Shape, role: str, dtype: torch.dtype = torch.float32) -> CausalModel:
    """A Qwen2 of random weights, its head tied to the embedding; the same in every process."""
    width, layers, heads, groups, mlp = shape.teacher if role == "teacher" else shape.student
    torch.manual_seed(2 if role == "teacher" else 1)
    config = Qwen2Config(
        vocab_size=shape.vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=groups,
        intermediate_size=mlp,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        # Logits of the teacher some 2 apart, of the student some 1: not flat, and not disjoint.
        initializer_range=(2.0 if role == "teacher" else 1.0) / width**0.5,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=1,
    )
    model = Qwen2ForCausalLM(config).to(dtype).eval()
    return CausalModel(role, model, _tokenizer(shape.vocabulary), 4096)


def _tokenizer(size: int) -> PreTrainedTokenizerFast:
    unknown, padding, end = _SPECIAL
    words = [*_SPECIAL, *(f"w{number}" for number in range(size - len(_SPECIAL)))]
    backend = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token=unknown))
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token=unknown, pad_token=padding, eos_token=end
    )


def examples(shape: Shape, count: int, teacher: CausalModel | None = None) -> EncodedAnswers:
    """Random prompts and answers; with a teacher's top 32 where one is given."""
    dice = np.random.default_rng(3)
    made = []
    for row in range(count):
        prompt, answer = (int(dice.integers(*span, endpoint=True)) for span in
                          (shape.prompt, shape.answer))  # fmt: skip
        ids = dice.integers(3, shape.vocabulary, prompt + answer).astype(np.int32)
        ids[-1] = 2
        made.append(_with_signal(EncodedAnswer(row, ids, prompt), teacher))
    return EncodedAnswers.of(made)


@torch.no_grad()
def _with_signal(example: EncodedAnswer, teacher: CausalModel | None) -> EncodedAnswer:
    if teacher is None:
        return example
    ids = torch.from_numpy(example.ids.astype(np.int64)).unsqueeze(0).to(teacher.model.device)
    logits = teacher.model(input_ids=ids, use_cache=False).logits[0]
    signal = encode_topk(logits[example.prompt_tokens - 1 : -1].float(), k=32)
    return EncodedAnswer(example.row, example.ids, example.prompt_tokens, signal)


def in_order(data: EncodedAnswers, batch_rows: int, seed: int) -> list[int]:
    """The order in which our trainer reads rows that hold one example each."""
    return list(LengthBuckets(data.lengths, batch_rows, seed))


def useful_flops(shape: Shape, tokens: int, answers: int, *, adapters: bool, live: bool) -> float:
    """Of the products that a step cannot do without; attention's scores are left out.

    Args:
        shape: of the models.
        tokens: read.
        answers: of them, those that are predicted.
        adapters: only adapters are trained: no gradient of the weights is needed.
        live: the teacher reads along.
    """
    passes = 2 if adapters else 3
    total = 2.0 * passes * _body(shape.student) * tokens
    total += 2.0 * passes * shape.vocabulary * shape.student[0] * answers
    if live:
        total += 2.0 * _body(shape.teacher) * tokens
        total += 2.0 * shape.vocabulary * shape.teacher[0] * answers
    return total


def _body(sizes: tuple[int, int, int, int, int]) -> int:
    width, layers, heads, groups, mlp = sizes
    return layers * (2 * width**2 + 2 * width * groups * width // heads + 3 * width * mlp)


def as_dicts(data: EncodedAnswers, order: list[int]) -> list[dict[str, Any]]:
    """The rows as TRL's collator takes them."""
    rows = []
    for number in order:
        ids, prompt = data[number].ids.tolist(), data[number].prompt_tokens
        mask = [0] * prompt + [1] * (len(ids) - prompt)
        rows.append({"prompt": "", "input_ids": ids, "completion_mask": mask})
    return rows
