"""sample: generate the sample marketplace, or change a share of it."""

from __future__ import annotations

import os
from pathlib import Path

from lantern.errors import SettingsError
from lantern.steps.context import Context


def generate(context: Context, *, on_spark: bool = False) -> dict[str, int]:
    """Write members, postings, events, audit groups and the truth as JSON lines."""
    from lantern.sample.write import write_sample

    sizes = context.settings.sample
    if on_spark:
        from lantern.batch.sample import write_sample_on_spark

        folder = sizes.path if ":/" in sizes.path else str(Path(sizes.path).absolute())
        counts = write_sample_on_spark(
            context.spark, folder, sizes.members, sizes.postings, sizes.seed, context.day
        )
    else:
        counts = write_sample(
            sizes.path, sizes.members, sizes.postings, sizes.seed, today=context.day
        )
    context.reporter.line("sample", "written", {**counts, "at": os.path.relpath(sizes.path)})
    return counts


def change(context: Context, share: float) -> None:
    """Edit a share of the profiles and postings in place."""
    from lantern.sample.change import change_sample

    if not 0 < share <= 1:
        raise SettingsError(f"--change {share}: a share above 0 and up to 1")
    sizes = context.settings.sample
    changed = change_sample(sizes.path, share, sizes.seed)
    context.reporter.line(
        "sample",
        "changed",
        {"members": len(changed.members), "postings": len(changed.postings)},
    )
