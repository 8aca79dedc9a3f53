"""Training of decoders: its arithmetic against a plain loop, its choice, and what it refuses."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import PreTrainedModel, get_cosine_schedule_with_warmup

from lantern.config import LoraSettings, ObjectiveSettings
from lantern.distill.decoder_training import SUPERVISED, TrainedDecoder, train_decoder
from lantern.distill.encoded_answers import EncodedAnswer, EncodedAnswers
from lantern.distill.length_buckets import LengthBuckets
from lantern.distill.topk_cache import encode_topk
from lantern.errors import ModelError, TrainingError
from lantern.inference.causal_models import CausalModel, load_causal_model
from tests.distill.tiny_decoders import (
    encoded,
    save_tiny_decoder,
    settings,
    short_examples,
    tiny_decoder,
)

KD = SUPERVISED.model_copy(update={"kd_weight": 0.5, "divergence": "forward_kl"})
LORA = LoraSettings(rank=4, alpha=8, dropout=0.1, target="all-linear")
VOCABULARY = 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("decoders")
    save_tiny_decoder(root / "student")
    save_tiny_decoder(root / "teacher", width=64, seed=3, padding_rows=5, tied=False)
    return root


@pytest.fixture
def student(folder: Path) -> CausalModel:
    return load_causal_model(str(folder / "student"))


@pytest.fixture
def teacher(folder: Path) -> CausalModel:
    return load_causal_model(str(folder / "teacher"))


TRAIN, VALIDATION = short_examples(24, VOCABULARY), short_examples(6, VOCABULARY, seed=1)


def _weights(trained: TrainedDecoder) -> dict[str, torch.Tensor]:
    return {k: v.clone() for k, v in trained.student.model.state_dict().items()}


def _distance(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> float:
    assert a.keys() == b.keys()
    return max(float((a[key] - b[key]).abs().max()) for key in a)


def test_two_steps_are_those_of_a_plain_loop(
    student: CausalModel, teacher: CausalModel, folder: Path, tmp_path: Path
) -> None:
    """Full logits, one example at a time, sums over one global count, AdamW: the same weights."""
    reference = load_causal_model(str(folder / "student")).model
    reference.train()
    optimizer = torch.optim.AdamW(reference.parameters(), lr=1e-3, weight_decay=0.0)
    schedule = get_cosine_schedule_with_warmup(optimizer, 0, 2)
    order = list(LengthBuckets(TRAIN.lengths, 4, 7))
    size = len(student.tokenizer)
    for step in (order[:12], order[12:]):  # batches of 4, 3 of them a step
        count = sum(len(TRAIN[number].answer) for number in step)
        for number in step:
            example = TRAIN[number]
            ids = torch.from_numpy(example.ids.astype(np.int64))[None]
            rows = slice(example.prompt_tokens - 1, -1)
            logits = reference(input_ids=ids).logits[0, rows, :size]
            with torch.no_grad():
                soft = teacher.model(input_ids=ids).logits[0, rows, :size].softmax(-1)
            answer = torch.from_numpy(example.answer.astype(np.int64))
            sft = torch.nn.functional.cross_entropy(logits, answer, reduction="sum")
            kd = (soft * (soft.log() - logits.log_softmax(-1))).sum()
            ((sft + 0.5 * kd) / count).backward()
        torch.nn.utils.clip_grad_norm_(reference.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()

    how = settings(batch_rows=4, accumulation=3, learning_rate=1e-3, warmup_share=0.0)
    trained = train_decoder(
        student, TRAIN, VALIDATION, how, tmp_path, objective=KD, teacher=teacher
    )
    assert trained.steps == 2
    start = load_causal_model(str(folder / "student")).model.state_dict()
    assert _distance(start, reference.state_dict()) > 1e-3
    assert _distance(_weights(trained), reference.state_dict()) < 2e-5


def test_accumulation_and_packing_change_nothing_but_the_pieces(
    folder: Path, teacher: CausalModel, tmp_path: Path
) -> None:
    """24 examples in one step: at once, in 6 micro-batches, packed, or with cached signals."""
    shape = {"epochs": 3, "learning_rate": 1e-3, "context": 40}
    ways = {
        "at once": settings(batch_rows=24, **shape),
        "accumulated": settings(batch_rows=4, accumulation=6, **shape),
        "packed": settings(batch_rows=2, accumulation=99, packing=True, **shape),
    }
    found = {}
    for name, how in ways.items():
        student = load_causal_model(str(folder / "student"))
        found[name] = _weights(
            train_decoder(
                student, TRAIN, VALIDATION, how, tmp_path / name, objective=KD, teacher=teacher
            )
        )
    cached = [_with_cache(split, teacher) for split in (TRAIN, VALIDATION)]
    student = load_causal_model(str(folder / "student"))
    how = ways["accumulated"]
    found["cached"] = _weights(train_decoder(student, *cached, how, tmp_path / "c", objective=KD))
    for name in ("accumulated", "packed"):
        assert _distance(found[name], found["at once"]) < 2e-5, name
    assert _distance(found["cached"], found["at once"]) < 5e-4  # 1/1024 nat, all tokens kept


def _with_cache(split: EncodedAnswers, teacher: CausalModel) -> EncodedAnswers:
    """Every token but one of the vocabulary, and the tail: what a cache can hold at best."""
    size = len(teacher.tokenizer)
    rows = []
    for example in split:
        ids = torch.from_numpy(example.ids.astype(np.int64))[None]
        with torch.no_grad():
            logits = teacher.model(input_ids=ids).logits[0, example.prompt_tokens - 1 : -1, :size]
        rows.append(dataclasses.replace(example, signal=encode_topk(logits, size - 1)))
    return EncodedAnswers.of(rows)


def test_only_answers_are_learned(student: CausalModel, tmp_path: Path) -> None:
    """Other prompts with the same answers' count: the gradient of a prompt's token as a label is 0.

    One step on one example whose prompt holds a token that is nowhere else: with an untied head the
    token's row of the head moves only as one of the many that are not the answer.
    """
    untied = tiny_decoder(tmp_path / "m", tied=False)
    before = untied.model.lm_head.weight.detach().clone()
    example = dataclasses.replace(
        TRAIN[0], ids=np.array([9, 9, 9, 9, 4, 5, 2], dtype=np.int32), prompt_tokens=4
    )
    split = EncodedAnswers.of([example])
    how = settings(batch_rows=1, learning_rate=1e-2, warmup_share=0.0)
    trained = train_decoder(untied, split, split, how, tmp_path / "o")
    moved = trained.student.model.lm_head.weight.detach() - before
    hidden = untied.model.model(torch.tensor([[9, 9, 9, 9, 4, 5]])).last_hidden_state[0]
    scores = hidden[3:] @ moved.T  # at the positions that predict the answer
    assert scores.gather(1, torch.tensor([[4], [5], [2]])).min() > 0
    assert scores[:, 9].max() < 0


def test_lora_leaves_a_plain_model_of_merged_weights(
    student: CausalModel, folder: Path, tmp_path: Path
) -> None:
    how = settings(lora=LORA, epochs=2, learning_rate=1e-2)
    trained = train_decoder(student, TRAIN, VALIDATION, how, tmp_path)
    assert sorted(path.name for path in trained.folder.iterdir()) == [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    again = load_causal_model(str(trained.folder))
    ids = torch.tensor([[4, 5, 6, 7]])
    with torch.no_grad():
        assert torch.equal(again.model(ids).logits, trained.student.model(ids).logits)
    start = load_causal_model(str(folder / "student")).model.state_dict()
    changed = {k for k, v in again.model.state_dict().items() if not torch.equal(v, start[k])}
    assert changed
    assert all("proj" in key for key in changed)  # embeddings and norms stayed frozen


def test_the_checkpoint_of_the_best_answers_is_kept_not_that_of_the_lowest_loss(
    student: CausalModel, tmp_path: Path
) -> None:
    """A writer that is right at the second of four checkpoints and wrong at the others."""
    calls = iter(range(4))
    snapshots: list[torch.Tensor] = []

    def generate(
        model: PreTrainedModel, prompts: Sequence[Sequence[int]], answer_tokens: int
    ) -> list[list[int]]:
        snapshots.append(model.get_input_embeddings().weight.detach().clone())
        right = next(calls) == 1
        by_prompt = {tuple(e.prompt.tolist()): e.answer.tolist() for e in VALIDATION}
        return [by_prompt[tuple(prompt)] if right else [0] for prompt in prompts]

    how = settings(epochs=4, validation_answers=3)
    trained = train_decoder(student, TRAIN, VALIDATION, how, tmp_path, generate=generate)
    losses = [entry["eval_loss"] for entry in trained.history if "eval_loss" in entry]
    assert min(losses) < losses[1]
    assert trained.best_step == 12
    assert trained.figures["eval_rougeL"] == pytest.approx(1.0)
    assert torch.equal(trained.student.model.get_input_embeddings().weight, snapshots[1])


def test_the_loss_is_of_so_many_validation_rows(folder: Path, tmp_path: Path) -> None:
    found = []
    for name, validation, rows in (("two", VALIDATION, 2), ("chosen", VALIDATION.spread(2), None)):
        student = load_causal_model(str(folder / "student"))
        how = settings(validation_rows=rows, validation_answers=1)
        trained = train_decoder(student, TRAIN, validation, how, tmp_path / name)
        found.append(trained.figures["eval_loss"])
    assert found[0] == found[1]


def test_a_student_learns_to_write_answers(student: CausalModel, tmp_path: Path) -> None:
    """The whole way: prompts, training, greedy answers, ROUGE."""
    train, validation = encoded(student, 160), encoded(student, 8, seed=1)
    how = settings(epochs=2, answer_tokens=48, validation_answers=8, learning_rate=5e-3)
    trained = train_decoder(student, train, validation, how, tmp_path)
    assert trained.figures["eval_rougeL"] > 0.5
    assert trained.figures["eval_loss"] < 1.5


def test_bfloat16_checkpointed_packed_adapters_learn(
    student: CausalModel, teacher: CausalModel, folder: Path, tmp_path: Path
) -> None:
    """What a GPU would run, on the CPU: frozen bfloat16 weights, adapters in float32."""
    how = settings(
        dtype="bfloat16",
        activation_checkpointing=True,
        packing=True,
        context=40,
        batch_rows=1,
        epochs=3,
        learning_rate=1e-2,
        lora=LORA,
    )
    trained = train_decoder(
        student, TRAIN, VALIDATION, how, tmp_path, objective=KD, teacher=teacher
    )
    losses = [entry["eval_loss"] for entry in trained.history if "eval_loss" in entry]
    assert losses[-1] < losses[0]
    logged = [entry for entry in trained.history if "tokens_per_second" in entry]
    assert all(entry["tokens_per_second"] > 0 for entry in logged)
    assert trained.student.model.dtype == torch.bfloat16
    moved = load_causal_model(str(folder / "student")).model.state_dict()
    last = trained.student.model.state_dict()
    assert any(not torch.equal(last[k].float(), v) for k, v in moved.items() if "proj" in k)


def test_the_callers_random_state_is_left_alone(student: CausalModel, tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train_decoder(student, TRAIN, VALIDATION, settings(), tmp_path)
    assert torch.equal(torch.rand(3), expected)


def test_on_policy_steps_learn_from_the_students_own_answers(
    folder: Path, teacher: CausalModel, tmp_path: Path
) -> None:
    own = KD.model_copy(update={"on_policy_share": 1.0})
    weights = []
    for name in ("a", "b"):
        student = load_causal_model(str(folder / "student"))
        trained = train_decoder(
            student, TRAIN, VALIDATION, settings(), tmp_path / name, objective=own, teacher=teacher
        )
        weights.append(_weights(trained))
        logged = [entry for entry in trained.history if "sft_loss" in entry]
        assert all(entry["sft_loss"] == 0 and entry["kd_loss"] > 0 for entry in logged)
    assert _distance(*weights) == 0  # what is sampled depends on the seed alone


class TestRefused:
    """Each is one line that says what and where."""

    def test_an_empty_split(self, student: CausalModel, tmp_path: Path) -> None:
        empty = EncodedAnswers.of([])
        with pytest.raises(TrainingError, match="the validation split is empty"):
            train_decoder(student, TRAIN, empty, settings(), tmp_path)

    def test_a_row_longer_than_the_context(self, student: CausalModel, tmp_path: Path) -> None:
        longest = int(TRAIN.lengths.max())
        how = settings(context=32).model_copy(update={"context": longest - 1})
        row = TRAIN[int(TRAIN.lengths.argmax())].row
        with pytest.raises(TrainingError, match=rf"row {row} of the train split has {longest} tok"):
            train_decoder(student, TRAIN, VALIDATION, how, tmp_path)

    def test_a_context_that_the_model_cannot_read(
        self, student: CausalModel, tmp_path: Path
    ) -> None:
        with pytest.raises(TrainingError, match="'student' reads 512"):
            train_decoder(student, TRAIN, VALIDATION, settings(context=513), tmp_path)

    def test_a_teacher_of_another_tokenizer(self, student: CausalModel, tmp_path: Path) -> None:
        other = tiny_decoder(tmp_path / "other", extra=("quantum",))
        with pytest.raises(ModelError, match="1 tokens differ, 'quantum'"):
            train_decoder(
                student, TRAIN, VALIDATION, settings(), tmp_path, objective=KD, teacher=other
            )

    def test_a_kd_weight_without_any_signal(self, student: CausalModel, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="neither a live teacher nor a cached signal"):
            train_decoder(student, TRAIN, VALIDATION, settings(), tmp_path, objective=KD)

    def test_on_policy_without_a_live_teacher(self, student: CausalModel, tmp_path: Path) -> None:
        own = ObjectiveSettings.model_validate(KD.model_dump() | {"on_policy_share": 0.5})
        with pytest.raises(TrainingError, match="live teacher must score"):
            train_decoder(student, TRAIN, VALIDATION, settings(), tmp_path, objective=own)

    def test_a_loss_that_is_no_number_stops_before_it_is_learned(self, tmp_path: Path) -> None:
        """The embedding of token 42 is no number, and one example reads it."""
        untied = tiny_decoder(tmp_path / "m", tied=False)
        with torch.no_grad():
            untied.model.get_input_embeddings().weight[42] = float("nan")
        clean = [e for e in short_examples(40, VOCABULARY, seed=4) if 42 not in e.ids]
        ids = np.array([42, 5, 6, 2], dtype=np.int32)
        split = EncodedAnswers.of([*clean[:9], EncodedAnswer(1234, ids, 1)])
        place = list(LengthBuckets(split.lengths, 2, 7)).index(9) // 2
        assert place  # there are steps before it, and a checkpoint of each
        how = settings(batch_rows=2, checkpoint_steps=1)
        says = rf"step {place + 1}, .*1234.* last good checkpoint is checkpoint-{place}"
        with pytest.raises(TrainingError, match=says):
            train_decoder(untied, split, EncodedAnswers.of(clean[9:12]), how, tmp_path / "o")
        kept = load_file(tmp_path / "o" / f"checkpoint-{place}" / "model.safetensors")
        assert all(torch.isfinite(v).all() for k, v in kept.items() if "embed" not in k)

    def test_a_gradient_that_is_no_number(self, student: CausalModel, tmp_path: Path) -> None:
        student.model.model.norm.weight.register_hook(lambda g: g * float("nan"))
        with pytest.raises(TrainingError, match=r"gradient is not a number at step 1.*no checkp"):
            train_decoder(student, TRAIN, VALIDATION, settings(), tmp_path)

    def test_weights_that_are_no_numbers(self, student: CausalModel, tmp_path: Path) -> None:
        with torch.no_grad():
            student.model.model.norm.weight[0] = float("inf")
        with pytest.raises(ModelError, match="not numbers"):
            train_decoder(student, TRAIN, VALIDATION, settings(), tmp_path)
