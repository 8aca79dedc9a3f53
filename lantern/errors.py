"""The one error hierarchy of Lantern.

Every error that a user can meet derives from :class:`LanternError`. Its message says what was
wrong, where, and what to do; its ``exit_code`` is what the command line ends with. A stack trace
is for bugs only, so nothing outside this hierarchy is caught on the way up.

Messages never carry the text of a profile or a posting, nor a secret.
"""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """What a step ends with."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    QUARANTINED = 3


class LanternError(Exception):
    """Base of all errors that are reported to the user without a stack trace."""

    exit_code: ExitCode = ExitCode.FAILED


class SettingsError(LanternError):
    """A setting or an argument is unknown or wrong; raised before Spark starts."""

    exit_code = ExitCode.USAGE


class InstallationError(LanternError):
    """Something that the chosen environment needs is not installed (Java, a jar, an extra)."""


class InputError(LanternError):
    """An input file cannot be used as a whole: missing, empty, binary, or without a column."""


class TableError(LanternError):
    """A table is missing, of a newer schema, or violates its contract."""


class ConcurrentWriteError(TableError):
    """Other writers won the race for a table more often than we are willing to try again."""


class StorageError(LanternError):
    """The storage refused a write: no space left, no permission."""


class ModelError(LanternError):
    """A model folder is missing, incomplete, or not of the kind that was asked for."""


class RegistryError(LanternError):
    """The model registry cannot be reached, or lacks the model, the alias or the version."""


class PromotionError(LanternError):
    """A model may not be used: a gate stopped it, or it was taken back."""


class TrainingError(LanternError):
    """Training cannot start or cannot go on (an empty split, a loss that is not a number)."""


class RedactionError(LanternError):
    """Personal data could not be taken out of a text with certainty; the text must not be sent."""


class TeacherError(LanternError):
    """The teacher's endpoint cannot be used: unreachable, a wrong key, no such model."""
