"""``python -m benchmarks.ablation_explainer``: divergences and stages of the explanation model.

In one process without Spark, on the sample and the embedded decoder: T1 is the rubric, T2 the base
decoder fine-tuned on D_seed, D_t are T2's answers with their top-k log-probabilities, students are
T2 with fewer layers. Every arm learns from the same D_t for the same number of steps, once a seed
(of its training order), and is judged on members and postings that no training saw: ROUGE of its
answers against T2's answers and against T1's, intervals clustered by member. Arms that are done are
kept in the result, so a run that was ended goes on; without that file all are measured anew.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from lantern.config import DecoderSettings, ObjectiveSettings, PruneSettings
from lantern.distill.answer_examples import AnswerExample, encode_examples
from lantern.distill.decoder_training import SUPERVISED, train_decoder
from lantern.distill.divergences import DIVERGENCES
from lantern.distill.encoded_answers import EncodedAnswers
from lantern.distill.pretraining_corpus import Pair, pairs_of
from lantern.distill.pruning import prune
from lantern.distill.topk_cache import encode_topk
from lantern.evaluate.text_metrics import rouge_figures
from lantern.fit import parse_explanation
from lantern.inference.answer_logits import answer_logits
from lantern.inference.causal_models import CausalModel, load_causal_model
from lantern.inference.explain import Explained, PairToExplain, load_explainer
from lantern.inference.prompt_ids import PromptEncoder
from lantern.sample.documents import sample_profile

RESULT = Path(__file__).parent / "results" / "ablation_explainer.json"
SEED, POSTINGS, CONTEXT, ANSWER, TOP_K = 11, 600, 1024, 448, 32
SEED_MEMBERS, TRAIN_MEMBERS = range(70), range(70, 180)
VALIDATION_MEMBERS, TEST_MEMBERS = range(180, 190), range(200, 235)
TRAIN_POSTINGS, TEST_POSTINGS = range(400), range(400, POSTINGS)
ONE_STAGE, FIRST_STAGE = 2, 3


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair with the whole profile, which quotes are spans of."""

    member: int
    pair: Pair
    quotable: str


@dataclass(frozen=True, slots=True)
class Data:
    """All examples of the ablation.

    Attributes:
        train, validation: D_t, with signal.
        test: pairs that no training saw.
        teacher_answers: T2's own answers to ``test``.
    """

    train: list[AnswerExample]
    validation: list[AnswerExample]
    test: list[Judged]
    teacher_answers: list[Explained]


def pairs(members: Sequence[int], postings: Sequence[int]) -> list[Judged]:
    """Pairs of these members with these postings."""
    found = []
    for index in members:
        for pair in pairs_of(index, SEED, POSTINGS, postings):
            found.append(Judged(index, pair, sample_profile(SEED, index).text))
    return found


def example(judged: Judged, answer: str, **signal: Any) -> AnswerExample:
    """One example of a training."""
    pair = judged.pair
    return AnswerExample(pair.title, pair.requirements, pair.profile, answer, **signal)


def answered(model: CausalModel, asked: Sequence[Judged]) -> list[Explained]:
    """Grounded answers; the decoder chooses the class."""
    explainer = load_explainer(model, max_tokens=ANSWER, context=CONTEXT, dtype="float32")
    return explainer.explain(
        [
            PairToExplain(j.pair.title, j.pair.requirements, j.pair.profile, j.quotable)
            for j in asked
        ]
    )


def with_signal(teacher: CausalModel, asked: Sequence[Judged]) -> list[AnswerExample]:
    """D_t of these pairs: T2's answers and their top-k."""
    usable = [
        (judged, answer)
        for judged, answer in zip(asked, answered(teacher, asked), strict=True)
        if answer.assessment is not None and answer.prompt is not None
    ]
    end = int(teacher.tokenizer.eos_token_id)
    rows = [
        (a.prompt.ids, [*a.ids, *([] if a.ids[-1] == end else [end])])
        for _, a in usable
        if a.prompt is not None
    ]
    size = max(teacher.tokenizer.get_vocab().values()) + 1
    kept = {n: encode_topk(x, TOP_K) for n, x in answer_logits(teacher, rows, vocabulary=size)}
    return [
        example(judged, answer.text, token_ids=tuple(rows[n][1]), signal=kept[n])
        for n, (judged, answer) in enumerate(usable)
    ]


