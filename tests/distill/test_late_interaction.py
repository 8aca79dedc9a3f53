from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lantern.config import ClassifierSettings
from lantern.distill.classifier import train_classifier
from lantern.distill.examples import Example
from lantern.distill.training import TrainedClassifier
from lantern.distill.verdict_targets import UNKNOWN, verdict_targets
from lantern.errors import TrainingError
from lantern.fit import FitLevel, Verdict, VerdictKind
from lantern.inference.late_engine import LateInteractionEngine, tabulate
from lantern.inference.late_interaction import LateInteractionClassifier
from lantern.inference.unit_vectors import UnitEncoder

SKILLS = ("python", "java", "sql", "excel", "nurse", "driver", "sales")


def examples(count: int, seed: int) -> list[Example]:
    """High: the profile has what is asked for; Medium: what would be nice; Low: neither."""
    source = random.Random(seed)
    made = []
    for _ in range(count):
        level = source.choice(list(FitLevel))
        must, nice, *others = source.sample(SKILLS, k=5)
        has = {FitLevel.LOW: [], FitLevel.MEDIUM: [nice], FitLevel.HIGH: [must]}[level]
        skills = [*has, *others[: source.randint(1, 3)]]
        source.shuffle(skills)
        made.append(
            Example(
                f"the team\nMust have: {must}\nNice to have: {nice}",
                "senior team\nSkills: " + ", ".join(skills),
                level,
            )
        )
    return made


def settings(base: Path, **changes: Any) -> ClassifierSettings:
    values: dict[str, Any] = {
        "architecture": "late_interaction",
        "base": str(base),
        "revision": None,
        "pooling": "mean",
        "hidden_size": 32,
        "layers": 2,
        "frozen_layers": 0,
        "max_tokens": 64,
        "unit_tokens": 16,
        "requirement_units": 8,
        "profile_units": 8,
        "epochs": 2,
        "learning_rate": 1e-3,
        "head_learning_rate": 1e-2,
        "batch_pairs": 16,
        "dropout": 0.0,
        "warmup_share": 0.1,
        "weight_decay": 0.01,
        "class_weights": 0.0,
        "soft_share": 0.5,
        "ordinal_weight": 0.0,
        "verdict_weight": 0.0,
        "labels": "auto",
        "seed_labels": True,
        "teacher": "labels",
        "seed": 7,
    }
    return ClassifierSettings.model_validate(values | changes)


def trained(base: Path, progress: Any = None, **changes: Any) -> TrainedClassifier:
    return train_classifier(
        examples(240, 1),
        examples(60, 2),
        settings(base, **changes),
        device="cpu",
        progress=progress,
    )


def probabilities(result: TrainedClassifier, pairs: list[Example]) -> np.ndarray:
    assert isinstance(result.model, LateInteractionClassifier)
    engine = LateInteractionEngine(result.model, device="cpu", dtype="float32")
    return engine.score([(e.requirements, e.profile) for e in pairs]).probabilities


@pytest.mark.parametrize("base", ["tiny_bert", "tiny_qwen"])
def test_it_learns_to_compare(base: str, request: pytest.FixtureRequest) -> None:
    result = trained(request.getfixturevalue(base), epochs=14)
    held = examples(80, 3)
    right = probabilities(result, held).argmax(axis=1) == [int(e.level) for e in held]
    assert right.mean() > 0.9, "no single text tells the level: only a comparison does"


def test_only_the_head_is_trained(tiny_bert: Path) -> None:
    from transformers import BertModel

    base = dict(BertModel.from_pretrained(tiny_bert).named_parameters())
    first, second = trained(tiny_bert, epochs=1).model, trained(tiny_bert, epochs=2).model
    for name, parameter in first.encoder.named_parameters():
        assert torch.equal(parameter, base[name])
        assert parameter.grad is None
    changed = [
        name
        for (name, one), other in zip(
            first.head.named_parameters(), second.head.parameters(), strict=True
        )
        if not torch.equal(one, other)
    ]
    assert changed == [name for name, _ in first.head.named_parameters()]


