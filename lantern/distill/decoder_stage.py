"""The work of a stage that trains: encode the shards, train, leave a model and nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lantern.config import DecoderSettings, ObjectiveSettings, TrainingSettings
from lantern.distill.answer_examples import Cuts, encode_examples
from lantern.distill.answer_shards import SPLITS, read_shards
from lantern.distill.encoded_answers import EncodedAnswers, write_encoded
from lantern.distill.stage_chain import MODEL, Models
from lantern.distill.training_plan import TrainingPlan
from lantern.distill.training_process import RESULT, train_in_processes
from lantern.distill.training_progress import Figures, Watch
from lantern.errors import TrainingError
from lantern.inference.base_models import load_tokenizer, resolve_base
from lantern.inference.phrases import joined, load_phrases, phrases_of, save_phrases
from lantern.inference.prompt_ids import PromptEncoder

_ENCODED: Final = "encoded"
_PLAN: Final = "plan.json"


@dataclass(frozen=True, slots=True)
class DecoderStage:
    """Trains a student on shards, and keeps their phrases beside it; a :class:`stage_chain.Work`.

    Attributes:
        shards: gives the folder of the shards, which it may first have to write.
        base: of the student; None: the result of the stage before.
        revision: of the hub.
        settings, objective: of the training.
        cached: the signal is the shards' own top-k, and the answers are the teacher's tokens.
        where: processes, DeepSpeed and device.
        watched: opens the progress of a training of so many tokens; gives who is told.
    """

    shards: Callable[[], Path]
    base: str | None
    revision: str | None
    settings: DecoderSettings
    objective: ObjectiveSettings
    cached: bool
    where: TrainingSettings
    watched: Callable[[int], AbstractContextManager[Watch]]

    def __call__(self, models: Models, folder: Path, figures: Figures) -> Mapping[str, float]:
        """See :class:`stage_chain.Work`; raises what :func:`train_decoder` raises."""
        student = self.base or models.previous
        if student is None:
            raise TrainingError("the stage has neither a base nor a stage before it")
        live = self.objective.kd_weight > 0 and not self.cached
        if live and models.teacher is None:
            raise TrainingError("the stage's signal is live, but there is no teacher")
        cuts = self._encode(student, folder / _ENCODED)
        plan = TrainingPlan(
            student=student,
            revision=self.revision if self.base else None,
            teacher=models.teacher if live else None,
            train=folder / _ENCODED / "train.arrow",
            validation=folder / _ENCODED / "validation.arrow",
            settings=self.settings,
            objective=self.objective,
            folder=folder,
            device=self.where.device,
            deepspeed=None if self.where.deepspeed is None else Path(self.where.deepspeed),
        )
        plan.save(folder / _PLAN)
        result = self._train(plan, folder, figures)
        told = (it.explanation for it in read_shards(self.shards(), "train", cached=self.cached))
        before = load_phrases(resolve_base(student, plan.revision).place)
        save_phrases(joined(phrases_of(told), before), folder / MODEL)
        clear_stage(folder)
        return {
            **result,
            "profiles_cut": float(cuts.rows),
            "profile_tokens_cut": float(cuts.tokens),
        }

    def _train(self, plan: TrainingPlan, folder: Path, figures: Figures) -> Mapping[str, float]:
        processes = self.where.processes
        if not processes:
            return _made_elsewhere(folder)
        tokens = int(EncodedAnswers.open(plan.train).lengths.sum()) * self.settings.epochs
        with self.watched(tokens) as watch:
            if processes > 1 or self.where.deepspeed:
                return train_in_processes(folder / _PLAN, processes, watch, figures)
            return plan.run(watch, figures).summary

    def _encode(self, student: str, folder: Path) -> Cuts:
        """Token ids of both splits in memory-mapped files, under the student's tokenizer."""
        base = resolve_base(student, self.revision if self.base else None)
        encoder = PromptEncoder(load_tokenizer(base), self.settings.context, base.name)
        cuts, shards = Cuts(), self.shards()
        for split in SPLITS:
            examples = read_shards(shards, split, cached=self.cached)
            encoded = encode_examples(examples, encoder, split=split, cuts=cuts)
            write_encoded(encoded, folder / f"{split}.arrow")
        return cuts


def _made_elsewhere(folder: Path) -> Mapping[str, float]:
    """The result of a plan that someone else has run to its end."""
    try:
        result: Mapping[str, float] = json.loads((folder / RESULT).read_text("utf-8"))
    except OSError:
        raise TrainingError(
            f"training.processes is 0: start the plan {folder / _PLAN} with torchrun -m "
            "lantern.distill.training_process, then run this step again"
        ) from None
    return result


def clear_stage(folder: Path) -> None:
    """Remove what only an unfinished training needs: encoded texts, checkpoints."""
    shutil.rmtree(folder / _ENCODED, ignore_errors=True)
    (folder / RESULT).unlink(missing_ok=True)
    for path in folder.glob("checkpoint-*"):
        shutil.rmtree(path)


def identity_of(stage: DecoderStage, base: Mapping[str, Any]) -> dict[str, Any]:
    """What a stage's result depends on, beside its inputs and the stages before.

    Args:
        stage: the work.
        base: of the student: its name, revision and digest.
    """
    return {
        "kind": "distill",
        "base": dict(base),
        "settings": stage.settings.model_dump(mode="json"),
        "objective": stage.objective.model_dump(mode="json"),
        "cached": stage.cached,
        "processes": stage.where.processes,
        "deepspeed": stage.where.deepspeed,
    }
