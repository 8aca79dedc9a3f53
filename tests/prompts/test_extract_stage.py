"""The extraction: requirements of the domain in the posting's own words, or a refusal."""

from __future__ import annotations

import pytest

from lantern.fit import Importance
from lantern.prompts.extract_stage import extract_prompt, parse_extract
from lantern.prompts.json_answer import AnswerRejected
from tests.prompts.stage_answers import POSTING, extracted, item


def test_extracted_requirements_are_those_of_the_domain() -> None:
    answer = extracted(
        item("bachelor's degree in physics", kind="degree", degree="bachelor",
             importance="nice_to_have"),
        item("5+ years of Python", kind="experience", years=5, skills=["Python", "unheard of"]),
        item('Java or "C#"', skills=["Java", "C#"], any_of=True),
        item("JAVA or 'C#'"),
    )  # fmt: skip
    found = parse_extract(answer, POSTING)
    assert [r.text for r in found] == [
        "5+ years of Python",
        "Java or 'C#'",
        "Bachelor's degree in physics",
    ]
    assert found[0].years == 5
    assert found[0].skills == ("Python",)
    assert found[1].any_of
    assert set(found[1].skills) == {"Java", "C#"}
    assert (found[2].degree, found[2].importance) == (2, Importance.NICE_TO_HAVE)
    assert parse_extract(extracted(), POSTING) == ()


def test_a_posting_gets_its_own_words_back() -> None:
    found = parse_extract(extracted(item("Write to [EMAIL_1]", kind="other")), POSTING)
    assert found[0].text == "Write to jobs@x.org"
    assert "jobs@x.org" not in extract_prompt(POSTING).messages[1].content


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (extracted(item("Ten years of underwater welding")), "not in the posting's own words"),
        (extracted(item("...")), "requirement 1 has no text"),
        (extracted(*[item(f"Python {n}") for n in range(26)]), "at most 25"),
        (extracted(item("Python", years=99)), "years must be from 0 to 60"),
        (extracted(item("Python", degree="PhD")), "requirements.0.degree"),
        (extracted(item("Python", salary=3)), "1 fields that the schema does not have"),
    ],
)
def test_a_bad_extraction_is_refused(answer: str, told: str) -> None:
    with pytest.raises(AnswerRejected, match=told):
        parse_extract(answer, POSTING)
