"""Tiny decoders with random weights, their word tokenizer, and examples whose answers follow."""

from __future__ import annotations

import random
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from lantern.config import DecoderSettings
from lantern.distill.answer_examples import AnswerExample, encode_examples
from lantern.distill.encoded_answers import EncodedAnswer, EncodedAnswers
from lantern.fit import Importance, Requirement, RequirementKind
from lantern.inference.base_models import quiet_transformers
from lantern.inference.causal_models import CausalModel, load_causal_model
from lantern.inference.prompt_ids import PromptEncoder
from lantern.prompts.explanation import SYSTEM_TEXT

SKILLS = ("python", "java", "excel", "nursing", "welding", "sales", "sql", "german")
_PIECES = r"\w+|[^\w\s]|\n"
_FRAME = """
You are a Low Medium High fit for this job . Requirements : - [ met ] partly not shown " Summary
Next step Profile Job must have nice to Answer \n experience in years 1 2 3 clerk , no requirement
is stated knows
"""


def tiny_tokenizer(extra: tuple[str, ...] = ()) -> PreTrainedTokenizerFast:
    """A word-level tokenizer of about 200 words; ``extra`` ones come last."""
    split = pre_tokenizers.Split(Regex(_PIECES), "removed", invert=True)
    words: list[str] = ["[UNK]", "<pad>", "<eos>"]
    for text in (_FRAME, SYSTEM_TEXT, " ".join(SKILLS)):
        words += [piece for piece, _ in split.pre_tokenize_str(text)]
    vocabulary = {word: i for i, word in enumerate(dict.fromkeys([*words, *extra]))}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    backend.pre_tokenizer = split
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="[UNK]", pad_token="<pad>", eos_token="<eos>"
    )


def save_tiny_decoder(
    folder: Path,
    *,
    seed: int = 0,
    layers: int = 2,
    width: int = 32,
    tied: bool = True,
    extra: tuple[str, ...] = (),
    padding_rows: int = 0,
) -> Path:
    """A decoder of random weights; ``padding_rows`` widen its head beyond the vocabulary."""
    tokenizer = tiny_tokenizer(extra)
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=len(tokenizer) + padding_rows,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=512,
        tie_word_embeddings=tied,
        initializer_range=0.1,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with quiet_transformers():
        Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_decoder(folder: Path, **how: int | bool | tuple[str, ...]) -> CausalModel:
    """The same, loaded."""
    if not (folder / "config.json").is_file():
        save_tiny_decoder(folder, **how)  # type: ignore[arg-type]
    return load_causal_model(str(folder))


def answer_examples(count: int, seed: int = 0) -> list[AnswerExample]:
    """Pairs of two lengths whose answer follows from profile and requirements by a rule."""
    dice = random.Random(seed)
    examples = []
    for _ in range(count):
        asked = dice.sample(SKILLS, dice.choice((1, 2, 3)))
        known = dice.sample(SKILLS, dice.choice((1, 3, 5)))
        verdicts = [
            f'- {skill} [met]: "knows {skill}"' if skill in known else f"- {skill} [not shown]"
            for skill in asked
        ]
        level = "High" if all(skill in known for skill in asked) else "Low"
        examples.append(
            AnswerExample(
                title="clerk",
                requirements=tuple(
                    Requirement(RequirementKind.SKILL, Importance.MUST_HAVE, skill)
                    for skill in asked
                ),
                profile=" , ".join(f"knows {skill}" for skill in known),
                explanation="\n".join(
                    [f"You are a {level} fit for this job.", "Requirements:", *verdicts]
                ),
            )
        )
    return examples


def encoded(model: CausalModel, count: int, seed: int = 0, context: int = 320) -> EncodedAnswers:
    encoder = PromptEncoder(model.tokenizer, context, model.name)
    return EncodedAnswers.of(encode_examples(answer_examples(count, seed), encoder, split="train"))


def write_answer_shards(folder: Path, train: int = 12, validation: int = 3) -> Path:
    """The shards of a split each, as Spark writes them."""
    for seed, (split, count) in enumerate((("train", train), ("validation", validation))):
        rows = [
            {
                "split": split,
                "title": example.title,
                "requirements": [asdict(item) for item in example.requirements],
                "model_text": example.profile,
                "explanation": example.explanation,
            }
            for example in answer_examples(count, seed)
        ]
        (folder / split).mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows), folder / split / "part-00000.parquet")
    return folder


def short_examples(count: int, vocabulary: int, seed: int = 0) -> EncodedAnswers:
    """Random ids of various short lengths: cheap, for what does not look at the text."""
    dice = random.Random(seed)

    def ids(size: int) -> list[int]:
        return [dice.randrange(3, vocabulary) for _ in range(size)]

    rows = []
    for row in range(count):
        prompt, answer = ids(dice.randint(2, 9)), [*ids(dice.randint(1, 7)), 2]
        rows.append(EncodedAnswer(row, np.array([*prompt, *answer], dtype=np.int32), len(prompt)))
    return EncodedAnswers.of(rows)


def settings(**over: object) -> DecoderSettings:
    """Settings of a short, deterministic training."""
    values: dict[str, object] = {
        "context": 320,
        "answer_tokens": 8,
        "epochs": 1,
        "learning_rate": 3e-3,
        "warmup_share": 0.1,
        "weight_decay": 0.0,
        "gradient_norm": 1.0,
        "batch_rows": 4,
        "accumulation": 1,
        "packing": False,
        "lora": None,
        "dtype": "float32",
        "attention": "sdpa",
        "activation_checkpointing": False,
        "checkpoint_steps": None,
        "validation_rows": None,
        "validation_answers": 2,
        "seed": 7,
    }
    return DecoderSettings.model_validate(values | over)
