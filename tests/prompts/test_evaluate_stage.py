"""The evaluation: verdicts with exact quotes, or a refusal that quotes nothing."""

from __future__ import annotations

import pytest

from lantern.fit import VerdictKind
from lantern.prompts.evaluate_stage import evaluate_prompt, job_text, parse_evaluate
from lantern.prompts.explain_stage import explain_prompt
from lantern.prompts.json_answer import AnswerRejected
from lantern.prompts.outgoing import Outgoing
from tests.prompts.stage_answers import ASKED, GOOD, OUT, PROFILE, SENT, verdicts


def test_a_good_evaluation() -> None:
    found = parse_evaluate(verdicts(*GOOD), ASKED, OUT, PROFILE)
    assert [v.kind for v in found.verdicts] == list(VerdictKind)
    assert found.verdicts[0].quote == "Built Python services since 2015"
    assert [v.requirement for v in found.verdicts] == [r.text for r in ASKED]


def test_the_prompt_holds_what_leaves_and_nothing_else() -> None:
    job = Outgoing(job_text("Dev\nOps", ASKED), {}, ())
    user = evaluate_prompt(job, OUT).messages[1].content
    assert SENT in user
    assert "Ana" not in user
    assert "1. [must have] 5+ years of Python\n2. [must have] Docker" in user
    assert "Title: Dev Ops\n" in user
    assert user.index("<<<BEGIN JOB") < user.index("<<<BEGIN PROFILE"), "the shared part is first"


@pytest.mark.parametrize(
    ("quote", "span"),
    [
        ("built  python services", "Built Python services"),
        ("services since 2015 - mostly at Acme", "services since 2015 — mostly at Acme"),
        ("BSc in Physics ", "BSc in Physics"),
        ("Built Python services since 2015", "Built Python services since 2015"),
    ],
)
def test_loose_copies_become_the_profiles_own_span(quote: str, span: str) -> None:
    answer = verdicts(("met", quote), *GOOD[1:])
    found = parse_evaluate(answer, ASKED, OUT, PROFILE).verdicts[0].quote
    assert found == span
    assert found in PROFILE


def test_a_quote_with_a_placeholder_becomes_the_members_own_words() -> None:
    answer = verdicts(("met", "[NAME_1], [EMAIL_1]"), *GOOD[1:])
    found = parse_evaluate(answer, ASKED, OUT, PROFILE)
    assert found.verdicts[0].quote == "Ana Muster, ana@x.org"
    assert found.sent_quotes[0] == "[NAME_1], [EMAIL_1]"
    job = Outgoing(job_text("Dev", ASKED), {}, ())
    assert "Ana" not in explain_prompt(job, found, OUT).messages[1].content


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("", "empty"),
        ("Sure! {}", "no valid JSON"),
        (verdicts(*GOOD)[:-9], "no valid JSON"),
        (verdicts(*GOOD) + " I hope this helps", "no valid JSON"),
        ("[]", "does not satisfy the schema"),
        ('{"verdicts": 3}', "schema: verdicts"),
        ('{"verdicts": [], "level": "High"}', "1 fields that the schema does not have"),
        ('{"verdicts": [], "verdicts": []}', "stands twice"),
        ("[" * 100_000, "no valid JSON"),
        ('{"verdicts": [{"number": 1, "quote": null, "verdict": "yes"}]}', "verdicts.0.verdict"),
        (verdicts(*GOOD[:2]), "one verdict for each of the 3"),
        (verdicts(*GOOD, GOOD[2]), "one verdict for each of the 3"),
        (verdicts(("met", None), *GOOD[1:]), "requirement 1 is met without a quote"),
        (verdicts(("met", "  "), *GOOD[1:]), "requirement 1 is met without a quote"),
        (verdicts(*GOOD[:2], ("not shown", "BSc in Physics")), "3 is not shown and has a quote"),
        (verdicts(("met", "Led forty people"), *GOOD[1:]), "quote of requirement 1 is no exact"),
        (verdicts(("met", "since 2015 — mostly at Acme.\nShe said"), *GOOD[1:]), "no exact span"),
        (verdicts(("met", 'She said "go" and'), *GOOD[1:]), "double quote"),
        (verdicts(("met", "— "), *GOOD[1:]), "no exact span"),
        (verdicts(("met", "NAME_1], [EMAIL"), *GOOD[1:]), "personal data"),
        ('{"verdicts": [{"number": NaN}]}', "schema"),
    ],
)
def test_a_bad_evaluation_is_refused_without_being_quoted(answer: str, told: str) -> None:
    with pytest.raises(AnswerRejected, match=told) as error:
        parse_evaluate(answer, ASKED, OUT, PROFILE)
    assert "forty" not in str(error.value)


def test_a_fence_and_thoughts_are_no_reason_to_pay_again() -> None:
    whole = verdicts(*GOOD)
    for answer in (f"```json\n{whole}\n```", f"<think>hm {{}}</think>\n{whole}", f"\n {whole}\n"):
        assert parse_evaluate(answer, ASKED, OUT, PROFILE).verdicts
