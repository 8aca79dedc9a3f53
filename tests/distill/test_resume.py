"""Kill and restart: the same weights as never killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import torch

from lantern.distill.checkpoints import last_checkpoint, remove_broken_checkpoints
from tests.distill.killed_training import train
from tests.distill.tiny_decoders import save_tiny_decoder

ROOT = Path(__file__).parents[2]


def test_a_killed_training_goes_on_to_the_weights_of_one_that_was_never_killed(
    tmp_path: Path,
) -> None:
    """Full kill -9 after step 5, mid-epoch: dropout, order and samples go on where they were."""
    save_tiny_decoder(tmp_path / "student")
    save_tiny_decoder(tmp_path / "teacher", width=64, seed=3)
    threads = torch.get_num_threads()
    killed = subprocess.run(
        [sys.executable, "-m", "tests.distill.killed_training", tmp_path, tmp_path / "killed", "5"],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        capture_output=True,
        timeout=300,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    found = last_checkpoint(tmp_path / "killed")
    assert found is not None
    assert found.name == "checkpoint-4"
    (tmp_path / "killed" / "checkpoint-6").mkdir()  # as if it had died while writing this one
    resumed = train(tmp_path, tmp_path / "killed")
    whole = train(tmp_path, tmp_path / "whole")
    weights = whole.student.model.state_dict()
    for name, weight in resumed.student.model.state_dict().items():
        assert torch.equal(weight, weights[name]), name
    assert resumed.best_step == whole.best_step
    scores = [
        [(entry["step"], entry["eval_rougeL"]) for entry in t.history if "eval_rougeL" in entry]
        for t in (resumed, whole)
    ]
    assert scores[0] == scores[1]
    assert [step for step, _ in scores[0]] == [2, 4, 6, 8, 10, 12]


def test_only_whole_checkpoints_are_taken(tmp_path: Path) -> None:
    for name, state in (("checkpoint-9", "{}"), ("checkpoint-10", "{}"), ("checkpoint-20", '{"a"')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "trainer_state.json").write_text(state)
    (tmp_path / "checkpoint-30").mkdir()
    (tmp_path / "checkpoint-x").mkdir()
    found = last_checkpoint(tmp_path)
    assert found is not None
    assert found.name == "checkpoint-10"
    remove_broken_checkpoints(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoint-10",
        "checkpoint-9",
        "checkpoint-x",
    ]
