"""The command line: ``lantern STEP --env ENV``; ``jobs/STEP.py`` enters through the same door."""

from __future__ import annotations

import datetime as dt
import logging
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from lantern import __version__
from lantern.cli_promote import promote_group
from lantern.config import Settings, load_settings
from lantern.errors import ExitCode, LanternError, SettingsError
from lantern.steps.runner import NIGHT, STEPS, TRAINING, run_recorded, run_steps


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code and prints errors of ours in one line."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        result = cli.main(args=arguments, prog_name="lantern", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _failed("interrupted; run the same command again to go on", 130)
    except click.ClickException as error:
        error.show()
        return int(ExitCode.USAGE)
    except LanternError as error:
        return _failed(str(error), int(error.exit_code))
    return int(result or 0)


def main_step(step: str, argv: Sequence[str] | None = None) -> int:
    """Entry of ``jobs/STEP.py``."""
    return main([step.replace("_", "-"), *(sys.argv[1:] if argv is None else argv)])


def _failed(message: str, code: int) -> int:
    for line in message.splitlines():
        click.echo(f"lantern: {line}", err=True)
    return code


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="lantern")
def cli() -> None:
    """Job-person fit and its explanation, distilled from large language models, on Spark."""


_SET = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="override a setting"
)
_VERBOSE = click.option("--verbose", is_flag=True, help="let Spark and the libraries speak")


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    env = click.option("--env", default="local", show_default=True, help="conf/ENV.yaml")
    return env(_SET(_VERBOSE(command)))


def _run(
    steps: Sequence[str],
    env: str,
    overrides: Sequence[str],
    date: dt.datetime | None,
    *,
    full: bool,
    verbose: bool,
) -> int:
    settings = load_settings(env, overrides)
    _quiet(verbose)
    return int(run_steps(_context(settings, date, full=full, verbose=verbose), steps))


def _context(settings: Settings, date: dt.datetime | None, *, full: bool, verbose: bool) -> Any:
    from lantern.steps.context import Context

    # The one place where a clock decides a date: the night that is not named is today's.
    day = date.date() if date else dt.datetime.now(dt.UTC).date()
    return Context(settings, day, full=full, verbose=verbose)


def _quiet(verbose: bool) -> None:
    if verbose:
        return
    warnings.filterwarnings("ignore")
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    for name in ("mlflow", "alembic", "py4j", "transformers", "pyspark"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # DeepSpeed sets its logger's level when it is imported; a filter outlives that.
    logging.getLogger("DeepSpeed").addFilter(lambda record: record.levelno >= logging.ERROR)


_DATE = click.option(
    "--date", type=click.DateTime(["%Y-%m-%d"]), help="the night's logical date; default: today"
)
_FULL = click.option("--full", is_flag=True, help="score every candidate, changed or not")


def _add(name: str, steps: Sequence[str], about: str) -> None:
    def command(
        env: str,
        overrides: tuple[str, ...],
        verbose: bool,
        date: dt.datetime | None,
        full: bool = False,
    ) -> int:
        return _run(steps, env, overrides, date, full=full, verbose=verbose)

    wrapped = _DATE(_common(command))
    if "score" in steps:
        wrapped = _FULL(wrapped)
    cli.command(name.replace("_", "-"), help=about[0].upper() + about[1:] + ".")(wrapped)


def _open(
    env: str,
    overrides: tuple[str, ...],
    verbose: bool,
    date: dt.datetime | None = None,
) -> Any:
    settings = load_settings(env, overrides)
    _quiet(verbose)
    return _context(settings, date, full=False, verbose=verbose)


for _name, _about in STEPS.items():
    if _name != "promote":
        _add(_name, (_name,), _about)
cli.add_command(promote_group(_common, _DATE, _open), "promote")
_add("night", NIGHT, f"a whole night: {', '.join(NIGHT)}")
_add("train", TRAINING, f"from the sources to a champion: {', '.join(TRAINING)}")


@cli.command(help="Generate the sample marketplace.")
@click.option("--members", type=int, help="default: sample.members")
@click.option("--postings", type=int, help="default: sample.postings")
@click.option("--seed", type=int, help="default: sample.seed")
@click.option("--change", type=float, metavar="SHARE", help="change that share of it instead")
@click.option("--spark", "on_spark", is_flag=True, help="write with Spark, for large sizes")
@_DATE
@_common
def sample(
    members: int | None,
    postings: int | None,
    seed: int | None,
    change: float | None,
    on_spark: bool,
    date: dt.datetime | None,
    env: str,
    overrides: tuple[str, ...],
    verbose: bool,
) -> None:
    from lantern.steps import sample as step

    settings = load_settings(env, overrides)
    _quiet(verbose)
    given = {"members": members, "postings": postings, "seed": seed}
    sizes = settings.sample.model_copy(update={k: v for k, v in given.items() if v is not None})
    context = _context(
        settings.model_copy(update={"sample": sizes}), date, full=False, verbose=verbose
    )
    if change is not None:
        step.change(context, change)
    else:
        step.generate(context, on_spark=on_spark)


@cli.group(help="People in the loop: answers out to reviewers, their decisions in.")
def review() -> None:
    pass


@review.command("export", help="Write a batch of answers for reviewers, without personal data.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["label-studio", "csv"]),
    default="label-studio",
    show_default=True,
)
@click.option("--pairs", type=click.IntRange(min=1), help="default: review.pairs")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="an empty folder")
@click.option(
    "--without",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="leave out the tasks of this batch, which is out already",
)
@_DATE
@_common
def review_export(
    format_: Any,
    pairs: int | None,
    out: Path,
    without: tuple[Path, ...],
    date: dt.datetime | None,
    env: str,
    overrides: tuple[str, ...],
    verbose: bool,
) -> int:
    from lantern.steps import review_export as step

    settings = load_settings(env, overrides)
    asked = step.Export.asked(format_, pairs or settings.review.pairs, out, without)
    _quiet(verbose)
    context = _context(settings, date, full=False, verbose=verbose)
    return int(run_recorded(context, step.STEP, lambda c, m: step.run(c, m, asked)))


