"""Attacks against planted explanation models: each weakness is seen, and none where is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest

from lantern.documents.profile import Profile
from lantern.evaluate.attacked_explanations import Explain, attacked_explanations
from lantern.fit import Assessment, FitLevel, Verdict, VerdictKind, render_explanation
from tests.evaluate.test_robustness import LIMITS, subjects

PEOPLE = subjects(3)
ASKED = ("Fortran", "beekeeping", "Kubernetes")


def figures(explain: Explain, **kwargs: int) -> dict[str, tuple[float, int]]:
    found = attacked_explanations(PEOPLE, explain, limits=LIMITS, seed=3, **kwargs)
    return {name: (value.estimate, value.rows) for name, value in found.items()}


def explainer(
    shown: Callable[[str, Profile], bool],
    *,
    quote: Callable[[Profile], str] = lambda profile: re.findall(r"[A-Za-z]+", profile.text)[0],
    level: Callable[[Profile], FitLevel] = lambda profile: FitLevel.MEDIUM,
) -> Explain:
    """Writes what ``shown`` says of each requirement."""

    def one(profile: Profile) -> str:
        verdicts = tuple(
            Verdict(text, VerdictKind.MET, quote(profile))
            if shown(text, profile)
            else Verdict(text, VerdictKind.NOT_SHOWN)
            for text in ASKED
        )
        return render_explanation(
            Assessment(level(profile), verdicts, "It is. So it is.", "Learn.")
        )

    return lambda asked: [one(profile) for _, profile in asked]


def test_one_that_no_text_can_move_shows_nothing() -> None:
    found = figures(explainer(lambda asked, profile: False))
    assert found["attacked_verdicts_raised"][0] == 0
    assert "clean_verdicts_lowered" not in found, "nothing stands where it could fall from"
    assert found["attacked_class_kept"][0] == 1
    assert "attacked_exact_quotes" not in found
    always = figures(explainer(lambda asked, profile: True))
    assert "attacked_verdicts_raised" not in always
    assert always["clean_verdicts_lowered"][0] == 0
    assert always["attacked_exact_quotes"][0] == 1


def test_one_that_believes_every_word_is_moved_by_stuffing_and_not_by_hidden_text() -> None:
    found = figures(explainer(lambda asked, p: asked.lower() in p.model_text.lower()))
    assert found["attacked_verdicts_raised: keyword stuffing"][0] > 0.5
    assert found["attacked_verdicts_raised: hidden text"][0] == 0
    total = sum(
        rows for name, (_, rows) in found.items() if name.startswith("attacked_verdicts_raised: ")
    )
    assert total == found["attacked_verdicts_raised"][1]


def test_one_that_loses_its_thread_by_honest_text_is_seen() -> None:
    first = {subject.profile.text for subject in PEOPLE}
    lengths = {len(text) for text in first}

    def clean(asked: str, profile: Profile) -> bool:
        return any(abs(len(profile.text) - length) < 5 for length in lengths)

    assert figures(explainer(clean))["clean_verdicts_lowered"][0] > 0.5


def test_what_cannot_be_read_is_the_worst_in_each_respect() -> None:
    good = explainer(lambda asked, profile: asked == "Fortran")

    def broken(asked: Sequence[tuple[int, Profile]]) -> list[str]:
        texts = good(asked)
        return texts[: len(PEOPLE)] + ["You are." for _ in texts[len(PEOPLE) :]]

    found = figures(broken, attacks_a_subject=2)
    assert found["attacked_verdicts_raised"] == (1, 2 * 2 * len(PEOPLE))
    assert found["clean_verdicts_lowered"] == (1, 2 * len(PEOPLE))
    assert found["attacked_class_kept"] == (0, 2 * len(PEOPLE))
    assert found["attacked_exact_quotes"][0] == 0


def test_a_quote_that_is_not_in_the_profile_and_a_class_that_follows_the_text_are_seen() -> None:
    liar = explainer(lambda asked, profile: True, quote=lambda profile: "I know all of it")
    assert figures(liar)["attacked_exact_quotes"][0] == 0

    def level(profile: Profile) -> FitLevel:
        return FitLevel.LOW if "Kubernetes" in profile.text else FitLevel.MEDIUM

    moved = explainer(lambda asked, profile: True, level=level)
    assert figures(moved)["attacked_class_kept"][0] < 1


def test_nobody_and_missing_answers_are_refused() -> None:
    with pytest.raises(ValueError, match="nobody to attack"):
        attacked_explanations([], lambda asked: [], limits=LIMITS, seed=3)
    with pytest.raises(ValueError, match=r"expected \d+ explanations, got 0"):
        figures(lambda asked: [])
