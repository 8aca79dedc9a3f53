"""One way to an explanation, whoever writes it: an explanation model, or the rubric.

The class is given: it is the classifier's. The writer says what speaks for and against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from lantern.errors import ModelError
from lantern.fit import FitLevel, Requirement, render_explanation
from lantern.teachers.rubric import RUBRIC_VERSION, RubricTeacher, prepare_profile

RUBRIC_EXPLAINER: Final = f"{RubricTeacher.name}-{RUBRIC_VERSION}"
ANSWER_TOKENS: Final = 640


@dataclass(frozen=True, slots=True)
class ExplanationRequest:
    """A pair and its class.

    Attributes:
        level: the classifier's class.
        title: the posting's.
        requirements: the posting's, in its order.
        profile: ``members.text``, whose spans quotes are.
        headline, titles, degree, years, seniority: of the member, for the rubric.
        posting_seniority: of the posting, for the rubric.
    """

    level: FitLevel
    title: str
    requirements: tuple[Requirement, ...]
    profile: str
    headline: str | None = None
    titles: tuple[str, ...] = ()
    degree: int | None = None
    years: float | None = None
    seniority: int | None = None
    posting_seniority: int | None = None


class Explainer(Protocol):
    """Requests in, explanations out, in their order; an empty text where there is none."""

    def explain(self, requests: Sequence[ExplanationRequest]) -> list[str]: ...


class RubricExplainer:
    """The rubric's verdicts under the class that it is given."""

    def __init__(self) -> None:
        self._teacher = RubricTeacher()

    def explain(self, requests: Sequence[ExplanationRequest]) -> list[str]:
        return [self._one(request) for request in requests]

    def _one(self, request: ExplanationRequest) -> str:
        facts = prepare_profile(
            request.profile,
            headline=request.headline,
            titles=request.titles,
            degree=request.degree,
            years=request.years,
            seniority=request.seniority,
        )
        assessment = self._teacher.explain(
            facts,
            request.requirements,
            level=request.level,
            title=request.title,
            posting_seniority=request.posting_seniority,
        )
        return render_explanation(assessment)


class DecoderExplainer:
    """An explanation model under the grammar of each pair: quotes and requirements cannot be
    invented, and the class is the one that it is given.

    Args:
        folder: of the model.
        answer_tokens: most tokens of an explanation.
        device: ``auto``, ``cpu``, ``cuda`` ...

    Raises:
        ModelError: if the folder holds no decoder.
    """

    def __init__(
        self, folder: str | Path, *, answer_tokens: int = ANSWER_TOKENS, device: str = "auto"
    ) -> None:
        from lantern.inference.causal_models import load_causal_model
        from lantern.inference.generate import GenerationEngine
        from lantern.inference.prompt_ids import PromptEncoder

        model = load_causal_model(str(folder))
        self._tokens = answer_tokens
        self._engine = GenerationEngine(model, device=device)
        self._prompts = PromptEncoder(model.tokenizer, model.context, model.name)

    def explain(self, requests: Sequence[ExplanationRequest]) -> list[str]:
        from lantern.inference.generate import GenerationRequest
        from lantern.inference.grounding import explanation_grammar

        asked: dict[int, GenerationRequest] = {}
        for number, request in enumerate(requests):
            try:
                prompt = self._prompts.encode(
                    title=request.title,
                    requirements=request.requirements,
                    profile=request.profile,
                    answer_tokens=self._tokens,
                )
            except ModelError:
                continue  # its requirements do not fit: no explanation, and the figures say so
            grammar = explanation_grammar(request.requirements, request.profile, request.level)
            asked[number] = GenerationRequest(prompt, self._tokens, grammar)
        answers = self._engine.generate(list(asked.values()))
        texts = [""] * len(requests)
        for number, answer in zip(asked, answers, strict=True):
            texts[number] = answer.text if answer.finished and answer.error is None else ""
        return texts


def explainer_of(folder: Path | None, *, device: str = "auto") -> Explainer:
    """The explanation model of a folder; without one, the rubric.

    Raises:
        ModelError: if the folder holds no decoder.
    """
    return RubricExplainer() if folder is None else DecoderExplainer(folder, device=device)