def settings(seed: int, **changes: Any) -> DecoderSettings:
    """Of every training; only what an arm is about differs."""
    return DecoderSettings(
        **{
            "context": CONTEXT,
            "answer_tokens": ANSWER,
            "epochs": 2,
            "learning_rate": 5e-4,
            "warmup_share": 0.05,
            "weight_decay": 0.0,
            "gradient_norm": 1.0,
            "batch_rows": 8,
            "accumulation": 1,
            "packing": False,
            "lora": None,
            "dtype": "float32",
            "attention": "sdpa",
            "activation_checkpointing": False,
            "checkpoint_steps": None,
            "validation_rows": None,
            "validation_answers": 12,
            "seed": seed,
        }
        | changes
    )


def objective(name: str) -> ObjectiveSettings:
    """λ_sft = λ_kd = 1, or cross-entropy alone."""
    if name == "sft":
        return SUPERVISED
    return ObjectiveSettings(
        divergence=name,  # type: ignore[arg-type]
        beta=0.5,
        alpha=0.1,
        mu=0.5,
        sft_weight=1.0,
        kd_weight=1.0,
        temperature=1.0,
        on_policy_share=0.0,
    )


def encoded(examples: Sequence[AnswerExample], model: CausalModel, split: str) -> EncodedAnswers:
    """Token ids of a split."""
    encoder = PromptEncoder(model.tokenizer, CONTEXT, model.name)
    return EncodedAnswers.of(encode_examples(examples, encoder, split=split))


def make_data(base: str, work: Path) -> tuple[Path, Data]:
    """T2 and D_t; T2 is trained once and kept in the work folder."""
    seeds = pairs(SEED_MEMBERS, TRAIN_POSTINGS)
    held = pairs(VALIDATION_MEMBERS, TRAIN_POSTINGS)
    folder = work / "teacher" / "model"
    if not folder.is_dir():
        model = load_causal_model(base)
        train_decoder(
            model,
            encoded([example(j, j.pair.answer) for j in seeds], model, "train"),
            encoded([example(j, j.pair.answer) for j in held], model, "validation"),
            settings(7, learning_rate=3e-4),
            work / "teacher",
        )
    teacher = load_causal_model(str(folder))
    test = pairs(TEST_MEMBERS, TEST_POSTINGS)
    data = Data(
        train=with_signal(teacher, pairs(TRAIN_MEMBERS, TRAIN_POSTINGS)),
        validation=with_signal(teacher, held),
        test=test,
        teacher_answers=answered(teacher, test),
    )
    return folder, data


def student_of(model: Path, layers: int, work: Path, data: Data) -> str:
    """The model with fewer layers; made once."""
    folder = work / f"pruned-{model.parent.name}-{layers}"
    if not folder.is_dir():
        texts = [e.explanation for e in data.train[:200]]
        prune(model, folder, PruneSettings(layers=layers), texts)
    return str(folder)


def distilled(start: str, name: str, seed: int, data: Data, place: Path, epochs: int = 2) -> Path:
    """One stage; returns the folder of the result."""
    model = load_causal_model(start)
    trained = train_decoder(
        model,
        encoded(data.train, model, "train"),
        encoded(data.validation, model, "validation"),
        settings(seed, epochs=epochs),
        place,
        objective=objective(name),
    )
    return trained.folder