@review.command("import", help="Check every decision in FILE and write them, all or none.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--batch",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="the exported folder, if FILE is not in it",
)
@click.option("--reviewer", help="pseudonym, where a CSV file leaves the column empty")
@click.option("--replace", is_flag=True, help="let decisions replace the same reviewer's earlier")
@_DATE
@_common
def review_import(
    file: Path,
    batch: Path | None,
    reviewer: str | None,
    replace: bool,
    date: dt.datetime | None,
    env: str,
    overrides: tuple[str, ...],
    verbose: bool,
) -> int:
    from lantern.steps import review_import as step

    settings = load_settings(env, overrides)
    given = step.Import.given(file, batch, reviewer, replace=replace)
    _quiet(verbose)
    context = _context(settings, date, full=False, verbose=verbose)
    return int(run_recorded(context, step.STEP, lambda c, m: step.run(c, m, given)))


@review.command("agreement", help="Say how well reviewers agree: kappa of two, alpha of all.")
@_DATE
@_common
def review_agreement(
    date: dt.datetime | None, env: str, overrides: tuple[str, ...], verbose: bool
) -> int:
    from lantern.steps import review_agreement as step

    settings = load_settings(env, overrides)
    _quiet(verbose)
    context = _context(settings, date, full=False, verbose=verbose)
    return int(run_recorded(context, step.STEP, step.run))


@cli.command(help="Show what every table looks like.")
@click.argument("name", required=False)
def tables(name: str | None) -> None:
    from lantern.steps.tables import describe

    describe(name)


@cli.command(help="Say what is installed and works; exit code 1 if ENV cannot run.")
@_common
def doctor(env: str, overrides: tuple[str, ...], verbose: bool) -> int:
    from lantern.steps.doctor import examine

    settings = load_settings(env, overrides)
    _quiet(verbose)
    return int(ExitCode.DONE if examine(settings) else ExitCode.FAILED)


@cli.command(help="Set the environment up once: the Delta jars, Java, Spark's configuration.")
def setup() -> None:
    from lantern.tables.spark_home import prepare

    for line in prepare():
        click.echo(line)


@cli.command(help="The whole of it on a small sample: train, promote, two nights, a report.")
@click.option("--folder", default="demo", show_default=True, help="everything is written here")
@_SET
@_VERBOSE
def demo(folder: str, overrides: tuple[str, ...], verbose: bool) -> int:
    from lantern.steps.demo import run_demo

    if not folder.strip() or Path(folder).absolute() == Path.cwd():
        raise SettingsError("--folder must be a folder of its own: it is emptied first")
    _quiet(verbose)
    return int(run_demo(Path(folder), overrides, verbose=verbose))
