"""``python -m benchmarks.seed_size``: how large D_seed has to be for D_cls to teach a classifier.

In one process without Spark, on the sample of ``conf/local.yaml``: T2 is the base decoder
fine-tuned on so many pairs that T1 labelled, its classes of D_base stand for D_cls, and three
classifiers learn from D_cls alone, from D_cls in which the pairs of D_seed keep T1's labels, and
from D_seed alone. Each is judged by T1's labels of the test split, beside one that learned all of
T1's labels. T2 itself labels here: the explanation model, which is distilled from it, is no better.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.labelled_sample import SPLITS, LabelledPair, labelled_pairs
from lantern.config import Settings, load_settings
from lantern.distill.answer_examples import AnswerExample, encode_examples
from lantern.distill.classifier import train_classifier
from lantern.distill.decoder_training import train_decoder
from lantern.distill.encoded_answers import EncodedAnswers
from lantern.distill.examples import Example
from lantern.evaluate.agreement import agreement
from lantern.fit import FitLevel
from lantern.inference.causal_models import load_causal_model
from lantern.inference.class_probabilities import ClassReader, PairToClassify
from lantern.inference.embed import TextEmbedder
from lantern.inference.engines import engine_of
from lantern.inference.prompt_ids import PromptEncoder

RESULT: Final = Path(__file__).with_name("results") / "seed_size.json"
LEARNED: Final = ("train", "validation")
FIGURES: Final = ("pairs", "accuracy", "macro_f1", "qwk", "ece")
Pairs = Mapping[str, Sequence[LabelledPair]]
Classes = npt.NDArray[np.float64]
"""Probabilities ``[pairs, levels]``."""


def main(argv: Sequence[str] | None = None) -> None:
    """Train all arms, print a line of the table for each, write all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[700, 1400, 2000])
    parser.add_argument("--balances", type=float, nargs="+", help="default: curate.level_balance")
    parser.add_argument("--seed", type=int, default=7, help="of sample, splits and D_seed")
    parser.add_argument("--members", type=int, help="default: as conf/local.yaml says")
    parser.add_argument("--work", type=Path, required=True, help="an empty folder for models")
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    settings = load_settings("local")
    sample, candidates = settings.sample, settings.candidates
    embedder = TextEmbedder(candidates.embedder, max_tokens=candidates.max_tokens)
    members = arguments.members or sample.members
    pairs = labelled_pairs(arguments.seed, members, sample.postings, settings.pairs, embedder)
    places = [(name, place) for name in LEARNED for place in range(len(pairs[name]))]
    if max(arguments.sizes) > len(places):
        parser.error(f"--sizes: there are {len(places)} pairs to draw D_seed from")
    Random(arguments.seed).shuffle(places)  # noqa: S311
    result: dict[str, dict[str, float]] = {}

    def show(label: str, figures: dict[str, float]) -> None:
        result[label] = figures
        told = (f"{value:.3f}" if value % 1 else f"{value:,}" for value in figures.values())
        print(f"| {label} | " + " | ".join(told) + " |", flush=True)

    print(f"| learned from | {' | '.join(FIGURES)} |\n|{'---|' * (1 + len(FIGURES))}")
    first = {name: [pair.example() for pair in pairs[name]] for name in LEARNED}
    show("T1's labels of all pairs", _learned(first, pairs["test"], settings))
    balances = arguments.balances or [settings.curate.level_balance]
    for size, balance in product(arguments.sizes, balances):
        drawn = _drawn(places, pairs, size, balance)
        seed = {name: sorted(at for of, at in drawn if of == name) for name in LEARNED}
        arm = f"{size:,}, balance {balance:g}"
        folder = _teacher(pairs, seed, settings, arguments.work / f"t2-{size}-{balance:g}")
        t2 = ClassReader.load(folder, odds=_odds(places, drawn, pairs))
        classes = {name: _classes(t2, pairs[name]) for name in SPLITS}
        only, alone, mixed = {}, {}, {}
        for name in LEARNED:
            only[name] = [first[name][at] for at in seed[name]]
            alone[name] = [_by_t2(*both) for both in zip(first[name], classes[name], strict=True)]
            kept = dict(zip(seed[name], only[name], strict=True))
            mixed[name] = [kept.get(at, example) for at, example in enumerate(alone[name])]
        show(f"{arm}: none, T2's own class", _figures(0, pairs["test"], classes["test"]))
        for label, examples in (
            ("D_cls alone", alone),
            ("D_cls with D_seed's labels", mixed),
            ("D_seed's labels alone", only),
        ):
            show(f"{arm}: {label}", _learned(examples, pairs["test"], settings))
    if arguments.write:
        given = " ".join(argv or sys.argv[1:]).replace(str(arguments.work), "FOLDER")
        command = f"python -m benchmarks.seed_size {given}"
        told = {"command": command, "splits": {n: len(pairs[n]) for n in SPLITS}, "arms": result}
        RESULT.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _drawn(
    places: Sequence[tuple[str, int]], pairs: Pairs, size: int, balance: float
) -> list[tuple[str, int]]:
    """So many of them, the levels balanced by the rule of the step ``curate``."""
    level = {(of, at): pairs[of][at].level for of, at in places}
    counts, rank = Counter(level.values()), Counter[FitLevel]()
    weighed = []
    for place in places:
        rank[level[place]] += 1
        weighed.append((rank[level[place]] / counts[level[place]] ** (1 - balance), place))
    return [place for _, place in sorted(weighed)[:size]]


