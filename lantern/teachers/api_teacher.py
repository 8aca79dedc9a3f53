"""T1 behind an API: the stages of the prompt over one posting, and over one pair."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lantern.documents.fingerprint import fingerprint
from lantern.documents.requirements import ExtractedRequirements, render_requirements
from lantern.fit import Assessment, Requirement
from lantern.prompts.evaluate_stage import (
    EVALUATE_VERSION,
    Evaluation,
    evaluate_prompt,
    job_text,
    parse_evaluate,
)
from lantern.prompts.explain_stage import EXPLAIN_VERSION, explain_prompt, parse_explain
from lantern.prompts.extract_stage import EXTRACT_VERSION, extract_prompt, parse_extract
from lantern.prompts.one_call import ONE_CALL_VERSION, one_call_prompt, parse_one_call
from lantern.prompts.outgoing import Outgoing, Redacts, outgoing
from lantern.teachers.answers import Turn
from lantern.teachers.asking import Asker, Subject

_RULES: Final = "1"
"""Version of what the parsers accept: with the prompts' hashes it names a label's origin."""
STAGED_VERSION: Final = "staged-" + fingerprint(_RULES, EVALUATE_VERSION, EXPLAIN_VERSION)[:12]
ONE_CALL_LABEL_VERSION: Final = "one-call-" + fingerprint(_RULES, ONE_CALL_VERSION)[:12]
_PREPARED_TEXTS: Final = 256


@dataclass(frozen=True, slots=True)
class AskedPair:
    """What T1 is told of a pair.

    Attributes:
        title: the posting's.
        requirements: its extracted requirements.
        profile: ``members.text``; the quotes become spans of it.
        names: the member's name fields; they only serve to take the names out.
        description: the posting's whole text; read by the one-call variant alone.
    """

    title: str
    requirements: tuple[Requirement, ...]
    profile: str
    names: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """T1's answer to a pair, the turns that it took, and what in its texts addressed a model."""

    assessment: Assessment
    turns: tuple[Turn, ...]
    flags: tuple[str, ...]


def extractor_name(model: str) -> str:
    """``requirements.extractor`` of what this model extracts with today's prompt."""
    return f"{model} extract-{fingerprint(_RULES, EXTRACT_VERSION)[:12]}"


class ApiTeacher:
    """Runs the stages for one task; safe to share between its threads.

    Args:
        asker: asks, or finds what was answered before.
        redactor: takes personal data out of every text that leaves; None: nothing leaves.
    """

    def __init__(self, asker: Asker, redactor: Redacts | None) -> None:
        self._asker, self._redactor = asker, redactor
        self._lock = threading.Lock()
        self._prepared: OrderedDict[tuple[str, tuple[str, ...]], Outgoing] = OrderedDict()

    def extract(
        self, title: str, description: str, subject: Subject, *, model: str
    ) -> tuple[ExtractedRequirements, tuple[Turn, ...]]:
        """Stage 1: a posting's requirements.

        Raises:
            RedactionError: nothing was sent.
            RequestFailed, TeacherError, BudgetSpent: as :meth:`Asker.ask`.
        """
        posting = self._outgoing(_posting_text(title, description), ())
        asked = self._asker.ask(
            extract_prompt(posting), lambda raw: parse_extract(raw, posting), subject
        )
        requirements, extractor = asked.value, extractor_name(model)
        model_text = render_requirements(title, requirements)
        extracted = ExtractedRequirements(
            version=fingerprint(extractor, model_text, *(repr(r) for r in requirements)),
            extractor=extractor,
            requirements=requirements,
            model_text=model_text,
            words_before=len(description.split()),
            words_kept=sum(len(requirement.text.split()) for requirement in requirements),
        )
        return extracted, asked.turns

    def label(self, pair: AskedPair, subject: Subject) -> Labelled:
        """Stages 2 and 3: the verdicts, then the class and its reasons.

        Raises:
            RedactionError: nothing was sent.
            RequestFailed, TeacherError, BudgetSpent: as :meth:`Asker.ask`.
        """
        job = self._outgoing(job_text(pair.title, pair.requirements), ())
        profile = self._outgoing(pair.profile, pair.names)
        evaluation = Evaluation((), ())
        turns: tuple[Turn, ...] = ()
        if pair.requirements:
            evaluated = self._asker.ask(
                evaluate_prompt(job, profile),
                lambda raw: parse_evaluate(raw, pair.requirements, profile, pair.profile),
                subject,
            )
            evaluation, turns = evaluated.value, evaluated.turns
        explained = self._asker.ask(
            explain_prompt(job, evaluation, profile),
            lambda raw: parse_explain(raw, pair.requirements, evaluation),
            subject,
        )
        return Labelled(explained.value, (*turns, *explained.turns), _flags(job, profile))

    def label_in_one_call(self, pair: AskedPair, subject: Subject) -> Labelled:
        """Everything at once; the verdicts are about requirements that the answer itself lists.

        Raises:
            RedactionError: nothing was sent.
            RequestFailed, TeacherError, BudgetSpent: as :meth:`Asker.ask`.
        """
        posting = self._outgoing(_posting_text(pair.title, pair.description), ())
        profile = self._outgoing(pair.profile, pair.names)
        asked = self._asker.ask(
            one_call_prompt(posting, profile),
            lambda raw: parse_one_call(raw, posting, profile, pair.profile)[1],
            subject,
        )
        return Labelled(asked.value, asked.turns, _flags(posting, profile))

    def _outgoing(self, text: str, names: tuple[str, ...]) -> Outgoing:
        """A text ready to leave; a posting and a profile are redacted once for all their pairs."""
        with self._lock:  # a redactor's engines need not be safe to share
            found = self._prepared.get((text, names))
            if found is None:
                found = self._prepared[text, names] = outgoing(text, self._redactor, names=names)
                if len(self._prepared) > _PREPARED_TEXTS:
                    self._prepared.popitem(last=False)
            return found


def _posting_text(title: str, description: str) -> str:
    return f"{title}\n{description}"


def _flags(posting: Outgoing, profile: Outgoing) -> tuple[str, ...]:
    found: Sequence[tuple[str, Outgoing]] = (("posting", posting), ("profile", profile))
    return tuple(f"{whose}: {flag}" for whose, text in found for flag in text.flags)
