"""The grammar of an explanation of one pair: what a decoder may write, whatever its weights.

Every requirement of this posting by name and in order, a verdict for each, quotes that are spans
of this member's profile and cut no word, a summary of two sentences and a bounded next step that
name requirements by their short names. The grammar is llguidance's dialect of Lark; its substring
expressions make quotes exact. What may not be said beside a level
(:func:`lantern.fit.level_contradiction`) or named beside the verdicts
(:func:`lantern.fit.name_problem`) cannot be written either: most rules carry a number, ``::_``,
whose bits say what of each verdict is still to be named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from lantern.documents.requirement_names import short_name
from lantern.fit import MARK, FitLevel, Requirement, VerdictKind, class_line
from lantern.inference.phrases import Phrases

LONGEST_QUOTE: Final = 120
NAMED: Final = 20
"""Only so many requirements can be named in summary and next step: the number has 64 bits."""
_MET, _PARTLY, _MISSING = 0, NAMED, 2 * NAMED
"""Where the bits of the met, the partly met and the not shown begin: what is still to be named."""
_SOME_MET, _SOME_MISSING, _HIGH, _LOW = range(3 * NAMED, 64)
_LEVEL_BIT: Final = {FitLevel.LOW: 1 << _LOW, FitLevel.MEDIUM: 0, FitLevel.HIGH: 1 << _HIGH}
_OF_LEVEL: Final = {
    FitLevel.LOW: f"bit_set({_LOW})",
    FitLevel.MEDIUM: f"and(bit_clear({_LOW}), bit_clear({_HIGH}))",
    FitLevel.HIGH: f"bit_set({_HIGH})",
}
_MARK, _END = '"', "\n"
_FIRST_RULE: Final = {FitLevel.LOW: "some_unmet", FitLevel.MEDIUM: "any", FitLevel.HIGH: "some_met"}
# Starts and ends with something to read, and holds no double quote: that one ends it.
_QUOTE: Final = rf'QUOTE: /[^\s"]([^\n"]{{0,{LONGEST_QUOTE - 2}}}[^\s"])?/ & SPAN'
_CHUNK: Final = re.compile(r"\w+|\s+|.")
"""A quote is some of these."""
# The text before and after names. A summary is two sentences, each ends at its full stop. Within a
# sentence there is no capital letter and no figure: what has one is a name, and those stand in
# marks; no quotes and brackets either, which are the verdicts'. The marks are of several bytes, as
# other signs of a text are: a lexeme that ends before one would have to be left again within it,
# so each is part of a lexeme. Bounds in tokens cost little; a regular expression that counts is
# another one after each character, with a mask of its own.
_NEVER: Final = r"“”\"\[\]\x00-\x1f\p{Lu}\p{N}"
_SENTENCE: Final = rf"[^.{_NEVER}]+"
_SENTENCES: Final = rf"([^{_NEVER}]|[.] \p{{Lu}})+"
_BEFORE: Final = {
    "lead": rf"/\p{{L}}{_SENTENCE}",
    "rest": rf"/ \p{{Lu}}{_SENTENCE}",
    "step": rf"/\p{{L}}{_SENTENCES}",
}
# "And" and "or" belong to lists: a decoder that meant a name which it may not write went on badly.
_AFTER: Final = {"after": rf"/{_SENTENCE}", "further": rf"/{_SENTENCES}"}
_NO_LIST: Final = r"~/ (and|or)(?s:.)*/"
_LIST: Final = ("COMMA: /, “/", "JOIN: / (and|or) “/", "LAST: /,? (and|or) “/")
_BOUND: Final = "max_tokens=40"


def explanation_grammar(
    requirements: Sequence[Requirement],
    profile: str,
    level: FitLevel | None = None,
    phrases: Phrases | None = None,
) -> str:
    """The grammar of the explanations of one pair.

    Args:
        requirements: of the posting, in its order.
        profile: ``members.text``; quotes are spans of it.
        level: the class that the explanation must have; None: the decoder chooses.
        phrases: all that may stand around names; None: what the decoder likes.
    """
    quotable = any(character.isalnum() for character in profile)
    names = _names(requirements)
    bits = {number: bit for bit, number in enumerate(names)}
    starts = []
    for chosen in [level] if level is not None else list(FitLevel):
        opening = _literal(f"{class_line(chosen)}\nRequirements:\n")
        first = f"{_FIRST_RULE[chosen] if quotable else 'any'}0" if requirements else "texts"
        starts.append(f"{opening} {first}::{_LEVEL_BIT[chosen]:#x}")
    rules = ["start: " + " | ".join(starts)]
    if quotable and requirements:
        chunks = _CHUNK.findall(profile)
        rules += [_QUOTE, "SPAN: %regex " + json.dumps({"substring_chunks": chunks})]
    for number, item in enumerate(requirements):
        rules += _verdict(number, item, quotable)
        rules += _remaining(number, number + 1 == len(requirements), quotable, bits.get(number))
    return "\n".join([*rules, *_texts(list(names.values()), phrases or {})])


def _names(requirements: Sequence[Requirement]) -> dict[int, str]:
    """What the texts may name, by the requirement's number; the verdicts on these have bits."""
    short = ((number, short_name(item)) for number, item in enumerate(requirements))
    readable = (it for it in short if any(map(str.isalnum, it[1])) and not MARK.search(it[1]))
    return dict(islice(readable, NAMED))


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


