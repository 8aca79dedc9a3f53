"""Fingerprints: what changed between two nights is told by comparing them.

A fingerprint covers the version of the code that made the text and every part that a model or a
teacher sees. It is a plain SHA-256, so it is the same in every process and on every machine.
"""

from __future__ import annotations

import hashlib
from typing import Final

RENDERING_VERSION: Final = "2"
"""Of profiles and postings; a new one has every document built, and every pair scored, again."""


def fingerprint(version: str, *parts: str) -> str:
    """SHA-256 in hex over a version and the parts; moving text between parts changes it."""
    digest = hashlib.sha256(version.encode())
    for part in parts:
        # A lone surrogate cannot be encoded strictly, and a fingerprint may not fail on input.
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()
