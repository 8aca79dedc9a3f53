"""Pretrain the base decoder of the embedded default: ``python -m lantern.distill.pretraining``.

A small Llama-shaped model and its byte-level tokenizer, from scratch, on pairs of a sample
marketplace of a seed of its own and the rubric teacher's explanations of them. It stands for what
a hub gives elsewhere: a decoder that knows the language of profiles and postings. It has seen no
member and no posting of a demo, but it has seen the sample's way of writing, so what it can do
there says nothing about real texts.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from lantern.distill.objective import IGNORED
from lantern.documents.unusable import UnusableDocument
from lantern.fit import render_explanation
from lantern.inference.causal_models import CausalModel
from lantern.inference.device import has_native_bf16, pick_device
from lantern.inference.prompt_ids import PromptEncoder
from lantern.sample.documents import sample_posting, sample_profile
from lantern.sample.marketplace import event_postings
from lantern.sample.seeding import stream
from lantern.teachers.profile_facts import facts_of
from lantern.teachers.rubric import RubricTeacher

SEED: Final = 1007
"""Of the sample that is pretrained on; no demo, test or measurement uses it."""
POSTINGS: Final = 4000
VOCABULARY: Final = 3072
CONTEXT: Final = 2048
END, ANSWER = "<|end|>", "<|answer|>"
# The instructions would be half of each prompt and the same in all: this model does without.
TEMPLATE: Final = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}\n" + ANSWER + "{% endif %}"
)
PROMPT_WEIGHT: Final = 0.1
"""Of a prompt's tokens in the loss: they teach the language, the answers teach the task."""


class Pair(NamedTuple):
    """What a pair's prompt is made of, and its answer."""

    title: str
    requirements: tuple[Any, ...]
    requirements_text: str
    profile: str
    answer: str


def pairs_of(
    index: int,
    seed: int = SEED,
    postings: int = POSTINGS,
    among: Sequence[int] | None = None,
) -> Iterator[Pair]:
    """Pairs of member ``index`` with the rubric teacher's answers: five of events, one of any.

    Args:
        index: of the member.
        seed: of the sample.
        postings: of the sample.
        among: only these postings; None: all.
    """
    try:
        member = sample_profile(seed, index)
    except UnusableDocument:
        return
    facts = facts_of(member)
    dice = stream(seed, "pretraining", index)
    allowed = range(postings) if among is None else among
    seen = [number for number in event_postings(seed, index, postings) if number in allowed]
    dice.shuffle(seen)
    for number in [*seen[:5], allowed[int(dice.random() * len(allowed))]]:
        posting, extracted = sample_posting(seed, number)
        judged = RubricTeacher().judge(
            facts,
            list(extracted.requirements),
            title=posting.title,
            posting_seniority=posting.seniority,
        )
        yield Pair(
            posting.title,
            extracted.requirements,
            extracted.model_text,
            member.model_text,
            render_explanation(judged.assessment),
        )


def train_tokenizer(texts: Iterator[str], size: int = VOCABULARY) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer: any text can be written with it."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[END, ANSWER],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token=END, pad_token=END, chat_template=TEMPLATE
    )


