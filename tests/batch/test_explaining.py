"""A decoder over pairs in Spark's workers: explanations that hold, and D_t's signal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lantern.batch.explaining import PairExplainer, with_prompt_texts
from lantern.batch.models import ship_folder
from lantern.config import load_settings
from lantern.distill.topk_cache import TopKColumns, decode_topk
from lantern.fit import parse_explanation
from lantern.inference.causal_models import load_causal_model
from lantern.inference.prompt_ids import PromptEncoder
from lantern.tables.catalog import REQUIREMENT
from tests.inference.tiny_decoders import ASKED, PROFILE, requirements, tiny_decoder

K = 8
KEYS = "member_id string, posting_id string, member_fingerprint string,"
KEYS += " posting_fingerprint string, requirements_version string"


def asked(texts) -> list[dict]:
    return [
        {
            "kind": str(item.kind),
            "importance": str(item.importance),
            "text": item.text,
            "skills": [],
            "any_of": False,
            "years": None,
            "degree": None,
        }
        for item in requirements(texts)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("decoder")
    tiny_decoder("llama", context=1600).save(place)
    return place


@pytest.fixture(scope="module")
def answers(spark, folder: Path) -> dict[tuple[str, str], dict]:
    members = spark.createDataFrame(
        [("m1", PROFILE, PROFILE), ("m2", "A short profile of a nurse.", "A short profile.")],
        "member_id string, text string, model_text string",
    )
    postings = spark.createDataFrame(
        [("p1", "Nurse"), ("p2", "Cook"), ("large", "All")], "posting_id string, title string"
    )
    needed = spark.createDataFrame(
        [
            ("p1", asked(ASKED)),
            ("p2", asked(ASKED[:1])),
            ("large", asked([f"requirement number {n}" for n in range(80)])),
        ],
        f"posting_id string, requirements array<{REQUIREMENT}>",
    )
    rows = [
        (member, posting, "f", "f", "v", level)
        for member, posting, level in (
            ("m1", "p1", "High"),
            ("m1", "p2", None),
            ("m2", "p1", "Low"),
            ("m2", "large", "Medium"),
        )
    ]
    pairs = spark.createDataFrame(rows, f"{KEYS}, level string")
    settings = load_settings(
        "local", ["generation.answer_tokens=1100", "generation.dtype=float32"]
    ).generation
    explainer = PairExplainer(ship_folder(spark, folder, "tiny"), settings, top_k=K)
    texts = with_prompt_texts(pairs, members, postings, needed, partitions=2)
    found = explainer.over(texts).collect()
    return {(row["member_id"], row["posting_id"]): row.asDict(recursive=True) for row in found}


def test_each_pair_is_answered_under_its_class_or_says_why_not(answers) -> None:
    assert len(answers) == 4
    assert answers["m1", "p1"]["level"] == "High"
    assert answers["m2", "p1"]["level"] == "Low"
    assert answers["m1", "p2"]["level"] in {"Low", "Medium", "High"}
    assert "requirements are never cut" in answers["m2", "large"]["error"]
    assert answers["m2", "large"]["explanation"] is None


def test_explanations_parse_and_their_verdicts_are_in_their_column(answers) -> None:
    for key in (("m1", "p1"), ("m1", "p2"), ("m2", "p1")):
        row = answers[key]
        assert row["error"] is None
        found = parse_explanation(row["explanation"])
        assert [v["requirement"] for v in row["verdicts"]] == [
            v.requirement for v in found.verdicts
        ]


def test_the_cached_signal_is_the_teachers_own_at_each_token_of_its_answer(
    answers, folder: Path
) -> None:
    causal = load_causal_model(str(folder))
    row = answers["m1", "p2"]
    prompt = PromptEncoder(causal.tokenizer, causal.context, "tiny").encode(
        title="Cook", requirements=requirements(ASKED[:1]), profile=PROFILE, answer_tokens=1100
    )
    ids = row["token_ids"]
    assert ids[-1] == causal.tokenizer.eos_token_id
    assert causal.tokenizer.decode(ids[:-1]) == row["explanation"]
    with torch.no_grad():
        logits = causal.model(torch.tensor([[*prompt.ids, *ids]])).logits[0, :-1]
    expected = logits[len(prompt.ids) - 1 :].log_softmax(-1).topk(K)
    columns = TopKColumns(
        K,
        np.array(row["top_ids"], dtype=np.int32),
        np.array(row["top_logprobs"], dtype=np.int16),
        np.array(row["tail_logprobs"], dtype=np.int16),
    )
    decode_topk(columns)
    kept = np.array(row["top_ids"]).reshape(-1, K)
    assert (kept == expected.indices.numpy()).mean() > 0.99
    held = -columns.log_probs.reshape(-1, K) / 1024
    np.testing.assert_allclose(held, expected.values.numpy(), atol=2e-3)
    assert 0 < row["captured_mass"] < 1
