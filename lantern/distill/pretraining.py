"""Pretrain the base decoder of the embedded default: ``python -m lantern.distill.pretraining``.

A small Llama-shaped model and its byte-level tokenizer, on pairs of a sample marketplace of a seed
of its own and the rubric teacher's explanations of them. It stands for what a hub gives elsewhere:
a decoder that knows the language of profiles and postings. It has seen no member and no posting of
a demo, but it has seen the sample's way of writing, so what it can do there says nothing about real
texts.

The model that ships was made in eight runs (docs/decisions/0009). The first began with random
weights and learned the language, prompts included. The others went on from the one before
(``--start``) and learned to judge: where a requirement of the prompt ends, a head that is thrown
away afterwards has to tell the verdict on it from the hidden state below the last layer (deep
supervision: Lee et al. 2015, "Deeply-supervised nets", arXiv 1409.5185).
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor, nn
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
)

from lantern.distill.pretraining_corpus import (
    PROMPT_WEIGHT,
    SEED,
    VERDICTS,
    Row,
    RowEncoder,
    member_rows,
    pairs_of,
)
from lantern.inference.base_models import resolve_base
from lantern.inference.causal_models import CausalModel, load_causal_model
from lantern.inference.device import pick_device, prefers_bf16
from lantern.inference.prompt_ids import PromptEncoder

VOCABULARY: Final = 3072
CONTEXT: Final = 2048
END, ANSWER = "<|end|>", "<|answer|>"
# The instructions would be half of each prompt and the same in all: this model does without.
TEMPLATE: Final = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}\n" + ANSWER + "{% endif %}"
)
JUDGED_LAYER: Final = 3
"""The verdict head reads the hidden states after so many layers."""
RECORD: Final = "pretraining.json"
"""In the model's folder: how it was made, and how the model was that it went on from."""
_BATCH_ROWS = 16
_HELD_MEMBERS = 60
_TOKENIZED_MEMBERS = 2_000
_CHUNK_MEMBERS = 100


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


class Pretraining(Trainer):  # type: ignore[misc]
    """Weighted cross-entropy of the tokens, and that of the verdicts told from hidden states.

    The model has a submodule ``verdict_head``. Rows are padded on the right, so the causal mask
    alone hides the padding, and the fast path without another mask is taken.

    Args:
        class_weight: of the rows' encoder; an answer's judgement is known by it among its tokens.
    """

    def __init__(self, *args: Any, class_weight: float, **how: Any) -> None:
        self._class_weight = class_weight
        super().__init__(*args, **how)

    def compute_loss(self, model: Any, inputs: dict[str, Tensor], **_: Any) -> Tensor:
        tokens, verdicts = losses_of(model, inputs)
        return tokens + verdicts

    @torch.no_grad()
    def evaluate(self, *_: Any, metric_key_prefix: str = "eval", **__: Any) -> dict[str, float]:
        """The answers' loss, and how often class and verdicts are right after a right beginning."""
        self.model.eval()
        sums: dict[str, list[float]] = {}
        for batch in self.get_eval_dataloader():
            with self.compute_loss_context_manager():
                for name, values in _rights(self.model, batch, self._class_weight).items():
                    sums.setdefault(name, []).extend(values)
        means = {f"{metric_key_prefix}_{k}": sum(v) / max(len(v), 1) for k, v in sums.items()}
        self.log(means)
        self.model.train()
        return means


