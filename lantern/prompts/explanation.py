"""The prompt of every decoder of ours, x in the paper: T2 and all explanation students read it.

The profile comes before the job: all jobs of a member then share the prompt's beginning, and a
causal model can read that beginning once. The answer, y, is :func:`lantern.fit.render_explanation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from lantern.documents.fingerprint import fingerprint
from lantern.fit import Importance, Requirement

SYSTEM_TEXT: Final = files(__package__).joinpath("explanation.txt").read_text("utf-8").strip()

_PROFILE_LEAD: Final = "Profile:\n"
_JOB_LEAD: Final = "\nJob: "
_LEADS: Final = {Importance.MUST_HAVE: "- must have: ", Importance.NICE_TO_HAVE: "- nice to have: "}
_NONE: Final = "- no requirement is stated"

EXPLANATION_PROMPT_VERSION: Final = fingerprint(
    "explanation", SYSTEM_TEXT, _PROFILE_LEAD, _JOB_LEAD, *_LEADS.values(), _NONE
)[:12]
"""Hash of all that the prompt adds to a pair; every answer to it carries this."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat: ``role`` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ExplanationPrompt:
    """The user's part of the prompt, in the two parts that a cut and a shared prefix need.

    Attributes:
        profile: opening and profile; equal for all jobs of a member.
        job: title and requirements; never cut.
    """

    profile: str
    job: str

    @property
    def text(self) -> str:
        """Both parts."""
        return self.profile + self.job


def explanation_prompt(
    *, title: str, requirements: Sequence[Requirement], profile: str
) -> ExplanationPrompt:
    """The user's part for one pair.

    Args:
        title: of the posting.
        requirements: in the posting's order; the answer lists them in this order.
        profile: as models see it (``members.model_text``).
    """
    asked = [f"{_LEADS[item.importance]}{item.text}" for item in requirements] or [_NONE]
    return ExplanationPrompt(
        profile=f"{_PROFILE_LEAD}{profile.strip()}\n",
        job=f"{_JOB_LEAD}{_one_line(title)}\n" + "\n".join(asked),
    )


def explanation_messages(
    *, title: str, requirements: Sequence[Requirement], profile: str
) -> tuple[Message, ...]:
    """The whole chat for one pair: the system's and the user's message."""
    prompt = explanation_prompt(title=title, requirements=requirements, profile=profile)
    return (Message("system", SYSTEM_TEXT), Message("user", prompt.text))


def _one_line(text: str) -> str:
    return " ".join(text.split())
