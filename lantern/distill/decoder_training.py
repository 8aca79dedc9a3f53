"""Train a decoder on answers: T2 on D_seed, an explanation student on D_t. No Spark, no MLflow.

In memory::

    student = load_causal_model("some/base")
    encoder = PromptEncoder(student.tokenizer, settings.context, student.name)
    train = EncodedAnswers.of(encode_examples(examples, encoder, split="train"))
    trained = train_decoder(student, train, validation, settings, "folder",
                            objective=objective, teacher=teacher)

``settings`` is a :class:`lantern.config.DecoderSettings`, ``objective`` a
:class:`lantern.config.ObjectiveSettings`. Without ``objective`` it is supervised fine-tuning; with
a ``kd_weight`` above 0 the signal is the live ``teacher``'s, or, without one, the top-k columns
that the examples carry.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PrinterCallback

from lantern.config import DecoderSettings, ObjectiveSettings
from lantern.distill.batch_signal import SignalSource
from lantern.distill.checkpoints import last_checkpoint, remove_broken_checkpoints
from lantern.distill.decoder_checks import (
    check_context,
    check_packing,
    check_plain_head,
    check_split,
)
from lantern.distill.decoder_trainer import DecoderTrainer
from lantern.distill.encoded_answers import EncodedAnswers
from lantern.distill.finished_model import finished
from lantern.distill.generated_rouge import AnswerScorer, Generate, GreedyGenerator
from lantern.distill.lora import with_lora
from lantern.distill.memory_estimate import out_of_memory, placed_within_memory
from lantern.distill.objective_head import install_objective_head
from lantern.distill.on_policy import StudentSampler
from lantern.distill.packing import RowLayout
from lantern.distill.random_state import seeded
from lantern.distill.signal_choice import objective_of, shared_vocabulary, signal_source
from lantern.distill.training_arguments import (
    process_device,
    student_dtype,
    training_arguments,
    zero_stage,
)
from lantern.distill.training_progress import Figures, ProgressCallback, Watch, nobody
from lantern.inference.base_models import quiet_transformers
from lantern.inference.causal_models import CausalModel
from lantern.inference.memory import is_out_of_memory

SUPERVISED = ObjectiveSettings(
    divergence="forward_kl",
    beta=0.5,
    alpha=0.1,
    mu=0.5,
    sft_weight=1.0,
    kd_weight=0.0,
    temperature=1.0,
    on_policy_share=0.0,
)
"""Cross-entropy alone: T2's objective, and data-level distillation."""

MODEL_FOLDER = "model"


@dataclass(frozen=True, slots=True)
class TrainedDecoder:
    """A trained decoder and how it came about.

    Attributes:
        student: with the weights of the best checkpoint, adapters merged, in evaluation mode.
        folder: where it was saved.
        best_step: the checkpoint that was kept.
        figures: of the best checkpoint's evaluation: ``eval_rougeL`` and its like.
        history: Trainer's log, one mapping an entry.
        steps: all.
        seconds: wall time of this process; a resumed run does not know the earlier one's.
    """

    student: CausalModel
    folder: Path
    best_step: int
    figures: Mapping[str, float]
    history: tuple[Mapping[str, float], ...]
    steps: int
    seconds: float

    @property
    def summary(self) -> dict[str, float]:
        """The figures with ``best_step``, ``steps`` and ``seconds``."""
        return {
            **self.figures,
            "best_step": float(self.best_step),
            "steps": float(self.steps),
            "seconds": self.seconds,
        }


