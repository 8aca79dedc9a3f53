from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from lantern.errors import ModelError
from lantern.inference.classify import ClassifierEngine
from lantern.inference.encoder import FitClassifier
from tests.inference.tiny_models import PAIRS, PROFILES, REQUIREMENTS, classifier_of


def one_by_one(model: FitClassifier, pairs: list[tuple[str, str]]) -> np.ndarray:
    """The plain reference: words looked up one at a time, batches of one, no padding."""
    template, tokenizer = model.config.template, model.tokenizer
    rows = []
    for pair in pairs:
        texts = [tokenizer.convert_tokens_to_ids(text.split()) for text in pair]
        first, second = reversed(texts) if template.profile_first else texts
        ids = [*template.prefix, *first, *template.middle, *second, *template.suffix]
        types = [0] * (len(template.prefix) + len(first) + len(template.middle))
        types += [1] * (len(ids) - len(types))
        given = {"token_type_ids": torch.tensor([types])} if template.token_types else {}
        with torch.no_grad():
            states = model.encoder(input_ids=torch.tensor([ids]), **given).last_hidden_state[0]
            pooled = {"mean": states.mean(0), "cls": states[0], "last_token": states[-1]}
            logits = model.head(pooled[model.config.pooling])
        rows.append(torch.softmax(logits / (model.config.temperature or 1), dim=-1).numpy())
    return np.stack(rows)


def engine_of(model: FitClassifier, **settings) -> ClassifierEngine:
    return ClassifierEngine(model, device="cpu", dtype="float32", **settings)


@pytest.mark.parametrize("architecture", ["tiny_bert", "tiny_qwen"])
@pytest.mark.parametrize("pooling", ["last_token", "mean", "cls"])
@pytest.mark.parametrize("batch_tokens", [1, 40, 4096])
def test_equals_the_one_by_one_reference(
    architecture: str, pooling: str, batch_tokens: int, request: pytest.FixtureRequest
) -> None:
    model = classifier_of(request.getfixturevalue(architecture), pooling=pooling)
    model.calibrate(1.7)
    scored = engine_of(model, batch_tokens=batch_tokens).score(PAIRS)
    np.testing.assert_allclose(scored.probabilities, one_by_one(model, PAIRS), atol=1e-5)
    assert not scored.errors
    assert scored.probabilities.std() > 1e-3, "a constant model would prove nothing"


@pytest.mark.parametrize("architecture", ["tiny_bert", "tiny_qwen"])
def test_padding_on_the_left_gives_the_same_logits(
    architecture: str, request: pytest.FixtureRequest
) -> None:
    for pooling in ("last_token", "mean", "cls"):
        model = classifier_of(request.getfixturevalue(architecture), pooling=pooling)
        ids = torch.randint(4, 30, (2, 9))
        right = torch.tensor([[1] * 9, [1] * 5 + [0] * 4])
        left = right.flip(1)
        left_ids = ids.clone()
        left_ids[1] = ids[1].roll(4)
        positions = (left.cumsum(1) - 1).clamp(min=0)
        with torch.no_grad():
            expected = model(ids, right)
            torch.testing.assert_close(
                model(left_ids, left, position_ids=positions), expected, atol=1e-5, rtol=0
            )


def test_same_pairs_same_bits_in_any_order_and_number(bert_classifier: FitClassifier) -> None:
    engine = engine_of(bert_classifier, batch_tokens=50)
    expected = dict(zip(PAIRS, engine.score(PAIRS).probabilities, strict=True))
    shuffled = PAIRS * 3
    random.Random(3).shuffle(shuffled)
    scored = engine.score(shuffled)
    for pair, row in zip(shuffled, scored.probabilities, strict=True):
        assert row.tobytes() == expected[pair].tobytes()
    assert scored.computed_tokens == engine.score(PAIRS).computed_tokens


def test_counts(bert_classifier: FitClassifier) -> None:
    engine = engine_of(bert_classifier, max_tokens=12, batch_tokens=24)
    scored = engine.score(PAIRS)
    for row, (requirements, profile) in enumerate(PAIRS):
        asked, given = len(requirements.split()), len(profile.split())
        assert scored.tokens[row] == min(12, asked + given + 3)
        assert scored.tokens_cut[row] == max(0, asked + given + 3 - 12)
    assert scored.requirement_tokens_cut.sum() == 0
    assert scored.computed_tokens == scored.tokens.sum()
    assert scored.padded_tokens >= scored.computed_tokens
    assert set(scored.seconds) == {"tokenise", "plan", "model"}


def test_long_requirements_are_cut_loudly(bert_classifier: FitClassifier) -> None:
    scored = engine_of(bert_classifier).score([("python " * 100, "nurse " * 100)])
    assert scored.requirement_tokens_cut[0] == 100 - (61 - 15)
    assert scored.tokens_cut[0] == 85


def test_no_pairs(bert_classifier: FitClassifier) -> None:
    scored = engine_of(bert_classifier).score([])
    assert scored.probabilities.shape == (0, 3)
    assert scored.padded_tokens == 0


