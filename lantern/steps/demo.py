"""demo: the whole of it on a small sample, in a folder of its own."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from lantern.config import load_settings
from lantern.errors import ExitCode, SettingsError
from lantern.steps import sample
from lantern.steps.context import Context
from lantern.steps.report import report_path
from lantern.steps.runner import NIGHT, TRAINING, run_steps
from lantern.tables.store import new_run_id

CHANGED_SHARE: Final = 0.02
_MARK: Final = ".lantern-demo"
_TRY_NEXT: Final = (
    (".venv/bin/lantern tables fit_scores", "what a score is made of"),
    (".venv/bin/lantern doctor", "what is installed here"),
    (".venv/bin/lantern sample", "the same steps under your own hand,"),
    (".venv/bin/lantern train", "one after the other"),
    (".venv/bin/lantern night", ""),
    (".venv/bin/python notebooks/explore_night.py", "tonight's tables"),
)


def run_demo(folder: Path, settings: Sequence[str] = (), *, verbose: bool = False) -> ExitCode:
    """Sample, train, promote, a first night, 2 % changed, a second night, the report.

    Args:
        folder: emptied first if an earlier demo made it.
        settings: as for ``--set``.
        verbose: let Spark and the libraries speak.

    Raises:
        SettingsError: the folder holds something that no demo made, or a setting is wrong; the
            folder is then left as it is.
    """
    began = time.monotonic()
    context = demo_context(folder, settings, verbose=verbose)
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).is_file():
        raise SettingsError(f"{folder} was not made by a demo; name another --folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / _MARK).touch()
    say = context.reporter.text
    say(f"A sample marketplace, in {os.path.relpath(folder)}/")
    sample.generate(context)
    say("\nFrom the sources to a champion (Spark starts first, most of a minute)")
    run_steps(context, TRAINING)
    say("\nThe first night")
    first = _next(context, days=0)
    run_steps(first, NIGHT)
    say(f"\nThe second night, after {CHANGED_SHARE:.0%} of the profiles and postings changed")
    sample.change(first, CHANGED_SHARE)
    second = _next(first, days=1)
    outcome = run_steps(second, NIGHT)
    page = os.path.relpath(report_path(second))
    minutes = (time.monotonic() - began) / 60
    say("")
    context.reporter.line("demo", "done", {"minutes": round(minutes, 1), "report": page})
    say("Try next:")
    for command, what in _TRY_NEXT:
        say(f"  {command:<44} {what}")
    return outcome


def demo_context(folder: Path, settings: Sequence[str] = (), *, verbose: bool = False) -> Context:
    """Yesterday's run on the sample and the tables of a folder; ``settings`` as for ``--set``."""
    root = folder.absolute()
    overrides = [
        f"warehouse.path={root / 'warehouse'}",
        f"sample.path={root / 'sample'}",
        f"evaluate.groups={root / 'sample' / 'audit_groups.jsonl'}",
        f"evaluate.truth={root / 'sample' / 'truth.jsonl'}",
        *(
            f"input.{kind}.path={root / 'sample' / f'{kind}.jsonl'}"
            for kind in ("members", "postings", "events")
        ),
        *settings,
    ]
    today = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    return Context(load_settings("local", overrides), today, verbose=verbose)


def _next(context: Context, *, days: int) -> Context:
    """The next run in the same session."""
    following = replace(context, day=context.day + dt.timedelta(days=days), run_id=new_run_id())
    vars(following).update(spark=context.spark, warehouse=context.warehouse)
    return following
