from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from lantern.config import PruneSettings
from lantern.distill.compression import mean_token_loss, token_rows
from lantern.distill.importance import measure_importance
from lantern.distill.pruning import Kept, choose, prune, pruned_model
from lantern.errors import ModelError, TrainingError
from lantern.inference.causal_models import CausalModel, load_causal_model
from tests.distill.bpe_decoders import CORPUS, OTHER, save_llama, save_qwen
from tests.inference.tiny_models import save_tiny_bert

TEXTS = [*CORPUS[:5], *OTHER]


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_qwen(tmp_path_factory.mktemp("qwen"))


@pytest.fixture
def causal(qwen: Path) -> CausalModel:
    return load_causal_model(str(qwen))


def kept_all(config: Any, **changes: Any) -> Kept:
    layers = changes.get("layers", list(range(config.num_hidden_layers)))
    values = {
        "layers": layers,
        "groups": [torch.arange(config.num_key_value_heads)] * len(layers),
        "neurons": [torch.arange(config.intermediate_size)] * len(layers),
        "channels": torch.arange(config.hidden_size),
    }
    return Kept(**values | changes)


def logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return model(ids).logits


def test_keeping_all_changes_nothing(causal: CausalModel) -> None:
    ids = torch.arange(20)[None]
    same = pruned_model(causal.model, kept_all(causal.model.config))
    torch.testing.assert_close(logits(same, ids), logits(causal.model, ids))


def test_a_pruned_layer_is_a_layer_that_passes_on(causal: CausalModel) -> None:
    ids = torch.arange(20)[None]
    pruned = pruned_model(causal.model, kept_all(causal.model.config, layers=[0, 1, 3]))
    skipped: Any = causal.model
    with torch.no_grad():
        for part in (
            skipped.model.layers[2].self_attn.o_proj,
            skipped.model.layers[2].mlp.down_proj,
        ):
            part.weight.zero_()
    torch.testing.assert_close(logits(pruned, ids), logits(skipped, ids))


def test_pruned_heads_and_neurons_are_silent_ones(causal: CausalModel) -> None:
    ids = torch.arange(20)[None]
    config: Any = causal.model.config
    groups = [torch.tensor([number % 2]) for number in range(4)]
    neurons = [torch.arange(number, 48, 3) for number in range(3)] + [torch.arange(16)]
    pruned = pruned_model(causal.model, kept_all(config, groups=groups, neurons=neurons))
    assert pruned.config.num_attention_heads == 2
    assert pruned.config.num_key_value_heads == 1
    silenced: Any = causal.model
    with torch.no_grad():
        for number, layer in enumerate(silenced.model.layers):
            gone = 1 - number % 2  # a key-value head of 8 has two query heads
            layer.self_attn.o_proj.weight[:, 16 * gone : 16 * (gone + 1)] = 0
            dead = torch.ones(48, dtype=torch.bool)
            dead[neurons[number]] = False
            layer.mlp.down_proj.weight[:, dead] = 0
    torch.testing.assert_close(logits(pruned, ids), logits(silenced, ids), atol=1e-5, rtol=1e-4)


def test_pruned_channels_are_cut_everywhere(causal: CausalModel) -> None:
    config: Any = causal.model.config
    channels = torch.arange(0, 32, 2)
    pruned: Any = pruned_model(causal.model, kept_all(config, channels=channels))
    old: Any = causal.model
    assert pruned.config.hidden_size == 16
    assert pruned.model.layers[0].self_attn.head_dim == 8, "heads keep their width"
    layer, before = pruned.model.layers[1], old.model.layers[1]
    assert torch.equal(layer.mlp.up_proj.weight, before.mlp.up_proj.weight[:, channels])
    assert torch.equal(layer.mlp.down_proj.weight, before.mlp.down_proj.weight[channels])
    assert torch.equal(layer.self_attn.q_proj.bias, before.self_attn.q_proj.bias)
    assert torch.equal(pruned.model.norm.weight, old.model.norm.weight[channels])
    assert pruned.lm_head.weight is pruned.model.embed_tokens.weight


