"""What reviewers are shown: no personal data, and a way back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lantern.documents.redaction import Redacted, RedactionError
from lantern.fit import parse_explanation
from lantern.reviews.tasks import Answer, build_task, content_hash
from tests.reviews.planted import EXPLANATION, PlantedRedactor


def test_profile_and_answer_share_their_placeholders(
    answer: Answer, redactor: PlantedRedactor
) -> None:
    task = build_task(answer, redactor)
    assert "call [PHONE_1] any time" in task.profile
    assert "with [NAME_1]" in task.profile
    assert 'since 2015 with [NAME_1]"' in task.explanation
    shown = str(task.shown)
    assert "Ada" not in shown
    assert "555" not in shown
    assert "Ada" not in repr(task)
    assert task.restored(task.profile) == answer.profile
    assert task.restored(task.explanation) == EXPLANATION


def test_a_quote_that_cuts_through_personal_data_is_widened_to_all_of_it(
    answer: Answer, redactor: PlantedRedactor
) -> None:
    half = EXPLANATION.replace('"ran containers with Docker"', '"call 555-01"').replace(
        "since 2015 with Ada Example", "since 2015 with Ada"
    )
    task = build_task(replace(answer, explanation=half), redactor)
    assert "555" not in task.explanation
    assert "with Ada" not in task.explanation
    quotes = [verdict.quote for verdict in parse_explanation(task.explanation).verdicts]
    assert quotes == ["built Python services since 2015 with [NAME_1]", "call [PHONE_1]", None]
    for quote in filter(None, quotes):
        assert task.restored(quote) in answer.profile


def test_what_only_the_profile_gives_away_goes_from_the_answer_too(answer: Answer) -> None:
    class ByLabel:
        """Knows a birthday only behind its label."""

        def redact(self, text: str, *, names: object = ()) -> Redacted:
            shown = text.replace("born 7 May 1980", "born [DATE_1]")
            return Redacted(shown, {"[DATE_1]": "7 May 1980"})

    born = replace(
        answer,
        profile=answer.profile + "\nborn 7 May 1980",
        explanation=EXPLANATION.replace("Ada Example speaks", "7 May 1980 speaks"),
    )
    assert "1980" not in build_task(born, ByLabel()).explanation


def test_a_redactor_that_refuses_or_loses_text_shows_nothing(answer: Answer) -> None:
    with pytest.raises(RedactionError):
        build_task(answer, PlantedRedactor(broken=True))

    class Lossy:
        def redact(self, text: str, *, names: object = ()) -> Redacted:
            return Redacted(text.replace("555-0100", ""), {})

    with pytest.raises(RedactionError, match="does not restore"):
        build_task(answer, Lossy())

    class Swallows:
        """Takes the border between profile and answer for one address."""

        def redact(self, text: str, *, names: object = ()) -> Redacted:
            original = "Docker\n\nYou are"
            return Redacted(text.replace(original, "[ADDRESS_1]"), {"[ADDRESS_1]": original})

    with pytest.raises(RedactionError, match="from the profile into the answer"):
        build_task(answer, Swallows())


def test_the_real_redactor_is_one(answer: Answer) -> None:
    pytest.importorskip("presidio_analyzer", reason="the extra 'teacher' is not installed")
    from lantern.documents.redaction import Redactor

    planted = replace(answer, profile=answer.profile + "\nada@example.org [NAME_7]")
    named = replace(planted, names=("Ada Example",))
    task = build_task(named, Redactor())
    shown = str(task.shown)
    assert "Ada" not in shown
    assert "ada@example.org" not in shown
    assert task.restored(task.profile) == planted.profile
    assert task.restored(task.explanation) == EXPLANATION


def test_the_content_hash_is_of_all_that_is_shown_but_not_of_line_ends(
    answer: Answer, redactor: PlantedRedactor
) -> None:
    task = build_task(answer, redactor)
    windows = {name: text.replace("\n", "\r\n") for name, text in task.shown.items()}
    assert content_hash(windows) == task.content_hash
    for name in task.shown:
        assert content_hash(task.shown | {name: task.shown[name] + " "}) != task.content_hash
