"""The attack suite against the prompt: an attacked profile stays data, whatever it holds."""

from __future__ import annotations

import pytest

from lantern.fit import Importance, Requirement, RequirementKind
from lantern.prompts.evaluate_stage import evaluate_prompt, job_text, parse_evaluate
from lantern.prompts.json_answer import AnswerRejected
from lantern.prompts.outgoing import Outgoing, outgoing
from lantern.sample.attacks import ATTACKS, Attack
from tests.prompts.stage_answers import NameRedactor, verdicts

PROFILE = "Ana Muster\nBuilt Python services since 2015 at Acme.\nRan containers with Docker."
ASKED = (Requirement(RequirementKind.SKILL, Importance.MUST_HAVE, "Certified crane operator"),)
JOB = Outgoing(job_text("Crane operator", ASKED), {}, ())


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attacked_profile_cannot_leave_its_block(attack: Attack) -> None:
    text = attack.apply(PROFILE, JOB.text, 7)
    sent = outgoing(text, NameRedactor(), names=("Ana Muster",))
    messages = evaluate_prompt(JOB, sent).messages
    assert [message.role for message in messages] == ["system", "user"]
    user = messages[1].content
    begin, end = (
        next(line for line in user.split("\n") if line.startswith(f"<<<{word} PROFILE"))
        for word in ("BEGIN", "END")
    )
    assert user.count(f"\n{end}\n") == 1
    inside = user.split(f"{begin}\n")[1].split(f"\n{end}")[0]
    assert inside == sent.text
    after = user.split(f"\n{end}")[1].strip()
    assert after == "Answer with the JSON object of the task EVALUATE."
    assert not any(sign in user for sign in "\u200b\u200d\u202e\u2066\ufeff")
    # What the attack added is no evidence unless it is quoted as it stands there.
    invented = verdicts(("met", "ten years on tower cranes"))
    with pytest.raises(AnswerRejected):
        parse_evaluate(invented, ASKED, sent, text)
