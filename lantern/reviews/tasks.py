"""What a reviewer is shown of an answer: the posting, the profile and the explanation, redacted.

A reviewer never sees personal data: profile and explanation are redacted as one text, so that one
placeholder stands for one original in both, and :func:`build_task` fails closed like the redactor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from lantern.documents.fingerprint import fingerprint
from lantern.documents.redaction import Redacted, RedactionError, restore
from lantern.fit import (
    ExplanationFormatError,
    FitLevel,
    parse_explanation,
    render_explanation,
)

TASK_VERSION: Final = "1"
PLACEHOLDER: Final = re.compile(r"\[[A-Z]+_[0-9]+\]")
_BETWEEN: Final = "\n\n"


class Redacts(Protocol):
    """What a redactor can do; :class:`lantern.documents.redaction.Redactor` does."""

    def redact(self, text: str, *, names: Sequence[str] = ()) -> Redacted: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A teacher's answer to a pair with what it was made from, as the tables hold it.

    Attributes:
        task: id of the answer: a hash of pair, teacher, prompt version and explanation.
        member_id, posting_id, teacher, prompt_version: whose answer to what.
        answer_hash: SHA-256 of ``explanation``.
        level: the answer's class.
        explanation: in the format of the fit domain.
        title: the posting's.
        requirements: (must_have or nice_to_have, text) of each requirement, in their order.
        profile: ``members.text``.
        names: the member's own name fields.
    """

    task: str
    member_id: str
    posting_id: str
    teacher: str
    prompt_version: str
    answer_hash: str
    level: FitLevel
    explanation: str
    title: str
    requirements: tuple[tuple[str, str], ...]
    profile: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewTask:
    """One answer as a reviewer sees it.

    Attributes:
        task: id of the answer.
        teacher, prompt_version: whose answer it is; for the manifest, not shown.
        title: the posting's.
        requirements: a line each, must-have or nice-to-have.
        profile: redacted.
        explanation: redacted.
        originals: placeholder -> original; never written anywhere.
    """

    task: str
    teacher: str
    prompt_version: str
    title: str
    requirements: str
    profile: str
    explanation: str
    originals: Mapping[str, str] = field(repr=False)

    @property
    def shown(self) -> dict[str, str]:
        """The fields that leave the machine, by name."""
        return {
            "task": self.task,
            "title": self.title,
            "requirements": self.requirements,
            "profile": self.profile,
            "explanation": self.explanation,
        }

    @property
    def content_hash(self) -> str:
        return content_hash(self.shown)

    def restored(self, text: str) -> str:
        """A text that was written over the redacted one, with the originals in their places."""
        return restore(text, self.originals)


SHOWN: Final = ("task", "title", "requirements", "profile", "explanation")


def content_hash(shown: Mapping[str, str]) -> str:
    """SHA-256 over the shown fields; line ends do not count, since spreadsheets change them."""
    return fingerprint(TASK_VERSION, *(with_plain_line_ends(shown[name]) for name in SHOWN))


def with_plain_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def build_task(answer: Answer, redactor: Redacts) -> ReviewTask:
    """Redact an answer for reviewers.

    Raises:
        RedactionError: the redactor refused; the answer must not be shown then.
    """
    explanation = answer.explanation
    redacted = redactor.redact(answer.profile + _BETWEEN + explanation, names=answer.names)
    spans = _spans(answer.profile + _BETWEEN + explanation, redacted)
    whole = _with_whole_spans(answer, [span for span in spans if span.start < len(answer.profile)])
    if whole != explanation:
        explanation = whole
        redacted = redactor.redact(answer.profile + _BETWEEN + explanation, names=answer.names)
        spans = _spans(answer.profile + _BETWEEN + explanation, redacted)
    profile, shown = _split(redacted.text, spans, len(answer.profile))
    return ReviewTask(
        task=answer.task,
        teacher=answer.teacher,
        prompt_version=answer.prompt_version,
        title=answer.title,
        requirements="\n".join(
            f"{importance.replace('_', '-')}: {text}" for importance, text in answer.requirements
        ),
        profile=profile,
        explanation=_without_originals(shown, redacted.originals),
        originals=dict(redacted.originals),
    )


@dataclass(frozen=True, slots=True)
class _Span:
    """An original at ``start:end`` of the text, which stands at ``at:at + len`` redacted."""

    start: int
    end: int
    at: int
    placeholder: str


def _spans(text: str, redacted: Redacted) -> list[_Span]:
    """Where the originals stood in the text, told from the placeholders that replaced them."""
    spans: list[_Span] = []
    shift = 0
    for match in PLACEHOLDER.finditer(redacted.text):
        original = redacted.originals.get(match[0])
        if original is None:
            continue
        start = match.start() + shift
        if not text.startswith(original, start):
            raise RedactionError("a redacted text does not restore to what it was; not shown")
        spans.append(_Span(start, start + len(original), match.start(), match[0]))
        shift += len(original) - len(match[0])
    if restore(redacted.text, redacted.originals) != text:
        raise RedactionError("a redacted text does not restore to what it was; not shown")
    return spans


def _with_whole_spans(answer: Answer, spans: Sequence[_Span]) -> str:
    """The explanation with quotes that cut through personal data widened to all of it.

    Half a phone number is one that no redactor knows.
    """
    try:
        assessment = parse_explanation(answer.explanation)
    except ExplanationFormatError:
        return answer.explanation
    verdicts = []
    for verdict in assessment.verdicts:
        start = answer.profile.find(verdict.quote) if verdict.quote else -1
        if verdict.quote and start >= 0:
            end = start + len(verdict.quote)
            cut = [span for span in spans if span.start < end and start < span.end]
            start = min([start, *(span.start for span in cut)])
            end = max([end, *(span.end for span in cut)])
            quote = answer.profile[start:end]
            if '"' in quote or "\n" in quote:
                raise RedactionError("a quote cuts through personal data of two lines; not shown")
            verdict = replace(verdict, quote=quote)
        verdicts.append(verdict)
    if tuple(verdicts) == assessment.verdicts:
        return answer.explanation
    return render_explanation(replace(assessment, verdicts=tuple(verdicts)))


def _split(redacted: str, spans: Sequence[_Span], profile_length: int) -> tuple[str, str]:
    """Profile and explanation of the redacted text of both."""
    boundary = profile_length
    for span in spans:
        if span.start < profile_length < span.end:
            raise RedactionError("personal data runs from the profile into the answer; not shown")
        if span.end <= profile_length:
            boundary += len(span.placeholder) - (span.end - span.start)
    if redacted[boundary : boundary + len(_BETWEEN)] != _BETWEEN:
        raise RedactionError("personal data runs from the profile into the answer; not shown")
    return redacted[:boundary], redacted[boundary + len(_BETWEEN) :]


def _without_originals(text: str, originals: Mapping[str, str]) -> str:
    """Originals that the redactor knew only by what stood beside them in the profile go as well."""
    for placeholder, original in sorted(originals.items(), key=lambda item: -len(item[1])):
        if PLACEHOLDER.fullmatch(original):
            continue  # the profile's own words look like a placeholder; ours stay what they are
        pattern = rf"(?<!\w){re.escape(original)}(?!\w)"
        # Placeholders hold no backslash, so they are their own replacement template.
        text = re.sub(pattern, placeholder, text)
    return text
