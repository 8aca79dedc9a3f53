"""Recogniser of names: the member's own in every way of writing, others' by what stands before.

The name fields are the source. A part that is also a common word ("Mark", "Rivers") goes where it
stands as a name, with a capital; a part that is nothing but a name goes in lower case, too. Names
of other people are found behind a title ("Mr. ...") or a label ("Father's name: ..."); without a
language model there is no telling them elsewhere, and docs/redaction.md says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from lantern.documents.redaction_kinds import Found, Kind
from lantern.documents.redaction_view import fold
from lantern.documents.redaction_words import (
    COMMON_WORDS,
    DEGREE_INITIALS,
    MAILBOXES,
    NOT_NAMES,
    STOP_WORDS,
)

_MAX_TOKENS: Final = 12
_LONG_ENOUGH_TO_GLUE: Final = 7
_SEP: Final = r"[\s.,_'|/+~-]{0,3}"
_GAP: Final = r"[\s.,_'|/+~-]{1,3}"
_EMAIL_NAME: Final = re.compile(r"([A-Za-z]{2,20})[._-]([A-Za-z]{3,24})\d{0,4}\s?@")
_CAPITALISED: Final = r"(?:[A-Z][a-z'-]{1,24}(?:[A-Z][a-z]{1,20})?|[A-Z]{2,24}|[A-Z]\.?)"
_TITLED: Final = re.compile(
    r"(?<![\w.])(?:(?:Mx|Prof|Mme|Sra|Sri|Kum|Rev|Capt|Hon|Lt|Col)\.\s?"
    r"|(?:Mr|Mrs|Miss|Shri|Smt|Herr|Frau|MR|MRS|SMT|SHRI)(?:\.\s?|\s))"
    rf"(?P<v>(?:Dr\.? )?{_CAPITALISED}(?:[ ]{_CAPITALISED}){{0,3}})"
    r"|(?<![\w.])(?:Dr|DR|Ms)\.\s?(?P<w>(?!(?:Engineer|Office|Excel|Word|Access|Sql|Project))"
    rf"{_CAPITALISED}(?:[ ]{_CAPITALISED}){{0,3}})"
)
_LABELLED: Final = re.compile(
    r"(?:(?<=\n)|(?<=^)|(?<=[|;,•*)] )|(?<=[.:] ))[ ]{0,4}(?i:(?:my\s|full\s|first\s|last\s|"
    r"middle\s|given\s|family\s|sur|candidate(?:'?s)?\s|applicant(?:'?s)?\s|employee(?:'?s)?\s|"
    r"nick|maiden\s|legal\s)?"
    r"name(?:\s(?:in full|as per \w+|of (?:the )?(?:candidate|applicant|employee)))?)"
    rf"\s{{0,3}}(?:[:=]|-(?=\s))\s{{0,3}}(?P<v>(?:(?i:mr|mrs|ms|dr|miss)\.?\s)?{_CAPITALISED}"
    rf"(?:[ ,]{{1,2}}{_CAPITALISED}){{0,4}})"
    r"|(?i:(?:father|mother|spouse|husband|wife|guardian|parent|reference|referee|supervisor|"
    r"reporting manager|contact person|emergency contact|next of kin|kin|nominee|signed by|"
    r"nombre|vorname|nachname|nom|prenom|nome|cognome|apellidos?|imie|nazwisko|"
    r"姓名|名前)(?:'?s)?'?(?: name)?)"
    r"(?:\s{0,2}[:=]-?|(?<=[cC]ontact) ?-(?= )|(?<=[kK]in) ?-(?= )|(?<=[nN]ame) ?-(?= ))"
    r"[ ]{0,3}"
    r"(?P<w>(?:(?i:mr|mrs|ms|dr|miss|prof|late|shri|smt)\.?\s){0,2}"
    rf"{_CAPITALISED}(?:[ ,]{{1,2}}{_CAPITALISED}){{0,4}})"
)
# What each label holds; most texts hold none.
_LABELS: Final = (
    *("name", "father", "mother", "spouse", "husband", "wife", "guardian", "parent", "refer"),
    *("supervisor", "reporting manager", "contact person", "emergency", "kin", "nominee", "signed"),
    *("nom", "cognome", "apellid", "imie", "nazwisko", "姓名", "名前"),
)
# "Dr. D. Y. Patil College" is where somebody studied.
_INSTITUTION: Final = re.compile(
    r"[^\n,;|]{0,40}\b(?:college|university|institute|school|hospital|polytechnic|laborator|pharma|"
    r"vidyalaya|foundation|trust|clinic|bamu|stadium|road)",
    re.IGNORECASE,
)
_FIELD_WORDS: Final = re.compile(
    r"[ ,]+(?:Email|E|EMAIL|Phone|PHONE|Mobile|MOBILE|Address|ADDRESS|Date|DATE|DOB|Gender|GENDER|"
    r"Contact|CONTACT|Nationality|Marital|Tel|Sex|Age|Skills|Objective|Summary|Linkedin|LinkedIn|"
    r"Father|Mother|Passport|Languages|Education|Experience|Occupation|Position|Title|Company|Relationship|Place|Qualification|Designation|Language|Hobbies|Declaration)\b.*$"
)


def name_tokens(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The parts of each name as a recogniser looks for them: folded, without titles and degrees."""
    found = []
    for name in names:
        folded = re.sub(r"\([^)]*\)", " ", fold(name).text)
        # "O Brien", "Mc Donald": one part
        folded = re.sub(r"(?<![^\W_])(O|Mc|Mac|D)\s(?=[^\W\d_]{3})", r"\1'", folded)
        tokens = tuple(
            token.strip("'-")
            for token in re.split(r"[\s,.;:/|_@\"]+", folded)
            if token.strip("'-").casefold() not in NOT_NAMES and any(s.isalpha() for s in token)
        )
        if tokens:
            found.append(tokens[:_MAX_TOKENS])
    return tuple(dict.fromkeys(found))


