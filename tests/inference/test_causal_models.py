"""Loading decoders, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from lantern.errors import ModelError
from lantern.inference.causal_models import check_same_vocabulary, load_causal_model
from tests.inference.tiny_decoders import byte_tokenizer, tiny_decoder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_decoder("llama").save(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("kind", ["qwen2", "llama", "gpt2"])
def test_a_saved_decoder_comes_back_equal(tmp_path: Path, kind: str) -> None:
    before = tiny_decoder(kind)
    before.save(tmp_path)
    after = load_causal_model(str(tmp_path))
    ids = torch.tensor([[5, 9, 30]])
    with torch.no_grad():
        assert torch.equal(before.model(ids).logits, after.model(ids).logits)
    assert after.context == before.context
    assert after.tokenizer.get_vocab() == before.tokenizer.get_vocab()
    assert not list(tmp_path.glob("*.bin"))


def test_a_decoder_that_lacks_weights_is_refused(folder: Path) -> None:
    file = folder / "model.safetensors"
    weights = load_file(file)
    weights.pop("model.layers.0.mlp.up_proj.weight")
    save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(ModelError, match="lacks 1 weights"):
        load_causal_model(str(folder))


def test_damaged_and_missing_folders_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_causal_model(str(folder))
    with pytest.raises(ModelError, match="does not exist"):
        load_causal_model(str(tmp_path / "nowhere"))


def test_a_pickle_is_never_read(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_causal_model(str(folder))


def test_equal_vocabularies_are_told_from_others() -> None:
    mine = byte_tokenizer()
    assert check_same_vocabulary(mine, mine) == len(mine)
    spec = mine.backend_tokenizer.to_str().replace("<|user|>", "<|person|>")
    assert spec != mine.backend_tokenizer.to_str()
    other = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(spec))
    with pytest.raises(ModelError, match=r"<\|person\|>"):
        check_same_vocabulary(mine, other)
