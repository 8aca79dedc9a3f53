"""Stages that make a model from a model without training it: pruned, or of fewer tokens.

To add a kind: write a :class:`FolderFunction`, and name it in :data:`FOLDER_KINDS` and in
``StageSettings.kind``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

from lantern.config import PruneSettings
from lantern.distill.answer_examples import encode_examples
from lantern.distill.answer_shards import read_shards
from lantern.distill.pruning import prune
from lantern.distill.stage_chain import MODEL, Models
from lantern.distill.training_progress import Figures
from lantern.distill.vocabulary_trimming import trim_vocabulary
from lantern.errors import TrainingError
from lantern.inference.base_models import load_tokenizer, resolve_base
from lantern.inference.prompt_ids import PromptEncoder

VOCABULARY_TEXTS: Final = 50_000
"""Train examples whose tokens a trimmed vocabulary must have, at most."""

Texts = Callable[[int], list[str]]
"""So many texts of the train split: prompt and answer as the model reads them."""


class FolderFunction(Protocol):
    """Writes a model folder from another.

    Args:
        source: hub id or folder of the model.
        target: the folder to write; it does not exist.
        texts: of the task.
        options: of the stage.

    Returns:
        Figures: sizes and losses before and after.
    """

    def __call__(
        self, source: str, target: Path, texts: Texts, options: Mapping[str, Any]
    ) -> Mapping[str, float]: ...


@dataclass(frozen=True, slots=True)
class FolderKind:
    """A kind of stage.

    Attributes:
        function: what it does.
        teaches: whether its result takes the teacher's place: true where it still knows the same
            and speaks another vocabulary, false where it must be taught again.
    """

    function: FolderFunction
    teaches: bool


def _prune(
    source: str, target: Path, texts: Texts, options: Mapping[str, Any]
) -> Mapping[str, float]:
    settings = PruneSettings.model_validate(dict(options))
    return prune(source, target, settings, texts(settings.calibration_texts)).figures


def _trim_vocabulary(
    source: str, target: Path, texts: Texts, options: Mapping[str, Any]
) -> Mapping[str, float]:
    return trim_vocabulary(source, target, texts(VOCABULARY_TEXTS)).figures


FOLDER_KINDS: Final[Mapping[str, FolderKind]] = {
    "prune": FolderKind(_prune, teaches=False),
    "trim_vocabulary": FolderKind(_trim_vocabulary, teaches=True),
}


@dataclass(frozen=True, slots=True)
class FolderStage:
    """Runs a function over the stage's base, the model before, or the teacher; a chain's ``Work``.

    Attributes:
        function: of the stage's kind.
        base: the model; None: the result of the stage before, or the teacher.
        shards: gives the folder of the shards.
        context: most tokens of a text.
        options: of the stage.
    """

    function: FolderFunction
    base: str | None
    shards: Callable[[], Path]
    context: int
    options: Mapping[str, Any]

    def __call__(self, models: Models, folder: Path, figures: Figures) -> Mapping[str, float]:
        """See :class:`stage_chain.Work`; raises what the function raises."""
        source = self.base or models.previous or models.teacher
        if source is None:
            raise TrainingError("the stage has no model to begin with; give it a base")
        base = resolve_base(source)
        tokenizer = load_tokenizer(base)

        def texts(count: int) -> list[str]:
            examples = islice(read_shards(self.shards(), "train", cached=False), count)
            encoder = PromptEncoder(tokenizer, self.context, base.name)
            encoded = encode_examples(examples, encoder, split="train")
            return [str(tokenizer.decode(example.ids.tolist())) for example in encoded]

        partial = folder / f"{MODEL}.partial"
        result = self.function(base.place, partial, texts, self.options)
        partial.rename(folder / MODEL)
        figures(0, result)
        return result
