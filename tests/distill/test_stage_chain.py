"""Chains of stages: what is skipped, what goes on, what begins anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lantern.distill.stage_chain import FinishedStage, Models, Stage, run_chain
from lantern.distill.training_progress import Figures


@dataclass
class Workshop:
    """Stages that write what they were given; one of them may be killed half-way."""

    folder: Path
    log: list[str] = field(default_factory=list)
    dies: str | None = None

    def stage(self, name: str, teaches: bool = True, **identity: Any) -> Stage:
        def work(models: Models, folder: Path, figures: Figures) -> Mapping[str, float]:
            half = folder / "half"
            self.log.append(f"{name} {'goes on' if half.exists() else 'begins'}")
            half.touch()
            if self.dies == name:
                raise KeyboardInterrupt
            (folder / "model").mkdir()
            (folder / "model" / "from").write_text(f"{models.teacher} {models.previous}")
            figures(1, {"loss": 0.5})
            return {"score": float(len(name))}

        return Stage(name, {"name": name, **identity}, work, teaches=teaches)

    def run(self, *stages: Stage, teacher: str = "T2", **inputs: Any) -> tuple[FinishedStage, ...]:
        self.log = []

        @contextmanager
        def opened(stage: Stage, place: Path) -> Iterator[Figures]:
            self.log.append(f"open {stage.name}")
            try:
                yield lambda step, values: self.log.append(f"{stage.name} {step} {dict(values)}")
            finally:
                self.log.append(f"close {stage.name}")

        return run_chain(stages, self.folder, teacher, inputs, opened)


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def _from(finished: FinishedStage) -> str:
    return (finished.model / "from").read_text()


def test_each_result_teaches_the_next(shop: Workshop) -> None:
    one, pruned, two = shop.run(
        shop.stage("one"), shop.stage("cut", teaches=False), shop.stage("two")
    )
    assert _from(one) == "T2 None"
    assert _from(pruned) == f"{one.model} {one.model}"
    assert _from(two) == f"{one.model} {pruned.model}"  # taught by the whole, begun from the cut
    assert (one.figures, two.figures) == ({"score": 3.0}, {"score": 3.0})
    assert shop.log[:4] == ["open one", "one begins", "one 1 {'loss': 0.5}", "close one"]


def test_a_chain_killed_in_stage_2_resumes_in_stage_2(shop: Workshop) -> None:
    stages = [shop.stage("one"), shop.stage("two"), shop.stage("three")]
    shop.dies = "two"
    with pytest.raises(KeyboardInterrupt):
        shop.run(*stages)
    assert shop.log[-1] == "close two"
    shop.dies = None
    finished = shop.run(*stages)
    assert [stage.skipped for stage in finished] == [True, False, False]
    assert next(line for line in shop.log if "open" not in line) == "two goes on"
    assert "three begins" in shop.log
    assert shop.run(*stages)[0].figures == {"score": 3.0}
    assert shop.log == []


def test_whatever_differs_begins_anew_with_all_that_follows(shop: Workshop) -> None:
    shop.run(shop.stage("one"), shop.stage("two"), tables=1)
    other = shop.run(shop.stage("one"), shop.stage("two", epochs=2), tables=1)
    assert [stage.skipped for stage in other] == [True, False]
    assert "two begins" in shop.log
    other = shop.run(shop.stage("one", lr=1), shop.stage("two", epochs=2), tables=1)
    assert [stage.skipped for stage in other] == [False, False]
    other = shop.run(shop.stage("one", lr=1), shop.stage("two", epochs=2), tables=2)
    assert [stage.skipped for stage in other] == [False, False]


def test_what_is_left_of_a_killed_stage_of_other_settings_is_not_gone_on_with(
    shop: Workshop,
) -> None:
    shop.dies = "one"
    with pytest.raises(KeyboardInterrupt):
        shop.run(shop.stage("one"))
    shop.dies = None
    shop.run(shop.stage("one", epochs=2))
    assert "one begins" in shop.log


def test_a_marker_without_its_model_is_not_believed(shop: Workshop) -> None:
    (stage,) = shop.run(shop.stage("one"))
    (stage.model / "from").unlink()
    stage.model.rmdir()
    assert not shop.run(shop.stage("one"))[0].skipped