def new_decoder(tokenizer: PreTrainedTokenizerFast, seed: int = SEED) -> CausalModel:
    """The model, with random weights: 3.5 million parameters, 7 MB in bfloat16."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=640,
        num_hidden_layers=4,
        num_attention_heads=8,
        num_key_value_heads=4,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CausalModel("lantern-base", LlamaForCausalLM(config), tokenizer, CONTEXT)


class _Pretraining(Trainer):  # type: ignore[misc]
    """Cross-entropy of all tokens, those of prompts at :data:`PROMPT_WEIGHT`."""

    def compute_loss(
        self, model: Any, inputs: dict[str, Tensor], return_outputs: bool = False, **_: Any
    ) -> Any:
        weights = inputs["weights"][:, 1:]
        output = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        losses = torch.nn.functional.cross_entropy(
            output.logits[:, :-1].float().flatten(0, 1),
            inputs["labels"][:, 1:].flatten(),
            reduction="none",
            ignore_index=IGNORED,
        ).view_as(weights)
        loss = (losses * weights).sum() / weights.sum()
        return (loss, output) if return_outputs else loss


class _Stop(TrainerCallback):  # type: ignore[misc]
    """Ends a training early; its learning rate has fallen as planned for the whole of it."""

    def __init__(self, steps: int) -> None:
        self._steps = steps

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        control.should_training_stop = state.global_step >= self._steps


def collate(rows: Sequence[dict[str, Any]], pad: int) -> dict[str, Tensor]:
    """Rows padded on the right, with the weight of each token."""
    width = max(len(row["input_ids"]) for row in rows)
    ids = torch.full((len(rows), width), pad)
    labels = torch.full((len(rows), width), IGNORED)
    weights = torch.zeros(len(rows), width)
    mask = torch.zeros(len(rows), width, dtype=torch.long)
    for number, row in enumerate(rows):
        size = len(row["input_ids"])
        ids[number, :size] = labels[number, :size] = torch.tensor(row["input_ids"])
        mask[number, :size] = 1
        weights[number, :size] = torch.tensor(row["weights"])
    return {"input_ids": ids, "labels": labels, "weights": weights, "attention_mask": mask}


def _rows(pairs: Sequence[Pair], causal: CausalModel, longest: int = 900) -> list[dict[str, Any]]:
    encoder = PromptEncoder(causal.tokenizer, CONTEXT, causal.name)
    rows = []
    for pair in pairs:
        answer = encoder.answer_ids(pair.answer)
        prompt = encoder.encode(
            title=pair.title,
            requirements=pair.requirements,
            profile=pair.profile,
            answer_tokens=len(answer),
        ).ids
        if len(prompt) + len(answer) <= longest:
            weights = [PROMPT_WEIGHT] * len(prompt) + [1.0] * len(answer)
            rows.append({"input_ids": [*prompt, *answer], "weights": weights})
    return rows


def main(argv: Sequence[str] | None = None) -> None:
    """Make the corpus, the tokenizer and the model, and save the folder that ships."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of the model")
    parser.add_argument("--work", type=Path, required=True, help="of checkpoints")
    parser.add_argument("--members", type=int, default=5_000)
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--stop-after", type=int, default=1500, help="steps, of those planned")
    arguments = parser.parse_args(argv)
    pairs = [pair for index in range(arguments.members) for pair in pairs_of(index)]
    texts = (part for p in pairs[:12_000] for part in (p.requirements_text, p.profile, p.answer))
    causal = new_decoder(train_tokenizer(texts))
    rows = _rows(pairs, causal)
    held, rows = rows[:400], rows[400:]
    pad = int(causal.tokenizer.pad_token_id)
    trainer = _Pretraining(
        model=causal.model,
        args=TrainingArguments(
            output_dir=str(arguments.work),
            num_train_epochs=arguments.epochs,
            per_device_train_batch_size=16,
            learning_rate=arguments.rate,
            lr_scheduler_type="cosine",
            warmup_steps=200,
            weight_decay=0.05,
            max_grad_norm=1.0,
            bf16=has_native_bf16(pick_device()),
            use_cpu=not torch.cuda.is_available(),
            train_sampling_strategy="group_by_length",
            length_column_name="length",
            remove_unused_columns=False,
            save_steps=250,
            save_total_limit=1,
            eval_strategy="steps",
            eval_steps=250,
            logging_steps=50,
            report_to=[],
            seed=SEED,
        ),
        train_dataset=[{**row, "length": len(row["input_ids"])} for row in rows],
        eval_dataset=held,
        data_collator=lambda batch: collate(batch, pad),
    )
    trainer.add_callback(_Stop(arguments.stop_after))
    found = any(arguments.work.glob("checkpoint-*"))
    trainer.train(resume_from_checkpoint=found)
    losses = [entry for entry in trainer.state.log_history if "eval_loss" in entry]
    causal.model.to(torch.bfloat16)
    causal.save(arguments.folder)
    record = {
        "seed": SEED,
        "pairs": len(rows),
        "steps": trainer.state.global_step,
        "of_steps": trainer.state.max_steps,
        "eval": losses[-1] if losses else None,
    }
    (arguments.folder / "pretraining.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
