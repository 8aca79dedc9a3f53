"""The grammar of an explanation of one pair: what a decoder may write, whatever its weights.

Every requirement of this posting by name and in order, a verdict for each, quotes that are spans
of whole words of this member's profile, two bounded lines of free text. The grammar is llguidance's
dialect of Lark; its substring expressions make the quotes exact. What a level may not be said
beside (see :func:`lantern.fit.level_contradiction`) cannot be written either.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from lantern.fit import FitLevel, Requirement, VerdictKind, class_line

LONGEST_QUOTE: Final = 120
_LONGEST_LINE: Final = 400
_MARK, _END = '"', "\n"
_FIRST_RULE: Final = {FitLevel.LOW: "some_unmet", FitLevel.MEDIUM: "any", FitLevel.HIGH: "some_met"}
_LINE: Final = rf"LINE: /[^\s][^\n\x00-\x1f]{{10,{_LONGEST_LINE}}}/"
# Starts and ends with something to read, and holds no double quote: that one ends it.
_QUOTE: Final = rf'QUOTE: /[^\s"]([^\n"]{{0,{LONGEST_QUOTE - 2}}}[^\s"])?/ & SPAN'


def explanation_grammar(
    requirements: Sequence[Requirement], profile: str, level: FitLevel | None = None
) -> str:
    """The grammar of the explanations of one pair.

    Args:
        requirements: of the posting, in its order.
        profile: ``members.text``; quotes are spans of it.
        level: the class that the explanation must have; None: the decoder chooses.
    """
    quotable = any(character.isalnum() for character in profile)
    rules = [_LINE]
    if quotable and requirements:
        rules += [_QUOTE, "SPAN: %regex " + json.dumps({"substring_words": profile})]
    starts = []
    for chosen in [level] if level is not None else list(FitLevel):
        opening = _literal(f"{class_line(chosen)}\nRequirements:\n")
        ending = _literal("Summary: ") + " LINE"
        if chosen is not FitLevel.HIGH:
            ending += f" {_literal(chr(10) + 'Next step: ')} LINE"
        verdicts = f"{_FIRST_RULE[chosen] if quotable else 'any'}0" if requirements else ""
        starts.append(f"{opening} {verdicts} {ending}")
    rules.append("start: " + " | ".join(starts))
    for number, item in enumerate(requirements):
        last = number + 1 == len(requirements)
        rules += _verdict(number, item, quotable)
        rules += _remaining(number, last, quotable)
    return "\n".join(rules)


def _verdict(number: int, item: Requirement, quotable: bool) -> list[str]:
    """The rules ``met`` and ``unmet`` of one requirement; without a quote nothing is met."""

    def quoted(kind: VerdictKind) -> str:
        return f"{_literal(f'- {item.text} [{kind}]: {_MARK}')} QUOTE {_literal(f'{_MARK}{_END}')}"

    plain = _literal(f"- {item.text} [{VerdictKind.NOT_SHOWN}]\n")
    if not quotable:
        return [f"unmet{number}: {plain}"]
    return [
        f"met{number}: {quoted(VerdictKind.MET)}",
        f"unmet{number}: {plain} | {quoted(VerdictKind.PARTLY_MET)}",
    ]


def _remaining(number: int, last: bool, quotable: bool) -> list[str]:
    """The rules of the verdicts from this one on: any, at least one met, at least one unmet."""
    later = number + 1
    rest = "" if last else f" any{later}"
    if not quotable:
        return [f"any{number}: unmet{number}{rest}"]
    met, unmet = f"met{number}{rest}", f"unmet{number}{rest}"
    return [
        f"any{number}: {met} | {unmet}",
        f"some_met{number}: {met}" + ("" if last else f" | unmet{number} some_met{later}"),
        f"some_unmet{number}: {unmet}" + ("" if last else f" | met{number} some_unmet{later}"),
    ]


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
