"""From test pairs and engines to the figures of an evaluation; knows no table and no registry.

A test pair whose member and posting no training saw is scored by the challenger and, where there
is one, by the champion, in the same order; a pair that one of them cannot score is left out of
both, so that the two are compared on the same pairs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lantern.distill.confusion import confusion_matrix
from lantern.errors import ModelError
from lantern.evaluate.classification import (
    Bin,
    classification_figures,
    paired_differences,
    reliability,
    tempered,
)
from lantern.evaluate.impact import RATES, GroupRates, Groups, impact_table, worst_ratio
from lantern.evaluate.intervals import Interval
from lantern.evaluate.ranking import ranking_figures
from lantern.evaluate.swaps import flip_figures, swaps_of
from lantern.fit import FitLevel
from lantern.inference.engines import Engine


@dataclass(frozen=True, slots=True)
class TestPair:
    """A pair with its label, as the classifier reads it.

    Attributes:
        member_id, posting_id: its keys.
        requirements, profile: texts as the classifier sees them.
        level: the teacher's.
        name: of the member, where the table knows it; only swaps look at it.
        member_fields, fields: occupational fields of the member and of the posting.
    """

    __test__ = False  # pytest: this is no test

    member_id: str
    posting_id: str
    requirements: str
    profile: str
    level: FitLevel
    name: str | None = None
    member_fields: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """How intervals are drawn: ``seed`` and number of ``draws``."""

    seed: int
    draws: int


@dataclass(frozen=True, slots=True)
class ClassifierReport:
    """What the test split says of a classifier.

    Attributes:
        pairs: that were scored, in this order.
        probabilities: ``[pairs, 3]``, of the challenger.
        figures: of the challenger.
        champion_figures, differences: None without a champion.
        confusion: row the label, column the prediction.
        reliability, reliability_untempered: with and without temperature scaling.
        left_out: pairs that one of the two could not score.
        cpu_ms: CPU time of the challenger for a pair, of all threads.
    """

    pairs: tuple[TestPair, ...]
    probabilities: npt.NDArray[np.float64]
    figures: Mapping[str, Interval]
    champion_figures: Mapping[str, Interval] | None
    differences: Mapping[str, Interval] | None
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[Bin, ...]
    reliability_untempered: tuple[Bin, ...]
    left_out: int
    cpu_ms: float


def measure_classifier(
    pairs: Sequence[TestPair],
    challenger: Engine,
    champion: Engine | None,
    *,
    temperature: float,
    drawing: Drawing,
) -> ClassifierReport:
    """Figures of the challenger on the test split, and its difference to the champion.

    Args:
        pairs: of the test split.
        challenger, champion: their engines.
        temperature: that the challenger's logits are divided by; undone for the comparison.
        drawing: of the intervals.

    Raises:
        ModelError: if no pair can be scored.
    """
    before = time.process_time()
    scored = [challenger.score(_texts(pairs))]
    cpu_ms = 1000 * (time.process_time() - before) / max(len(pairs), 1)
    scored += [champion.score(_texts(pairs))] if champion else []
    failed = set().union(*(batch.errors for batch in scored))
    kept = [at for at in range(len(pairs)) if at not in failed]
    if not kept:
        raise ModelError("none of the test pairs can be scored; evaluate on pairs with texts")
    usable = tuple(pairs[at] for at in kept)
    tables = [batch.probabilities[kept].astype(np.float64) for batch in scored]
    labels = np.array([int(pair.level) for pair in usable])
    members = [pair.member_id for pair in usable]
    how = {"seed": drawing.seed, "draws": drawing.draws}
    figures = dict(classification_figures(labels, tables[0], members, **how))
    untempered = tempered(tables[0], 1 / temperature)
    plain = classification_figures(labels, untempered, members, **how)
    figures["ece_untempered"] = plain["ece"]
    figures |= ranking_figures(members, expected_level(tables[0]), labels, **how)
    matrix = confusion_matrix(labels, tables[0].argmax(axis=1))
    return ClassifierReport(
        pairs=usable,
        probabilities=tables[0],
        figures=figures,
        champion_figures=classification_figures(labels, tables[1], members, **how)
        if champion
        else None,
        differences=paired_differences(labels, tables[0], tables[1], members, **how)
        if champion
        else None,
        confusion=tuple(tuple(int(count) for count in row) for row in matrix),
        reliability=reliability(labels, tables[0]),
        reliability_untempered=reliability(labels, untempered),
        left_out=len(pairs) - len(kept),
        cpu_ms=cpu_ms,
    )


def measure_groups(
    pairs: Sequence[TestPair],
    engine: Engine,
    groups: Groups,
    attributes: Sequence[str],
    drawing: Drawing,
) -> tuple[Mapping[str, Interval], tuple[GroupRates, ...]]:
    """The bias audit over pairs, whose labels play no part.

    Returns:
        ``impact_ratio_selection`` and ``impact_ratio_scoring`` (the worst of all groups; left out
        where no two groups can be compared), and the audit's rows.
    """
    scored = engine.score(_texts(pairs))
    kept = [at for at in range(len(pairs)) if at not in scored.errors]
    table = scored.probabilities[kept]
    rows = impact_table(
        [pairs[at].member_id for at in kept],
        table.argmax(axis=1),
        expected_level(table),
        groups,
        attributes,
        seed=drawing.seed,
        draws=drawing.draws,
    )
    worst = {f"impact_ratio_{rate}": worst_ratio(rows, rate) for rate in RATES}
    return {name: ratio for name, ratio in worst.items() if ratio is not None}, rows


def measure_swaps(
    pairs: Sequence[TestPair], engine: Engine, *, seed: int
) -> Mapping[str, Interval]:
    """Share of counterfactual swaps after which a level is another; one pair a member is enough.

    A variant that cannot be scored counts as a level of its own: the swap changed the outcome.
    """
    variants: list[tuple[str, str]] = []
    places: dict[str, list[range]] = {}
    for index, pair in enumerate(pairs):
        for swap in swaps_of(pair.profile, seed=seed, index=index, name=pair.name):
            start = len(variants)
            variants += [(pair.requirements, text) for text in swap.variants]
            places.setdefault(swap.kind, []).append(range(start, len(variants)))
    scored = engine.score(variants)
    levels: list[FitLevel | None] = [
        None if at in scored.errors else FitLevel(int(row.argmax()))
        for at, row in enumerate(scored.probabilities)
    ]
    found = {
        kind: [[levels[at] for at in span] for span in spans] for kind, spans in places.items()
    }
    return flip_figures(found, [pair.member_id for pair in pairs])


def split_overlap(pairs: Sequence[TestPair], trained: Mapping[str, set[str]]) -> Interval:
    """How many members and postings of the test pairs the training saw.

    Args:
        pairs: of the test split.
        trained: ``members`` and ``postings`` of the pairs that were trained or validated on.
    """
    members = {pair.member_id for pair in pairs}
    postings = {pair.posting_id for pair in pairs}
    shared = len(members & trained["members"]) + len(postings & trained["postings"])
    count = float(shared)
    return Interval(count, count, count, len(members), len(pairs))


def expected_level(probabilities: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The score: expected level scaled to 0..1, as ``fit_scores.score`` is."""
    return probabilities[:, 1] / 2 + probabilities[:, 2]  # type: ignore[no-any-return]


def _texts(pairs: Sequence[TestPair]) -> list[tuple[str, str]]:
    return [(pair.requirements, pair.profile) for pair in pairs]
