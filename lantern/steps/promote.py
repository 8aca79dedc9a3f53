"""promote: the newest registered classifier becomes the champion."""

from __future__ import annotations

from lantern.steps.context import Context
from lantern.steps.registry import open_registry
from lantern.tables.runs import Manifest


def run(context: Context, manifest: Manifest) -> None:
    """Moves the alias of the settings; the gates of a promotion come with evaluation."""
    registry = open_registry(context)
    newest = registry.newest()
    registry.set_alias(context.settings.registry.alias, newest.version)
    manifest.facts["model_version"] = newest.model_version
    context.reporter.line(
        "promote", context.settings.registry.alias, {"version": newest.model_version}
    )
