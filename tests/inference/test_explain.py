"""Explanations of pairs: grounded ones hold, free ones are checked, and a failure is one row's."""

from __future__ import annotations

import pytest
import torch

from lantern.errors import ModelError
from lantern.fit import Assessment, FitLevel, Verdict, VerdictKind, render_explanation
from lantern.inference.answer_logits import answer_logits
from lantern.inference.explain import Explainer, PairToExplain, load_explainer
from lantern.inference.generate import Generated
from lantern.inference.prompt_ids import PromptEncoder
from tests.inference.tiny_decoders import ASKED, PROFILE, byte_tokenizer, requirements, tiny_decoder

PAIR = PairToExplain("Nurse", tuple(requirements()), PROFILE, PROFILE, FitLevel.MEDIUM)


def test_grounded_explanations_hold_whatever_the_weights() -> None:
    explainer = load_explainer(tiny_decoder(), max_tokens=1200, dtype="float32", device="cpu")
    for level in FitLevel:
        pair = PairToExplain("Nurse", tuple(requirements()), PROFILE, PROFILE, level)
        answer = explainer.explain([pair])[0]
        assert answer.error is None
        assert answer.assessment is not None
        assert answer.assessment.level is level
        assert [v.requirement for v in answer.assessment.verdicts] == list(ASKED)


def test_free_answers_of_random_weights_are_refused_row_by_row() -> None:
    explainer = load_explainer(
        tiny_decoder(), max_tokens=40, grounded=False, dtype="float32", device="cpu"
    )
    answers = explainer.explain([PAIR, PAIR])
    assert all(answer.error and answer.assessment is None for answer in answers)


def test_a_pair_that_does_not_fit_leaves_the_others_alone() -> None:
    explainer = load_explainer(
        tiny_decoder(), max_tokens=400, context=640, dtype="float32", device="cpu"
    )
    large = PairToExplain(
        "Nurse", tuple(requirements([f"asked for {n}" for n in range(90)])), PROFILE, PROFILE, None
    )
    answers = explainer.explain([large, PAIR])
    assert "requirements are never cut" in (answers[0].error or "")
    assert "requirements are never cut" not in (answers[1].error or "")


def said(**changes: object) -> str:
    verdicts = [Verdict(text, VerdictKind.NOT_SHOWN) for text in ASKED]
    verdicts[0] = Verdict(ASKED[0], VerdictKind.MET, str(changes.get("quote", "Registered nurse")))
    if changes.get("swap"):
        verdicts.reverse()
    level = changes.get("level", FitLevel.MEDIUM)
    assert isinstance(level, FitLevel)
    step = None if level is FitLevel.HIGH else "Go on."
    return render_explanation(Assessment(level, tuple(verdicts), "It shows. It does not.", step))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (said(), None),
        (said(level=FitLevel.LOW), "the class is Low, Medium was asked for"),
        (said(swap=True), "in their order"),
        (said(quote="brain surgeon"), "a quote is not in the profile"),
        ("I am a model", "not an explanation: line 1"),
    ],
)
def test_whatever_an_engine_writes_is_held_against_its_pair(text: str, reason: str | None) -> None:
    class Scripted:
        def generate(self, requests):
            return [Generated(text, (1, 2), True, 0) for _ in requests]

    explainer = Explainer(Scripted(), PromptEncoder(byte_tokenizer(), 2048, "tiny"), 400)
    answer = explainer.explain([PAIR])[0]
    if reason is None:
        assert answer.error is None
        assert answer.text == text
    else:
        assert reason in (answer.error or "")
        assert answer.assessment is None
        assert "surgeon" not in (answer.error or "")


def test_a_longer_context_than_the_models_is_refused() -> None:
    with pytest.raises(ModelError, match="300 were asked for"):
        load_explainer(tiny_decoder(context=200), max_tokens=10, context=300)


@pytest.mark.parametrize("kind", ["qwen2", "gpt2"])
def test_logits_of_an_answer_are_those_of_one_row_alone(kind: str) -> None:
    causal = tiny_decoder(kind)
    rows = [([5, 6, 7], [8, 9]), ([4] * 30, [10, 11, 12, 13]), ([5], [6])]
    found = dict(answer_logits(causal, rows, vocabulary=400, batch_tokens=70))
    assert sorted(found) == [0, 1, 2]
    for row, (prompt, answer) in enumerate(rows):
        with torch.no_grad():
            alone = causal.model(torch.tensor([[*prompt, *answer]])).logits[0]
        expected = alone[len(prompt) - 1 : -1, :400]
        torch.testing.assert_close(found[row], expected, atol=1e-5, rtol=1e-5)
        assert found[row].shape == (len(answer), 400)
