"""One mapping of settings on top of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# A mapping of columns belongs to one source: another source's is not merged into it.
_WHOLE = frozenset({"columns"})


def deep_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` on top of ``base``; mappings merge key by key, everything else is replaced,
    and so are mappings of columns."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping) and key not in _WHOLE
        merged[key] = deep_merge(below, value) if both else value  # type: ignore[arg-type]
    return merged
