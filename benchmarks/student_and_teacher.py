"""``python -m benchmarks.student_and_teacher FOLDER``: does the explanation model keep up with T2?

The decoders that a demo left in FOLDER, T2 and the explanation model, explain the same pairs of a
sample that no training saw, grounded: choosing the class themselves, under T1's class, and under
High whatever T1 says, as a classifier may; and once without a grammar. ROUGE against T1's
explanations, each with an interval clustered by member, how often verdicts and class are T1's, how
many texts name nothing against verdicts, and how many summaries have, but for their names, the form
of one of T1's.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from lantern.distill.pretraining_corpus import pairs_of
from lantern.documents.unusable import UnusableDocument
from lantern.evaluate.text_metrics import rouge_figures
from lantern.fit import (
    Assessment,
    FitLevel,
    level_contradiction,
    name_problem,
    parse_explanation,
    render_explanation,
)
from lantern.inference.causal_models import load_causal_model
from lantern.inference.explain import PairToExplain, load_explainer
from lantern.sample.documents import sample_profile

RESULT = Path(__file__).parent / "results" / "student_and_teacher.json"
SEED, POSTINGS, ANSWER = 23, 300, 512
FORM_MEMBERS = 150
"""So many members' summaries by T1 tell its forms."""
ARMS = ("own class", "under T1s class", "under High", "free")
MODELS = {"T2": "models/teacher/model", "LM_exp": "models/explainer/model"}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure both models, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a demo's warehouse")
    parser.add_argument("--members", type=int, default=30)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    owners, asked, truth = pairs(arguments.members)
    forms = {form(told.summary) for told in pairs(FORM_MEMBERS)[2]}
    result: dict[str, Any] = {"pairs": len(asked), "members": arguments.members, "seed": SEED}
    for name, place in MODELS.items():
        model = load_causal_model(str(arguments.folder / place))
        for arm in ARMS:
            explainer = load_explainer(
                model, max_tokens=ANSWER, dtype="float32", grounded=arm != "free"
            )
            began = time.process_time()
            given = [
                PairToExplain(p.title, p.requirements, p.profile, p.quotable, _forced(arm, t.level))
                for p, t in zip(asked, truth, strict=True)
            ]
            answers = explainer.explain(given)
            key = f"{name}, {arm}"
            found = [answer.assessment for answer in answers]
            texts = [answer.text for answer in answers]
            result[key] = figures(found, texts, truth, owners) | {
                "cpu_seconds_an_answer": (time.process_time() - began) / len(asked),
                "failed": sum(a is None for a in found),
                "in_t1s_form": sum(form(a.summary) in forms for a in found if a) / len(found),
            }
    for kind in ARMS[:2]:
        student, teacher = (result[f"{n}, {kind}"]["rougeL"]["estimate"] for n in ("LM_exp", "T2"))
        result[f"rougeL of LM_exp over T2, {kind}"] = student / teacher
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def pairs(members: int) -> tuple[list[str], list[PairToExplain], list[Assessment]]:
    """Owners, pairs and T1's answers."""
    owners, asked, truth = [], [], []
    for index in range(members):
        try:
            quotable = sample_profile(SEED, index).text
        except UnusableDocument:
            continue
        for pair in pairs_of(index, SEED, POSTINGS):
            owners.append(str(index))
            asked.append(PairToExplain(pair.title, pair.requirements, pair.profile, quotable))
            truth.append(parse_explanation(pair.answer))
    return owners, asked, truth


def _forced(arm: str, level: FitLevel) -> FitLevel | None:
    return {"under T1s class": level, "under High": FitLevel.HIGH}.get(arm)


def form(summary: str) -> str:
    """What stands around the names, lists of them as one."""
    return re.sub(r"“”(, “”)*( (and|or) “”)?", "“”", re.sub(r"“[^“”]*”", "“”", summary))


def figures(
    found: Sequence[Assessment | None],
    texts: Sequence[str],
    truth: Sequence[Assessment],
    owners: Sequence[str],
) -> dict[str, Any]:
    """ROUGE, and shares of those that tell the posting's requirements (``told`` of all do)."""
    references = [render_explanation(t) for t in truth]
    rouge = rouge_figures(texts, references, owners)
    kept = [
        (f, t)
        for f, t in zip(found, truth, strict=True)
        if f and [v.requirement for v in f.verdicts] == [v.requirement for v in t.verdicts]
    ]
    verdicts = [
        a.kind is b.kind for f, t in kept for a, b in zip(f.verdicts, t.verdicts, strict=True)
    ]
    contradicted = [
        level_contradiction(f.level, [v.kind for v in f.verdicts]) is not None for f, _ in kept
    ]
    return {k: asdict(v) for k, v in rouge.items()} | {
        "told": len(kept) / len(found),
        "class_accuracy": sum(f.level is t.level for f, t in kept) / max(len(kept), 1),
        "verdict_accuracy": sum(verdicts) / max(len(verdicts), 1),
        "class_contradicted": sum(contradicted),
        "names_carried": sum(name_problem(f) is None for f, _ in kept) / max(len(kept), 1),
    }


if __name__ == "__main__":
    main()
