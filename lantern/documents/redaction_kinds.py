"""What counts as personal data, and where some was found."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Kind(enum.StrEnum):
    """A kind of personal data; its value is what the placeholder shows.

    Where findings overlap, the kind that stands first here names the whole.
    """

    EMAIL = "EMAIL"
    LINK = "LINK"
    ADDRESS = "ADDRESS"
    BIRTHDATE = "BIRTHDATE"
    ID = "ID"
    PHONE = "PHONE"
    HANDLE = "HANDLE"
    NAME = "NAME"
    AGE = "AGE"
    LITERAL = "LITERAL"
    """Not personal: text that looks like a placeholder, replaced so that reversal is exact."""


class Found(NamedTuple):
    """Personal data at ``text[start:end]``."""

    start: int
    end: int
    kind: Kind
