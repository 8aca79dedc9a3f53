"""The vLLM engine against a stand-in: what vLLM is told, and what comes back."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from lantern.errors import ModelError
from lantern.inference.generate import GenerationRequest
from lantern.inference.prompt_ids import PromptIds
from lantern.inference.vllm_engine import VllmEngine
from tests.inference.tiny_decoders import tiny_decoder

REQUESTS = [
    GenerationRequest(PromptIds([1, 2, 3], 2, 0), 20, 'start: "x"', 0.0, seed=4),
    GenerationRequest(PromptIds([1, 2, 9], 2, 0), 30, None, 0.7, seed=5),
    GenerationRequest(PromptIds([7], 0, 0), 30),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_decoder("llama").save(tmp_path)
    return tmp_path


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    seen = SimpleNamespace(model={}, prompts=[], sampling=[])

    class LLM:
        def __init__(self, **settings: object) -> None:
            if settings["max_model_len"] == 13:
                raise ValueError("the profile of somebody")
            seen.model = settings
            self.model_config = SimpleNamespace(max_model_len=2048)

        def generate(self, prompts, sampling, use_tqdm):
            seen.prompts, seen.sampling = prompts, sampling
            reasons = ["stop", "length", "abort"]
            return [
                SimpleNamespace(
                    outputs=[
                        SimpleNamespace(text=f"answer {n}", token_ids=[n, n], finish_reason=reason)
                    ]
                )
                for n, reason in enumerate(reasons)
            ]

    module = ModuleType("vllm")
    module.LLM = LLM
    module.SamplingParams = lambda **settings: settings
    module.sampling_params = SimpleNamespace(StructuredOutputsParams=lambda grammar: ("G", grammar))
    monkeypatch.setitem(sys.modules, "vllm", module)
    return seen


def test_requests_and_answers_keep_their_order_and_meaning(
    fake: SimpleNamespace, folder: Path
) -> None:
    answers = VllmEngine(str(folder), revision="abc", context=900).generate(REQUESTS)
    assert [p["prompt_token_ids"] for p in fake.prompts] == [[1, 2, 3], [1, 2, 9], [7]]
    assert [s["structured_outputs"] for s in fake.sampling] == [("G", 'start: "x"'), None, None]
    assert [(s["temperature"], s["seed"], s["max_tokens"]) for s in fake.sampling] == [
        (0.0, 4, 20),
        (0.7, 5, 30),
        (0.0, 0, 30),
    ]
    assert [a.finished for a in answers] == [True, False, False]
    assert [a.text for a in answers] == ["answer 0", "answer 1", ""]
    assert answers[2].error is not None


def test_no_code_and_no_pickle_comes_with_a_model(fake: SimpleNamespace, folder: Path) -> None:
    VllmEngine(str(folder))
    assert fake.model["trust_remote_code"] is False
    assert fake.model["load_format"] == "safetensors"


def test_a_refused_model_is_one_line_without_foreign_text(
    fake: SimpleNamespace, folder: Path
) -> None:
    with pytest.raises(ModelError, match="vLLM cannot load") as caught:
        VllmEngine(str(folder), context=13)
    assert "somebody" not in str(caught.value)


def test_without_vllm_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(ModelError, match="pip install vllm"):
        VllmEngine("any")