class Refusing:
    """Stands in for the model's logits: fails on batches above a size or with a given token."""

    def __init__(self, model: FitClassifier, error: Exception, rows: int, token: int = -1) -> None:
        self.real, self.error, self.rows, self.token = model.logits, error, rows, token
        self.sizes: list[int] = []

    def __call__(self, batch) -> torch.Tensor:
        self.sizes.append(len(batch.input_ids))
        if len(batch.input_ids) > self.rows or (batch.input_ids == self.token).any():
            raise self.error
        return self.real(batch)


OUT_OF_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"),
    MemoryError(),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda e: type(e).__name__)
def test_out_of_memory_halves_the_batch(
    bert_classifier: FitClassifier, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_of(bert_classifier)
    expected = engine.score(PAIRS).probabilities
    refusing = Refusing(bert_classifier, error, rows=2)
    monkeypatch.setattr(bert_classifier, "logits", refusing)
    scored = engine.score(PAIRS)
    assert not scored.errors
    np.testing.assert_allclose(scored.probabilities, expected, atol=1e-5)
    assert refusing.sizes == [9, 4, 2, 2, 5, 2, 3, 1, 2]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda e: type(e).__name__)
def test_a_row_too_large_alone_is_an_error_of_that_row(
    bert_classifier: FitClassifier, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_of(bert_classifier)
    expected = engine.score(PAIRS).probabilities
    license_token = bert_classifier.tokenizer.convert_tokens_to_ids("license")
    monkeypatch.setattr(
        bert_classifier, "logits", Refusing(bert_classifier, error, 100, license_token)
    )
    scored = engine.score(PAIRS)
    at_fault = [row for row, pair in enumerate(PAIRS) if "license" in pair[0]]
    assert sorted(scored.errors) == at_fault
    assert all("out of memory" in reason for reason in scored.errors.values())
    fine = [row for row in range(len(PAIRS)) if row not in at_fault]
    np.testing.assert_allclose(scored.probabilities[fine], expected[fine], atol=1e-5)
    assert np.isnan(scored.probabilities[at_fault]).all()


def test_a_row_that_the_model_fails_on_is_reported(
    bert_classifier: FitClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = bert_classifier.tokenizer.convert_tokens_to_ids("license")
    refusing = Refusing(bert_classifier, IndexError("index out of range in self"), 100, token)
    monkeypatch.setattr(bert_classifier, "logits", refusing)
    scored = engine_of(bert_classifier).score(PAIRS)
    assert sorted(scored.errors) == [3, 4, 5]
    assert scored.errors[3] == "the model failed on this pair (IndexError)"


def test_not_a_number_is_an_error_of_its_row(
    bert_classifier: FitClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = bert_classifier.tokenizer.convert_tokens_to_ids("license")
    real = bert_classifier.logits

    def poisoned(batch) -> torch.Tensor:
        logits = real(batch)
        logits[(batch.input_ids == token).any(dim=1), 1] = float("inf")
        return logits

    monkeypatch.setattr(bert_classifier, "logits", poisoned)
    scored = engine_of(bert_classifier).score(PAIRS)
    assert sorted(scored.errors) == [3, 4, 5]
    assert np.isfinite(scored.probabilities[[0, 1, 2, 6, 7, 8]]).all()
    assert np.isnan(scored.probabilities[[3, 4, 5]]).all()


def test_a_lost_device_is_not_taken_for_a_bad_row(
    bert_classifier: FitClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = torch.AcceleratorError("CUDA error: an illegal memory access was encountered")
    monkeypatch.setattr(bert_classifier, "logits", Refusing(bert_classifier, lost, 0))
    with pytest.raises(torch.AcceleratorError):
        engine_of(bert_classifier).score(PAIRS)


def test_bad_texts_are_errors_of_their_rows(bert_classifier: FitClassifier) -> None:
    engine = engine_of(bert_classifier)
    pairs = [*PAIRS, (REQUIREMENTS[0], "\ud800"), (None, PROFILES[0]), ("", "")]
    scored = engine.score(pairs)
    assert sorted(scored.errors) == [9, 10, 11]
    assert scored.errors[10] == "a text is missing"
    expected = engine.score(PAIRS)
    assert scored.probabilities[:9].tobytes() == expected.probabilities.tobytes()
    assert scored.tokens[9:].tolist() == [0, 0, 0]


def test_bfloat16_stays_close(tiny_bert: Path) -> None:
    model = classifier_of(tiny_bert)
    expected = engine_of(model).score(PAIRS[:2]).probabilities
    halved = ClassifierEngine(model, device="cpu", dtype="bfloat16").score(PAIRS[:2])
    assert halved.probabilities.dtype == np.float32
    np.testing.assert_allclose(halved.probabilities, expected, atol=0.1)


def test_more_tokens_than_trained_for_is_refused(bert_classifier: FitClassifier) -> None:
    with pytest.raises(ModelError, match="trained for 64 tokens"):
        engine_of(bert_classifier, max_tokens=65)
