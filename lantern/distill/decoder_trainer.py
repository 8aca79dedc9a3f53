"""transformers' Trainer, taught the paper's objective.

Its loop, accumulation, mixed precision, checkpoints, resume and DeepSpeed are left as they are.
Ours are the loss (from hidden states, never from whole logits; one global count of valid tokens),
the order of rows, the choice of a checkpoint by ROUGE-L, and the stop at a loss that is no number.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_utils import EvalLoopOutput

from lantern.distill.batch_signal import SignalSource, shifted_targets
from lantern.distill.checkpoints import last_checkpoint
from lantern.distill.encoded_answers import EncodedAnswer, EncodedAnswers
from lantern.distill.generated_rouge import ROUGE, AnswerScorer
from lantern.distill.length_buckets import LengthBuckets
from lantern.distill.objective import IGNORED, Objective
from lantern.distill.objective_head import Lesson, ObjectiveHead
from lantern.distill.on_policy import StudentSampler
from lantern.distill.packing import Batch, RowLayout
from lantern.errors import TrainingError

Row = Sequence[tuple[int, EncodedAnswer]]


class Rows(Dataset[Row]):
    """Rows of a split: one example each, or packs of several.

    Args:
        examples: the split.
        layout: which examples share a row.
    """

    def __init__(self, examples: EncodedAnswers, layout: RowLayout) -> None:
        self.examples = examples
        self._rows = layout.rows(examples.lengths)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Row:
        return [(number, self.examples[number]) for number in self._rows[index]]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of each row."""
        return np.array([int(self.examples.lengths[row].sum()) for row in self._rows])


