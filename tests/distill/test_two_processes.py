"""Two processes under DeepSpeed come to the weights of one: by the very plan that users start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from lantern.config import DecoderSettings
from lantern.distill import training_process
from lantern.distill.decoder_training import SUPERVISED
from lantern.distill.encoded_answers import EncodedAnswers, write_encoded
from lantern.distill.training_plan import TrainingPlan
from lantern.distill.training_process import train_in_processes
from lantern.distill.training_progress import TrainingProgress, nobody
from lantern.errors import TrainingError
from lantern.inference.causal_models import load_causal_model
from tests.distill.tiny_decoders import save_tiny_decoder, settings, short_examples

CONF = Path(__file__).parents[2] / "conf" / "deepspeed"
KD = SUPERVISED.model_copy(update={"kd_weight": 1.0, "divergence": "total_variation"})


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("two")
    save_tiny_decoder(root / "student")
    save_tiny_decoder(root / "teacher", width=64, seed=3, padding_rows=3, tied=False)
    write_encoded(short_examples(32, 100), root / "train.arrow")
    write_encoded(short_examples(8, 100, seed=1), root / "validation.arrow")
    return root


def _plan(models: Path, name: str, how: DecoderSettings, zero: str | None = None) -> TrainingPlan:
    (models / name).mkdir(exist_ok=True)
    return TrainingPlan(
        student=str(models / "student"),
        revision=None,
        teacher=str(models / "teacher"),
        train=models / "train.arrow",
        validation=models / "validation.arrow",
        settings=how,
        objective=KD,
        folder=models / name,
        device="cpu",
        deepspeed=None if zero is None else CONF / f"{zero}.json",
    )


def _weights(plan: TrainingPlan) -> dict[str, torch.Tensor]:
    return dict(load_causal_model(str(plan.folder / "model")).model.state_dict())


@pytest.mark.parametrize("zero", ["zero2", "zero3"])
def test_two_processes_come_to_the_weights_of_one(
    models: Path, zero: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of unequal lengths: only one global count of tokens makes the two runs equal."""
    pytest.importorskip("deepspeed", reason="the extra 'deepspeed' is not installed")
    monkeypatch.setenv("DS_ACCELERATOR", "cpu")
    one = _plan(models, "one", settings(batch_rows=4, accumulation=2))
    two = _plan(models, zero, settings(batch_rows=4, accumulation=1), zero)
    if not (one.folder / "model").exists():
        one.run(nobody, nobody)
    two.save(two.folder / "plan.json")
    steps: list[TrainingProgress] = []
    logged: list[dict[str, float]] = []
    result = train_in_processes(
        two.folder / "plan.json", 2, steps.append, lambda step, values: logged.append(dict(values))
    )
    wanted, found, start = _weights(one), _weights(two), load_causal_model(one.student).model
    moved = max(float((wanted[k] - v).abs().max()) for k, v in start.state_dict().items())
    apart = max(float((wanted[k] - found[k]).abs().max()) for k in wanted)
    assert moved > 1e-3
    assert apart < 1e-5
    assert [progress.step for progress in steps] == [1, 2, 3, 4]
    assert result["steps"] == 4
    assert any("eval_rougeL" in values for values in logged)


def test_what_stops_a_process_is_told_to_the_starter(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = _plan(models, "bad", settings(context=513))
    plan.save(plan.folder / "plan.json")
    assert training_process.main(str(plan.folder / "plan.json")) == 1
    said = capsys.readouterr().out
    assert said.count("\n") == 1

    real = subprocess.Popen
    script = f"print({'a warning' + chr(10) + said!r}, flush=True); raise SystemExit(1)"

    def process(command: list[str], **how: Any) -> Any:
        return real([sys.executable, "-c", script], **how)

    monkeypatch.setattr(training_process.subprocess, "Popen", process)
    with pytest.raises(TrainingError, match="'student' reads 512"):
        train_in_processes(plan.folder / "plan.json", 1, nobody, nobody)
    script = "raise SystemExit(7)"
    with pytest.raises(TrainingError, match="ended with 7 and no word of why"):
        train_in_processes(plan.folder / "plan.json", 1, nobody, nobody)


def test_a_plan_is_read_back_as_it_was(models: Path) -> None:
    plan = _plan(models, "plan", settings())
    plan.save(plan.folder / "plan.json")
    assert TrainingPlan.open(plan.folder / "plan.json") == plan
    assert len(EncodedAnswers.open(plan.train)) == 32