def _remaining(number: int, last: bool, quotable: bool, bit: int | None) -> list[str]:
    """The rules of the verdicts from this one on: any, at least one met, at least one unmet."""

    def then(rule: str, bits: str = "_") -> str:
        return f"{'texts' if last else f'{rule}{number + 1}'}::{bits}"

    if not quotable:
        bits = 1 << _SOME_MISSING | (0 if bit is None else 1 << _MISSING + bit)
        return [f"any{number}::_: plain{number} {then('any', f'bit_or({bits:#x})')}"]

    def told(first: int, some: int | None = None) -> str:
        bits = 0 if bit is None else 1 << first + bit
        return f"bit_or({bits | (0 if some is None else 1 << some):#x})"

    def unmet(rule: str) -> str:
        partly, missing = then(rule, told(_PARTLY)), then(rule, told(_MISSING, _SOME_MISSING))
        return f"partly{number} {partly} | plain{number} {missing}"

    def met_one(rule: str) -> str:
        return f"met{number} {then(rule, told(_MET, _SOME_MET))}"

    return [
        f"any{number}::_: {met_one('any')} | {unmet('any')}",
        f"some_met{number}::_: {met_one('any')}" + ("" if last else f" | {unmet('some_met')}"),
        f"some_unmet{number}::_: {unmet('any')}" + ("" if last else f" | {met_one('some_unmet')}"),
    ]


