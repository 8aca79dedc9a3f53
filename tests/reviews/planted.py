"""An answer with personal data around it, and a redactor that knows exactly those."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lantern.documents.redaction import Redacted, RedactionError

PROFILE = (
    "Data engineer, call 555-0100 any time\n"
    "built Python services since 2015 with Ada Example\n"
    "ran containers with Docker"
)
EXPLANATION = """You are a Medium fit for this job.
Requirements:
- 5+ years of Python [met]: "built Python services since 2015 with Ada Example"
- Kubernetes [partly met]: "ran containers with Docker"
- AWS certification [not shown]
Summary: Your background covers Python. Ada Example speaks for it.
Next step: Add what you did on AWS."""
REQUIREMENTS = (
    ("must_have", "5+ years of Python"),
    ("must_have", "Kubernetes"),
    ("nice_to_have", "AWS certification"),
)


@dataclass
class PlantedRedactor:
    """Knows the planted name and number; ``broken`` refuses everything."""

    broken: bool = False

    def redact(self, text: str, *, names: Sequence[str] = ()) -> Redacted:
        if self.broken:
            raise RedactionError("broken on purpose; nothing may be sent")
        originals: dict[str, str] = {}

        def put(match: re.Match[str]) -> str:
            kind = "PHONE" if match[0][0].isdigit() else "NAME"
            placeholder = f"[{kind}_1]"
            originals[placeholder] = match[0]
            return placeholder

        return Redacted(re.sub(r"\b555-0100\b|\bAda Example\b", put, text), originals)
