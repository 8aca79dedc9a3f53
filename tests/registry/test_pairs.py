from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from lantern.errors import RegistryError
from lantern.evaluate.comparison import Compared
from lantern.evaluate.intervals import Interval
from lantern.evaluate.record import Evaluation
from lantern.inference.engines import load_engine
from lantern.registry import promotion as module
from lantern.registry.pairs import TAG_GATES, Pairs, PairVersion, require_promotable
from lantern.registry.promotion import PREVIOUS, promote, rollback
from lantern.teachers.rubric import RUBRIC_VERSION
from tests.inference.tiny_models import PAIRS
from tests.registry.promoting import BAD, DAY, crown, decision
from tests.registry.test_store import registry_of


def test_a_pair_holds_copies_of_its_models(logged: Path, pairs: Pairs) -> None:
    pair = pairs.version(1)
    assert pair.classifier.model_version == "lantern.classifier/1"
    assert pair.explainer == f"rubric-{RUBRIC_VERSION}"
    assert pair.explainer_folder is None
    own = pairs.registry.version(1).folder
    assert pair.classifier.folder != own
    expected = load_engine(logged / "model", device="cpu").score(PAIRS).probabilities
    found = load_engine(pair.classifier.folder, device="cpu").score(PAIRS).probabilities
    assert found.tobytes() == expected.tobytes()


def test_the_same_two_models_are_one_pair(pairs: Pairs) -> None:
    again = pairs.log(pairs.registry.version(1), None)
    assert again.version == 3, "the newest of those that hold these two; nothing is logged again"


def test_a_night_uses_nothing_that_did_not_pass(pairs: Pairs) -> None:
    with pytest.raises(RegistryError, match="cannot find 'champion' of the pair"):
        pairs.champion()
    with pairs.connection.reached("move the alias by hand") as (_, client):
        client.set_registered_model_alias(pairs.name, "champion", "1")
    with pytest.raises(RegistryError, match=r"lantern.pair/1 has no passing evaluation"):
        pairs.champion()
    with pairs.connection.reached("mark it blocked") as (_, client):
        client.set_model_version_tag(pairs.name, "1", TAG_GATES, "blocked")
    with pytest.raises(RegistryError, match="was blocked by its gates, so no night uses it"):
        pairs.champion()


def test_a_promotion_moves_every_alias_and_says_why(pairs: Pairs) -> None:
    promote(pairs, decision(pairs.version(1), None), card="# A card")
    promote(pairs, decision(pairs.version(2), 1))
    champion = pairs.champion()
    assert champion.version == 2
    assert pairs.aliased(PREVIOUS) == 1
    assert champion.tags["lantern.promoted_because"] == "all gates passed"
    assert champion.tags["lantern.promoted_from"] == "1"
    assert champion.tags["lantern.gates_profile"] == "strict"
    assert pairs.registry.resolve("champion").version == 1, "the classifier's alias, for people"
    with pairs.connection.reached("read the card") as (_, client):
        assert client.get_model_version(pairs.name, "1").description == "# A card"
        assert not _claims_left(client, pairs)


def test_what_its_gates_stop_is_not_promoted_but_with_a_reason(pairs: Pairs) -> None:
    challenger = pairs.version(1)
    with pytest.raises(RegistryError, match="stopped by its gates"):
        promote(pairs, decision(challenger, None, BAD))
    assert pairs.aliased("champion") is None
    promote(pairs, decision(challenger, None, BAD, override="a demo"))
    champion = pairs.champion()
    assert champion.tags["lantern.override"] == "a demo"
    assert champion.tags["lantern.promoted_because"] == "overridden: a demo (blocked: calibration)"


def test_no_results_are_no_pass(pairs: Pairs) -> None:
    with pytest.raises(RegistryError, match="stopped by its gates"):
        promote(pairs, decision(pairs.version(1), None, ()))


def test_a_rollback_restores_the_former_pair_at_once(crowned: Pairs) -> None:
    pairs = crowned
    crown(pairs, 2, 3)
    left, restored = rollback(pairs, day=DAY, reason="too many Highs")
    assert (left, restored.version) == (3, 2)
    assert pairs.champion().version == 2
    assert pairs.aliased(PREVIOUS) == 1
    assert pairs.version(3).tags["lantern.rolled_back"] == f"{DAY}: too many Highs"
    rollback(pairs, day=DAY, reason="still")
    assert pairs.champion().version == 1
    assert pairs.aliased(PREVIOUS) is None
    with pytest.raises(RegistryError, match="no former pair"):
        rollback(pairs, day=DAY, reason="more")
    assert pairs.champion().version == 1


