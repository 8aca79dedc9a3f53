"""The corpus of the base decoder marks what is judged, and its losses are what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lantern.distill import pretraining
from lantern.distill.pretraining import JUDGED_LAYER, collate, losses_of, main
from lantern.distill.pretraining_corpus import (
    VERDICTS,
    Pair,
    Row,
    RowEncoder,
    member_rows,
    pairs_of,
)
from lantern.fit import parse_explanation
from lantern.inference.causal_models import CausalModel, load_causal_model
from lantern.inference.prompt_ids import PromptEncoder


@pytest.fixture(scope="module")
def base() -> CausalModel:
    return load_causal_model("lantern-base")


@pytest.fixture(scope="module")
def encoder(base: CausalModel) -> RowEncoder:
    return RowEncoder(PromptEncoder(base.tokenizer, 2048, base.name), prompt_weight=0.0)


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    found = [pair for pair in pairs_of(3, events=4, others=2) if pair.requirements]
    assert len(found) >= 3
    return found


def _text(base: CausalModel, ids: list[int]) -> str:
    return str(base.tokenizer.decode(ids))


def _learned(row: Row) -> list[int]:
    return [i for i, weight in zip(row.input_ids, row.weights, strict=True) if weight]


def _answer(base: CausalModel, row: Row) -> str:
    """From the first learned token on; the class of another one lies behind it."""
    first = next(place for place, weight in enumerate(row.weights) if weight)
    return _text(base, row.input_ids[first:]).removesuffix(base.tokenizer.eos_token)


def test_each_requirement_is_judged_where_it_ends(
    base: CausalModel, encoder: RowEncoder, pairs: list[Pair]
) -> None:
    """In a verdict row of several jobs, too: what stands before each end is the requirement."""
    for row, judged in (
        (encoder.verdict_row(pairs), pairs),
        (encoder.answer_row(pairs[0]), pairs[:1]),
    ):
        asked = [item.text for pair in judged for item in pair.requirements]
        kinds = [kind for pair in judged for kind in pair.verdicts]
        assert [VERDICTS[index] for index in row.verdicts] == kinds
        assert len(row.ends) == len(asked)
        for end, text in zip(row.ends, asked, strict=True):
            assert _text(base, row.input_ids[: end + 1]).endswith(text)


def test_an_answers_judgement_weighs_more_than_its_words(
    base: CausalModel, encoder: RowEncoder, pairs: list[Pair]
) -> None:
    pair = pairs[0]
    row = encoder.answer_row(pair)
    assert _text(base, row.input_ids).endswith(pair.answer + base.tokenizer.eos_token)
    level = parse_explanation(pair.answer).level.label
    of = {
        weight: [
            _text(base, [i]).strip()
            for i, w in zip(row.input_ids, row.weights, strict=True)
            if w == weight
        ]
        for weight in (encoder.class_weight, encoder.class_weight / 2)
    }
    assert of[encoder.class_weight] == [level]
    assert of[encoder.class_weight / 2] == [kind.split()[0] for kind in pair.verdicts]
    assert _text(base, _learned(row)) == pair.answer + base.tokenizer.eos_token
    assert not any(encoder.verdict_row(pairs).weights)


def test_every_second_answer_explains_a_class_that_it_does_not_learn(
    base: CausalModel, encoder: RowEncoder, pairs: list[Pair]
) -> None:
    """T1's verdicts under another class, which a night's classifier may choose."""
    pairs = [pair for pair in pairs if pair.other_answer is not None]
    rows = list(encoder.rows(pairs[:2], answered=2))
    own, other = (parse_explanation(_answer(base, row)) for row in rows)
    assert own == parse_explanation(pairs[0].answer)
    assert other == parse_explanation(str(pairs[1].other_answer))
    kept = parse_explanation(pairs[1].answer)
    assert other.level is not kept.level
    assert other.verdicts == kept.verdicts
    assert encoder.class_weight not in rows[1].weights
    assert _text(base, _learned(rows[1])).startswith("You are a fit for this job.")


def test_the_losses_are_those_of_plain_full_logits(
    base: CausalModel, encoder: RowEncoder, pairs: list[Pair]
) -> None:
    """Over rows of unequal lengths, one of them without an answer; gradients reach both heads."""
    model: Any = base.model
    torch.manual_seed(0)
    model.verdict_head = nn.Linear(model.config.hidden_size, len(VERDICTS))
    try:
        rows = [
            encoder.answer_row(pairs[0]),
            encoder.verdict_row(pairs),
            encoder.answer_row(pairs[1]),
        ]
        tokens, verdicts = losses_of(model, collate([row._asdict() for row in rows], pad=0))
        (tokens + verdicts).backward()
        assert float(model.verdict_head.weight.grad.abs().max()) > 0
        weighted = total = 0.0
        told = []
        with torch.no_grad():
            for row in rows:
                ids = torch.tensor([row.input_ids])
                output = model(input_ids=ids, output_hidden_states=True)
                each = nn.functional.cross_entropy(
                    output.logits[0, :-1], ids[0, 1:], reduction="none"
                )
                weights = torch.tensor(row.weights)[1:]
                weighted += float((each * weights).sum())
                total += float(weights.sum())
                states = output.hidden_states[JUDGED_LAYER][0, row.ends]
                logits, kinds = model.verdict_head(states), torch.tensor(row.verdicts)
                told.append(nn.functional.cross_entropy(logits, kinds, reduction="none"))
        assert tokens.item() == pytest.approx(weighted / total, rel=1e-4)
        assert verdicts.item() == pytest.approx(float(torch.cat(told).mean()), rel=1e-4)
    finally:
        del model.verdict_head
        model.zero_grad()


def test_a_members_pairs_are_answered_or_judged(encoder: RowEncoder) -> None:
    """Whatever the share of answer rows: each requirement of each pair is judged once."""
    for answered in (1, 4, 6):
        for index in range(3):
            rows = member_rows(index, encoder, answered)
            pairs = list(pairs_of(index, events=4, others=2))
            assert sum(any(row.weights) for row in rows) == min(answered, len(pairs))
            judged = sorted(verdict for row in rows for verdict in row.verdicts)
            assert judged == sorted(VERDICTS.index(k) for pair in pairs for k in pair.verdicts)


def test_the_script_goes_on_from_a_model_and_saves_one_without_the_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretraining, "_HELD_MEMBERS", 2)
    main(
        [
            *(str(tmp_path / "model"), "--work", str(tmp_path / "work")),
            *("--start", "lantern-base", "--members", "0", "4", "--steps", "2"),
        ]
    )
    start, end = load_causal_model("lantern-base"), load_causal_model(str(tmp_path / "model"))
    wanted, found = start.model.state_dict(), end.model.state_dict()
    assert wanted.keys() == found.keys()
    assert any(not torch.equal(wanted[name], found[name]) for name in wanted)
    assert (tmp_path / "model" / "pretraining.json").stat().st_size > 0
    assert (tmp_path / "model" / "model.safetensors").stat().st_size < 8 * 10**6