def is_telling(part: str) -> bool:
    """Whether a part of a name stands for the name by itself, written with a capital."""
    return len(part) > 1 and part.casefold() not in STOP_WORDS and part.casefold() not in NOT_NAMES


def own_names(text: str, names: Sequence[str]) -> Iterator[Found]:
    """The member's names in a folded text.

    Args:
        text: the folded text.
        names: name fields as written; several are looked for one by one.
    """
    lowered = text.casefold()
    for tokens in name_tokens(names):
        if any(_may_stand_in(lowered, _bare(token).casefold()) for token in tokens):
            for pattern in _patterns(tokens):
                for match in pattern.finditer(text):
                    yield Found(match.start(), match.end(), Kind.NAME)


def _may_stand_in(lowered: str, part: str) -> bool:
    """A cheap look before patterns are built: the part's beginning, together or with a blank."""
    return part[:2] in lowered or f" {' '.join(part[:2])} " in f" {lowered}"


def other_names(text: str) -> Iterator[Found]:
    """Names behind titles and labels, and those that an e-mail address spells out."""
    lowered = text.lower()
    labelled = any(label in lowered for label in _LABELS)
    for pattern in (_TITLED, _LABELLED) if labelled else (_TITLED,):
        for match in pattern.finditer(text):
            group = "v" if match["v"] else "w"
            shown = _FIELD_WORDS.sub("", match[group])
            if _INSTITUTION.match(text, match.start(group)):
                continue
            yield Found(match.start(group), match.start(group) + len(shown), Kind.NAME)
    for first, last in _EMAIL_NAME.findall(text):
        if not {first.casefold(), last.casefold()} & MAILBOXES:
            both = rf"(?<![a-z]){first}(?:\s[a-z]\.?)?\s{last}(?![a-z])"
            for match in re.finditer(both, text, re.IGNORECASE):
                yield Found(match.start(), match.end(), Kind.NAME)


