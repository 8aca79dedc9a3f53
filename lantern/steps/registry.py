"""The model registry of a run, with its defaults beside the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lantern.registry.pairs import Pairs
    from lantern.registry.store import Registry
    from lantern.steps.context import Context


def open_registry(context: Context) -> Registry:
    """The registry of the settings; a null setting is a file or a folder beside the tables."""
    from lantern.registry.store import Registry

    settings = context.settings.registry
    folder = context.local_folder if settings.tracking_uri is None else None
    return Registry(settings, folder)


def open_pairs(context: Context) -> Pairs:
    """The pairs of a classifier and an explanation model in that registry."""
    from lantern.registry.pairs import Pairs

    return Pairs(open_registry(context))