def test_importance_equals_a_plain_reference(causal: CausalModel) -> None:
    rows = token_rows(causal, TEXTS)
    found = measure_importance(causal, rows)
    model: Any = causal.model
    layers, groups, tokens = torch.zeros(4), torch.zeros(4, 2), 0
    for row in rows:  # one text at a time: no padding at all
        seen: dict[int, torch.Tensor] = {}
        handles = [
            layer.self_attn.o_proj.register_forward_pre_hook(
                lambda _m, given, at=number, into=seen: into.__setitem__(at, given[0][0])
            )
            for number, layer in enumerate(model.model.layers)
        ]
        with torch.no_grad():
            # the last of the hidden states has passed the final norm: it is no layer's output
            states = model.model(torch.tensor([row]), output_hidden_states=True).hidden_states
        for handle in handles:
            handle.remove()
        tokens += len(row)
        for number in range(3):
            cosine = torch.cosine_similarity(states[number][0], states[number + 1][0], dim=-1)
            layers[number] += (1 - cosine).sum()
        for number in range(4):
            groups[number] += seen[number].square().view(len(row), 2, 16).sum(dim=(0, 2))
    torch.testing.assert_close(found.layers[:3].float(), layers[:3] / tokens, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.groups.float(), groups / tokens, atol=1e-4, rtol=1e-4)
    assert found.neurons.shape == (4, 48)
    assert found.channels.shape == (32,)


def test_the_parts_that_do_nothing_go_first(causal: CausalModel) -> None:
    model: Any = causal.model
    with torch.no_grad():
        model.model.layers[1].self_attn.o_proj.weight.zero_()
        model.model.layers[1].mlp.down_proj.weight.zero_()
        model.model.layers[2].mlp.up_proj.weight[7].zero_()
        model.model.layers[2].self_attn.v_proj.weight[8:].zero_()
        model.model.layers[2].self_attn.v_proj.bias[8:].zero_()
    found = measure_importance(causal, token_rows(causal, TEXTS))
    kept = choose(found, PruneSettings(layers=3, key_value_heads=1, neurons=47))
    assert kept.layers == [0, 2, 3]
    assert kept.groups[1].tolist() == [0]
    assert 7 not in kept.neurons[1].tolist()
    before = mean_token_loss(model, token_rows(causal, TEXTS))
    after = mean_token_loss(
        pruned_model(model, choose(found, PruneSettings(layers=3))), token_rows(causal, TEXTS)
    )
    assert after == pytest.approx(before, rel=1e-4)


@pytest.mark.parametrize("which", ["qwen", "llama"])
def test_folder_in_folder_out(which: str, qwen: Path, tmp_path: Path) -> None:
    source = qwen if which == "qwen" else save_llama(tmp_path / "in")
    settings = PruneSettings(layers=1, key_value_heads=1, neurons=20, channels=24)
    report = prune(source, tmp_path / "out", settings, TEXTS)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert report.parameters_after == sum(p.numel() for p in model.parameters())
    assert report.parameters_after < report.parameters_before
    assert report.shape["neurons"] == (48, 20)
    assert report.figures["channels_after"] == 24
    ids = tokenizer("You are a", return_tensors="pt").input_ids
    assert model.generate(ids, max_new_tokens=3, min_new_tokens=3).shape[1] == ids.shape[1] + 3
    held = token_rows(load_causal_model(str(source)), TEXTS)[::4]
    assert report.loss_after == pytest.approx(mean_token_loss(model, held), rel=1e-4)
    assert report.tokens == sum(len(row) - 1 for row in held)


def test_the_loss_is_that_of_each_text_alone(causal: CausalModel) -> None:
    rows = token_rows(causal, TEXTS)
    total = 0.0
    for row in rows:
        ids = torch.tensor([row])
        scores = logits(causal.model, ids)[0, :-1].log_softmax(-1)
        total -= float(scores[range(len(row) - 1), row[1:]].sum())
    tokens = sum(len(row) - 1 for row in rows)
    assert mean_token_loss(causal.model, rows) == pytest.approx(total / tokens, rel=1e-5)


@pytest.mark.parametrize(
    ("settings", "texts", "error", "message"),
    [
        ({"layers": 9}, TEXTS, ModelError, "keeps 9 layers, the model .* has 4"),
        ({"channels": 33}, TEXTS, ModelError, "keeps 33 channels"),
        ({"layers": 2}, ["one text only"], TrainingError, "at least two calibration texts"),
    ],
)
def test_what_cannot_be_pruned(
    settings: dict[str, int],
    texts: list[str],
    error: type,
    message: str,
    qwen: Path,
    tmp_path: Path,
) -> None:
    with pytest.raises(error, match=message):
        prune(qwen, tmp_path / "out", PruneSettings(**settings), texts)
    assert not (tmp_path / "out").exists()


def test_a_model_of_another_kind(tmp_path: Path) -> None:
    save_tiny_bert(tmp_path / "in")
    with pytest.raises(ModelError):
        prune(tmp_path / "in", tmp_path / "out", PruneSettings(), TEXTS)
