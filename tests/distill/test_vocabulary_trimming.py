from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

from lantern.distill.bpe_subset import check_subset, subset
from lantern.distill.vocabulary_trimming import trim_vocabulary
from lantern.errors import ModelError, TrainingError
from lantern.inference.causal_models import load_causal_model
from tests.distill.bpe_decoders import (
    CORPUS,
    OTHER,
    byte_fallback_tokenizer,
    byte_level_tokenizer,
    save_llama,
    save_qwen,
)

KINDS = {"byte_level": byte_level_tokenizer, "byte_fallback": byte_fallback_tokenizer}
USED = CORPUS[:3]


@pytest.fixture(scope="module")
def cut_pairs() -> dict[str, tuple[Tokenizer, Tokenizer, dict[int, int]]]:
    made = {}
    for kind, build in KINDS.items():
        original = build().backend_tokenizer
        used = {i for text in USED for i in original.encode(text).ids}
        cut = subset(original.to_str(), used, "tiny")
        made[kind] = (original, Tokenizer.from_str(cut.content), cut.new_ids)
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_the_texts_become_the_mapped_ids(kind, cut_pairs) -> None:  # type: ignore[no-untyped-def]
    original, trimmed, new = cut_pairs[kind]
    assert trimmed.get_vocab_size() < 0.9 * original.get_vocab_size()
    for text in USED:
        before = original.encode(text).ids
        assert trimmed.encode(text).ids == [new[number] for number in before]


@pytest.mark.parametrize("kind", KINDS)
def test_ids_keep_their_order_and_their_tokens(kind, cut_pairs) -> None:  # type: ignore[no-untyped-def]
    original, trimmed, new = cut_pairs[kind]
    assert sorted(new.values()) == list(range(len(new)))
    assert [new[old] for old in sorted(new)] == list(range(len(new)))
    for old, number in new.items():
        assert trimmed.id_to_token(number) == original.id_to_token(old)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.one_of(st.text(), st.sampled_from(OTHER), st.text(alphabet="YouaremdiPython -[]5é")))
def test_any_text_round_trips(kind, cut_pairs, text: str) -> None:  # type: ignore[no-untyped-def]
    original, trimmed, _ = cut_pairs[kind]
    ids = trimmed.encode(text, add_special_tokens=False).ids
    back = trimmed.decode(ids, skip_special_tokens=False)
    expected = original.decode(
        original.encode(text, add_special_tokens=False).ids, skip_special_tokens=False
    )
    assert back == expected
    if kind == "byte_level":
        assert back == unicodedata.normalize("NFC", text)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(st.text(alphabet="aboutPython Docker£é", min_size=1), min_size=1, max_size=4))
def test_whatever_the_texts_their_ids_are_mapped(texts: list[str]) -> None:
    for build in KINDS.values():
        original = build().backend_tokenizer
        used = {i for text in texts for i in original.encode(text).ids}
        cut = subset(original.to_str(), used, "tiny")
        check_subset(original, cut, texts)


def folders(tmp_path: Path, which: str) -> tuple[Path, Path]:
    if which == "llama":
        return save_llama(tmp_path / "in"), tmp_path / "out"
    return save_qwen(tmp_path / "in", tied=which == "tied", spare_rows=29), tmp_path / "out"


@pytest.mark.parametrize("which", ["tied", "untied", "llama"])
def test_logits_of_kept_tokens_are_the_old_ones(which: str, tmp_path: Path) -> None:
    source, target = folders(tmp_path, which)
    report = trim_vocabulary(source, target, CORPUS[:4])
    old, new = load_causal_model(str(source)), load_causal_model(str(target))
    before = old.tokenizer.get_vocab()
    kept = [before[token] for token, _ in sorted(new.tokenizer.get_vocab().items(), key=by_id)]
    assert new.model.config.vocab_size == len(kept) == report.shape["vocabulary"][1]
    for text in CORPUS[:4]:
        ids = [list(m.tokenizer(text, add_special_tokens=False)["input_ids"]) for m in (old, new)]
        assert ids[0] == [kept[number] for number in ids[1]]
        with torch.no_grad():
            full = old.model(torch.tensor([ids[0]])).logits
            cut = new.model(torch.tensor([ids[1]])).logits
        torch.testing.assert_close(cut, full[..., kept])
    assert (
        new.model.get_input_embeddings().weight is new.model.get_output_embeddings().weight
    ) == (which == "tied")


def by_id(entry: tuple[str, int]) -> int:
    return entry[1]


@pytest.mark.parametrize("which", ["tied", "llama"])
def test_the_folder_is_whole(which: str, tmp_path: Path) -> None:
    source, target = folders(tmp_path, which)
    report = trim_vocabulary(source, target, CORPUS[:4])
    model = AutoModelForCausalLM.from_pretrained(target)
    tokenizer = AutoTokenizer.from_pretrained(target)
    old = load_causal_model(str(source))
    assert tokenizer.eos_token == old.tokenizer.eos_token
    assert model.config.eos_token_id == tokenizer.eos_token_id
    assert model.generation_config.eos_token_id == tokenizer.eos_token_id
    assert model.config.bos_token_id == tokenizer.bos_token_id
    assert tokenizer.chat_template == old.tokenizer.chat_template
    assert not list(target.glob("*.bin"))
    assert not (target / "vocab.json").exists()
    ids = tokenizer("You are a", return_tensors="pt").input_ids
    assert model.generate(ids, max_new_tokens=3, min_new_tokens=3).shape[1] == ids.shape[1] + 3
    assert report.parameters_after == sum(p.numel() for p in model.parameters())
    assert report.parameters_after < report.parameters_before
    assert report.loss_after < report.loss_before, "fewer tokens to be wrong about"
    assert 0 < report.figures["kept_share"] < 1


def test_special_tokens_that_no_text_uses_stay(tmp_path: Path) -> None:
    source, target = folders(tmp_path, "tied")
    trim_vocabulary(source, target, ["hello"])
    tokenizer = load_causal_model(str(target)).tokenizer
    rendered = tokenizer.apply_chat_template([{"role": "user", "content": "hi"}], tokenize=False)
    ids = tokenizer(rendered, add_special_tokens=False)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids)[0] == "<|im_start|>"
    assert tokenizer.convert_ids_to_tokens(ids)[-1] == "<|im_end|>"


def changed(**model: object) -> str:
    spec = json.loads(byte_level_tokenizer().backend_tokenizer.to_str())
    spec["model"] |= model
    return json.dumps(spec)


def without_bytes() -> str:
    tokenizer = Tokenizer(models.BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer.to_str()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (Tokenizer(models.Unigram([("a", 0.0)])).to_str(), "of kind Unigram, only BPE"),
        (Tokenizer(models.WordLevel({"a": 0}, "a")).to_str(), "of kind WordLevel"),
        (changed(end_of_word_suffix="</w>"), "has end_of_word_suffix"),
        (changed(continuing_subword_prefix="##"), "has continuing_subword_prefix"),
        (without_bytes(), "knows no bytes"),
        (changed(vocab={"a": 0}, merges=[]), "lacks 255 of 256 bytes"),
    ],
)
def test_other_kinds_are_refused(content: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        subset(content, [0], "tiny")


def test_no_text(tmp_path: Path) -> None:
    source, target = folders(tmp_path, "tied")
    with pytest.raises(TrainingError, match="no text"):
        trim_vocabulary(source, target, [])
    assert not target.exists()
