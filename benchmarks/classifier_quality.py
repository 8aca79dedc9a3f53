"""``python -m benchmarks.classifier_quality``: what the demo's classifier learns, seed by seed.

A seed makes a sample marketplace of its own, its splits, and the head's first weights, so the
spread over seeds is that of other people and other jobs. Settings are ``conf/local.yaml``'s;
``--set`` tries others. Figures are of the test split, whose members and postings no training saw.
Training and evaluation are ``lantern``'s own; CPU-seconds are of this process, on one thread.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.labelled_sample import SPLITS, LabelledPair, labelled_pairs
from lantern.batch.base_pairs import STRATA
from lantern.config import Settings, load_settings
from lantern.distill.classifier import train_classifier
from lantern.evaluate.agreement import Agreement, agreement
from lantern.fit import FitLevel
from lantern.inference.embed import TextEmbedder
from lantern.inference.engines import engine_of

RESULT = Path(__file__).with_name("results") / "classifier_quality.json"
FIGURES = ("accuracy", "above_majority", "macro_f1", "qwk", "ece", "high_recall")


def main() -> None:
    """Train once a seed, print a line each, write all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.classifier_quality")
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    parser.add_argument("--set", nargs="*", default=[], dest="overrides", help="a.b=c")
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}")
    args = parser.parse_args()
    torch.set_num_threads(1)
    # All at once, so that a setting that is edited meanwhile does not part the seeds.
    settings = {
        seed: load_settings("local", [*args.overrides, f"classifier.seed={seed}"])
        for seed in args.seeds
    }
    rows = []
    for seed in args.seeds:
        rows.append(measured(seed, settings[seed]))
        print(json.dumps({name: _short(value) for name, value in rows[-1].items()}), flush=True)
    spread = {
        name: [f(row[name] for row in rows) for f in (min, statistics.median, max)]
        for name in FIGURES
    }
    for name, values in spread.items():
        print(f"{name:16}", " ".join(f"{value:.3f}" for value in values), file=sys.stderr)
    if args.write:
        command = "python -m benchmarks.classifier_quality " + " ".join(sys.argv[1:])
        result = {"command": command, "min_median_max": spread, "seeds": rows}
        RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def measured(seed: int, settings: Settings) -> dict[str, Any]:
    """All figures of one seed."""
    sample, candidates = settings.sample, settings.candidates
    started = time.process_time()
    embedder = TextEmbedder(candidates.embedder, max_tokens=candidates.max_tokens)
    pairs = labelled_pairs(seed, sample.members, sample.postings, settings.pairs, embedder)
    prepared = time.process_time()
    examples = {name: [pair.example() for pair in pairs[name]] for name in SPLITS}
    encoding = [prepared]

    def progress(epoch: int, *_: object) -> None:
        if epoch == 0:
            encoding[0] = time.process_time()

    trained = train_classifier(
        examples["train"], examples["validation"], settings.classifier, progress=progress
    )
    finished = time.process_time()
    engine = engine_of(trained.model, dtype="float32", device="cpu")
    test = examples["test"]
    scored = engine.score([(e.requirements, e.profile) for e in test])
    levels = np.array([int(e.level) for e in test])
    figures = agreement(levels, scored.probabilities)
    return {
        "seed": seed,
        "pairs": {name: len(pairs[name]) for name in SPLITS},
        "low_share": {name: _low_share(pairs[name]) for name in SPLITS},
        "strata": {
            name: sum(p.stratum == name for split in SPLITS for p in pairs[split])
            for name in STRATA
        },
        **_named(figures),
        "temperature": trained.temperature,
        "confusion": figures.confusion,
        "cpu_seconds": {
            "documents_and_labels": prepared - started,
            "encode": encoding[0] - prepared,
            "epochs": finished - encoding[0],
        },
    }


def _named(figures: Agreement) -> dict[str, float]:
    high = figures.confusion[FitLevel.HIGH]
    return {
        "accuracy": figures.accuracy,
        "majority": figures.majority_accuracy,
        "above_majority": figures.accuracy - figures.majority_accuracy,
        "macro_f1": figures.macro_f1,
        "qwk": figures.quadratic_weighted_kappa,
        "ece": figures.ece,
        "log_loss": figures.log_loss,
        "high_recall": high[FitLevel.HIGH] / max(1, sum(high)),
    }


def _low_share(pairs: list[LabelledPair]) -> float:
    return sum(pair.level is FitLevel.LOW for pair in pairs) / max(1, len(pairs))


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _short(inner) for key, inner in value.items()}
    return round(value, 3) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