class DecoderTrainer(Trainer):  # type: ignore[misc]
    """Trains one student.

    Args:
        model: the student, its head replaced; LoRA around it or not.
        args: transformers' arguments.
        head: the objective head inside the model.
        objective: what is minimised.
        train, validation: the splits.
        layout: how both become rows.
        signals: the teacher's signal of a batch.
        scorer: ROUGE of generated answers.
        sampler: of on-policy steps, or None.
    """

    loss_is_scaled_for_ga = True

    def __init__(
        self,
        model: nn.Module,
        args: TrainingArguments,
        *,
        head: ObjectiveHead,
        objective: Objective,
        train: EncodedAnswers,
        validation: EncodedAnswers,
        layout: RowLayout,
        signals: SignalSource,
        scorer: AnswerScorer,
        sampler: StudentSampler | None = None,
    ) -> None:
        self._head, self._objective, self._examples = head, objective, train
        self._signals, self._scorer, self._sampler = signals, scorer, sampler
        rows = Rows(train, layout)
        self._order = LengthBuckets(rows.lengths, args.per_device_train_batch_size, args.seed)
        self._pending: list[tuple[Tensor, Tensor]] = []
        self._parts = torch.zeros(2)
        self._parts_steps = 0
        self.tokens_seen = 0
        self._logged = (0, time.monotonic())
        super().__init__(
            model=model,
            args=args,
            data_collator=layout.collated,
            train_dataset=rows,
            eval_dataset=Rows(validation, layout),
            callbacks=[_EpochOrder(self._order)],
        )
        self.model_accepts_loss_kwargs = True  # Trainer is to count the valid tokens of a step

    def _get_train_sampler(self, train_dataset: Any = None) -> LengthBuckets:
        return self._order

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> Any:
        """Trainer's micro-batches of a step and their count; on-policy answers put in first."""
        batches, count = super().get_batch_samples(epoch_iterator, num_batches, device)
        step = self.state.global_step
        if self._sampler is not None and self._sampler.applies(step):
            batches = [
                self._sampler.resampled(
                    self.model, b, step=step, micro_batch=i, process=self.args.process_index
                )
                for i, b in enumerate(batches)
            ]
            count = self._get_num_items_in_batch(batches, device)
        return batches, count

    def compute_loss(
        self,
        model: nn.Module,
        inputs: Any,
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """The objective of a micro-batch, divided by the count of the whole step."""
        batch = cast(Batch, inputs)
        targets = shifted_targets(batch["labels"])
        count = num_items_in_batch
        if count is None:
            count = (targets != IGNORED).sum()
        objective = self._objective
        if model.training and self._sampler and self._sampler.applies(self.state.global_step):
            # What the student wrote itself is scored by the teacher, and no text to learn.
            objective = replace(objective, sft_weight=0.0)
        lesson = Lesson(targets, self._signals(batch, targets), objective, int(count))
        with self._head.taught(lesson):
            outputs = model(
                input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False
            )
        loss = outputs.logits
        if num_items_in_batch is not None and self.args.average_tokens_across_devices:
            # Gradients are averaged over processes; the count is of all of them.
            loss = loss * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss

    def training_step(
        self, model: nn.Module, inputs: Any, num_items_in_batch: Tensor | int | None = None
    ) -> Tensor:
        """One micro-batch; before the optimizer steps, its losses and gradients are looked at."""
        loss = cast(Tensor, super().training_step(model, inputs, num_items_in_batch))
        losses = self._head.losses
        if losses is not None:
            self._parts = self._parts.to(loss.device) + torch.stack([losses.sft, losses.kd])
        self.tokens_seen += int(self._examples.lengths[inputs["examples"].cpu().numpy()].sum())
        self._pending.append((inputs["examples"], loss))
        if self.accelerator.sync_gradients:
            self._parts_steps += 1
            self._check_numbers(model)
            self._pending = []
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Trainer's log with both terms of the objective, each before its weight, and tokens/s."""
        if "loss" in logs and self._parts_steps:
            parts = self.accelerator.reduce(self._parts, "sum") / self._parts_steps
            logs |= {"sft_loss": float(parts[0]), "kd_loss": float(parts[1])}
            self._parts, self._parts_steps = torch.zeros(2), 0
            now = time.monotonic()
            tokens = (self.tokens_seen - self._logged[0]) * self.args.world_size
            logs["tokens_per_second"] = tokens / max(now - self._logged[1], 1e-9)
            self._logged = (self.tokens_seen, now)
        super().log(logs, start_time)

    @torch.no_grad()
    def evaluation_loop(
        self,
        dataloader: Any,
        description: str,
        prediction_loss_only: bool | None = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> EvalLoopOutput:
        """The objective over all validation tokens, and ROUGE of generated answers."""
        model = self.model_wrapped if self.is_deepspeed_enabled else self.model
        model.eval()
        totals = torch.zeros(2, dtype=torch.float64, device=self.args.device)
        for inputs in dataloader:
            batch = self._prepare_inputs(inputs)
            tokens = (batch["labels"] != IGNORED).sum()
            totals += torch.stack([self.compute_loss(model, batch).double() * tokens, tokens])
        loss, tokens = self.accelerator.reduce(totals, "sum").tolist()
        metrics = {f"{metric_key_prefix}_loss": loss / max(tokens, 1)}
        zero3 = self.is_deepspeed_enabled and self.deepspeed.zero_optimization_stage() == 3
        # Processes that share the weights must take the same steps: each writes all answers.
        part, parts = (0, 1) if zero3 else (self.args.process_index, self.args.world_size)
        sums = torch.tensor(
            self._scorer.sums(self.accelerator.unwrap_model(self.model), part=part, parts=parts),
            dtype=torch.float64,
            device=self.args.device,
        )
        *scores, count = (self.accelerator.reduce(sums, "sum") if parts > 1 else sums).tolist()
        metrics |= {
            f"{metric_key_prefix}_{n}": s / count for n, s in zip(ROUGE, scores, strict=True)
        }
        return EvalLoopOutput(None, None, metrics, len(dataloader.dataset))

    def _check_numbers(self, model: nn.Module) -> None:
        """Stop before weights become no numbers."""
        losses = torch.stack([loss.float() for _, loss in self._pending])
        bad = (~torch.isfinite(losses)).nonzero().flatten().tolist()
        if bad:
            rows = [self._examples[i].row for i in self._pending[bad[0]][0].tolist()]
            raise TrainingError(
                f"the loss is not a number at step {self.state.global_step + 1}, micro-batch "
                f"{bad[0] + 1}, rows {', '.join(map(str, rows))} of the train split; {self._kept()}"
            )
        if not self._gradients_are_numbers(model):
            numbers = torch.cat([examples for examples, _ in self._pending]).tolist()
            rows = [self._examples[i].row for i in numbers]
            raise TrainingError(
                f"a gradient is not a number at step {self.state.global_step + 1}, rows "
                f"{', '.join(map(str, rows))} of the train split; {self._kept()}"
            )

    def _gradients_are_numbers(self, model: nn.Module) -> bool:
        if self.is_deepspeed_enabled:
            # Its engine keeps the gradients, and has stepped; nothing is saved after this.
            norm = self.deepspeed.get_global_grad_norm()
            return norm is None or math.isfinite(float(norm))
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        norms = torch._foreach_norm(gradients)
        return not norms or bool(torch.isfinite(torch.stack(norms)).all())

    def _kept(self) -> str:
        found = last_checkpoint(self.args.output_dir)
        kept = (
            f"the last good checkpoint is {found.name}" if found else "there is no checkpoint yet"
        )
        return f"{kept}. Lower the learning rate, or look at these rows"


class _EpochOrder(TrainerCallback):  # type: ignore[misc]
    """Tells the sampler the epoch, after a resume too."""

    def __init__(self, order: LengthBuckets) -> None:
        self._order = order

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._order.epoch = int((state.epoch or 0.0) + 1e-9)