def test_the_same_seed_gives_the_same_bits(tiny_bert: Path) -> None:
    held = examples(20, 3)
    before = torch.get_rng_state()
    first = probabilities(trained(tiny_bert), held)
    assert torch.equal(before, torch.get_rng_state()), "the caller's random state moved"
    torch.manual_seed(99)
    assert probabilities(trained(tiny_bert), held).tobytes() == first.tobytes()
    assert probabilities(trained(tiny_bert, seed=8), held).tobytes() != first.tobytes()


def test_verdicts_are_learned_beside_the_level(tiny_bert: Path) -> None:
    def answered(example: Example, turned: bool = False) -> Example:
        must = example.requirements.split("Must have: ")[1].split("\n")[0]
        shown = (must in example.profile) != turned
        verdict = (
            Verdict(must, VerdictKind.MET, must) if shown else Verdict(must, VerdictKind.NOT_SHOWN)
        )
        return example._replace(verdicts=(verdict,))

    def right(turned: bool) -> float:
        chosen = settings(tiny_bert, epochs=6, verdict_weight=1.0)
        learned = [answered(e, turned) for e in examples(240, 1)]
        held = [answered(e) for e in examples(80, 3)]
        model = train_classifier(learned, examples(60, 2), chosen, device="cpu").model
        assert isinstance(model, LateInteractionClassifier)
        tables = tabulate(model, [(e.requirements, e.profile) for e in held])
        encoder = UnitEncoder(model, batch_tokens=4096, device=torch.device("cpu"))
        units = model.head.project(encoder.encode(tables.units.inputs).table)
        first = tables.requirements.take(tables.first, 8)
        second = tables.profiles.take(tables.second, 8)
        with torch.no_grad():
            judged = model.head.judge(units, first, second)[1].argmax(dim=-1)
        said = verdict_targets(held, 8)
        known = said != UNKNOWN
        assert int(known.sum()) == 80
        return float((judged[known] == said[known]).float().mean())

    assert right(turned=False) > 0.9
    assert right(turned=True) < 0.1, "it is the verdicts that teach, not the levels"


def test_the_last_epoch_is_kept_and_calibrated(tiny_bert: Path) -> None:
    result = trained(tiny_bert, epochs=3)
    assert [epoch.epoch for epoch in result.epochs] == [1, 2, 3]
    assert result.model.config.temperature == result.temperature
    assert (result.train_pairs, result.validation_pairs) == (240, 60)
    held = examples(60, 2)
    levels = [int(e.level) for e in held]
    calibrated = -np.log(probabilities(result, held)[range(60), levels]).mean()
    result.model.calibrate(1.0)
    loss = -np.log(probabilities(result, held)[range(60), levels]).mean()
    assert loss == pytest.approx(result.epochs[-1].validation_loss, abs=1e-4)
    assert calibrated <= loss + 1e-6


def test_progress_counts_up(tiny_bert: Path) -> None:
    calls: list[tuple[int, int, int, float, float]] = []
    trained(tiny_bert, lambda *call: calls.append(call))
    caching = [call for call in calls if call[0] == 0]
    assert caching, "computing the units is told as epoch 0"
    assert caching[-1][1] == caching[-1][2]
    assert all(math.isnan(call[3]) for call in caching)
    assert [call[:3] for call in calls if call[0]] == [
        (epoch, step, 15) for epoch in (1, 2) for step in range(1, 16)
    ]
    assert all(call[4] > 0 and (call[0] == 0 or math.isfinite(call[3])) for call in calls)


@pytest.mark.parametrize(
    ("train", "validation", "message"),
    [
        ([], examples(3, 1), "the train split is empty"),
        (examples(9, 1), [], "the validation split is empty"),
        ([Example("a", "b", FitLevel.LOW)] * 4, examples(3, 1), "train split are Low"),
        ([*examples(9, 1), Example("", "", FitLevel.LOW)], examples(3, 1), "row 9 of the train"),
        (examples(9, 1), [Example("a\ud800", "b", FitLevel.LOW)], "row 0 of the validation"),
    ],
)
def test_examples_that_cannot_be_learned_from(
    train: list[Example], validation: list[Example], message: str, tiny_bert: Path
) -> None:
    with pytest.raises(TrainingError, match=message):
        train_classifier(train, validation, settings(tiny_bert), device="cpu")


def test_a_loss_that_is_not_a_number(tiny_bert: Path) -> None:
    with pytest.raises(TrainingError, match=r"not a number|are not numbers"):
        trained(tiny_bert, head_learning_rate=1e30)
