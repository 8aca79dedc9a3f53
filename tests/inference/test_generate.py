"""The generation engine against transformers' own generate, one row at a time."""

from __future__ import annotations

import pytest
import torch

from lantern.fit import FitLevel, parse_explanation
from lantern.inference.decoding_batch import pass_width
from lantern.inference.generate import GenerationEngine, GenerationRequest
from lantern.inference.grounding import explanation_grammar
from lantern.inference.prompt_ids import PromptEncoder, PromptIds
from tests.inference.tiny_decoders import PROFILE, requirements, tiny_decoder

PROFILES = (PROFILE, PROFILE + "\nMore lines of it, and more. " * 3, "Short.")


def prompts(causal, answer: int = 40) -> list[PromptIds]:
    encoder = PromptEncoder(causal.tokenizer, causal.context, causal.name)
    return [
        encoder.encode(
            title=title, requirements=requirements(), profile=profile, answer_tokens=answer
        )
        for profile in PROFILES
        for title in ("Nurse", "Night nurse in a far larger house", "X")
    ]


def reference(causal, prompt: PromptIds, most: int) -> list[int]:
    """Greedy, alone, without a cache."""
    ids = list(prompt.ids)
    ends = {int(causal.tokenizer.eos_token_id)}
    answer: list[int] = []
    with torch.no_grad():
        while len(answer) < most:
            logits = causal.model(torch.tensor([ids])).logits[0, -1]
            answer.append(int(logits.argmax()))
            ids.append(answer[-1])
            if answer[-1] in ends:
                break
    return answer


@pytest.mark.parametrize("kind", ["qwen2", "llama", "gpt2", "mistral", "qwen2-mixed"])
@pytest.mark.parametrize("shared", [True, False])
def test_batched_answers_equal_those_of_one_row_alone(kind: str, shared: bool) -> None:
    causal = tiny_decoder(kind)
    asked = prompts(causal)
    if not shared:
        asked = [PromptIds(p.ids, 0, 0) for p in asked]
    engine = GenerationEngine(causal, dtype="float32", device="cpu")
    requests = [GenerationRequest(p, 6 + 5 * n) for n, p in enumerate(asked)]
    answers = engine.generate(requests)
    for request, answer in zip(requests, answers, strict=True):
        assert answer.error is None
        assert list(answer.ids) == reference(causal, request.prompt, request.max_tokens)


def test_a_shared_beginning_is_read_once() -> None:
    causal = tiny_decoder()
    asked = prompts(causal)
    engine = GenerationEngine(causal, dtype="float32", device="cpu")
    _, shared = engine.generate_measured([GenerationRequest(p, 1) for p in asked])
    apart = [GenerationRequest(PromptIds(p.ids, 0, 0), 1) for p in asked]
    _, alone = engine.generate_measured(apart)
    assert shared.computed_tokens < 0.7 * alone.computed_tokens


def test_grounded_rows_that_pad_little_read_hardly_more_than_their_tokens() -> None:
    causal = tiny_decoder()
    engine = GenerationEngine(causal, dtype="float32", device="cpu")
    grammar = explanation_grammar(requirements(), PROFILE)
    asked = [GenerationRequest(prompt, 900, grammar) for prompt in prompts(causal, 900)[:3]]
    _, cost = engine.generate_measured(asked)
    assert cost.computed_tokens < 1.5 * (cost.prompt_tokens + cost.answer_tokens)
    assert cost.passes < cost.answer_tokens, "several forced tokens are read in one pass"


@pytest.mark.parametrize(
    ("waiting", "width"),
    [([5], 5), ([1, 1, 0], 1), ([4, 4, 9], 4), ([9, 9, 8], 9), ([1, 1, 1, 40], 1), ([0, 300], 300)],
)
def test_a_pass_is_as_wide_as_little_padding_allows(waiting: list[int], width: int) -> None:
    assert pass_width(waiting) == width