def _texts(names: Sequence[str], phrases: Phrases) -> list[str]:
    """Summary and next step: first what is met, or else partly met; then what is not met."""
    rules = [f"{text}[{_BOUND}]: {regex}/" for text, regex in _BEFORE.items()]
    rules += [f"{text}_open[{_BOUND}]: {regex}“/" for text, regex in _BEFORE.items()]
    for name, regex in _AFTER.items():
        rules.append(f"{name.upper()}: {regex}/ & {_NO_LIST}")
        rules.append(f"{name}[{_BOUND}]: {name.upper()}")
        rules.append(f"{name.upper()}_OPEN: {regex}“/ & {_NO_LIST} & ~/, ((and|or) )?“/")
        rules.append(f"{name}_open[{_BOUND}]: {name.upper()}_OPEN")
    summary, step = _literal("Summary: "), _literal(_END + "Next step: ")
    bits = "::_" if names else ""
    told = f"{summary} leads{bits} rests{bits}"
    more = f"{told} {step} steps{bits}"
    rules += [
        f"texts::_: {told} %if bit_set({_HIGH}) | {more} %if bit_clear({_HIGH})",
        *_LIST,
        *(f"name{bit}: {_literal(f'{name}”')}" for bit, name in enumerate(names)),
    ]
    best = ((_MET, f"bit_set({_SOME_MET})"), (_PARTLY, f"bit_clear({_SOME_MET})"))
    worst = ((_MISSING, f"bit_set({_SOME_MISSING})"), (_PARTLY, f"bit_clear({_SOME_MISSING})"))
    for text, after, end, groups in (
        ("lead", "after", '"."', best),
        ("rest", "after", '"."', worst),
        ("step", "further", "", ((_MISSING, ""), (_PARTLY, ""))),
    ):
        nameable = _Nameable(len(names), groups)
        places = {
            "whole": [f"{text} {end}"],
            "open": [f"{text}_open"],
            "between": [f"{after}_open"],
            "end": [end, f"{after} {end}"] if end else [after],
        }
        if phrases and names:
            for place, free in places.items():
                ways = _phrases(text, place, free, phrases, nameable)
                places[place] = [f"{text}_{place}s::_"] if ways else []
                rules += [f"{text}_{place}s::_: {' | '.join(ways)}"] if ways else []
        whole, opened, between, ended = (" | ".join(ways) for ways in places.values())
        if not names:
            rules.append(f"{text}s: {whole}")
            continue
        rules.append(f"{text}s::_: {whole} | {opened} {text}_name::_ %if {nameable.left(1)}")
        rules += _list(text, nameable, ended, between)
    return rules


@dataclass(frozen=True, slots=True)
class _Nameable:
    """What a text may name.

    Attributes:
        count: how many names there are.
        groups: where the bits of a kind of verdicts begin, and when these may be named; "": always.
    """

    count: int
    groups: tuple[tuple[int, str], ...]

    def ways(self, rule: str) -> str:
        """Any name, and then the rule; a name that was said loses its bit."""
        return " | ".join(
            f"name{bit} {rule}::clear_bit({first + bit})"
            f" %if {_both(f'bit_set({first + bit})', when)}"
            for bit in range(self.count)
            for first, when in self.groups
        )

    def left(self, least: int) -> str:
        """When at least so many of one group are left to name."""
        counts = (
            _both(f"bit_count_ge([{first}:{first + NAMED}], {least})", when)
            for first, when in self.groups
        )
        return f"or({', '.join(counts)})"


def _both(condition: str, when: str) -> str:
    return f"and({condition}, {when})" if when else condition


def _phrases(
    text: str, place: str, free: Sequence[str], phrases: Phrases, nameable: _Nameable
) -> list[str]:
    """Each level's phrases. What a level has none of is free, where there is no other way."""
    mark = "“" if place in ("open", "between") else ""
    ways = []
    for level, of_level in _OF_LEVEL.items():
        known = [_literal(it + mark) for it in phrases.get((level.label, text, place), ())]
        ways += [f"{way} %if {of_level}" for way in known]
        if not known and place != "between":
            when = of_level
            if place == "whole" and (level.label, text, "open") in phrases:
                when = f"and({of_level}, not({nameable.left(1)}))"
            ways += [f"{way} %if {when}" for way in free]
    return ways


def _list(text: str, nameable: _Nameable, end: str, between: str) -> list[str]:
    """``a``, ``a and b`` or ``a, b and c``: a comma only where two are left, after it no end.

    A decoder miscounts what is left; where it had written a comma too many, it went on badly.
    """
    one, two = (f"%if {nameable.left(least)}" for least in (1, 2))
    ended = f"{end} | {between} {text}_name::_ {one}" if between else end
    comma = f"COMMA {text}_item::_ {two}"
    rules = []
    for rule, after in (
        ("name", f"{ended} | {comma} | JOIN {text}_last::_ {one}"),
        ("item", f"{comma} | LAST {text}_last::_ {one}"),
        ("last", ended),
    ):
        named = nameable.ways(f"{text}_{rule}d")
        rules += [f"{text}_{rule}::_: {named}", f"{text}_{rule}d::_: {after}"]
    return rules


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
