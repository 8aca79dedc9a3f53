"""One way to an explanation, whoever writes it: an explanation model, or the rubric.

The class is given: it is the classifier's. The writer says what speaks for and against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from lantern.documents.profile import Profile
from lantern.fit import FitLevel, Requirement, render_explanation
from lantern.teachers.rubric import RUBRIC_VERSION, RubricTeacher, prepare_profile

RUBRIC_EXPLAINER: Final = f"{RubricTeacher.name}-{RUBRIC_VERSION}"
ANSWER_TOKENS: Final = 512


@dataclass(frozen=True, slots=True)
class ExplanationRequest:
    """A pair and its class.

    Attributes:
        level: the classifier's class.
        title: the posting's.
        requirements: the posting's, in its order.
        profile: ``members.text``, whose spans quotes are.
        model_text: the profile as models see it.
        headline, titles, degree, years, seniority: of the member, for the rubric.
        posting_seniority: of the posting, for the rubric.
    """

    level: FitLevel
    title: str
    requirements: tuple[Requirement, ...]
    profile: str
    model_text: str
    headline: str | None = None
    titles: tuple[str, ...] = ()
    degree: int | None = None
    years: float | None = None
    seniority: int | None = None
    posting_seniority: int | None = None

    @classmethod
    def of(
        cls,
        title: str,
        requirements: tuple[Requirement, ...],
        profile: Profile,
        level: FitLevel,
        *,
        posting_seniority: int | None = None,
    ) -> ExplanationRequest:
        """A posting asked of a profile as it was built, not as the table holds it."""
        return cls(
            level=level,
            title=title,
            requirements=requirements,
            profile=profile.text,
            model_text=profile.model_text,
            headline=profile.headline,
            titles=tuple(held.title for held in profile.positions if held.title),
            degree=profile.degree,
            years=profile.years,
            seniority=profile.seniority,
            posting_seniority=posting_seniority,
        )


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
    """An explanation model under the grammar of each pair.

    Args:
        folder: of the model.
        answer_tokens: most tokens of an explanation.
        context: most tokens of prompt and answer; None: the model's.
        device: ``auto``, ``cpu``, ``cuda`` ...

    Raises:
        ModelError: if the folder holds no decoder.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        answer_tokens: int = ANSWER_TOKENS,
        context: int | None = None,
        device: str = "auto",
    ) -> None:
        from lantern.inference.explain import load_explainer

        self._explainer = load_explainer(
            folder, max_tokens=answer_tokens, context=context, device=device
        )

    def explain(self, requests: Sequence[ExplanationRequest]) -> list[str]:
        from lantern.inference.explain import PairToExplain

        pairs = [
            PairToExplain(r.title, r.requirements, r.model_text, r.profile, r.level)
            for r in requests
        ]
        # An answer with a fault is given as it is: whoever asked has to see that it is one.
        return [answer.text for answer in self._explainer.explain(pairs)]


def explainer_of(
    folder: Path | None,
    *,
    answer_tokens: int = ANSWER_TOKENS,
    context: int | None = None,
    device: str = "auto",
) -> Explainer:
    """The explanation model of a folder; without one, the rubric.

    Raises:
        ModelError: if the folder holds no decoder.
    """
    if folder is None:
        return RubricExplainer()
    return DecoderExplainer(folder, answer_tokens=answer_tokens, context=context, device=device)