def test_a_promotion_clears_the_mark_of_a_rollback(crowned: Pairs) -> None:
    pairs = crowned
    crown(pairs, 2)
    rollback(pairs, day=DAY, reason="a mistake")
    crown(pairs, 2)
    assert "lantern.rolled_back" not in pairs.champion().tags


def test_a_challenger_that_was_compared_with_another_champion_is_refused(crowned: Pairs) -> None:
    pairs = crowned
    crown(pairs, 2)
    with pytest.raises(RegistryError, match="compared with version 1, but version 2 is the champ"):
        promote(pairs, decision(pairs.version(3), 1))
    with pytest.raises(RegistryError, match="compared with no champion, but version 2"):
        promote(pairs, decision(pairs.version(3), None))
    assert pairs.champion().version == 2


@pytest.mark.parametrize("write", [1, 4, 7, 8, 9, 10])
def test_a_kill_at_any_write_leaves_one_whole_champion(
    crowned: Pairs, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    pairs = crowned
    challenger = decision(pairs.version(2), 1)
    with pairs.connection.reached("prepare") as (_, client):
        _kill_at(monkeypatch, client, write)
    with pytest.raises(_Killed):
        promote(pairs, challenger)
    monkeypatch.undo()
    champion = pairs.champion()
    assert champion.version in (1, 2)
    assert champion.tags[TAG_GATES] == "passed"
    monkeypatch.setattr(module, "_CLAIM_HOLDS", module.dt.timedelta(0))  # ten minutes later
    crown(pairs, 2)  # again: goes on from wherever it stood
    assert pairs.champion().version == 2
    assert pairs.aliased(PREVIOUS) == 1


class _Killed(BaseException):
    pass


_WRITES = (
    "set_registered_model_tag",
    "delete_registered_model_tag",
    "set_model_version_tag",
    "delete_model_version_tag",
    "update_model_version",
    "set_registered_model_alias",
    "delete_registered_model_alias",
)


def _kill_at(monkeypatch: pytest.MonkeyPatch, client: Any, at: int) -> None:
    """Let the process die before its ``at``-th write, and write nothing more."""
    seen = [0]
    for name in _WRITES:
        original = getattr(client, name)

        def counted(*args: Any, _original: Any = original) -> Any:
            if seen[0] >= at:
                raise _Killed
            seen[0] += 1
            return _original(*args)

        monkeypatch.setattr(client, name, counted)


def test_of_two_promotions_at_once_no_half_state_is_left(crowned: Pairs) -> None:
    import mlflow

    setup = crowned
    start = threading.Barrier(2)
    outcomes: dict[int, str] = {}

    def run(number: int) -> None:
        mine = Pairs(registry_of(None, tracking_uri=setup.connection.tracking_uri))
        wanted = decision(mine.version(number), 1)
        start.wait()
        try:
            promote(mine, wanted)
            outcomes[number] = "promoted"
        except RegistryError as error:
            outcomes[number] = str(error)

    mlflow.set_tracking_uri(setup.connection.tracking_uri)
    threads = [threading.Thread(target=run, args=(number,)) for number in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    champion = setup.champion().version
    winners = [number for number, outcome in outcomes.items() if outcome == "promoted"]
    assert winners == ([] if champion == 1 else [champion]), outcomes
    for number, outcome in outcomes.items():
        if number not in winners:
            assert "under way" in outcome or "run `lantern evaluate` again" in outcome
    assert setup.aliased(PREVIOUS) == (None if champion == 1 else 1)


def test_the_claim_of_another_promotion_stops_this_one_until_it_is_old(
    crowned: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = crowned
    with module._claimed(pairs, 2):
        with pytest.raises(RegistryError, match="another promotion of"):
            crown(pairs, 3)
        assert pairs.champion().version == 1
        monkeypatch.setattr(module, "_CLAIM_HOLDS", module.dt.timedelta(0))
        crown(pairs, 3)
    assert pairs.champion().version == 3


def test_an_alias_that_is_moved_under_a_promotion_is_noticed(
    crowned: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = crowned
    answers = iter([1, 3])
    monkeypatch.setattr(pairs, "aliased", lambda alias: next(answers))
    with pytest.raises(RegistryError, match="but version 3 is it now: somebody moved the alias"):
        promote(pairs, decision(pairs.version(2), 1))


def test_the_champions_version_is_deleted(crowned: Pairs) -> None:
    pairs = crowned
    crown(pairs, 2)
    running = pairs.champion()
    with pairs.connection.reached("delete it") as (_, client):
        client.delete_model_version(pairs.name, "2")
    scored = load_engine(running.classifier.folder, device="cpu").score(PAIRS)
    assert not scored.errors, "a night that runs already has its files"
    with pytest.raises(RegistryError, match="cannot find 'champion'"):
        pairs.champion()
    left, restored = rollback(pairs, day=DAY, reason="deleted by mistake")
    assert (left, restored.version) == (None, 1)
    assert pairs.champion().version == 1


def test_the_classifiers_version_is_deleted_and_the_pair_does_not_mind(crowned: Pairs) -> None:
    pairs = crowned
    with pairs.connection.reached("delete it") as (_, client):
        client.delete_model_version("lantern.classifier", "1")
    assert load_engine(pairs.champion().classifier.folder, device="cpu").calibrated
    crown(pairs, 2)


def test_the_former_version_is_deleted(crowned: Pairs) -> None:
    pairs = crowned
    crown(pairs, 2)
    with pairs.connection.reached("delete it") as (_, client):
        client.delete_model_version(pairs.name, "1")
    with pytest.raises(RegistryError, match="cannot find version 1 of the pair"):
        rollback(pairs, day=DAY, reason="x")
    assert pairs.champion().version == 2


def test_a_registry_that_is_down(monkeypatch: pytest.MonkeyPatch, pairs: Pairs) -> None:
    challenger = pairs.version(1)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    down = Pairs(registry_of(None, tracking_uri="http://127.0.0.1:9"))
    for attempt in (
        down.champion,
        down.newest,
        lambda: down.aliased("champion"),
        lambda: promote(down, decision(challenger, None)),
        lambda: rollback(down, day=DAY, reason="x"),
    ):
        with pytest.raises(RegistryError, match="cannot "):
            attempt()


def test_an_evaluation_is_kept_with_its_pair(pairs: Pairs) -> None:
    pair = pairs.version(1)
    with pytest.raises(RegistryError, match="never evaluated; run `lantern evaluate`"):
        pairs.evaluation(pair)
    evaluation = Evaluation(
        pair.classifier.model_version,
        pair.explainer,
        DAY,
        {"base_pairs": 3},
        None,
        {"qwk": Interval(0.5, 0.4, 0.6, 30, 90)},
    )
    pairs.record(pair, evaluation, {"bias_audit.html": "<html></html>"})
    assert pairs.evaluation(pair) == evaluation
    with pairs.connection.reached("look") as (_, client):
        assert client.get_run(pair.run_id).data.metrics["qwk_low"] == 0.4
        held = {f.path for f in client.list_artifacts(pair.run_id, "lantern.pair/1")}
        assert "lantern.pair/1/bias_audit.html" in held
        client.log_text(pair.run_id, "{}", "lantern.pair/1/evaluation.json")
    with pytest.raises(RegistryError, match="cannot be used: it is damaged"):
        pairs.evaluation(pair)


def test_a_pair_stands_beside_those_that_were_measured_on_the_same_tables(pairs: Pairs) -> None:
    data = {"base_pairs": 3, "teacher_labels": 2}
    assert pairs.compared(data) == ()
    half = Interval(0.5, 0.4, 0.6, 30, 90)
    for number, tables in ((1, data), (2, data), (3, data | {"base_pairs": 4})):
        pair = pairs.version(number)
        mine = Compared(pair.model_version, "rubric", half, half, float(number))
        stranger = Compared("lantern.pair/99", "sft", half, half, 1.0)
        evaluation = Evaluation(
            "c", "e", DAY, tables, None, {"qwk": half}, compared=(stranger, mine)
        )
        pairs.record(pair, evaluation, {})
    found = pairs.compared(data)
    assert [(one.pair, one.cpu_ms) for one in found] == [
        ("lantern.pair/2", 2.0),
        ("lantern.pair/1", 1.0),
    ]


def test_a_version_that_is_no_pair_is_refused(pairs: Pairs) -> None:
    with pairs.connection.reached("register something else") as (_, client):
        version = client.get_model_version("lantern.classifier", "1")
        client.create_model_version(pairs.name, version.source, version.run_id)
    with pytest.raises(RegistryError, match="does not say which models it holds"):
        pairs.newest()


def test_an_override_needs_its_reason() -> None:
    pair = PairVersion("p", 1, "r", None, "e", None, {TAG_GATES: "overridden"})  # type: ignore[arg-type]
    with pytest.raises(RegistryError, match="no night uses it"):
        require_promotable(pair)


def _claims_left(client: Any, pairs: Pairs) -> list[str]:
    tags = client.get_registered_model(pairs.name).tags
    return [name for name in tags if name.startswith("lantern.claim")]