@pytest.mark.parametrize("level", [None, *FitLevel])
def test_grounded_batches_equal_grounded_rows_alone(level: FitLevel | None) -> None:
    causal = tiny_decoder()
    engine = GenerationEngine(causal, dtype="float32", device="cpu")
    requests = [
        GenerationRequest(prompt, 900, explanation_grammar(requirements(), profile, level))
        for prompt, profile in zip(
            prompts(causal, 900), [p for p in PROFILES for _ in range(3)], strict=True
        )
    ]
    together = engine.generate(requests)
    alone = [engine.generate([request])[0] for request in requests]
    assert [a.ids for a in together] == [a.ids for a in alone]
    for answer in together:
        assert answer.finished
        found = parse_explanation(answer.text)
        assert level is None or found.level is level


def test_the_same_seed_samples_the_same_answer_whatever_else_is_in_the_batch() -> None:
    causal = tiny_decoder()
    engine = GenerationEngine(causal, dtype="float32", device="cpu")
    asked = prompts(causal)
    drawn = [GenerationRequest(p, 12, temperature=1.0, seed=n) for n, p in enumerate(asked)]
    together = engine.generate(drawn)
    assert engine.generate(drawn[3:4])[0].ids == together[3].ids
    other = engine.generate([GenerationRequest(asked[3], 12, temperature=1.0, seed=99)])[0]
    assert other.ids != together[3].ids


def test_only_the_first_choices_are_drawn_where_so_many_are_asked_for() -> None:
    causal = tiny_decoder()
    engine = GenerationEngine(causal, dtype="float32", device="cpu")
    prompt = prompts(causal)[0]
    drawn = [
        engine.generate(
            [GenerationRequest(prompt, 9, temperature=3.0, drawn_choices=1, seed=seed)]
        )[0].ids
        for seed in range(6)
    ]
    assert len({ids[0] for ids in drawn}) > 1
    for ids in drawn:
        begun = PromptIds([*prompt.ids, ids[0]], 0, 0)
        assert list(ids[1:]) == reference(causal, begun, 8)


def test_a_request_that_does_not_fit_is_named_and_the_others_go_on() -> None:
    causal = tiny_decoder(context=200)
    engine = GenerationEngine(causal, dtype="float32", device="cpu")
    good, bad = PromptIds([5, 6, 7], 0, 0), PromptIds([5] * 190, 0, 0)
    answers = engine.generate([GenerationRequest(bad, 20), GenerationRequest(good, 5)])
    assert "do not fit the context" in (answers[0].error or "")
    assert answers[1].error is None
    assert answers[1].ids


def test_out_of_memory_halves_the_batch_down_to_the_row_at_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    causal = tiny_decoder()
    engine = GenerationEngine(causal, dtype="float32", device="cpu")
    asked = [PromptIds([n + 5] * (30 if n == 2 else 4), 0, 0) for n in range(5)]
    expected = engine.generate([GenerationRequest(p, 4) for p in asked])
    whole = type(causal.model).forward

    def scarce(self, input_ids, **kw):
        if input_ids.shape[1] >= 30 or input_ids.shape[0] > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return whole(self, input_ids=input_ids, **kw)

    monkeypatch.setattr(type(causal.model), "forward", scarce)
    answers = engine.generate([GenerationRequest(p, 4) for p in asked])
    assert answers[2].error == "out of memory for this pair alone"
    for number in (0, 1, 3, 4):
        assert answers[number].ids == expected[number].ids


def test_nan_logits_are_reported_for_their_row_alone() -> None:
    causal = tiny_decoder("llama")  # its head is not tied to the embedding that is spoilt here
    engine = GenerationEngine(causal, dtype="float32", device="cpu")
    with torch.no_grad():
        causal.model.get_input_embeddings().weight[7] = float("nan")
    answers = engine.generate(
        [GenerationRequest(PromptIds([7, 8], 0, 0), 3), GenerationRequest(PromptIds([8], 0, 0), 3)]
    )
    assert "not a number" in (answers[0].error or "")
    assert answers[1].error is None
