"""``python -m benchmarks.ablation_classifier``: labels, pooling and input of the classifier.

A seed makes a marketplace of its own, its splits and the head's first weights. On each, every arm
learns from the same pairs as the demo's classifier (``conf/local.yaml``) and differs from it in one
thing. Figures are of members and postings that no training saw. Arms that are done are kept in
the result, so a run that was ended goes on; without that file all are measured anew.

The arms that read the whole posting have no item of the posting that a verdict could belong to, so
they stand beside one that reads the requirements and learns from no verdicts either.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch

from benchmarks.labelled_sample import SPLITS, LabelledPair, labelled_pairs
from lantern.config import Settings, load_settings
from lantern.distill.classifier import train_classifier
from lantern.distill.examples import Example
from lantern.evaluate.agreement import agreement
from lantern.fit import FitLevel
from lantern.inference.embed import TextEmbedder
from lantern.inference.engines import engine_of

RESULT = Path(__file__).parent / "results" / "ablation_classifier.json"


class Arm(NamedTuple):
    """One thing that differs.

    Attributes:
        overrides: of the section ``classifier``.
        whole_posting: the text of the posting takes the place of its requirements.
    """

    overrides: tuple[str, ...] = ()
    whole_posting: bool = False


_NO_VERDICTS: Final = ("verdict_weight=0.0",)
_ROOM: Final = ("requirement_units=96", "unit_tokens=128")
_DECODER: Final = ("base=lantern-base",)
ARMS: Final = {
    "as the demo: half soft labels, mean, requirements": Arm(),
    "hard labels": Arm(("soft_share=0.0",)),
    "soft labels alone": Arm(("soft_share=1.0",)),
    "hard labels, ordinal term": Arm(("soft_share=0.0", "ordinal_weight=1.0")),
    "pooling: first token": Arm(("pooling=cls",)),
    "pooling: last token": Arm(("pooling=last_token",)),
    "causal base, pooling: last token": Arm((*_DECODER, "pooling=last_token")),
    "causal base, pooling: mean": Arm((*_DECODER, "pooling=mean")),
    "no verdicts: requirements": Arm((*_NO_VERDICTS, *_ROOM)),
    "no verdicts: whole posting": Arm((*_NO_VERDICTS, *_ROOM), whole_posting=True),
}
FIGURES: Final = ("accuracy", "macro_f1", "qwk", "ece", "posting_tokens", "cpu_ms_a_pair")


def main(argv: Sequence[str] | None = None) -> None:
    """Train all arms that are not in the result yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    result: dict[str, Any] = {"seeds": {}}
    if RESULT.exists():
        result = json.loads(RESULT.read_text(encoding="utf-8"))
    for seed in arguments.seeds:
        done = result["seeds"].setdefault(str(seed), {"arms": {}})
        missing = [name for name in arguments.arms if name not in done["arms"]]
        if not missing:
            continue
        settings = load_settings("local")
        pairs = _pairs(seed, settings)
        done["pairs"] = {name: len(pairs[name]) for name in SPLITS}
        for name in missing:
            done["arms"][name] = measured(pairs, ARMS[name], seed)
            RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
            print(seed, name, {k: round(v, 3) for k, v in done["arms"][name].items()}, flush=True)
    print(table(result))


def _pairs(seed: int, settings: Settings) -> dict[str, list[LabelledPair]]:
    sample, candidates = settings.sample, settings.candidates
    embedder = TextEmbedder(candidates.embedder, max_tokens=candidates.max_tokens)
    return labelled_pairs(seed, sample.members, sample.postings, settings.pairs, embedder)


def measured(pairs: Mapping[str, Sequence[LabelledPair]], arm: Arm, seed: int) -> dict[str, float]:
    """Train one arm; its figures on the test split.

    Returns:
        Agreement with T1; tokens of the posting's side, mean over the pairs, and how many of them
        did not fit; CPU-milliseconds a pair of scoring the split with nothing remembered.
    """
    overrides = [f"classifier.{assignment}" for assignment in arm.overrides]
    settings = load_settings("local", [*overrides, f"classifier.seed={seed}"]).classifier
    examples = {name: [_example(pair, arm) for pair in pairs[name]] for name in SPLITS}
    began = time.process_time()
    trained = train_classifier(examples["train"], examples["validation"], settings)
    training = time.process_time() - began
    engine = engine_of(trained.model, dtype="float32", device="cpu")
    test = examples["test"]
    began = time.process_time()
    scored = engine.score([(e.requirements, e.profile) for e in test])
    scoring = time.process_time() - began
    figures = agreement(np.array([int(e.level) for e in test]), scored.probabilities)
    high = figures.confusion[FitLevel.HIGH]
    return {
        "accuracy": figures.accuracy,
        "majority": figures.majority_accuracy,
        "macro_f1": figures.macro_f1,
        "qwk": figures.quadratic_weighted_kappa,
        "ece": figures.ece,
        "high_recall": high[FitLevel.HIGH] / max(1, sum(high)),
        "posting_tokens": _posting_tokens(trained.model.tokenizer, test),
        "posting_tokens_cut": float(np.mean(scored.requirement_tokens_cut)),
        "cpu_ms_a_pair": 1000 * scoring / len(test),
        "training_cpu_seconds": training,
    }


def _example(pair: LabelledPair, arm: Arm) -> Example:
    example = pair.example()
    return example._replace(requirements=pair.whole_posting) if arm.whole_posting else example


def _posting_tokens(tokenizer: Any, examples: Sequence[Example]) -> float:
    texts = list(dict.fromkeys(e.requirements for e in examples))
    counts = tokenizer(texts, add_special_tokens=False, truncation=False)["input_ids"]
    tokens = {text: len(ids) for text, ids in zip(texts, counts, strict=True)}
    return statistics.fmean(tokens[e.requirements] for e in examples)


def table(result: Mapping[str, Any]) -> str:
    """Markdown: the median over seeds, and the lowest and highest."""
    lines = [f"| arm | {' | '.join(FIGURES)} |", f"|---|{'---|' * len(FIGURES)}"]
    for name in ARMS:
        rows = [s["arms"][name] for s in result["seeds"].values() if name in s["arms"]]
        if rows:
            cells = (_spread([row[figure] for row in rows]) for figure in FIGURES)
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _spread(values: Sequence[float]) -> str:
    digits = 3 if max(values) <= 1 else 1
    middle, low, high = (f(values) for f in (statistics.median, min, max))
    return f"{middle:.{digits}f} ({low:.{digits}f}..{high:.{digits}f})"


if __name__ == "__main__":
    main()
