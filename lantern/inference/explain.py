"""Explanations of pairs by a decoder: prompt, grammar, generation, and the text read back.

Grounded by construction: the grammar names this posting's requirements and this member's words, so
what comes back parses, invents nothing and quotes exactly, and its class is the one that was asked
for. Free decoding stays possible, to see what the model does by itself; it is checked the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lantern.errors import ModelError
from lantern.fit import (
    Assessment,
    ExplanationFormatError,
    FitLevel,
    Requirement,
    parse_explanation,
    render_explanation,
)
from lantern.inference.causal_models import CausalModel, load_causal_model
from lantern.inference.generate import Generated, GenerationEngine, GenerationRequest
from lantern.inference.grounding import explanation_grammar
from lantern.inference.phrases import Phrases
from lantern.inference.prompt_ids import PromptEncoder, PromptIds


class TextEngine(Protocol):
    """What generates: :class:`GenerationEngine`, or vLLM behind the same interface."""

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generated]:
        """Answers in the order of the requests."""


@dataclass(frozen=True, slots=True)
class PairToExplain:
    """A pair as an explainer reads it.

    Attributes:
        title: of the posting.
        requirements: of the posting, in its order.
        profile: as models see it.
        quotable: the whole profile, whose spans quotes are.
        level: the classifier's class; None: the decoder chooses.
        seed: of the class's draw, where its temperature is above 0.
    """

    title: str
    requirements: tuple[Requirement, ...]
    profile: str
    quotable: str
    level: FitLevel | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Explained:
    """An explanation, or why there is none.

    Attributes:
        assessment: what was read back; None if there is an error.
        text: in the format of the fit domain, as the tokens say it.
        prompt: that was asked.
        ids: of the answer, the end token included.
        error: without any text of the pair.
    """

    assessment: Assessment | None
    text: str
    prompt: PromptIds | None
    ids: tuple[int, ...]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains pairs with one decoder.

    Attributes:
        engine: that generates.
        encoder: of the decoder's tokenizer; its context bounds prompt and answer.
        max_tokens: of an answer.
        grounded: whether the grammar is enforced.
        class_temperature: the class, which is the first choice under the grammar, is drawn at it;
            0: the likeliest. All else is the likeliest always.
        phrases: all that the grammar allows around names; None: anything.
    """

    engine: TextEngine
    encoder: PromptEncoder
    max_tokens: int
    grounded: bool = True
    class_temperature: float = 0.0
    phrases: Phrases | None = None

    def explain(self, pairs: Sequence[PairToExplain]) -> list[Explained]:
        """Explanations in the order of the pairs; one that fails says so, the others go on."""
        answers: dict[int, Explained] = {}
        requests: dict[int, GenerationRequest] = {}
        for number, pair in enumerate(pairs):
            try:
                requests[number] = self._request(pair)
            except ModelError as error:
                answers[number] = Explained(None, "", None, (), str(error))
        generated = self.engine.generate(list(requests.values()))
        for (number, request), answer in zip(requests.items(), generated, strict=True):
            answers[number] = _read(pairs[number], request.prompt, answer)
        return [answers[number] for number in range(len(pairs))]

    def _request(self, pair: PairToExplain) -> GenerationRequest:
        prompt = self.encoder.encode(
            title=pair.title,
            requirements=pair.requirements,
            profile=pair.profile,
            answer_tokens=self.max_tokens,
        )
        grammar = None
        if self.grounded:
            grammar = explanation_grammar(
                pair.requirements, pair.quotable, pair.level, self.phrases
            )
        return GenerationRequest(
            prompt,
            self.max_tokens,
            grammar,
            self.class_temperature,
            drawn_choices=1,
            seed=pair.seed,
        )


def load_explainer(
    model: str | Path | CausalModel,
    *,
    max_tokens: int,
    context: int | None = None,
    cache_tokens: int = 32_768,
    grounded: bool = True,
    class_temperature: float = 0.0,
    dtype: str = "auto",
    device: str = "auto",
) -> Explainer:
    """An explainer on transformers.

    Args:
        model: a folder, a name, or a model at hand.
        max_tokens: of an answer.
        context: most tokens of prompt and answer; None: the model's.
        cache_tokens: see :class:`GenerationEngine`.
        grounded, class_temperature: see :class:`Explainer`.
        dtype, device: see :class:`GenerationEngine`.

    Raises:
        ModelError: the model cannot be loaded, or its context is shorter than ``context``.
    """
    causal = model if isinstance(model, CausalModel) else load_causal_model(str(model))
    if context is not None and context > causal.context:
        raise ModelError(
            f"the context of {causal.name!r} is {causal.context} tokens, {context} were asked for"
        )
    engine = GenerationEngine(causal, cache_tokens=cache_tokens, dtype=dtype, device=device)
    encoder = PromptEncoder(causal.tokenizer, context or causal.context, causal.name)
    return Explainer(engine, encoder, max_tokens, grounded, class_temperature, causal.phrases)


def _read(pair: PairToExplain, prompt: PromptIds, answer: Generated) -> Explained:
    """The answer read back and held against its pair."""
    error = answer.error
    if error is None and not answer.finished:
        error = f"the answer did not end within {len(answer.ids)} tokens"
    if error is not None:
        return Explained(None, answer.text, prompt, answer.ids, error)
    try:
        found = parse_explanation(answer.text)
    except ExplanationFormatError as problem:
        return Explained(None, answer.text, prompt, answer.ids, f"not an explanation: {problem}")
    if pair.level is not None and found.level is not pair.level:
        error = f"the class is {found.level.label}, {pair.level.label} was asked for"
    elif [v.requirement for v in found.verdicts] != [item.text for item in pair.requirements]:
        error = "the verdicts are not on the posting's requirements in their order"
    elif any(v.quote is not None and v.quote not in pair.quotable for v in found.verdicts):
        error = "a quote is not in the profile"
    if error is not None:
        return Explained(None, answer.text, prompt, answer.ids, error)
    return Explained(found, render_explanation(found), prompt, answer.ids)
