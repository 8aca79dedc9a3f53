"""The one compact rendering of a profile that models read: what matters first, and bounded.

It is the same for every job, so that a profile is tokenised and embedded once for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from lantern.documents.contact import drop_contact, drop_name
from lantern.documents.degrees import DEGREE_NAMES
from lantern.documents.hostile import instruction_like
from lantern.documents.lexicon import SkillKind, lexicon
from lantern.documents.resume_structure import Position, is_heading
from lantern.documents.sections import split_sentences

MODEL_TEXT_WORDS: Final = 220
"""Most words of ``model_text``: about 300 tokens, so that requirements fit beside it in 512."""

_MAX_SKILLS: Final = 30
_MAX_SENTENCE_WORDS: Final = 45
_MAX_FACT_WORDS: Final = 16
_LONG_WORD: Final = re.compile(r"\S{41,}")
# "I have no experience with X", "I would like to learn X", "my brother knows X": to the end of the
# sentence. A comparison of words alone would take them for X.
_NOT_HELD: Final = re.compile(
    r"(?:(?<=[.!?\n])|^)[^.!?\n]{0,60}\b(?:"
    r"(?:have|has|had|with) (?:no|little|not much) (?:\w+ ){0,2}(?:experience|knowledge|skills?)"
    r"|(?:do|does|did) not (?:yet )?(?:have|know)\b|don't (?:yet )?(?:have|know)\b"
    r"|(?:would like|'d like|want|wish|hope|plan|eager|keen) to (?:\w+ ){0,2}learn\b"
    r"|interested in learning\b"
    r"|my (?:brother|sister|friends?|colleagues?|wife|husband|father|mother) (?:\w+ )?"
    r"(?:knows?|has|have|uses?|can|is|are)\b"
    r")[^.!?\n]*",
    re.IGNORECASE,
)
_BULLET: Final = re.compile(r"\s*[•●▪■◦➢➤▶►✓❖⮚·]+\s*|(?:^|(?<=\s))[*Ø]\s+")
_LEAD: Final = re.compile(
    r"^(?:description|responsibilities|roles? (?:and|&) responsibilities|contributions?|"
    r"details)\s*[:\-–]\s*",
    re.IGNORECASE,
)
_FILLER: Final = re.compile(
    r"company\s*[-:] .{0,60}|.*exp\w*nce\s*[-–]\s*(?:less than 1 year |\d+ )months?"
    r"|.*\b(?:hard[ -]?working|team player|self[ -]motivated|quick learner|positive attitude|"
    r"open to work|"
    r"good work\b|date of birth|marital status|father'?s name|nationality|permanent address|"
    r"passport|"
    r"languages? known|hobbies|hereby declare|declaration|references? (?:available|on request|"
    r"upon)|"
    r"available upon request|team size|curriculum vitae|career objective|looking for (?:a|an|"
    r"new))\b.*"
    r"|(?:client|duration|environment|project name|project title|period|location|place|date|total|"
    r"url)\s*[:\-].{0,40}"
    r"|[\W\d]*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)?[a-z]*[\W\d]*",
    re.IGNORECASE,
)
_ACHIEVES: Final = re.compile(
    r"(?:\w+ly )?(?:led|built|developed|designed|created|managed|implemented|improved|reduced|"
    r"increased|trained|"
    r"supervised|delivered|maintained|handled|analy[sz]ed|wrote|prepared|conducted|established|"
    r"coordinated|"
    r"migrated|automated|tested|taught|treated|cared|sold|won|ran|launched|responsible for|"
    r"worked (?:on|with|as|in)|"
    r"experience(?:d)? (?:in|with|of)|expertise in|certified|knowledge of|proficient|hands[- ]on|"
    r"[a-z]+(?:ed|ing)\b)",
    re.IGNORECASE,
)


def is_instruction(text: str) -> bool:
    """Whether a text speaks to a model instead of about a person.

    It stays in ``text``, which is evidence only, and is left out of what the classifier reads. That
    is a first hurdle; the robustness gate of a promotion measures what comes through.
    """
    return bool(instruction_like(text))


def without_instructions(text: str) -> str:
    """The text without what speaks to a model; no fact is read from there."""
    if not is_instruction(text):
        return text
    return "\n".join(piece for line in text.split("\n") for piece in _honest_pieces(line))


def without_wishes(text: str) -> str:
    """The text without what is denied or wished for, or said of others: no skill is shown there."""
    return _NOT_HELD.sub(" ", text)


def lines_of(text: str) -> list[str]:
    """The lines of a free text, with a line a bullet."""
    return [
        piece
        for line in text.split("\n")
        for piece in (part.strip() for part in _BULLET.split(line))
        if piece
    ]


def render_for_model(
    *,
    name: str | None,
    headline: str | None,
    years: float | None,
    degree: int | None,
    skills: Sequence[str],
    listed: Sequence[str],
    notes: Mapping[str, str],
    positions: Sequence[Position],
    education: Sequence[str],
    told: Sequence[str],
    hostile: bool,
) -> str:
    """Headline, years, degree; skills; positions; education; then the sentences that tell most.

    Sentences keep the text's order. Filler, headings, contact data, the name and text that
    addresses a model are left out. Whole sentences only; a single line that alone exceeds the
    bound is cut at a word.

    Args:
        name: the name field; its parts are dropped wherever they stand.
        headline: title or category of the profile.
        years: years of experience shown.
        degree: highest degree's rank.
        skills: canonical skills, in the order of their first mention.
        listed: skills as the member lists them; those that the lexicon lacks are shown as written.
        notes: what is said beside single skills: years, or a level.
        positions: latest first.
        education: as written.
        told: lines of the free text and of the positions' descriptions.
        hostile: whether anything in the profile speaks to a model; nearly every one is honest.
    """

    def fact(text: str) -> str:
        words = drop_name(drop_contact(_LONG_WORD.sub(" ", text)), name).split()
        kept = " ".join(words[:_MAX_FACT_WORDS]).removesuffix(" at")
        return "" if hostile and (is_instruction(kept) or is_instruction(text)) else kept

    facts = [
        fact(headline) if headline else "",
        f"{years:g} years of experience" if years else "",
        DEGREE_NAMES[degree] if degree else "",
    ]
    lines = [". ".join(filter(None, facts))]
    names = list(_skill_names(skills, map(fact, listed), notes))
    if names:
        lines.append("Skills: " + ", ".join(names))
    lines += [fact(position_line(position)) for position in positions]
    lines += list(dict.fromkeys(map(fact, education)))
    lines = list(_bounded(filter(None, lines)))
    left = MODEL_TEXT_WORDS - sum(len(line.split()) for line in lines)
    sentences = list(dict.fromkeys(_sentences(told, name, known=lines, hostile=hostile)))
    worth = [_worth(sentence) for sentence in sentences]
    chosen: set[int] = set()
    for number in sorted(range(len(sentences)), key=lambda n: (-worth[n], n)):
        words = len(sentences[number].split())
        if words <= left:
            chosen.add(number)
            left -= words
    lines += [sentences[number] for number in sorted(chosen)]
    if not lines and sentences:
        lines = sentences[:1]
    return "\n".join(_bounded(lines))


def position_line(position: Position) -> str:
    """Title, company and years on one line."""
    where = f" at {position.company}" if position.company else ""
    span = f", {position.years:g} years" if position.years else ""
    return f"{position.title}{where}{span}"


def _skill_names(
    skills: Sequence[str], listed: Iterable[str], notes: Mapping[str, str]
) -> Iterator[str]:
    """Skills with a note first, soft skills last; then the listed ones that the lexicon lacks."""
    known = lexicon().skills

    def order(skill: str) -> tuple[bool, bool]:
        return skill in known and known[skill].kind is SkillKind.SOFT, skill not in notes

    named = [
        f"{skill} ({notes[skill]})" if skill in notes else skill
        for skill in sorted(dict.fromkeys(skills), key=order)
    ]
    own = [entry for entry in dict.fromkeys(listed) if entry and not lexicon().find_skills(entry)]
    yield from named[: _MAX_SKILLS - min(len(own), _MAX_SKILLS // 3)]
    yield from own[: _MAX_SKILLS // 3]


def _sentences(
    told: Sequence[str], name: str | None, *, known: Sequence[str], hostile: bool
) -> Iterator[str]:
    """The sentences that may be shown; of a hostile text those that do not address a model."""
    said = "\n".join(known).casefold()
    for line in told:
        if is_heading(line) or (hostile and not _honest_pieces(line)):
            continue
        for sentence in split_sentences(line):
            shown = _LEAD.sub("", sentence)
            if is_heading(shown) or _FILLER.fullmatch(shown) or _NOT_HELD.match(shown):
                continue
            if hostile and is_instruction(sentence):
                continue
            nameless = drop_name(shown, name)
            kept = _LONG_WORD.sub(" ", drop_contact(nameless))
            words = kept.split()
            # "Call ... or ..." tells nothing once the number is gone.
            least = 2 if kept == nameless else 5
            if len(words) > least and " ".join(words).casefold() not in said:
                yield " ".join(words)


def _honest_pieces(line: str) -> list[str]:
    """A line without its instructions.

    A short line goes as a whole, since what stands beside an instruction is often its claim. Of a
    long line, the whole of a resume perhaps, the sentences go that are instructions; where none is
    one by itself, the instruction is spread over several and all of them go.
    """
    if not is_instruction(line):
        return [line]
    if len(line.split()) <= _MAX_SENTENCE_WORDS:
        return []
    sentences = list(split_sentences(line))
    kept = [sentence for sentence in sentences if not is_instruction(sentence)]
    return kept if len(kept) < len(sentences) else []


def _worth(sentence: str) -> float:
    """How much a sentence tells: work done and numbers count, bare lists and long ones less."""
    words = sentence.split()
    mentions = lexicon().find_skills(sentence)
    worth = min(len({mention.skill for mention in mentions}), 3) * 1.0
    worth += 2.0 * bool(_ACHIEVES.match(sentence)) + 0.5 * any(s.isdigit() for s in sentence)
    if len(mentions) > 3 and sum(m.end - m.start for m in mentions) > 0.5 * len(sentence):
        worth -= 2.5  # the line of skills has said that
    if len(words) > _MAX_SENTENCE_WORDS:
        worth -= 2.0
    if sentence.isupper() or len(words) < 4:
        worth -= 1.5
    return worth


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    left = MODEL_TEXT_WORDS
    for line in lines:
        words = line.split()
        if left <= 0:
            return
        yield line if len(words) <= left else " ".join(words[:left])
        left -= len(words)
