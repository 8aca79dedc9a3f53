from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lantern.distill import frozen_layers
from lantern.distill.frozen_layers import lower_states, without_lower_layers
from lantern.inference.encoder import FitClassifier
from lantern.inference.pair_input import PairEncoder, PairInput, collate
from tests.inference.tiny_models import PAIRS, classifier_of

CPU = torch.device("cpu")


def inputs_of(model: FitClassifier) -> list[PairInput]:
    encoder = PairEncoder(model.tokenizer, model.config.template, 64)
    inputs = [item for item in encoder.encode(PAIRS) if isinstance(item, PairInput)]
    assert len(inputs) == len(PAIRS)
    return inputs


def states_of(model: FitClassifier, inputs: list[PairInput], layers: int) -> list[torch.Tensor]:
    return lower_states(model, inputs, layers, batch_tokens=60, device=CPU, done=lambda count: None)


@pytest.mark.parametrize("architecture", ["tiny_bert", "tiny_qwen"])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_logits_and_gradients_equal_those_of_the_whole_model(
    architecture: str, layers: int, request: pytest.FixtureRequest
) -> None:
    model = classifier_of(request.getfixturevalue(architecture))
    inputs = inputs_of(model)
    batch = collate(inputs, model.config.template)
    frozen_layers.freeze_lower_layers(model.encoder, layers)
    expected = model.logits(batch)
    expected.square().sum().backward()
    gradients = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()

    states = states_of(model, inputs, layers)
    with without_lower_layers(model.encoder, layers) as kept:
        kept.set_batch(states, CPU)
        logits = model.logits(batch)
        logits.square().sum().backward()
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)
    assert gradients
    for name, parameter in model.named_parameters():
        if name in gradients:
            torch.testing.assert_close(parameter.grad, gradients[name], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(model.logits(batch), expected)


def test_large_states_are_kept_in_half_precision(
    tiny_bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = classifier_of(tiny_bert)
    inputs = inputs_of(model)
    exact = states_of(model, inputs, 1)
    assert {state.dtype for state in exact} == {torch.float32}
    monkeypatch.setattr(frozen_layers, "HALF_PRECISION_FROM", 0)
    half = states_of(model, inputs, 1)
    assert {state.dtype for state in half} == {torch.float16}
    for one, other in zip(exact, half, strict=True):
        torch.testing.assert_close(one, other.float(), atol=5e-3, rtol=1e-3)


def test_states_of_another_batch_are_refused(tiny_bert: Path) -> None:
    model = classifier_of(tiny_bert)
    inputs = inputs_of(model)
    with without_lower_layers(model.encoder, 1) as kept:
        kept.set_batch(states_of(classifier_of(tiny_bert), inputs[:2], 1), CPU)
        with pytest.raises(RuntimeError, match="not those of this batch"):
            model.logits(collate(inputs, model.config.template))
