from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lantern.config import ClassifierSettings
from lantern.distill.classifier import TrainedClassifier, train_classifier
from lantern.distill.confusion import confusion_matrix, macro_f1
from lantern.distill.examples import Example
from lantern.distill.soft_labels import taught_by
from lantern.errors import TrainingError
from lantern.fit import FitLevel
from lantern.inference.classify import ClassifierEngine
from lantern.inference.encoder import FitClassifier
from tests.inference.tiny_models import WORDS

SKILLS = WORDS[:6]


def examples(count: int, seed: int) -> list[Example]:
    """Low, Medium, High by whether the profile says nothing, junior or senior."""
    source = random.Random(seed)
    made = []
    for _ in range(count):
        level = source.choice(list(FitLevel))
        word = {FitLevel.LOW: "the", FitLevel.MEDIUM: "junior", FitLevel.HIGH: "senior"}[level]
        profile = [word, *source.choices(SKILLS, k=source.randint(1, 3))]
        source.shuffle(profile)
        made.append(Example(source.choice(SKILLS), " ".join(profile), level))
    return made


def settings(base: Path, **changes: Any) -> ClassifierSettings:
    values: dict[str, Any] = {
        "architecture": "cross_encoder",
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
        "epochs": 3,
        "learning_rate": 1e-3,
        "head_learning_rate": 1e-2,
        "batch_pairs": 16,
        "dropout": 0.1,
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


def probabilities(result: TrainedClassifier) -> np.ndarray:
    engine = ClassifierEngine(result.model, device="cpu", dtype="float32")
    return engine.score([(e.requirements, e.profile) for e in examples(40, 3)]).probabilities


@pytest.mark.parametrize("frozen_layers", [0, 1])
@pytest.mark.parametrize("architecture", ["tiny_bert", "tiny_qwen", "tiny_modernbert"])
def test_it_learns(architecture: str, frozen_layers: int, request: pytest.FixtureRequest) -> None:
    base = request.getfixturevalue(architecture)
    result = trained(base, frozen_layers=frozen_layers, epochs=6, pooling="last_token")
    right = probabilities(result).argmax(axis=1) == [int(e.level) for e in examples(40, 3)]
    assert right.mean() > 0.9


def test_a_large_classifier_teaches_a_small_one(tiny_bert: Path, tiny_modernbert: Path) -> None:
    large = trained(tiny_bert, epochs=6, layers=4, pooling="cls").model
    teacher = ClassifierEngine(large, device="cpu", dtype="float32")
    # Half of the labels are wrong: only the teacher knows better.
    wrong = [
        e._replace(level=FitLevel((e.level + row % 2) % 3))
        for row, e in enumerate(examples(240, 1))
    ]
    taught = taught_by(teacher, wrong)
    assert [e.level for e in taught] == [e.level for e in wrong]
    chosen = settings(tiny_modernbert, epochs=6, soft_share=1.0, pooling="cls")
    small = train_classifier(taught, examples(60, 2), chosen, device="cpu")
    right = probabilities(small).argmax(axis=1) == [int(e.level) for e in examples(40, 3)]
    assert right.mean() > 0.85


def test_last_token_pooling_takes_the_last_real_token(tiny_qwen: Path) -> None:
    model = FitClassifier.from_base(
        str(tiny_qwen), pooling="last_token", hidden_size=16, dropout=0.0, max_tokens=64
    ).eval()
    ids = torch.tensor([[5, 6, 7, 8], [9, 10, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    with torch.no_grad():
        together = model(ids, mask)
        alone = model(ids[1:, :2], mask[1:, :2])
        states = model.encoder(input_ids=ids[1:, :2]).last_hidden_state
        by_hand = model.head(states[:, -1])
    torch.testing.assert_close(together[1:], alone, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(alone, by_hand)


def test_the_same_seed_gives_the_same_bits(tiny_bert: Path) -> None:
    before = torch.get_rng_state()
    first = probabilities(trained(tiny_bert, frozen_layers=1))
    assert torch.equal(before, torch.get_rng_state()), "the caller's random state moved"
    torch.manual_seed(99)
    assert probabilities(trained(tiny_bert, frozen_layers=1)).tobytes() == first.tobytes()
    assert probabilities(trained(tiny_bert, frozen_layers=1, seed=8)).tobytes() != first.tobytes()


def test_the_last_epoch_is_kept_and_calibrated(tiny_bert: Path) -> None:
    result = trained(tiny_bert, epochs=4)
    assert [e.epoch for e in result.epochs] == [1, 2, 3, 4]
    assert result.model.config.temperature == result.temperature
    assert (result.train_pairs, result.validation_pairs) == (240, 60)
    held = examples(60, 2)
    levels = [int(e.level) for e in held]

    def loss() -> float:
        engine = ClassifierEngine(result.model, device="cpu", dtype="float32")
        scored = engine.score([(e.requirements, e.profile) for e in held]).probabilities
        assert macro_f1(confusion_matrix(levels, scored.argmax(axis=1))) == pytest.approx(
            result.epochs[-1].validation_macro_f1
        )
        return float(-np.log(scored[range(60), levels]).mean())

    calibrated = loss()
    result.model.calibrate(1.0)
    plain = loss()
    assert plain == pytest.approx(result.epochs[-1].validation_loss, abs=1e-4)
    assert calibrated <= plain + 1e-6
    assert len({e.validation_loss for e in result.epochs}) == 4, "each epoch is measured"


def test_frozen_layers_stay_as_they_were(tiny_bert: Path) -> None:
    from transformers import BertModel

    base = dict(BertModel.from_pretrained(tiny_bert).named_parameters())
    result = trained(tiny_bert, frozen_layers=1, epochs=1)
    for name, parameter in result.model.encoder.named_parameters():
        same = torch.equal(parameter, base[name])
        frozen = name.startswith(("embeddings.", "encoder.layer.0."))
        assert same == frozen or name.endswith("key.bias"), name


def test_progress_counts_up(tiny_bert: Path) -> None:
    calls: list[tuple[int, int, int, float, float]] = []
    trained(tiny_bert, lambda *call: calls.append(call), frozen_layers=1, epochs=2)
    caching = [call for call in calls if call[0] == 0]
    assert caching[-1][1:3] == (300, 300)
    assert all(math.isnan(call[3]) for call in caching)
    assert [call[:3] for call in calls if call[0]] == [
        (epoch, step, 15) for epoch in (1, 2) for step in range(1, 16)
    ]
    assert all(call[4] > 0 and (call[0] == 0 or math.isfinite(call[3])) for call in calls)


def test_level_weights_lift_the_rare_level(tiny_bert: Path) -> None:
    says_nothing = [e._replace(profile="python java") for e in examples(400, 1)]
    rare = [e for e in says_nothing if e.level is FitLevel.HIGH][:8]
    pairs = [e for e in says_nothing if e.level is not FitLevel.HIGH] + rare
    means = []
    for weighted in (False, True):
        chosen = settings(tiny_bert, class_weights=float(weighted), epochs=4)
        model = train_classifier(pairs, examples(30, 2), chosen, device="cpu").model
        model.calibrate(1.0)
        engine = ClassifierEngine(model, device="cpu", dtype="float32")
        scored = engine.score([(e.requirements, e.profile) for e in pairs])
        means.append(scored.probabilities[:, FitLevel.HIGH].mean())
    assert means[0] < 0.1, "of 8 in some 270"
    assert means[1] == pytest.approx(1 / 3, abs=0.15)


@pytest.mark.parametrize(
    ("train", "validation", "message"),
    [
        ([], examples(3, 1), "the train split is empty"),
        (examples(9, 1), [], "the validation split is empty"),
        ([Example("a", "b", FitLevel.LOW)] * 4, examples(3, 1), "train split are Low"),
        ([*examples(9, 1), Example("", "", FitLevel.LOW)], examples(3, 1), "row 9 of the train"),
    ],
)
def test_examples_that_cannot_be_learned_from(
    train: list[Example], validation: list[Example], message: str, tiny_bert: Path
) -> None:
    with pytest.raises(TrainingError, match=message):
        train_classifier(train, validation, settings(tiny_bert), device="cpu")


def test_a_loss_that_is_not_a_number(tiny_bert: Path) -> None:
    with pytest.raises(TrainingError, match=r"not a number|are not numbers"):
        trained(tiny_bert, learning_rate=1e30, head_learning_rate=1e30)


def test_more_frozen_layers_than_there_are(tiny_bert: Path) -> None:
    with pytest.raises(TrainingError, match="frozen_layers is 3, the encoder has 2"):
        trained(tiny_bert, frozen_layers=3)
