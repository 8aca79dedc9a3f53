"""``lantern promote`` and what goes with it: rollback, compare, copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Open = Callable[..., Any]
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def promote_group(common: Decorator, date: Decorator, open_context: Open) -> click.Group:
    """The group; without a subcommand it promotes.

    Args:
        common: adds --env, --set and --verbose.
        date: adds --date.
        open_context: from these options to a context.
    """

    @click.group(
        invoke_without_command=True,
        help="Make a pair of models the champion, if it passes the gates of conf/gates.yaml.",
    )
    @click.option("--dry-run", is_flag=True, help="say what the gates say, and change nothing")
    @click.option("--override", metavar="REASON", help="promote in spite of a gate; it is recorded")
    @click.option("--version", type=int, help="of the pair; default: the newest")
    @date
    @common
    @click.pass_context
    def promote(
        command: click.Context,
        /,
        dry_run: bool,
        override: str | None,
        version: int | None,
        **options: Any,
    ) -> int:
        from lantern.steps.context import PromotionRequest
        from lantern.steps.runner import run_steps

        if command.invoked_subcommand is not None:
            return 0
        if override is not None and len(override.strip()) < 10:
            raise click.UsageError("--override: say in a few words why it may be used")
        context = open_context(**options)
        context.promotion = PromotionRequest(version, dry_run, override)
        return int(run_steps(context, ("promote",)))

    @promote.command(help="Make the former pair the champion again.")
    @click.option("--reason", required=True, help="it is recorded with the version that goes")
    @date
    @common
    def rollback(reason: str, **options: Any) -> None:
        from lantern.steps.promote import roll_back

        roll_back(open_context(**options), reason)

    @promote.command(help="Show the figures of two pairs; default: the champion and the newest.")
    @click.argument("first", type=int, required=False)
    @click.argument("second", type=int, required=False)
    @common
    def compare(first: int | None, second: int | None, **options: Any) -> None:
        from lantern.steps.promote import compare as step

        step(open_context(**options), first, second)

    @promote.command(help="Copy a pair to the names of another environment, such as prod.lantern.")
    @click.argument("prefix")
    @click.option("--version", type=int, help="of the pair; default: the champion")
    @common
    def copy(prefix: str, version: int | None, **options: Any) -> None:
        from lantern.steps.promote import copy as step

        step(open_context(**options), prefix, version)

    return promote
