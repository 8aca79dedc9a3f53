"""``python -m benchmarks.grounded_decoding``: what the grammar guarantees, and what it costs.

The same model, the same pairs of the sample, with the grammar and without: the share of answers
that parse, invented requirements, exact quotes, tokens and CPU time. Rounds are interleaved. The
model is untrained (``--model`` names another one): whatever its weights, a grounded answer parses.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from lantern.distill.pretraining import new_decoder
from lantern.evaluate.explanations import Written, explanation_figures
from lantern.fit import FitLevel, Requirement
from lantern.inference.causal_models import CausalModel, load_causal_model
from lantern.inference.generate import GenerationCost, GenerationEngine, GenerationRequest
from lantern.inference.grounding import explanation_grammar
from lantern.inference.prompt_ids import PromptEncoder
from lantern.sample.documents import sample_posting, sample_profile
from lantern.sample.marketplace import event_postings

RESULT = Path(__file__).parent / "results" / "grounded_decoding.json"
SEED, POSTINGS = 7, 300
ARMS = ("grounded", "free")


def pairs(count: int) -> list[tuple[str, str, Any, Any]]:
    """``(member_id, profile text, profile as models see it, posting with requirements)``."""
    found = []
    index = 0
    while len(found) < count:
        member = sample_profile(SEED, index)
        for number in event_postings(SEED, index, POSTINGS)[:5]:
            found.append((str(member.member_id), member.text, member.model_text, number))
        index += 1
    return found[:count]


def requests(
    causal: CausalModel, chosen: Sequence[Any], most: int, temperature: float
) -> dict[str, list[GenerationRequest]]:
    """The requests of both arms, equal but for the grammar."""
    encoder = PromptEncoder(causal.tokenizer, causal.context, causal.name)
    made: dict[str, list[GenerationRequest]] = {arm: [] for arm in ARMS}
    for seed, (_, text, model_text, number) in enumerate(chosen):
        posting, extracted = sample_posting(SEED, number)
        prompt = encoder.encode(
            title=posting.title,
            requirements=extracted.requirements,
            profile=model_text,
            answer_tokens=most,
        )
        grammar = explanation_grammar(extracted.requirements, text)
        for arm in ARMS:
            bound = grammar if arm == "grounded" else None
            made[arm].append(GenerationRequest(prompt, most, bound, temperature, seed=seed))
    return made


def quality(chosen: Sequence[Any], texts: Sequence[str]) -> dict[str, Any]:
    """The figures of explanations, each with its interval."""
    rows = []
    for (member_id, text, _, number), written in zip(chosen, texts, strict=True):
        asked: Sequence[Requirement] = sample_posting(SEED, number)[1].requirements
        level = next((v for v in FitLevel if f" {v.label} fit" in written[:40]), FitLevel.LOW)
        rows.append(Written(member_id, level, tuple(r.text for r in asked), text, written))
    return {name: asdict(value) for name, value in explanation_figures(rows).items()}


def main(argv: Sequence[str] | None = None) -> None:
    """Run the rounds, print a table, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="a decoder's folder; default: untrained")
    parser.add_argument("--tokenizer", help="whose tokenizer the untrained one gets", required=True)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--max-tokens", type=int, default=1200)
    parser.add_argument("--temperature", type=float, default=0.0)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    source = load_causal_model(arguments.model or arguments.tokenizer)
    causal = source if arguments.model else new_decoder(source.tokenizer)
    engine = GenerationEngine(causal, dtype="float32", device="cpu")
    chosen = pairs(arguments.pairs)
    asked = requests(causal, chosen, arguments.max_tokens, arguments.temperature)
    costs: dict[str, list[dict[str, float]]] = {arm: [] for arm in ARMS}
    figures: dict[str, Any] = {}
    for turn in range(arguments.rounds):
        for arm in ARMS if turn % 2 == 0 else reversed(ARMS):
            before = time.process_time()
            answers, cost = engine.generate_measured(asked[arm])
            costs[arm].append(_cost(cost, time.process_time() - before))
            if turn == 0:
                figures[arm] = quality(chosen, [answer.text for answer in answers])
                figures[arm]["finished"] = sum(a.finished for a in answers) / len(answers)
                figures[arm]["forced_share"] = sum(a.forced for a in answers) / max(
                    1, sum(len(a.ids) for a in answers)
                )
    result = {
        "model": "as trained" if arguments.model else "untrained",
        "pairs": len(chosen),
        "rounds": arguments.rounds,
        "temperature": arguments.temperature,
        "quality": figures,
        "cost": {arm: _medians(rows) for arm, rows in costs.items()},
    }
    known = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    known[result["model"]] = result
    RESULT.write_text(json.dumps(known, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def _cost(cost: GenerationCost, cpu: float) -> dict[str, float]:
    return {
        "cpu_seconds": cpu,
        "wall_seconds": cost.seconds,
        "grammar_share": cost.grammar_seconds / cost.seconds,
        "passes": cost.passes,
        "answer_tokens": cost.answer_tokens,
        "computed_tokens": cost.computed_tokens,
        "cpu_ms_an_answer_token": 1000 * cpu / max(1, cost.answer_tokens),
    }


def _medians(rows: Sequence[dict[str, float]]) -> dict[str, Any]:
    return {
        name: {
            "median": statistics.median(row[name] for row in rows),
            "lowest": min(row[name] for row in rows),
            "highest": max(row[name] for row in rows),
        }
        for name in rows[0]
    }


if __name__ == "__main__":
    main()
