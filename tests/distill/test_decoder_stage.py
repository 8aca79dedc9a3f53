"""The work of stages: from shards to a model folder, here, elsewhere from a plan, or untrained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest

from lantern.config import StageSettings, TrainingSettings
from lantern.distill import decoder_stage, training_process
from lantern.distill.decoder_stage import DecoderStage
from lantern.distill.decoder_training import SUPERVISED
from lantern.distill.folder_stage import FOLDER_KINDS, FolderStage, Texts
from lantern.distill.stage_chain import Models
from lantern.distill.training_progress import Watch, nobody
from lantern.errors import TrainingError
from lantern.inference.causal_models import load_causal_model
from lantern.inference.phrases import save_phrases
from tests.distill.tiny_decoders import save_tiny_decoder, settings, write_answer_shards

KD = SUPERVISED.model_copy(update={"kd_weight": 1.0})


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    return write_answer_shards(tmp_path / "shards")


@pytest.fixture
def base(tmp_path: Path) -> str:
    return str(save_tiny_decoder(tmp_path / "base"))


def _stage(shards: Path, base: str | None, processes: int = 1, **over: Any) -> DecoderStage:
    @contextmanager
    def watched(tokens: int) -> Iterator[Watch]:
        assert tokens > 0
        yield nobody

    values: dict[str, Any] = {
        "shards": lambda: shards,
        "base": base,
        "revision": None,
        "settings": settings(),
        "objective": SUPERVISED,
        "cached": False,
        "where": TrainingSettings(processes=processes, deepspeed=None, device="cpu"),
        "watched": watched,
    }
    return DecoderStage(**values | over)


def test_a_plan_is_run_elsewhere_and_its_result_taken(
    shards: Path, base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "stage"
    folder.mkdir()
    stage = _stage(shards, base, processes=0)
    with pytest.raises(TrainingError, match=r"start the plan .*plan\.json with torchrun"):
        stage(Models(None), folder, nobody)
    assert training_process.main(str(folder / "plan.json")) == 0
    assert '"result"' in capsys.readouterr().out
    figures = stage(Models(None), folder, nobody)
    assert figures["steps"] == 3
    assert figures["profiles_cut"] == 0
    assert sorted(path.name for path in folder.iterdir()) == ["model", "plan.json"]
    assert load_causal_model(str(folder / "model")).context == 512


def test_phrases_of_the_shards_are_kept_beside_the_model(
    shards: Path, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of this stage's answers, with those of the model that it began with; or none."""
    (tmp_path / "stage").mkdir()
    save_phrases({("High", "lead", "end"): (" of before.",)}, base)
    assert load_causal_model(base).phrases is not None
    stage = _stage(shards, base)
    stage(Models(None), tmp_path / "stage", nobody)
    assert load_causal_model(str(tmp_path / "stage" / "model")).phrases is None
    count = {("High", "lead", "end"): (" of before.", "12")}
    monkeypatch.setattr(
        decoder_stage,
        "phrases_of",
        lambda told: {("High", "lead", "end"): (str(len(list(told))),)},
    )
    stage(Models(None), tmp_path / "stage", nobody)
    assert load_causal_model(str(tmp_path / "stage" / "model")).phrases == count


def test_a_stage_without_a_base_begins_from_the_one_before(shards: Path, tmp_path: Path) -> None:
    (tmp_path / "stage").mkdir()
    with pytest.raises(TrainingError, match="neither a base nor a stage before"):
        _stage(shards, None)(Models("teacher"), tmp_path / "stage", nobody)


def test_a_live_signal_needs_a_teacher(shards: Path, base: str, tmp_path: Path) -> None:
    (tmp_path / "stage").mkdir()
    with pytest.raises(TrainingError, match="there is no teacher"):
        _stage(shards, base, objective=KD)(Models(None), tmp_path / "stage", nobody)


def test_a_folder_stage_hands_on_model_texts_and_options(
    shards: Path, base: str, tmp_path: Path
) -> None:
    told: dict[str, Any] = {}

    def function(
        source: str, target: Path, texts: Texts, options: Mapping[str, Any]
    ) -> Mapping[str, float]:
        told.update(source=source, texts=texts(5), options=options)
        target.mkdir()
        return {"parameters_after": 1.0}

    folder = tmp_path / "stage"
    folder.mkdir()
    work = FolderStage(function, None, lambda: shards, 320, {"layers": 1})
    result = work(Models(teacher="T2", previous=base), folder, nobody)
    assert result == {"parameters_after": 1.0}
    assert (folder / "model").is_dir()
    assert told["source"] == base  # the stage before, not the teacher
    assert told["options"] == {"layers": 1}
    assert len(told["texts"]) == 5
    assert all("Profile :" in text and "<eos>" in text for text in told["texts"])


def test_pruning_is_a_stage(shards: Path, base: str, tmp_path: Path) -> None:
    folder = tmp_path / "stage"
    folder.mkdir()
    kind = FOLDER_KINDS["prune"]
    work = FolderStage(kind.function, base, lambda: shards, 320, {"layers": 1})
    figures = work(Models(None), folder, nobody)
    assert figures["parameters_after"] < figures["parameters_before"]
    assert load_causal_model(str(folder / "model")).model.config.num_hidden_layers == 1
    assert not kind.teaches  # what was cut must be taught again


def test_every_kind_of_the_settings_has_its_work() -> None:
    kinds = set(get_args(StageSettings.model_fields["kind"].annotation))
    assert kinds == {"distill", *FOLDER_KINDS}