@lru_cache(maxsize=256)
def _patterns(tokens: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    patterns = [*_whole(tokens), *_with_initials(tokens)]
    patterns += [part for token in tokens for part in _alone(token)]
    return tuple(patterns)


def _whole(tokens: tuple[str, ...]) -> Iterator[re.Pattern[str]]:
    """All parts, or the first and the last, in both orders, in any case, glued or not."""
    if len(tokens) < 2:
        return
    spelled = [_spelled(token) for token in tokens]
    initial = rf"(?:[a-z]\.?{_GAP})?"
    orders = {
        _SEP.join(spelled),
        f"{spelled[0]}{_SEP}{initial}{spelled[-1]}",
        f"{spelled[-1]}{_SEP}{initial}{spelled[0]}",
        _SEP.join([spelled[-1], *spelled[:-1]]),
    }
    letters = sum(len(_bare(token)) for token in (tokens[0], tokens[-1]))
    apart = r"[\s.]{1,4}".join(map(re.escape, "".join((tokens[0], tokens[-1]))))
    orders.add(f"(?<![a-z]){apart}(?![a-z])")
    either = "|".join(sorted(orders, key=len, reverse=True))
    if letters < _LONG_ENOUGH_TO_GLUE and tokens[0][:1].isascii():
        either = f"(?<![a-z])(?:{either})(?![a-z])"
    yield re.compile(either, re.IGNORECASE)


def _with_initials(tokens: tuple[str, ...]) -> Iterator[re.Pattern[str]]:
    """ "A. Lovelace", "Lovelace, A.", "Ada L.", "alovelace", "A.L."."""
    first, last = tokens[0], tokens[-1]
    if len(tokens) < 2 or not (first[:1].isascii() and last[:1].isascii()):
        return
    i, j = re.escape(first[0]), re.escape(last[0])
    middle = rf"(?:[A-Z]\.?{_SEP}){{0,2}}"
    yield re.compile(
        rf"(?<![a-z])(?:{i}\.?{_GAP}{middle}{_spelled(last)}|{_spelled(last)},{_SEP}{i}"
        rf"(?:\.|(?![a-z])))(?![a-z])",
        re.IGNORECASE,
    )
    if is_telling(first):
        yield re.compile(rf"(?<![A-Za-z]){_spelled(first)} {j.upper()}(?:\.|(?!\w))")
    if len(last) > 4 and last.casefold() not in COMMON_WORDS:
        yield re.compile(rf"(?<![a-z])(?:{i}{_spelled(last)}|{_spelled(last)}{i})(?![a-z])", re.I)
    if (first[0] + last[0]).casefold() not in DEGREE_INITIALS:
        yield re.compile(rf"(?<![\w.]){i.upper()}\.\s?(?:[A-Z]\.\s?)?{j.upper()}\.(?!\w|[A-Z])")


def _alone(token: str) -> Iterator[re.Pattern[str]]:
    """One part by itself, where it stands as a name."""
    parts = {token}
    if "-" in token or "'" in token:
        parts |= {part for part in re.split(r"[-']", token) if len(part) > 3}
    for part in sorted(parts):
        if not is_telling(part):
            continue
        bare = _bare(part)
        if bare.casefold() == bare.upper().casefold() and not bare[:1].isascii():
            yield re.compile(re.escape(part), re.IGNORECASE)
            continue
        title = "".join(word.capitalize() for word in re.split(r"([-'])", part))
        written = {_spelled(part), _spelled(title)} - {_spelled(part.lower())}
        either = "|".join(sorted(written, key=len, reverse=True))
        glued = len(bare) > 3 and bare.casefold() not in COMMON_WORDS
        left = r"(?:(?<![A-Za-z])|(?<=[a-z]))" if glued else r"(?<![A-Za-z])"
        yield re.compile(rf"{left}(?:{either})(?![a-z])")
        if len(bare) > 2:
            yield re.compile(rf"(?<![A-Za-z]){_spelled(part.upper())}(?![a-z]|[A-Z](?![a-z]))")
            if bare.casefold() not in COMMON_WORDS:
                yield re.compile(rf"(?<![A-Za-z]){_spelled(part.lower())}(?![a-z])")


def _bare(token: str) -> str:
    return re.sub(r"[-']", "", token)


def _spelled(token: str) -> str:
    """A pattern of a part: hyphens and apostrophes may be missing or be a blank."""
    return r"[-' ]?".join(re.escape(piece) for piece in re.split(r"[-']", token) if piece)
