"""A model's phrases: what its examples say around names, where that is a few things."""

from __future__ import annotations

from pathlib import Path

import pytest

from lantern.distill.pretraining_corpus import pairs_of
from lantern.errors import ModelError
from lantern.fit import Assessment, FitLevel, Verdict, VerdictKind, render_explanation
from lantern.inference.phrases import FILE, LEAST, MOST, load_phrases, phrases_of, save_phrases

VERDICTS = (
    Verdict("Python", VerdictKind.MET, "Python"),
    *(Verdict(text, VerdictKind.NOT_SHOWN) for text in ("SQL", "Go", "Rust")),
)


def told(summary: str, step: str = "Add “SQL”, or apply anyway.") -> str:
    return render_explanation(Assessment(FitLevel.MEDIUM, VERDICTS, summary, step))


PLAIN = told("It shows “Python”. It lacks “SQL”, “Go” or “Rust” so far.")
INNER = told("All is well. It lacks “SQL” and then some “Go”.")


def test_they_are_told_by_level_text_and_place() -> None:
    assert phrases_of([PLAIN, INNER] * LEAST) == {
        ("Medium", "lead", "open"): ("It shows ",),
        ("Medium", "lead", "end"): (".",),
        ("Medium", "lead", "whole"): ("All is well.",),
        ("Medium", "rest", "open"): (" It lacks ",),
        ("Medium", "rest", "between"): (" and then some ",),
        ("Medium", "rest", "end"): (" so far.", "."),
        ("Medium", "step", "open"): ("Add ",),
        ("Medium", "step", "end"): (", or apply anyway.",),
    }


def test_what_few_examples_say_is_not_kept() -> None:
    rare = told("Ada shows “Python”. It lacks “SQL”.")
    kept = phrases_of([PLAIN] * 100 + [rare] * (LEAST - 1))
    assert kept is not None
    assert kept["Medium", "lead", "open"] == ("It shows ",)


@pytest.mark.parametrize(
    "explanations",
    [
        [],
        [PLAIN] * (LEAST - 1),
        [told(f"It shows “Python” {'a' * n}.") for n in range(50)],
        [told(f"It shows “Python” {'a' * n}.") for n in range(MOST + 1)] * LEAST,
        [PLAIN] * 10 + ["It shows a lot."] * 3,
        [told("It shows “Python”")] * 10,
    ],
)
def test_free_words_have_none(explanations: list[str]) -> None:
    assert phrases_of(explanations) is None


def test_the_rubrics_words_are_few() -> None:
    pairs = [pair for index in range(40) for pair in pairs_of(index, 23, 300)]
    assert phrases_of(pair.answer for pair in pairs) is not None


def test_they_are_read_back_and_go_where_there_are_none(tmp_path: Path) -> None:
    kept = phrases_of([PLAIN] * LEAST)
    save_phrases(kept, tmp_path)
    assert load_phrases(tmp_path) == kept
    save_phrases(None, tmp_path)
    assert load_phrases(tmp_path) is None
    assert load_phrases("a/name on the hub") is None


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"High": []}',
        '{"High": {"lead": {"end": 1}}}',
        '{"High": {"lead": {"end": ["a\\nb"]}}}',
        '{"High": {"lead": {"end": ["“"]}}}',
        '{"High": {"lead": {"nowhere": ["a"]}}}',
        '{"Best": {"lead": {"end": ["a"]}}}',
    ],
)
def test_a_damaged_file_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"phrases\.json of the model is damaged"):
        load_phrases(tmp_path)