def train_decoder(
    student: CausalModel,
    train: EncodedAnswers,
    validation: EncodedAnswers,
    settings: DecoderSettings,
    folder: str | Path,
    *,
    objective: ObjectiveSettings = SUPERVISED,
    teacher: CausalModel | None = None,
    generate: Generate | None = None,
    device: str = "auto",
    deepspeed: str | Path | None = None,
    watch: Watch = nobody,
    figures: Figures = nobody,
) -> TrainedDecoder:
    """Train, choose the checkpoint of the highest ROUGE-L, save it under ``folder/model``.

    Called again with the same arguments after it was killed, it goes on from the last whole
    checkpoint of the folder, and comes to the weights of a run that was never killed (exactly on a
    CPU with the same number of threads). The caller's random state is left as it was.

    Args:
        student: is trained in place.
        train: examples to learn from, encoded for the student.
        validation: of other members and postings; they choose the checkpoint.
        settings: of the training.
        folder: for checkpoints and the result.
        objective: what is minimised.
        teacher: a live teacher of the same tokenizer.
        generate: writes the validation answers; None: greedily, by transformers.
        device: ``auto``, ``cpu`` or ``cuda``; in several processes each takes its own.
        deepspeed: a file of ``conf/deepspeed``; the process must have been started by torchrun.
        watch: told after each step.
        figures: told what Trainer logs.

    Raises:
        TrainingError: an empty split, a row longer than the context, no signal where one is needed,
            a loss that is no number, not enough memory.
        ModelError: teacher and student of other tokenizers, or a model that cannot be taught so.
    """
    started = time.perf_counter()
    folder = Path(folder)
    check_context(student, settings.context)
    for split, examples in (("train", train), ("validation", validation)):
        check_split(examples, split, settings.context)
    vocabulary = shared_vocabulary(student, teacher, objective, (train, validation))
    place = process_device(device)
    with seeded(settings.seed), _quiet():
        # Under ZeRO-3 the model is looked at on the CPU, where flash attention does not run.
        on_cpu = zero_stage(deepspeed) == 3 and settings.attention == "flash_attention_2"
        student.model.set_attn_implementation("sdpa" if on_cpu else settings.attention)
        student.model.to(student_dtype(settings, place))
        living = teacher if objective.kd_weight else None
        memory = placed_within_memory(student, living, settings, place, deepspeed)
        check_plain_head(student)
        if settings.packing:
            check_packing(student)
        student.model.set_attn_implementation(settings.attention)
        trainer = _trainer(
            student,
            (train, validation),
            settings,
            folder,
            objective=objective,
            vocabulary=vocabulary,
            signals=signal_source(objective, teacher, place, settings),
            generate=generate,
            place=place,
            deepspeed=deepspeed,
            listeners=(watch, figures),
        )
        if trainer.args.should_save:
            remove_broken_checkpoints(folder)
        found = last_checkpoint(folder)
        try:
            trainer.train(resume_from_checkpoint=str(found) if found else None)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise out_of_memory(memory, settings, trainer.state.global_step + 1) from error
        state = trainer.state
        best = _figures_at(state.log_history, state.best_global_step)
        result = finished(trainer, student, folder / MODEL_FOLDER)
    return TrainedDecoder(
        student=result,
        folder=folder / MODEL_FOLDER,
        best_step=int(state.best_global_step or state.global_step),
        figures=best,
        history=tuple(state.log_history),
        steps=int(state.max_steps),
        seconds=time.perf_counter() - started,
    )


def _trainer(
    student: CausalModel,
    splits: tuple[EncodedAnswers, EncodedAnswers],
    settings: DecoderSettings,
    folder: Path,
    *,
    objective: ObjectiveSettings,
    vocabulary: int | None,
    signals: SignalSource,
    generate: Generate | None,
    place: torch.device,
    deepspeed: str | Path | None,
    listeners: tuple[Watch, Figures],
) -> DecoderTrainer:
    head = install_objective_head(student.model, vocabulary)
    model: nn.Module = student.model
    if settings.lora is not None:
        model = with_lora(student.model, settings.lora)
    train, validation = splits
    layout = RowLayout(
        pad=int(student.tokenizer.pad_token_id),
        capacity=settings.context if settings.packing else None,
        flatten=settings.packing and settings.attention == "flash_attention_2",
        seed=settings.seed,
    )
    synced = zero_stage(deepspeed) == 3
    scorer = AnswerScorer(
        validation,
        student.tokenizer,
        generate or GreedyGenerator(student.tokenizer, synced=synced),
        answers=settings.validation_answers,
        answer_tokens=settings.answer_tokens,
    )
    sampler = StudentSampler(
        train,
        student.tokenizer,
        layout,
        context=settings.context,
        answer_tokens=settings.answer_tokens,
        share=objective.on_policy_share,
        seed=settings.seed,
        synced=synced,
    )
    trainer = DecoderTrainer(
        model,
        training_arguments(settings, folder, place, deepspeed),
        head=head,
        objective=objective_of(objective),
        train=train,
        validation=validation.spread(settings.validation_rows or len(validation)),
        layout=layout,
        signals=signals,
        scorer=scorer,
        sampler=sampler if objective.on_policy_share else None,
    )
    trainer.remove_callback(PrinterCallback)
    watch, figures = listeners
    trainer.add_callback(ProgressCallback(lambda: trainer.tokens_seen, watch, figures))
    return trainer


@contextmanager
def _quiet() -> Iterator[None]:
    """No bars, logs and advice of the libraries inside."""
    with quiet_transformers(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _figures_at(history: list[dict[str, Any]], step: int | None) -> dict[str, float]:
    found: dict[str, float] = {}
    for entry in history:
        if entry.get("step") == step:
            found |= {k: float(v) for k, v in entry.items() if k.startswith("eval_")}
    return found
