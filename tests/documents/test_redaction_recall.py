"""The planting of ``benchmarks/redaction.py``, smaller: recall, and what else went."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("presidio_analyzer", reason="presidio-analyzer is not installed")

from benchmarks.redaction import legitimate, measured, sample_profiles
from lantern.documents.redaction import Redactor

NAMES = ("Siobhán Ó Ceallaigh", "Ruth Ngozi Okonkwo", "Priya Suresh Nair")
BY_HAND = Path(__file__).with_name("personal_data_by_hand.txt")


def test_at_least_99_percent_are_found_and_little_else_goes() -> None:
    figures = measured(list(sample_profiles(23, 210)), seed=23, per_profile=5)
    assert figures["items"] >= 1_000
    assert figures["shapes"] >= 12
    assert figures["recall"] >= 0.99, figures["_missed"]
    assert figures["refused"] <= 0.01 * figures["profiles"]
    assert figures["words_lost_share"] <= 0.005
    assert figures["skills_lost"] <= 0.005 * figures["skills"]
    assert all(shape["found"] >= 0.85 * shape["items"] for shape in figures["by_shape"].values()), (
        figures["by_shape"]
    )


def test_phrases_that_only_look_personal_stay() -> None:
    figures = legitimate()
    assert figures["phrases"] >= 150
    assert len(figures["lost"]) <= 0.03 * figures["phrases"], figures["lost"]


def test_what_was_typed_by_hand_is_found() -> None:
    blocks = BY_HAND.read_text(encoding="utf-8").split("\n\n")
    missed, total = [], 0
    for name, block in zip(NAMES, blocks, strict=True):
        for line in block.strip().split("\n"):
            if line.startswith("# "):
                continue
            shown, secret = line.split("|")
            text = f"Built services in Java.\n{shown}\nWorked since 2015 with Python 3.11."
            found = Redactor().find(text, names=[name])
            start = text.index(secret)
            covered = {at for span in found for at in range(span.start, span.end)}
            left = [
                at
                for at in range(start, start + len(secret))
                if text[at].isalnum() and at not in covered
            ]
            total += 1
            missed += [shown] * bool(left)
            rest = text.index(shown), text.index(shown) + len(shown)
            assert all(rest[0] <= span.start and span.end <= rest[1] for span in found), shown
    assert total >= 270
    assert len(missed) <= 0.01 * total, missed
