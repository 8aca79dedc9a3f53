"""What a step does before it asks a teacher behind an API."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from lantern.config import Settings, TeacherSettings
from lantern.errors import InstallationError
from lantern.steps.context import Context


def asks_teacher(settings: Settings, steps: Iterable[str]) -> bool:
    """Whether one of the steps sends requests."""
    names = set(steps)
    return ("label" in names and settings.label.teacher == "api") or (
        "extract" in names and settings.extract.by == "teacher"
    )


def require_teacher(settings: Settings, steps: Iterable[str]) -> None:
    """Check what needs no network, before Spark starts.

    Raises:
        SettingsError: a step asks the teacher and there is no key.
        InstallationError: the packages of the teacher are not installed.
    """
    if not asks_teacher(settings, steps):
        return
    if find_spec("openai") is None:
        raise InstallationError(
            "a teacher behind an API needs the extra `teacher`: pip install lantern-fit[teacher]"
        )
    from lantern.teachers.endpoint import api_key

    api_key(settings.teacher)


def open_teacher(context: Context) -> TeacherSettings:
    """The teacher's settings, once its endpoint has answered; Spark need not run yet.

    Raises:
        SettingsError: no key.
        TeacherError: the endpoint cannot be reached or refuses the key.
    """
    from lantern.teachers.endpoint import check_endpoint

    check_endpoint(context.settings.teacher)
    return context.settings.teacher
