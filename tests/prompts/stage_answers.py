"""Texts that leave, and answers of a model to them, for the tests of the stages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lantern.documents.redaction import Redacted
from lantern.fit import Importance, Requirement, RequirementKind, Verdict, VerdictKind
from lantern.prompts.evaluate_stage import Evaluation
from lantern.prompts.outgoing import Outgoing

PROFILE = """Ana Muster, ana@x.org
Built Python services since 2015 — mostly at Acme.
She said "go" and ran containers with Docker
BSc in Physics"""
SENT = PROFILE.replace("Ana Muster", "[NAME_1]").replace("ana@x.org", "[EMAIL_1]")
OUT = Outgoing(SENT, {"[NAME_1]": "Ana Muster", "[EMAIL_1]": "ana@x.org"}, ())


class NameRedactor:
    def redact(self, text: str, *, names: Sequence[str] = ()) -> Redacted:
        return Redacted(text.replace(names[0], "[NAME_1]"), {"[NAME_1]": names[0]})


def requirement(
    text: str,
    kind: RequirementKind = RequirementKind.SKILL,
    importance: Importance = Importance.MUST_HAVE,
) -> Requirement:
    return Requirement(kind, importance, text)


PYTHON, DOCKER, AWS = (requirement(text) for text in ("5+ years of Python", "Docker", "AWS"))
ASKED = (PYTHON, DOCKER, AWS)


def verdicts(*items: tuple[str, str | None]) -> str:
    return json.dumps(
        {
            "verdicts": [
                {"number": number, "quote": quote, "verdict": verdict}
                for number, (verdict, quote) in enumerate(items, 1)
            ]
        }
    )


GOOD = (
    ("met", "Built Python services since 2015"),
    ("partly met", "ran containers with Docker"),
    ("not shown", None),
)
POSTING = Outgoing(
    "Data Engineer\nWe need 5+ years of Python and Java or C#. A bachelor's degree in physics is a "
    "plus. Write to [EMAIL_1].",
    {"[EMAIL_1]": "jobs@x.org"},
    (),
)


def item(text: str, **changed: Any) -> dict[str, Any]:
    return {
        "text": text,
        "kind": "skill",
        "importance": "must_have",
        "skills": [],
        "any_of": False,
        "years": None,
        "degree": None,
    } | changed


def extracted(*items: dict[str, Any]) -> str:
    return json.dumps({"requirements": list(items)})


EVALUATED = Evaluation(
    (
        Verdict(PYTHON.text, VerdictKind.MET, "Built Python services since 2015"),
        Verdict(DOCKER.text, VerdictKind.PARTLY_MET, "ran containers with Docker"),
        Verdict(AWS.text, VerdictKind.NOT_SHOWN),
    ),
    ("Built Python services since 2015", "ran containers with Docker", None),
)
SUMMARY = "Your profile shows Python at work. It does not show AWS."
STEP = "Add what you have done with AWS."


def explained(**changed: Any) -> str:
    return json.dumps({"summary": SUMMARY, "level": "Medium", "next_step": STEP} | changed)
