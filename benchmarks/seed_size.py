"""``python -m benchmarks.seed_size``: how large D_seed has to be for D_cls to teach a classifier.

In one process without Spark, on the sample of ``conf/local.yaml``: T2 is the base decoder
fine-tuned on so many pairs that T1 labelled, its classes of D_base stand for D_cls, and three
classifiers learn from D_cls alone, from D_cls in which the pairs of D_seed keep T1's labels, and
from D_seed alone. Each is judged by T1's labels of the test split, beside one that learned all of
T1's labels. T2 itself labels here: the explanation model, which is distilled from it, is no better.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import torch

from benchmarks.ablation_explainer import encoded
from benchmarks.labelled_sample import SPLITS, LabelledPair, labelled_pairs
from lantern.config import Settings, load_settings
from lantern.distill.answer_examples import AnswerExample
from lantern.distill.classifier import train_classifier
from lantern.distill.decoder_training import train_decoder
from lantern.distill.examples import Example
from lantern.distill.soft_labels import from_score
from lantern.evaluate.agreement import Agreement, agreement
from lantern.fit import FitLevel
from lantern.inference.causal_models import load_causal_model
from lantern.inference.class_probabilities import ClassReader, PairToClassify
from lantern.inference.embed import TextEmbedder
from lantern.inference.engines import engine_of
from lantern.teachers.rubric import HIGH_FROM, MEDIUM_FROM

LEARNED: Final = ("train", "validation")
Pairs = Mapping[str, Sequence[LabelledPair]]
Classes = Mapping[str, "np.ndarray[tuple[int, int], np.dtype[np.float64]]"]


def main(argv: Sequence[str] | None = None) -> None:
    """Train all arms and print a line of the table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[700, 1400, 2000])
    parser.add_argument("--seed", type=int, default=7, help="of sample, splits and D_seed")
    parser.add_argument("--members", type=int, help="default: as conf/local.yaml says")
    parser.add_argument("--work", type=Path, required=True, help="a folder for models")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    settings = load_settings("local")
    embedder = TextEmbedder(settings.candidates.embedder, max_tokens=settings.candidates.max_tokens)
    members = arguments.members or settings.sample.members
    pairs: Pairs = labelled_pairs(
        arguments.seed, members, settings.sample.postings, settings.pairs, embedder
    )
    print("| learned from | pairs | accuracy | macro-F1 | QWK | ECE |\n|---|---|---|---|---|---|")
    everything = {name: [_by_t1(pair) for pair in pairs[name]] for name in LEARNED}
    _show("T1's labels of all pairs", everything, pairs["test"], settings)
    order = [(name, place) for name in LEARNED for place in range(len(pairs[name]))]
    Random(arguments.seed).shuffle(order)  # noqa: S311
    for size in arguments.sizes:
        seed = set(order[:size])
        t2 = _teacher(pairs, seed, settings, arguments.work / f"t2-{size}")
        classes = _classes(t2, pairs)
        judged = _agreement(pairs["test"], classes["test"])
        print(_row(f"nothing: T2's own class, D_seed of {size}", len(seed), judged), flush=True)
        mixed = {
            name: [
                _by_t1(pair) if (name, place) in seed else _by_t2(pair, classes[name][place])
                for place, pair in enumerate(pairs[name])
            ]
            for name in LEARNED
        }
        alone = {
            name: [_by_t2(*both) for both in zip(pairs[name], classes[name], strict=True)]
            for name in LEARNED
        }
        only = {
            name: [_by_t1(pairs[name][place]) for of, place in sorted(seed) if of == name]
            for name in LEARNED
        }
        _show(f"D_cls alone, D_seed of {size}", alone, pairs["test"], settings)
        _show(f"D_cls with the labels of D_seed, {size}", mixed, pairs["test"], settings)
        _show(f"D_seed alone, {size}", only, pairs["test"], settings)


def _teacher(
    pairs: Pairs, seed: set[tuple[str, int]], settings: Settings, work: Path
) -> ClassReader:
    """T2 after its fine-tuning on the pairs of D_seed."""
    model = load_causal_model(str(settings.teacher_training.base))
    examples = {
        name: [
            AnswerExample(pair.title, pair.asked, pair.profile, pair.explanation)
            for of, place in sorted(seed)
            if of == name
            for pair in (pairs[name][place],)
        ]
        for name in LEARNED
    }
    trained = train_decoder(
        model,
        encoded(examples["train"], model, "train"),
        encoded(examples["validation"], model, "validation"),
        settings.teacher_training.decoder,
        work,
    )
    return ClassReader.load(str(trained.folder))


def _classes(reader: ClassReader, pairs: Pairs) -> Classes:
    """T2's class probabilities of every pair, ``[pairs, levels]`` a split."""
    found = {}
    for name in SPLITS:
        asked = [PairToClassify(pair.title, pair.asked, pair.profile) for pair in pairs[name]]
        found[name] = np.array([answer.probabilities for answer in reader.read(asked)])
    return found


def _by_t1(pair: LabelledPair) -> Example:
    soft = from_score(pair.score, MEDIUM_FROM, HIGH_FROM)
    return Example(pair.requirements, pair.profile, pair.level, soft, pair.verdicts)


def _by_t2(pair: LabelledPair, classes: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Example:
    low, medium, high = map(float, classes)
    level = FitLevel(int(classes.argmax()))
    return Example(pair.requirements, pair.profile, level, (low, medium, high), pair.verdicts)


def _show(
    label: str,
    examples: Mapping[str, list[Example]],
    test: Sequence[LabelledPair],
    settings: Settings,
) -> None:
    trained = train_classifier(examples["train"], examples["validation"], settings.classifier)
    engine = engine_of(trained.model, dtype="float32", device="cpu")
    scored = engine.score([(pair.requirements, pair.profile) for pair in test])
    count = len(examples["train"])
    print(_row(label, count, _agreement(test, scored.probabilities)), flush=True)


def _agreement(
    test: Sequence[LabelledPair], probabilities: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> Agreement:
    return agreement(np.array([int(pair.level) for pair in test]), probabilities)


def _row(label: str, count: int, judged: Agreement) -> str:
    figures = (judged.accuracy, judged.macro_f1, judged.quadratic_weighted_kappa, judged.ece)
    return f"| {label} | {count} | " + " | ".join(f"{value:.3f}" for value in figures) + " |"


if __name__ == "__main__":
    main()
