"""From labels to a champion: figures, gates, an override, a rollback, the night after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lantern.errors import PromotionError
from lantern.steps.promote import roll_back
from lantern.steps.registry import open_pairs
from lantern.steps.runner import run_steps
from tests.e2e.conftest import World

if TYPE_CHECKING:
    from lantern.steps.context import Context

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def context(spark: Any, world: World, first_night: Path) -> Context:
    """A warehouse with labels; the registry is that of the session's other nights."""
    sizes = ["pairs.split={train: 0.4, validation: 0.2, test: 0.4}", "gates.profile=strict"]
    files = [
        f"evaluate.groups={world.sample / 'audit_groups.jsonl'}",
        f"evaluate.truth={world.sample / 'truth.jsonl'}",
        "evaluate.explained_pairs=20",
        "evaluate.draws=100",
    ]
    world.copy(first_night, "promotion")
    context, _ = world.night(spark, "promotion", steps=("pairs", "label"), extra=[*sizes, *files])
    return context


def test_random_weights_are_measured_stopped_and_answered_for(context: Context) -> None:
    before = open_pairs(context).champion().version
    run_steps(context, ("evaluate",))
    pair = open_pairs(context).newest()
    evaluation = open_pairs(context).evaluation(pair)
    assert evaluation.champion == before
    assert evaluation.figures["class_agreement"].estimate == 1.0
    assert evaluation.figures["exact_quotes"].estimate == 1.0
    assert evaluation.figures["rerun_identity"].estimate == 1.0
    assert evaluation.figures["attacked_class_kept"].estimate == 1.0
    assert [one.pair for one in evaluation.compared] == [pair.model_version]
    assert {"ece", "qwk", "swap_flips", "impact_ratio_scoring", "rougeL"} <= set(evaluation.figures)
    assert {row.attribute for row in evaluation.groups} > {"gender", "gender and origin"}
    assert "split_overlap" in evaluation.missing, "it was logged without the tables it read"
    with pytest.raises(PromotionError, match=r"was stopped by \d+ of \d+ gates:\n"):
        run_steps(context, ("promote",))
    assert open_pairs(context).champion().version == before
    last = context.warehouse.read("runs").where("step = 'promote'").orderBy("started_at").collect()
    assert last[-1]["outcome"] == "failed"
    assert "calibration" in last[-1]["facts"]["blocked"]


def test_after_a_rollback_the_next_night_uses_the_former_pair(
    spark: Any, world: World, first_night: Path
) -> None:
    import torch

    from lantern.evaluate.gates import GateResult
    from lantern.inference.encoder import FitClassifier
    from lantern.registry.promotion import Promotion, promote

    def scored_by(context: Context) -> set[str]:
        rows = context.warehouse.read("fit_scores").select("model_version").distinct().collect()
        return {row["model_version"] for row in rows}

    world.copy(first_night, "rollback")
    context = world.context(spark, "rollback")
    pairs, registry = open_pairs(context), open_pairs(context).registry
    former = pairs.champion()
    assert scored_by(context) == {former.classifier.model_version}

    torch.manual_seed(2)
    model = FitClassifier.from_base(
        str(world.root / "tiny"),
        pooling="mean",
        hidden_size=16,
        dropout=0.0,
        max_tokens=512,
        layers=None,
    )
    model.save(world.root / "second")
    second = registry.log_classifier(world.root / "second", params={}, metrics={})
    blocked = GateResult("none", False, None, None, None, None, "random weights are not evaluated")
    wanted = Promotion(
        pairs.log(second, None),
        former.version,
        (blocked,),
        "tests",
        "2026-03-02",
        "a test of a night",
    )
    promote(pairs, wanted)
    run_steps(context, ("score",))
    assert scored_by(context) == {second.model_version}

    roll_back(context, "a test of a rollback")
    run_steps(context, ("score",))
    assert scored_by(context) == {former.classifier.model_version}
