"""Examples that decoders learn from: a pair's prompt, the answer to it, and its ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from lantern.distill.encoded_answers import EncodedAnswer
from lantern.distill.topk_cache import TopKColumns
from lantern.errors import ModelError, TrainingError
from lantern.fit import Requirement
from lantern.inference.prompt_ids import PromptEncoder


@dataclass(frozen=True, slots=True)
class AnswerExample:
    """A pair of D_seed or D_t.

    Attributes:
        title: of the posting.
        requirements: of the posting, in its order.
        profile: the member's, as models see it.
        explanation: y.
        token_ids: y as the teacher's tokens, where the teacher wrote it; None: y is tokenised.
        signal: the teacher's top-k of ``token_ids``, or None.
    """

    title: str
    requirements: tuple[Requirement, ...]
    profile: str
    explanation: str
    token_ids: tuple[int, ...] | None = None
    signal: TopKColumns | None = None


@dataclass
class Cuts:
    """Counts what did not fit while examples are encoded."""

    rows: int = 0
    tokens: int = 0


def encode_examples(
    examples: Iterable[AnswerExample],
    encoder: PromptEncoder,
    *,
    split: str,
    cuts: Cuts | None = None,
) -> Iterator[EncodedAnswer]:
    """Tokenise examples one by one.

    Only a profile is ever cut; ``cuts`` counts where.

    Args:
        examples: in the order of their rows.
        encoder: of the student's tokenizer and context.
        split: for messages.
        cuts: is counted up.

    Raises:
        TrainingError: a row's requirements and answer do not fit the context, or its cached signal
            is of another length than its answer; the message names the row, never a text.
    """
    for row, example in enumerate(examples):
        answer = list(example.token_ids or ()) or encoder.answer_ids(example.explanation)
        signal = example.signal
        if signal is not None and len(signal.tail) != len(answer):
            raise TrainingError(
                f"row {row} of the {split} split: the cached signal has {len(signal.tail)} "
                f"positions, the answer {len(answer)} tokens; run synthesize again"
            )
        try:
            prompt = encoder.encode(
                title=example.title,
                requirements=example.requirements,
                profile=example.profile,
                answer_tokens=len(answer),
            )
        except ModelError as error:
            raise TrainingError(f"row {row} of the {split} split: {error}") from error
        if cuts is not None and prompt.profile_tokens_cut:
            cuts.rows += 1
            cuts.tokens += prompt.profile_tokens_cut
        ids = np.array([*prompt.ids, *answer], dtype=np.int32)
        yield EncodedAnswer(row, ids, len(prompt.ids), signal)
