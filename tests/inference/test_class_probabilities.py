from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from lantern.errors import ModelError
from lantern.fit import FitLevel, Importance, Requirement, RequirementKind, class_line
from lantern.inference.causal_models import CausalModel, load_causal_model
from lantern.inference.class_probabilities import (
    ClassReader,
    PairToClassify,
    class_words,
)
from lantern.inference.prompt_ids import PromptEncoder
from tests.distill.bpe_decoders import byte_level_tokenizer, save_qwen
from tests.inference.tiny_models import save_tiny_bert

ANSWER = "\nRequirements:"


def requirement(text: str) -> Requirement:
    return Requirement(RequirementKind.SKILL, Importance.MUST_HAVE, text)


PROFILES = ("built Python services since 2015 " * 6, "a cook", "ran containers with Docker")
JOBS = (("data engineer", ("Kubernetes", "5+ years of Python")), ("cook", ()), ("Clerk", ("AWS",)))
PAIRS = [
    PairToClassify(title, tuple(map(requirement, asked)), profile)
    for profile in PROFILES
    for title, asked in JOBS
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A decoder whose tokenizer has seen "Low" and cuts "Medium" and "High" into pieces."""
    place = save_qwen(tmp_path_factory.mktemp("reader"), spare_rows=13)
    config = place / "config.json"
    config.write_text(
        config.read_text().replace(
            '"max_position_embeddings": 96', '"max_position_embeddings": 1024'
        )
    )
    return place


@pytest.fixture
def causal(folder: Path) -> CausalModel:
    return load_causal_model(str(folder))


def reader(causal: CausalModel, **settings: Any) -> ClassReader:
    return ClassReader(causal, dtype="float32", device="cpu", **settings)


def plain(causal: CausalModel, pair: PairToClassify, words: list[list[int]]) -> list[float]:
    """One pair and one class at a time, every token of the word, no cache and no padding."""
    encoder = PromptEncoder(causal.tokenizer, causal.context, causal.name)
    before = class_words(encoder).before
    line = len(before) + max(map(len, words))
    prompt = encoder.encode(
        title=pair.title,
        requirements=pair.requirements,
        profile=pair.profile,
        answer_tokens=line,
    ).ids
    vocabulary = len(causal.tokenizer)
    sums = []
    for word in words:
        ids = [*prompt, *before, *word]
        with torch.no_grad():
            logits = causal.model(torch.tensor([ids])).logits[0, :, :vocabulary]
        scores = logits.double().log_softmax(-1)
        start = len(prompt) + len(before)
        sums.append(sum(float(scores[start + i - 1, token]) for i, token in enumerate(word)))
    total = math.log(sum(math.exp(value) for value in sums))
    return [math.exp(value - total) for value in sums]


def test_words_are_what_tells_the_lines_apart(causal: CausalModel) -> None:
    encoder = PromptEncoder(causal.tokenizer, causal.context, causal.name)
    words = class_words(encoder)
    assert max(map(len, words.choices)) > 1, "a class that takes several tokens is at hand"
    for level, word in zip(FitLevel, words.choices, strict=True):
        line = encoder.data_ids(class_line(level) + ANSWER)
        assert line[: len(words.before) + len(word)] == [*words.before, *word]
        assert causal.tokenizer.decode(word).strip() == level.label


@pytest.mark.parametrize("batch_tokens", [1, 700, 100_000])
def test_equals_the_plain_reference(causal: CausalModel, batch_tokens: int) -> None:
    encoder = PromptEncoder(causal.tokenizer, causal.context, causal.name)
    words = class_words(encoder).choices
    expected = [plain(causal, pair, words) for pair in PAIRS]
    found = reader(causal, batch_tokens=batch_tokens).read(PAIRS)
    for answer, row in zip(found, expected, strict=True):
        assert answer.error is None
        assert answer.probabilities == pytest.approx(row, abs=1e-5)
        assert sum(answer.probabilities) == pytest.approx(1.0)
    told = torch.tensor([answer.probabilities for answer in found])
    assert float(told.std(dim=0).max()) > 1e-3, "a constant model would prove nothing"


def test_odds_weigh_the_levels(causal: CausalModel) -> None:
    plain_answers = reader(causal).read(PAIRS)
    odds = (6.0, 3.0, 0.5)
    for scale in (1.0, 100.0):
        weighed = reader(causal, odds=[scale * value for value in odds]).read(PAIRS)
        for before, after in zip(plain_answers, weighed, strict=True):
            products = [p * o for p, o in zip(before.probabilities or (), odds, strict=True)]
            expected = [product / sum(products) for product in products]
            assert after.probabilities == pytest.approx(expected)
    even = reader(causal, odds=(2.0, 2.0, 2.0)).read(PAIRS)
    for before, after in zip(plain_answers, even, strict=True):
        assert after.probabilities == pytest.approx(before.probabilities)


def test_alone_and_together_are_equal(causal: CausalModel) -> None:
    read = reader(causal)
    together = read.read(PAIRS)
    for pair, expected in zip(PAIRS, together, strict=True):
        alone = read.read([pair])[0]
        assert alone.probabilities == pytest.approx(expected.probabilities, abs=1e-5)
        assert (alone.tokens, alone.profile_tokens_cut) == (
            expected.tokens,
            expected.profile_tokens_cut,
        )
    assert read.read([]) == []


def test_a_shared_profile_is_read_once(
    causal: CausalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    widths: list[tuple[int, int]] = []
    decoder: Any = causal.model.get_decoder()
    forward = decoder.forward

    def counted(*args: Any, **named: Any) -> Any:
        widths.append(tuple(named["input_ids"].shape))
        return forward(*args, **named)

    read = reader(causal)
    monkeypatch.setattr(decoder, "forward", counted)
    alone = read.read(PAIRS[:1])[0].tokens
    widths.clear()
    read.read(PAIRS[:3])
    shared = [shape for shape in widths if shape[0] == 1]
    assert len(shared) == 1, "the profile that the three jobs share"
    assert shared[0][1] > alone / 2
    assert all(width < alone / 2 for rows, width in widths if rows > 1)


def test_what_does_not_fit_is_cut_or_refused(causal: CausalModel) -> None:
    whole = reader(causal).read(PAIRS[:1])[0]
    short = reader(causal, context=whole.tokens - 20).read(PAIRS[:2])
    assert short[0].profile_tokens_cut > 0
    assert short[0].error is None
    refused = reader(causal, context=40).read(PAIRS[:2])
    assert all(answer.probabilities is None for answer in refused)
    assert "requirements are never cut" in str(refused[0].error)
    assert "Python" not in str(refused[0].error)


def test_a_value_that_is_not_a_number_is_told(causal: CausalModel) -> None:
    with torch.no_grad():
        causal.model.get_output_embeddings().weight.fill_(float("nan"))
    answer = reader(causal).read(PAIRS[:1])[0]
    assert answer.probabilities is None
    assert "not a number" in str(answer.error)


def test_memory_that_does_not_do_halves_the_batch(
    causal: CausalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = reader(causal)
    expected = read.read(PAIRS)
    forward = read._forward

    def small(rows: Any, whole: Any, shared: Any) -> Any:
        if len(rows) > 2:
            raise torch.OutOfMemoryError("out of memory")
        return forward(rows, whole, shared)

    monkeypatch.setattr(read, "_forward", small)
    for answer, before in zip(read.read(PAIRS), expected, strict=True):
        assert answer.probabilities == pytest.approx(before.probabilities, abs=1e-5)

    def none(rows: Any, whole: Any, shared: Any) -> Any:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(read, "_forward", none)
    assert {answer.error for answer in read.read(PAIRS)} == {"out of memory for this pair alone"}


def test_words_of_one_token_each_need_one_pass() -> None:
    from lantern.inference.class_probabilities import _longest_stubs

    assert _longest_stubs([[1], [2], [3]]) == [[]]
    assert _longest_stubs([[1, 5], [2], [3, 6, 7]]) == [[1], [3, 6]]
    assert _longest_stubs([[1, 5], [1, 5, 8], [3]]) == [[1, 5]]


def test_a_tokenizer_that_knows_no_class_words(causal: CausalModel) -> None:
    class Blind(PromptEncoder):
        def data_ids(self, text: str) -> list[int]:
            return [1, 2, 3]

    with pytest.raises(ModelError, match="does not tell the class words apart"):
        class_words(Blind(byte_level_tokenizer(), 64, "blind"))


def test_a_folder_that_holds_no_decoder(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        ClassReader.load(tmp_path)
    save_tiny_bert(tmp_path / "bert")
    with pytest.raises(ModelError):
        ClassReader.load(tmp_path / "bert")
