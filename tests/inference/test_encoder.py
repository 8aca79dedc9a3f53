from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from lantern.errors import ModelError
from lantern.inference.classify import ClassifierEngine
from lantern.inference.encoder import FitClassifier
from tests.inference.tiny_models import PAIRS, classifier_of


@pytest.mark.parametrize("architecture", ["tiny_bert", "tiny_qwen"])
def test_a_saved_classifier_gives_the_same_bits(
    architecture: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    model = classifier_of(request.getfixturevalue(architecture), pooling="last_token", layers=2)
    model.calibrate(1.3)
    model.save(tmp_path / "model")
    loaded = FitClassifier.load(tmp_path / "model")
    assert loaded.config == model.config
    assert not loaded.training
    before = ClassifierEngine(model, device="cpu", dtype="float32").score(PAIRS)
    after = ClassifierEngine.load(tmp_path / "model", device="cpu", dtype="float32")
    assert after.calibrated
    assert after.score(PAIRS).probabilities.tobytes() == before.probabilities.tobytes()


def test_the_folder_holds_no_pickle_and_no_path_of_this_machine(
    bert_classifier: FitClassifier, tmp_path: Path, tiny_bert: Path
) -> None:
    bert_classifier.save(tmp_path / "model")
    files = [path for path in (tmp_path / "model").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".txt"}
    for path in files:
        assert str(tiny_bert.parent).encode() not in path.read_bytes()


def test_layers_are_kept_from_below(tiny_bert: Path) -> None:
    whole, part = classifier_of(tiny_bert), classifier_of(tiny_bert, layers=3)
    assert part.encoder.config.num_hidden_layers == 3
    ids = torch.randint(4, 30, (1, 6))
    states = whole.encoder(input_ids=ids, output_hidden_states=True).hidden_states
    torch.testing.assert_close(part.encoder(input_ids=ids).last_hidden_state, states[3])


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        FitClassifier.load(tmp_path / "none")


def test_a_folder_of_another_kind(tiny_bert: Path) -> None:
    with pytest.raises(ModelError, match=r"has no classifier\.json"):
        FitClassifier.load(tiny_bert)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda f: (f / "classifier.json").write_text("{"), "damaged"),
        (lambda f: (f / "classifier.json").write_text("[]"), "damaged"),
        (lambda f: _edit(f, format=99), "format 99"),
        (lambda f: _edit(f, labels=["No", "Yes"]), "other labels"),
        (lambda f: _edit(f, pooling="max"), "unknown pooling"),
        (lambda f: _edit(f, surprise=1), "incomplete"),
        (lambda f: (f / "head.safetensors").unlink(), "head.safetensors"),
        (lambda f: (f / "head.safetensors").write_bytes(b"xx"), "head.safetensors"),
        (lambda f: _edit(f, hidden_size=17), "does not fit"),
        (lambda f: (f / "encoder" / "model.safetensors").write_bytes(b"xx"), "cannot be loaded"),
        (lambda f: (f / "encoder" / "model.safetensors").unlink(), "cannot be loaded"),
        (lambda f: (f / "encoder" / "config.json").unlink(), "cannot be loaded"),
        (lambda f: _more_layers(f), "lacks 16 weights"),
        (lambda f: (f / "tokenizer").rename(f / "other"), "no folder 'tokenizer'"),
    ],
)
def test_a_damaged_folder(
    harm, message: str, bert_classifier: FitClassifier, tmp_path: Path
) -> None:
    bert_classifier.save(tmp_path / "model")
    harm(tmp_path / "model")
    with pytest.raises(ModelError, match=message):
        FitClassifier.load(tmp_path / "model")


def _edit(folder: Path, **changes: object) -> None:
    path = folder / "classifier.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def _more_layers(folder: Path) -> None:
    path = folder / "encoder" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"num_hidden_layers": 5}))


def test_settings_that_the_base_cannot_meet(tiny_bert: Path) -> None:
    with pytest.raises(ModelError, match="reads 128 tokens"):
        classifier_of(tiny_bert, max_tokens=129)
    with pytest.raises(ModelError, match="4 layers, 9 are asked for"):
        classifier_of(tiny_bert, layers=9)
