"""The grammar of an explanation of one pair: what a decoder may write, whatever its weights.

Every requirement of this posting by name and in order, a verdict for each, quotes that are spans
of whole words of this member's profile, two bounded lines of text that name requirements by their
own words. The grammar is llguidance's dialect of Lark; its substring expressions make quotes and
names exact. What may not be said beside a level (:func:`lantern.fit.level_contradiction`) or named
beside the verdicts (:func:`lantern.fit.name_problem`) cannot be written either: most rules carry a
number, ``::_``, whose bits say what is met and what partly met.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from lantern.fit import FitLevel, Requirement, VerdictKind, class_line

LONGEST_QUOTE: Final = 120
NAMED: Final = 31
"""Only so many requirements can be named in summary and next step: the number has 64 bits."""
_PARTLY, _SOME_MET, _HIGH = NAMED, 2 * NAMED, 2 * NAMED + 1
"""Where the bits of the partly met begin, after those of the met; something is met; a High fit."""
_MARK, _END = '"', "\n"
_FIRST_RULE: Final = {FitLevel.LOW: "some_unmet", FitLevel.MEDIUM: "any", FitLevel.HIGH: "some_met"}
# Starts and ends with something to read, and holds no double quote: that one ends it.
_QUOTE: Final = rf'QUOTE: /[^\s"]([^\n"]{{0,{LONGEST_QUOTE - 2}}}[^\s"])?/ & SPAN'
_NAME: Final = r"/\.?[\p{L}\p{N}]([^\n“”]*[^\s“”])?/"
# The text before and after names; the summary's first sentence ends at its full stop. Within a
# sentence it has no capital letter and no figure: what has is a name, and those stand in marks; no
# quotes and brackets either, which are the verdicts'. The marks are of several bytes, as other signs
# of a text are: a lexeme that ends before one would have to be left again within it, so each is
# part of a lexeme. Bounds in tokens cost little; a regular expression that counts is another one
# after each character, with a mask of its own.
_NEVER: Final = r"“”\"\[\]\x00-\x1f\p{Lu}\p{N}"
_SENTENCE: Final = rf"[^.{_NEVER}]+"
_SENTENCES: Final = rf"([^{_NEVER}]|[.] \p{{Lu}})+"
_TEXTS: Final = {
    "lead": rf"/\p{{L}}{_SENTENCE}",
    "rest": rf"/( \p{{Lu}})?{_SENTENCES}",
    "step": rf"/\p{{L}}{_SENTENCES}",
}
_PLAIN: Final = ('lead "."', "rest", "step")
# Where nothing is left to name, "and" would leave no good way to go on: only a list may have it.
_AFTER: Final = {"after": rf"/{_SENTENCE}", "further": rf"/{_SENTENCES}"}
_NO_LIST: Final = r"~/ (and|or)(?s:.)*/"
_LIST: Final = "LIST: /(,? and|,? or|,) “/"
_BOUND: Final = "max_tokens=40"
NAMED_ONCE: Final = 8
"""Of so many requirements each is named once a sentence. That takes bits of what was named, and a
parse for each set of the requirements that share the words of a name."""


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
    starts = []
    for chosen in [level] if level is not None else list(FitLevel):
        opening = _literal(f"{class_line(chosen)}\nRequirements:\n")
        first = f"{_FIRST_RULE[chosen] if quotable else 'any'}0" if requirements else "texts"
        number = 1 << _HIGH if chosen is FitLevel.HIGH else 0
        starts.append(f"{opening} {first}::{number:#x}")
    rules = ["start: " + " | ".join(starts)]
    if quotable and requirements:
        rules += [_QUOTE, "SPAN: %regex " + json.dumps({"substring_words": profile})]
    for number, item in enumerate(requirements):
        rules += _verdict(number, item, quotable)
        rules += _remaining(number, number + 1 == len(requirements), quotable)
    return "\n".join([*rules, *_texts(requirements)])


def _verdict(number: int, item: Requirement, quotable: bool) -> list[str]:
    """The lines on one requirement: met, partly met, and without a quote; none is met without."""

    def quoted(kind: VerdictKind) -> str:
        return f"{_literal(f'- {item.text} [{kind}]: {_MARK}')} QUOTE {_literal(f'{_MARK}{_END}')}"

    plain = f"plain{number}: {_literal(f'- {item.text} [{VerdictKind.NOT_SHOWN}]{_END}')}"
    if not quotable:
        return [plain]
    return [
        f"met{number}: {quoted(VerdictKind.MET)}",
        f"partly{number}: {quoted(VerdictKind.PARTLY_MET)}",
        plain,
    ]


def _remaining(number: int, last: bool, quotable: bool) -> list[str]:
    """The rules of the verdicts from this one on: any, at least one met, at least one unmet."""

    def then(rule: str, bits: str = "_") -> str:
        return f"{'texts' if last else f'{rule}{number + 1}'}::{bits}"

    if not quotable:
        return [f"any{number}::_: plain{number} {then('any')}"]
    named = number < NAMED
    met = f"bit_or({1 << _SOME_MET | (1 << number if named else 0):#x})"
    partly = f"set_bit({_PARTLY + number})" if named else "_"

    def unmet(rule: str) -> str:
        return f"partly{number} {then(rule, partly)} | plain{number} {then(rule)}"

    def met_one(rule: str) -> str:
        return f"met{number} {then(rule, met)}"

    return [
        f"any{number}::_: {met_one('any')} | {unmet('any')}",
        f"some_met{number}::_: {met_one('any')}" + ("" if last else f" | {unmet('some_met')}"),
        f"some_unmet{number}::_: {unmet('any')}" + ("" if last else f" | {met_one('some_unmet')}"),
    ]


def _texts(requirements: Sequence[Requirement]) -> list[str]:
    """Summary and next step: first what is met, or else partly met; then what is not met."""
    count = min(len(requirements), NAMED)
    first, rest, step = (f"{rule}s::_" for rule in _TEXTS) if count else _PLAIN
    summary = f"{_literal('Summary: ')} {first} {rest}"
    next_step = f"{_literal(_END + 'Next step: ')} {step}"
    rules = [
        *(f"{name}[{_BOUND}]: {regex}/" for name, regex in _TEXTS.items()),
        f"texts::_: {summary} %if bit_set({_HIGH}) | {summary} {next_step} %if bit_clear({_HIGH})",
    ]
    if not count:
        return rules
    best = f"or(ne([0:{NAMED}], 0), and(bit_clear({_SOME_MET}), ne([{_PARTLY}:{_SOME_MET}], 0)))"
    unmet = f"not(is_ones([0:{count}]))"
    for name, regex in _AFTER.items():
        rules.append(f"{name.upper()}: {regex}/ & {_NO_LIST}")
        rules.append(f"{name}[{_BOUND}]: {name.upper()}")
        rules.append(f"{name.upper()}_OPEN: {regex}“/ & {_NO_LIST}")
        rules.append(f"{name}_open[{_BOUND}]: {name.upper()}_OPEN")
    rules += [
        _LIST,
        *(f"{name}_open[{_BOUND}]: {regex}“/" for name, regex in _TEXTS.items()),
        f'leads::_: lead "." | lead_open best::_ %if {best}',
        f'afters::_: "." | after "." | after_open best::_ %if {best} | LIST best::_ %if {best}',
        f"rests::_: rest | rest_open unmet::_ %if {unmet}",
        f"steps::_: step | step_open unmet::_ %if {unmet}",
        f"furthers::_: further | further_open unmet::_ %if {unmet} | LIST unmet::_ %if {unmet}",
    ]
    of_best, of_unmet = [], []
    for number, item in enumerate(requirements[:count]):
        rules.append(f"WORDS{number}: %regex " + json.dumps({"substring_words": item.text}))
        rules.append(f'NAME{number}: ({_NAME} & WORDS{number}) "”"')
        bit = _PARTLY + number
        marks = ("_", "_", "_")
        if count <= NAMED_ONCE:
            marks = (f"clear_bit({number})", f"clear_bit({bit})", f"set_bit({number})")
        partly = f"and(bit_set({bit}), bit_clear({_SOME_MET}))"
        of_best.append(f"NAME{number} afters::{marks[0]} %if bit_set({number})")
        of_best.append(f"NAME{number} afters::{marks[1]} %if {partly}")
        of_unmet.append(f"NAME{number} furthers::{marks[2]} %if bit_clear({number})")
    return [*rules, "best::_: " + " | ".join(of_best), "unmet::_: " + " | ".join(of_unmet)]


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
