"""promote: the gates decide whether a pair becomes the champion; rollback, compare and copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lantern.errors import PromotionError, RegistryError
from lantern.steps.context import Context
from lantern.steps.registry import open_pairs, open_registry
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from lantern.evaluate.gates import GateResult
    from lantern.evaluate.record import Evaluation
    from lantern.registry.pairs import PairVersion
    from lantern.registry.promotion import Promotion
    from lantern.registry.store import ModelVersion


def run(context: Context, manifest: Manifest) -> None:
    """Reads the pair's evaluation and ``conf/gates.yaml``; moves the alias of the settings.

    Raises:
        PromotionError: a gate stops the pair and nobody answers for it (``--override``).
        RegistryError: the champion is another than the pair was compared with, or the registry
            refuses.
    """
    from lantern.registry.promotion import promote

    pairs, asked = open_pairs(context), context.promotion
    pair = pairs.version(asked.version) if asked.version else pairs.newest()
    evaluation = pairs.evaluation(pair)
    promotion = _decided(context, pair, evaluation)
    _tell(context, pair, promotion)
    manifest.facts |= {
        "pair": pair.model_version,
        "model_version": pair.classifier.model_version,
        "profile": promotion.profile,
        "blocked": ", ".join(r.name for r in promotion.results if not r.passed),
        "relaxed": ", ".join(r.name for r in promotion.results if r.relaxed),
    }
    manifest.figures |= {
        f"distance_{r.name}": r.distance for r in promotion.results if r.distance is not None
    }
    if not promotion.allowed:
        raise PromotionError(_stopped(pair, promotion.results))
    if asked.dry_run:
        context.reporter.line("promote", "dry run", {"would_promote": pair.model_version})
        return
    promote(pairs, promotion, card=_card(context, pair, evaluation, promotion))
    told: dict[str, Any] = {"pair": pair.model_version, "because": promotion.tags()[_because()]}
    context.reporter.line("promote", context.settings.registry.alias, told)


def roll_back(context: Context, reason: str) -> None:
    """Make the former pair the champion again, at once and without Spark."""
    from lantern.registry.promotion import rollback

    left, restored = rollback(open_pairs(context), day=context.day.isoformat(), reason=reason)
    name = open_pairs(context).name
    context.reporter.line(
        "rollback",
        context.settings.registry.alias,
        {"pair": restored.model_version, "instead_of": f"{name}/{left}" if left else "none"},
    )


def compare(context: Context, first: int | None, second: int | None) -> None:
    """Show the figures of two pairs side by side.

    Args:
        context: names the registry.
        first: number of a pair; None: the champion.
        second: number of a pair; None: the newest.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    pairs = open_pairs(context)
    one = pairs.version(first) if first else pairs.resolve()
    other = pairs.version(second) if second else pairs.newest()
    ours, theirs = pairs.evaluation(one), pairs.evaluation(other)
    table = Table("figure", one.model_version, other.model_version, box=box.SIMPLE_HEAD)
    for name in dict.fromkeys([*ours.figures, *theirs.figures]):
        table.add_row(name, _shown(ours.figures.get(name)), _shown(theirs.figures.get(name)))
    console = Console(highlight=False)
    console.print(table)
    if ours.data != theirs.data:
        console.print("They were measured on different versions of the tables: not comparable.")


def copy(context: Context, prefix: str, version: int | None) -> None:
    """Copy a pair and its models to the names of another environment.

    Args:
        context: names the registry and the pair.
        prefix: of the new names.
        version: of the pair; None: the champion.
    """
    from lantern.registry.copying import copy_pair

    pairs = open_pairs(context)
    pair = pairs.version(version) if version else pairs.champion()
    for old, new in copy_pair(pairs, pair, prefix).items():
        context.reporter.line("copy", old, {"to": new})


def _decided(context: Context, pair: PairVersion, evaluation: Evaluation) -> Promotion:
    from lantern.evaluate.gate_settings import load_gates
    from lantern.evaluate.gates import check_gates
    from lantern.registry.promotion import TAG_ROLLED_BACK, Promotion

    override = context.promotion.override
    if TAG_ROLLED_BACK in pair.tags and not override:
        raise PromotionError(
            f"{pair.model_version} was rolled back ({pair.tags[TAG_ROLLED_BACK]}); train another "
            "one, or say with --override why it may come back"
        )
    gates = load_gates(context.settings.gates.profile)
    results = check_gates(evaluation.figures, evaluation.differences, gates)
    day = context.day.isoformat()
    return Promotion(pair, evaluation.champion, results, gates.profile, day, override)


def _tell(context: Context, pair: PairVersion, promotion: Promotion) -> None:
    """Every gate a line: what it says, and what a profile relaxed and why."""
    say = context.reporter
    for result in promotion.results:
        mark = "passed" if result.passed else "BLOCKED"
        told: dict[str, Any] = {"gate": mark, "because": result.reason}
        if result.distance is not None:
            told["distance"] = round(result.distance, 4)
        if result.relaxed:
            told["relaxed"] = result.relaxed
        say.line("promote", result.name, told)
    relaxed = sum(1 for result in promotion.results if result.relaxed)
    if relaxed:
        say.text(
            f"The profile {promotion.profile!r} of conf/gates.yaml relaxes {relaxed} of "
            f"{len(promotion.results)} gates for {pair.model_version}, for the reasons above."
        )


def _stopped(pair: PairVersion, results: Sequence[GateResult]) -> str:
    blocked = [result for result in results if not result.passed]
    lines = [f"{pair.model_version} was stopped by {len(blocked)} of {len(results)} gates:"]
    lines += [f"  {result.name}: {result.reason}" for result in blocked]
    return "\n".join([*lines, "mend it, or say with --override REASON why it may be used"])


def _card(context: Context, pair: PairVersion, evaluation: Evaluation, promotion: Promotion) -> str:
    from lantern.registry.model_card import model_card

    registry = open_registry(context)
    models: dict[str, ModelVersion] = {}
    try:
        models["classifier"] = registry.version(pair.classifier.version)
        if pair.explainer_folder is not None:
            number = int(pair.explainer.rpartition("/")[2])
            models["explainer"] = registry.explainer_version(number)
    except RegistryError as error:
        # The pair holds copies, so it can be used; where it came from is then not on the card.
        context.reporter.line("promote", "card", {"without": str(error)})
    why = promotion.tags()[_because()]
    return model_card(pair, evaluation, promotion.results, models, why=why)


def _because() -> str:
    from lantern.registry.promotion import TAG_WHY

    return TAG_WHY


def _shown(found: Any) -> str:
    if found is None:
        return "–"
    if not found.known:
        return f"{found.estimate:.4g}"
    return f"{found.estimate:.3f} ({found.low:.3f} to {found.high:.3f}; {found.clusters})"