def _odds(
    places: Sequence[tuple[str, int]], drawn: Sequence[tuple[str, int]], pairs: Pairs
) -> list[float]:
    """How many times as often each level occurs as it was drawn."""
    groups = (Counter(pairs[of][at].level for of, at in group) for group in (places, drawn))
    occurs, learned = groups
    return [occurs[level] / max(1, learned[level]) for level in FitLevel]


def _teacher(
    pairs: Pairs, seed: Mapping[str, Sequence[int]], settings: Settings, work: Path
) -> Path:
    """T2 after its fine-tuning on the pairs of D_seed."""
    decoder = settings.teacher_training.decoder
    model = load_causal_model(settings.teacher_training.base)
    encoder = PromptEncoder(model.tokenizer, decoder.context, model.name)
    encoded = {}
    for name in LEARNED:
        chosen = [pairs[name][at] for at in seed[name]]
        answers = [AnswerExample(p.title, p.asked, p.profile, p.explanation) for p in chosen]
        encoded[name] = EncodedAnswers.of(encode_examples(answers, encoder, split=name))
    trained = train_decoder(model, encoded["train"], encoded["validation"], decoder, work)
    return trained.folder


def _classes(reader: ClassReader, pairs: Sequence[LabelledPair]) -> Classes:
    asked = [PairToClassify(pair.title, pair.asked, pair.profile) for pair in pairs]
    return np.array([answer.probabilities for answer in reader.read(asked)])


def _by_t2(example: Example, classes: Classes) -> Example:
    """The pair with T2's class in the place of T1's; T1's verdicts stay, as in ``fit_labels``."""
    low, medium, high = map(float, classes)
    level = FitLevel(int(classes.argmax()))
    return example._replace(level=level, probabilities=(low, medium, high))


def _learned(
    examples: Mapping[str, list[Example]], test: Sequence[LabelledPair], settings: Settings
) -> dict[str, float]:
    trained = train_classifier(examples["train"], examples["validation"], settings.classifier)
    engine = engine_of(trained.model, dtype="float32", device="cpu")
    scored = engine.score([(pair.requirements, pair.profile) for pair in test])
    return _figures(len(examples["train"]), test, scored.probabilities)


def _figures(
    count: int, test: Sequence[LabelledPair], probabilities: npt.NDArray[np.floating]
) -> dict[str, float]:
    """Agreement with T1 after learning from so many pairs."""
    judged = agreement(np.array([int(pair.level) for pair in test]), probabilities)
    kappa = judged.quadratic_weighted_kappa
    values = (count, judged.accuracy, judged.macro_f1, kappa, judged.ece)
    return dict(zip(FIGURES, values, strict=True))


if __name__ == "__main__":
    main()