def judged(model: CausalModel, data: Data) -> dict[str, Any]:
    """ROUGE of its answers to the test pairs, against T2's and against T1's."""
    answers = answered(model, data.test)
    owners = [str(j.member) for j in data.test]
    texts = [answer.text for answer in answers]
    of_teacher = [answer.text for answer in data.teacher_answers]
    of_rubric = [j.pair.answer for j in data.test]
    levels = [
        a.assessment is not None and a.assessment.level is parse_explanation(j.pair.answer).level
        for a, j in zip(answers, data.test, strict=True)
    ]
    return {
        "against_teacher": _rouge(of_teacher, texts, owners),
        "against_rubric": _rouge(of_rubric, texts, owners),
        "level_accuracy": sum(levels) / len(levels),
        "failed": sum(answer.error is not None for answer in answers),
    }


def _rouge(references: Sequence[str], texts: Sequence[str], owners: Sequence[str]) -> Any:
    return {k: asdict(v) for k, v in rouge_figures(texts, references, owners).items()}


def main(argv: Sequence[str] | None = None) -> None:
    """Train all arms that are not in the result yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="lantern-base")
    parser.add_argument("--work", type=Path, required=True, help="a folder for models")
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    parser.add_argument("--arms", nargs="+", default=["sft", *DIVERGENCES, "two stages"])
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    result: dict[str, Any] = {"arms": {}}
    if RESULT.exists():
        result = json.loads(RESULT.read_text())
    if all(f"{arm}/{seed}" in result["arms"] for seed in arguments.seeds for arm in arguments.arms):
        print(table(result))
        return
    teacher, data = make_data(arguments.base, arguments.work)
    result["sizes"] = {
        "seed_pairs": len(pairs(SEED_MEMBERS, TRAIN_POSTINGS)),
        "train_pairs": len(data.train),
        "test_pairs": len(data.test),
    }
    result["teacher"] = judged(load_causal_model(str(teacher)), data)
    for seed in arguments.seeds:
        for arm in arguments.arms:
            key = f"{arm}/{seed}"
            if key in result["arms"]:
                continue
            began = time.process_time()
            place = arguments.work / key.replace("/", "-").replace(" ", "-")
            if arm == "two stages":
                start = student_of(teacher, FIRST_STAGE, arguments.work, data)
                first = distilled(start, "total_variation", seed, data, place / "first", 1)
                second = student_of(first, ONE_STAGE, place, data)
                model = distilled(second, "total_variation", seed, data, place / "second", 1)
            else:
                start = student_of(teacher, ONE_STAGE, arguments.work, data)
                model = distilled(start, arm, seed, data, place)
            figures = judged(load_causal_model(str(model)), data)
            result["arms"][key] = figures | {"cpu_seconds": time.process_time() - began}
            RESULT.write_text(json.dumps(result, indent=1) + "\n")
            print(key, _short(figures), flush=True)
    print(table(result))


def _short(figures: Mapping[str, Any]) -> str:
    return " ".join(
        f"{side[8:]}: " + " ".join(f"{v['estimate']:.3f}" for v in figures[side].values())
        for side in ("against_teacher", "against_rubric")
    )


def table(result: Mapping[str, Any]) -> str:
    """Markdown: the median over seeds, and the lowest and highest."""
    names = list(dict.fromkeys(key.rsplit("/", 1)[0] for key in result["arms"]))
    lines = [
        "| arm | ROUGE-1 | ROUGE-2 | ROUGE-L (min..max) | ROUGE-L to T1 |",
        "|---|---|---|---|---|",
    ]
    for name in names:
        rows = [v for k, v in result["arms"].items() if k.rsplit("/", 1)[0] == name]
        shown = []
        for side, metric in (
            ("against_teacher", "rouge1"),
            ("against_teacher", "rouge2"),
            ("against_teacher", "rougeL"),
            ("against_rubric", "rougeL"),
        ):
            values = [row[side][metric]["estimate"] for row in rows]
            cell = f"{statistics.median(values):.3f}"
            if metric == "rougeL":
                cell += f" ({min(values):.3f}..{max(values):.3f})"
            shown.append(cell)
        lines.append(f"| {name} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
