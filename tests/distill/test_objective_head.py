"""The head that returns the objective: against the plain path over whole logits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import Qwen2Config, Qwen2ForCausalLM

from lantern.distill.batch_signal import shifted_targets
from lantern.distill.divergences import divergence
from lantern.distill.objective import IGNORED, Objective, explanation_loss
from lantern.distill.objective_head import (
    Lesson,
    ObjectiveHead,
    install_objective_head,
    remove_objective_head,
)
from lantern.distill.teacher_signal import FullLogits
from lantern.errors import ModelError

OBJECTIVE = Objective(divergence("jensen_shannon"), sft_weight=0.7, kd_weight=1.3)
VOCABULARY, ROWS, TOKENS = 50, 3, 9


def _model(tied: bool) -> Qwen2ForCausalLM:
    torch.manual_seed(0)
    return Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=VOCABULARY + 6,
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=1,
            intermediate_size=32,
            tie_word_embeddings=tied,
            initializer_range=0.2,
        )
    )


@pytest.mark.parametrize("tied", [True, False])
def test_loss_and_every_gradient_are_those_of_the_plain_path(tied: bool) -> None:
    ids = torch.randint(0, VOCABULARY, (ROWS, TOKENS), generator=torch.Generator().manual_seed(1))
    labels = torch.where(
        torch.rand(ids.shape, generator=torch.Generator().manual_seed(2)) < 0.6, ids, IGNORED
    )
    targets = shifted_targets(labels)
    counted = targets != IGNORED
    teacher = torch.randn(
        int(counted.sum()), VOCABULARY + 9, generator=torch.Generator().manual_seed(3)
    )

    plain = _model(tied)
    logits = plain(input_ids=ids, use_cache=False).logits[:, :-1, :VOCABULARY]
    expected = explanation_loss(
        logits[counted[:, :-1]],
        labels[:, 1:][counted[:, :-1]],
        FullLogits(teacher),
        OBJECTIVE,
        count=40,
    )
    expected.total.backward()

    taught = _model(tied)
    head = install_objective_head(taught, VOCABULARY)
    with head.taught(Lesson(targets, FullLogits(teacher), OBJECTIVE, 40)):
        total = taught(input_ids=ids, use_cache=False).logits
    total.backward()

    torch.testing.assert_close(total, expected.total)
    assert head.losses is not None
    torch.testing.assert_close(head.losses.kd, expected.kd)
    wanted = dict(plain.named_parameters())
    assert dict(taught.named_parameters()).keys() == wanted.keys()
    for name, parameter in taught.named_parameters():
        torch.testing.assert_close(parameter.grad, wanted[name].grad, msg=name)


def test_outside_a_lesson_it_is_the_head_that_it_replaced() -> None:
    model = _model(tied=True)
    ids = torch.arange(5).unsqueeze(0)
    before = model(input_ids=ids).logits
    install_objective_head(model, VOCABULARY)
    assert torch.equal(model(input_ids=ids).logits, before)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    remove_objective_head(model)
    assert type(model.lm_head) is nn.Linear
    assert torch.equal(model(input_ids=ids).logits, before)
    assert model.lm_head.weight is model.model.embed_tokens.weight


def test_a_head_that_is_no_linear_layer_is_refused() -> None:
    model = _model(tied=False)
    model.lm_head = nn.Sequential(nn.Linear(16, 56))
    with pytest.raises(ModelError, match="Qwen2ForCausalLM"):
        install_objective_head(model, None)


def test_autocast_gives_the_product_in_bfloat16_and_the_gradient_in_float32(tmp_path: Path) -> None:
    torch.manual_seed(0)
    linear = nn.Linear(16, VOCABULARY, bias=False)
    head = ObjectiveHead(linear, None)
    hidden = torch.randn(2, 6, 16, requires_grad=True)
    targets = torch.randint(0, VOCABULARY, (2, 6))
    objective = Objective(divergence("forward_kl"), kd_weight=0.0)
    with (
        torch.autocast("cpu", dtype=torch.bfloat16),
        head.taught(Lesson(targets, None, objective, 12)),
    ):
        total = head(hidden)
    total.backward()
    exact = nn.functional.cross_entropy(
        nn.functional.linear(hidden.detach(), linear.weight.detach()).flatten(0, 1),
        targets.flatten(),
    )
    assert total.dtype == torch.float32
    assert linear.weight.grad is not None
    assert linear.weight.grad.dtype == torch.float32
    torch.testing.assert_close(total.detach(), exact, rtol=2e-2, atol=2e-2)
