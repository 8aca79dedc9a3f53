"""What the served models share: from the texts of a request to what the models read.

A request that cannot be used is refused whole, as MLflow's invalid parameter, which its server
answers with 400 and the reason: a client need not look for faults in an answer that says 200.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lantern.documents.posting import RawPosting, build_posting
from lantern.documents.profile import Profile, RawProfile, build_profile
from lantern.documents.requirements import ExtractedRequirements, extract_requirements
from lantern.documents.unusable import UnusableDocument
from lantern.fit import FitLevel
from lantern.registry.explainers import ExplanationRequest

MAX_CHARS: Final = 60_000
MIN_LETTERS: Final = 20


@dataclass(frozen=True, slots=True)
class ServingTexts:
    """One request, built as the night builds its documents.

    Attributes:
        title: the posting's, cleaned.
        extracted: its requirements.
        profile: the member's.
        posting_seniority: as the title says, if it does.
    """

    title: str
    extracted: ExtractedRequirements
    profile: Profile
    posting_seniority: int | None


def serving_texts(
    row: Mapping[Any, Any],
    number: int,
    *,
    max_chars: int = MAX_CHARS,
    min_letters: int = MIN_LETTERS,
) -> ServingTexts:
    """Build the documents of a request.

    Args:
        row: ``title``, ``profile``, and either ``posting`` or ``requirements`` (one a line).
        number: of the row, for the reason.
        max_chars, min_letters: as in the section ``documents`` of the settings.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if a text is missing or cannot be used; the reason
            names the row and the field, and never holds the text.
    """
    title, profile = _text(row, "title"), _text(row, "profile")
    posting, listed = _text(row, "posting"), _text(row, "requirements")
    if not profile.strip():
        raise refused(number, "profile: the text is missing")
    if bool(posting.strip()) == bool(listed.strip()):
        raise refused(number, "give the text of either posting or requirements, and not of both")
    description = posting or _as_posting(listed)
    limits = {"max_chars": max_chars, "min_letters": min_letters}
    try:
        member = build_profile(RawProfile(member_id=None, text=profile), **limits)
    except UnusableDocument as unusable:
        raise refused(number, f"profile: {unusable}") from None
    raw = RawPosting(posting_id=None, title=title, description=description)
    # A short list of requirements is a whole one: only a posting has a least length.
    limits["min_letters"] = min_letters if posting else 1
    try:
        job = build_posting(raw, **limits)
    except UnusableDocument as unusable:
        raise refused(number, f"posting: {unusable}") from None
    extracted = extract_requirements(job.title, job.text)
    return ServingTexts(job.title, extracted, member, job.seniority)


def explanation_request(texts: ServingTexts, level: FitLevel) -> ExplanationRequest:
    """What an explainer is asked for these texts and this class."""
    return ExplanationRequest.of(
        texts.title,
        texts.extracted.requirements,
        texts.profile,
        level,
        posting_seniority=texts.posting_seniority,
    )


def refused(number: int, reason: str) -> Exception:
    """The exception that MLflow's server answers with 400."""
    from mlflow.exceptions import MlflowException

    error: Exception = MlflowException.invalid_parameter_value(f"row {number}: {reason}")
    return error


def _text(row: Mapping[Any, Any], name: str) -> str:
    """A column's text; a column or a value that is missing is an empty one."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _as_posting(listed: str) -> str:
    lines = (line.strip() for line in listed.splitlines())
    return "Requirements:\n" + "\n".join(f"- {line}" for line in lines if line)
