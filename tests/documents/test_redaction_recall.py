"""The planting of ``benchmarks/redaction.py``, smaller: recall, and what else went."""

from __future__ import annotations

import pytest

pytest.importorskip("presidio_analyzer", reason="presidio-analyzer is not installed")

from benchmarks.redaction import legitimate, measured, sample_profiles


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
