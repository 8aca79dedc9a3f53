"""The planted answer and what becomes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lantern.fit import FitLevel
from lantern.reviews.tasks import Answer, ReviewTask, build_task
from tests.reviews.planted import EXPLANATION, PROFILE, REQUIREMENTS, PlantedRedactor


@pytest.fixture
def redactor() -> PlantedRedactor:
    return PlantedRedactor()


@pytest.fixture
def answer() -> Answer:
    return Answer(
        task="t1",
        member_id="m1",
        posting_id="p1",
        teacher="rubric",
        prompt_version="v1",
        answer_hash="h1",
        level=FitLevel.MEDIUM,
        explanation=EXPLANATION,
        title="=Data engineer",
        requirements=REQUIREMENTS,
        profile=PROFILE,
    )


@pytest.fixture
def tasks(answer: Answer, redactor: PlantedRedactor) -> list[ReviewTask]:
    others = [answer, replace(answer, task="t2", profile=PROFILE + "\n<script>alert(1)</script>")]
    return [build_task(one, redactor) for one in others]