def losses_of(model: Any, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """The weighted mean over tokens that are learned, and the mean over requirements."""
    logits, targets, weights, judged = _predictions(model, batch)
    each = nn.functional.cross_entropy(logits, targets, reduction="none")
    tokens = (each * weights).sum() / weights.sum().clamp_min(1.0)
    verdicts = batch["verdicts"]
    told = nn.functional.cross_entropy(judged, verdicts) if len(verdicts) else tokens.new_zeros(())
    return tokens, told


def _predictions(model: Any, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    output = model.model(input_ids=batch["input_ids"], output_hidden_states=True, use_cache=False)
    weights = batch["weights"][:, 1:]
    learned = weights > 0
    logits = model.lm_head(output.last_hidden_state[:, :-1][learned]).float()
    below = output.hidden_states[JUDGED_LAYER].flatten(0, 1)[batch["ends"]]
    judged = model.verdict_head(below).float()
    return logits, batch["input_ids"][:, 1:][learned], weights[learned], judged


def _rights(model: Any, batch: dict[str, Tensor], class_weight: float) -> dict[str, list[float]]:
    logits, targets, weights, judged = _predictions(model, batch)
    right = logits.argmax(-1) == targets
    loss = nn.functional.cross_entropy(logits, targets, reduction="none")
    return {
        "loss": loss[weights >= 1.0].tolist(),
        "class": right[weights == class_weight].float().tolist(),
        "verdict": right[weights == class_weight / 2].float().tolist(),
        "verdict_head": (judged.argmax(-1) == batch["verdicts"]).float().tolist(),
    }


def collate(rows: Sequence[dict[str, Any]], pad: int) -> dict[str, Tensor]:
    """Rows padded on the right to ``[rows, tokens]``; ``ends`` count through all of them."""
    width = max(len(row["input_ids"]) for row in rows)
    ids = torch.full((len(rows), width), pad)
    weights = torch.zeros(len(rows), width)
    ends: list[int] = []
    verdicts: list[int] = []
    for number, row in enumerate(rows):
        size = len(row["input_ids"])
        ids[number, :size] = torch.tensor(row["input_ids"])
        weights[number, :size] = torch.tensor(row["weights"])
        ends.extend(number * width + end for end in row["ends"])
        verdicts.extend(row["verdicts"])
    long = partial(torch.tensor, dtype=torch.long)
    return {"input_ids": ids, "weights": weights, "ends": long(ends), "verdicts": long(verdicts)}


def corpus(encoder: RowEncoder, members: range, answered: int) -> list[dict[str, Any]]:
    """Rows of members, as the trainer takes them."""
    of_member = partial(member_rows, encoder=encoder, answered=answered)
    if len(members) < _CHUNK_MEMBERS:
        return [_entry(row) for index in members for row in of_member(index)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(of_member, members, chunksize=_CHUNK_MEMBERS)
        return [_entry(row) for rows in found for row in rows]


def _entry(row: Row) -> dict[str, Any]:
    return row._asdict() | {"length": len(row.input_ids)}


def main(argv: Sequence[str] | None = None) -> None:
    """Make the corpus, the tokenizer and the model, and save the folder that ships."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of the model")
    parser.add_argument("--work", type=Path, required=True, help="of checkpoints")
    parser.add_argument("--start", help="a model to go on from; without it: random weights")
    parser.add_argument("--members", type=int, nargs=2, default=(0, 5_000), metavar=("FROM", "TO"))
    parser.add_argument("--steps", type=int, default=1850)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--answered", type=int, default=1, help="answer rows a member, of six")
    parser.add_argument("--class-weight", type=float, default=8.0, help="of a class in the loss")
    arguments = parser.parse_args(argv)
    if arguments.class_weight <= 2:
        parser.error("--class-weight must be above 2: a verdict weighs half of it, a word 1")
    if arguments.start:
        causal, prompt_weight = load_causal_model(arguments.start), 0.0
        told = Path(resolve_base(arguments.start).place) / RECORD
        before = json.loads(told.read_text("utf-8")) if told.is_file() else None
    else:
        before = None
        pairs = (pair for index in range(_TOKENIZED_MEMBERS) for pair in pairs_of(index))
        texts = (part for p in pairs for part in (p.requirements_text, p.profile, p.answer))
        causal, prompt_weight = new_decoder(train_tokenizer(texts)), PROMPT_WEIGHT
    first, last = arguments.members
    prompts = PromptEncoder(causal.tokenizer, CONTEXT, causal.name)
    encoder = RowEncoder(prompts, prompt_weight, arguments.class_weight)
    rows = corpus(encoder, range(first, last), arguments.answered)
    held = corpus(encoder, range(last, last + _HELD_MEMBERS), arguments.answered)
    torch.manual_seed(SEED)
    causal.model.verdict_head = nn.Linear(causal.model.config.hidden_size, len(VERDICTS))
    pad = int(causal.tokenizer.pad_token_id)
    trainer = Pretraining(
        model=causal.model,
        args=_how(arguments.work, arguments.steps, arguments.rate),
        train_dataset=rows,
        eval_dataset=held,
        data_collator=partial(collate, pad=pad),
        class_weight=arguments.class_weight,
    )
    trainer.train(resume_from_checkpoint=any(arguments.work.glob("checkpoint-*")))
    figures = trainer.evaluate()
    del causal.model.verdict_head
    causal.model.to(torch.bfloat16)
    causal.save(arguments.folder)
    record = {
        "before": before,
        "seed": SEED,
        "start": causal.name if arguments.start else None,
        "answered": arguments.answered,
        "class_weight": arguments.class_weight,
        "rate": arguments.rate,
        "members": [first, last],
        "rows": len(rows),
        "steps": trainer.state.global_step,
        "eval": figures,
    }
    (arguments.folder / RECORD).write_text(json.dumps(record, indent=1) + "\n")


def _how(work: Path, steps: int, rate: float) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(work),
        max_steps=steps,
        per_device_train_batch_size=_BATCH_ROWS,
        per_device_eval_batch_size=_BATCH_ROWS,
        learning_rate=rate,
        lr_scheduler_type="cosine",
        warmup_steps=min(200, steps // 10),
        adam_beta2=0.95,
        weight_decay=0.05,
        max_grad_norm=1.0,
        bf16=prefers_bf16(pick_device()),
        use_cpu=not torch.cuda.is_available(),
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        remove_unused_columns=False,
        save_steps=100,
        save_total_limit=1,
        eval_strategy="steps",
        eval_steps=100,
        logging_steps=20,
        report_to=[],
        disable_tqdm=True,
        seed=SEED,
    )


if __name__ == "__main__":
    main()
