"""What people can do and what they are called: skills, certificates, occupations, fields.

The data lies in ``lexicon_data/*.yaml``, one file a field; :func:`lexicon` reads it once. A skill
is found by any of its aliases ("k8s", "accounts payable"), is one of ``SKILL``, ``SOFT`` or
``CERTIFICATE``, and has ``related`` skills: having one of those partly meets a requirement.

How a file is written::

    field: data
    skills:       {Name: [alias, ...]}      # any case, singular; the name is an alias itself
    soft:         {Name: [alias, ...]}
    certificates: {Name: [alias, ...]}
    exact:        {Name: [ALIAS, ...]}      # only as written: SAS, but not "sas"
    near:         {Name: [alias, ...]}      # only close to another skill of the field: R, Go
    related:      [[Name, Name, ...], ...]  # each partly meets each other of its group
    occupations:  {name: {titles: [...], skills: [...], certificates: [...]}}
    ignore:       [phrase, ...]             # hides what lies within: "excel at"
"""

from __future__ import annotations

import enum
import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import yaml

from lantern.documents.phrases import Phrase, PhraseMatch, PhraseMatcher

OTHER_FIELD: Final = "other"
GENERAL_FIELD: Final = "general"
"""Skills that every occupation shares (communication, Microsoft Office): no evidence of a field."""

_SUPPORT_REACH: Final = 160
"""How far, in characters, a guarded alias may be from the skill that supports it."""

_HEADLINE_OCCUPATION: Final = 12.0
_HEADLINE_SKILL: Final = 3.0
_OPENING: Final = 400
_OPENING_OCCUPATION: Final = 3.0
_TEXT_OCCUPATION: Final = 1.0
_SECOND_FIELD_SHARE: Final = 0.5
_LEAST_EVIDENCE: Final = 1.0


class SkillKind(enum.StrEnum):
    """What a lexicon entry is."""

    SKILL = "skill"
    SOFT = "soft"
    CERTIFICATE = "certificate"


class SkillMention(NamedTuple):
    """``text[start:end]`` names the skill with this canonical name."""

    skill: str
    start: int
    end: int


class OccupationMention(NamedTuple):
    """``text[start:end]`` is a title of this occupation."""

    occupation: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill, a soft skill, or a certificate or licence.

    Attributes:
        name: canonical name, unique over all fields.
        field: the field it is evidence of.
        aliases: other ways to write it, the name itself not included.
        related: canonical names that partly meet it, sorted; symmetric.
        kind: what it is.
    """

    name: str
    field: str
    aliases: tuple[str, ...]
    related: tuple[str, ...]
    kind: SkillKind = SkillKind.SKILL


@dataclass(frozen=True, slots=True)
class Occupation:
    """An occupation with the titles it goes by and what it usually asks for.

    Attributes:
        name: canonical name, in lower case, unique over all fields.
        field: its field.
        titles: other titles, the name itself not included.
        skills: canonical names of typical skills, the most typical first.
        certificates: canonical names of usual certificates and licences; may be empty.
    """

    name: str
    field: str
    titles: tuple[str, ...]
    skills: tuple[str, ...]
    certificates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lexicon:
    """All skills and occupations, and one matcher for each."""

    skills: Mapping[str, Skill]
    occupations: Mapping[str, Occupation]
    fields: tuple[str, ...]
    _skill_matcher: PhraseMatcher = field(repr=False)
    _title_matcher: PhraseMatcher = field(repr=False)

    def find_skills(self, text: str) -> list[SkillMention]:
        """All mentions of skills and certificates, in reading order, without overlap.

        A skill that is named twice is found twice. Nothing is found across a line break, so a
        mention is always a span of one line.
        """
        matches = self._skill_matcher.find(text)
        return [
            SkillMention(str(match.phrase.target), match.start, match.end)
            for number, match in enumerate(matches)
            if not match.phrase.guarded or self._is_supported(matches, number)
        ]

    def skill_names(self, text: str) -> tuple[str, ...]:
        """The canonical names of the skills that a text mentions, each once, as first met."""
        return tuple(dict.fromkeys(mention.skill for mention in self.find_skills(text)))

    def find_occupations(self, text: str) -> list[OccupationMention]:
        """All mentions of occupation titles, in reading order, without overlap."""
        return [
            OccupationMention(str(match.phrase.target), match.start, match.end)
            for match in self._title_matcher.find(text)
        ]

    def occupation_of(self, title: str) -> str | None:
        """The occupation that a job title or headline names; None if it names none that we know.

        The title with the most words wins, then the earlier: "Restaurant Manager" is no "Manager".
        """
        matches = self._title_matcher.find(title)
        if not matches:
            return None
        best = max(matches, key=lambda match: (match.words, -match.start))
        return str(best.phrase.target)

    def classify_fields(
        self, headline: str | None, skills: Sequence[str], text: str
    ) -> tuple[str, ...]:
        """The one or two fields of a profile or posting, the likelier first.

        Args:
            headline: the member's headline or the posting's title; its occupation weighs most.
            skills: canonical names already found in the text; when empty they are looked for.
            text: the whole text; titles in it count a little, near its beginning more.

        Returns:
            One or two of :attr:`fields`, or ``("other",)`` if there is no evidence.
        """
        scores: dict[str, float] = defaultdict(float)
        if headline:
            self._weigh_headline(headline, scores)
        for name in dict.fromkeys(skills or self.skill_names(text)):
            skill = self.skills.get(name)
            if skill is not None and skill.kind is not SkillKind.SOFT:
                scores[skill.field] += 1.0
        seen: set[str] = set()
        for mention in self.find_occupations(text):
            if mention.occupation not in seen:
                seen.add(mention.occupation)
                weight = _OPENING_OCCUPATION if mention.start < _OPENING else _TEXT_OCCUPATION
                scores[self.occupations[mention.occupation].field] += weight
        scores.pop(GENERAL_FIELD, None)
        # Equal scores are ordered by name, so that a text has the same fields on every machine.
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        if not ranked or ranked[0][1] < _LEAST_EVIDENCE:
            return (OTHER_FIELD,)
        best = ranked[0][1]
        return tuple(name for name, score in ranked[:2] if score >= _SECOND_FIELD_SHARE * best)

    def _weigh_headline(self, headline: str, scores: dict[str, float]) -> None:
        main = self.occupation_of(headline)
        if main is not None:
            scores[self.occupations[main].field] += _HEADLINE_OCCUPATION
        for name in self.skill_names(headline):
            if self.skills[name].kind is not SkillKind.SOFT:
                scores[self.skills[name].field] += _HEADLINE_SKILL

    def _is_supported(self, matches: Sequence[PhraseMatch], number: int) -> bool:
        here = matches[number]
        skill = self.skills[str(here.phrase.target)]
        for step in (-1, 1):
            other = number + step
            while 0 <= other < len(matches):
                there = matches[other]
                distance = max(there.start - here.end, here.start - there.end)
                if distance > _SUPPORT_REACH:
                    break
                name = str(there.phrase.target)
                if not there.phrase.guarded and name != skill.name:
                    supporter = self.skills[name]
                    if supporter.kind is not SkillKind.SOFT and (
                        supporter.field == skill.field or name in skill.related
                    ):
                        return True
                other += step
        return False


@functools.cache
def lexicon() -> Lexicon:
    """The lexicon that comes with Lantern, read and checked once a process.

    Raises:
        ValueError: if the data contradicts itself (an alias of two skills, an unknown name); that
            is a fault of this package, not of its user.
    """
    folder = files("lantern.documents") / "lexicon_data"
    sources = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".yaml")),
        key=lambda entry: entry.name,
    )
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return build_lexicon([yaml.load(entry.read_text("utf-8"), loader) for entry in sources])  # noqa: S506


def find_skills(text: str) -> list[SkillMention]:
    """:meth:`Lexicon.find_skills` of the built-in lexicon."""
    return lexicon().find_skills(text)


def occupation_of(title: str) -> str | None:
    """:meth:`Lexicon.occupation_of` of the built-in lexicon."""
    return lexicon().occupation_of(title)


def classify_fields(headline: str | None, skills: Sequence[str], text: str) -> tuple[str, ...]:
    """:meth:`Lexicon.classify_fields` of the built-in lexicon."""
    return lexicon().classify_fields(headline, skills, text)


_KINDS: Final = {
    "skills": SkillKind.SKILL,
    "soft": SkillKind.SOFT,
    "certificates": SkillKind.CERTIFICATE,
}
_SECTIONS: Final = frozenset(
    {*_KINDS, "field", "exact", "near", "related", "occupations", "ignore"}
)


def build_lexicon(sources: Iterable[Mapping[str, Any]]) -> Lexicon:
    """Build a lexicon from parsed data files (see the module's docstring for their form).

    Raises:
        ValueError: if the data contradicts itself; the message says where.
    """
    parts = list(sources)
    kinds: dict[str, tuple[str, SkillKind]] = {}
    phrases: list[Phrase] = []
    for part in parts:
        unknown = set(part) - _SECTIONS
        if unknown:
            raise ValueError(f"{part.get('field')}: unknown sections {sorted(unknown)}")
        for section, kind in _KINDS.items():
            for name in part.get(section) or ():
                if name in kinds:
                    raise ValueError(f"skill {name!r} is defined twice")
                kinds[name] = (part["field"], kind)
        phrases.extend(_skill_phrases(part))
    related = _related(parts, kinds)
    aliases: dict[str, list[str]] = {name: [] for name in kinds}
    for phrase in phrases:
        if phrase.target is not None:
            _known(phrase.target, kinds)
            if phrase.text != phrase.target:
                aliases[phrase.target].append(phrase.text)
    skills = {
        name: Skill(name, place, tuple(dict.fromkeys(aliases[name])), related[name], kind)
        for name, (place, kind) in kinds.items()
    }
    occupations = _occupations(parts, kinds)
    titles = [
        Phrase(title, occupation.name)
        for occupation in occupations.values()
        for title in (occupation.name, *occupation.titles)
    ]
    return Lexicon(
        skills=MappingProxyType(skills),
        occupations=MappingProxyType(occupations),
        fields=tuple(part["field"] for part in parts if part["field"] != GENERAL_FIELD),
        _skill_matcher=PhraseMatcher(phrases),
        _title_matcher=PhraseMatcher(titles),
    )


def _skill_phrases(part: Mapping[str, Any]) -> list[Phrase]:
    exact: Mapping[str, list[str]] = part.get("exact") or {}
    near: Mapping[str, list[str]] = part.get("near") or {}
    phrases = [Phrase(text, None) for text in part.get("ignore") or ()]
    for section in _KINDS:
        for name, aliases in (part.get(section) or {}).items():
            careful = {text.casefold() for text in (*exact.get(name, ()), *near.get(name, ()))}
            texts = [name, *(aliases or ())]
            phrases.extend(Phrase(text, name) for text in texts if text.casefold() not in careful)
    for name, texts in exact.items():
        phrases.extend(Phrase(text, name, literal=True) for text in texts)
    for name, texts in near.items():
        phrases.extend(
            Phrase(text, name, literal=text != text.lower(), guarded=True) for text in texts
        )
    return phrases


def _known(name: str, names: Mapping[str, object]) -> str:
    if name not in names:
        raise ValueError(f"no skill is named {name!r}")
    return name


def _related(
    parts: Sequence[Mapping[str, Any]], names: Mapping[str, object]
) -> dict[str, tuple[str, ...]]:
    related: dict[str, set[str]] = {name: set() for name in names}
    for part in parts:
        for group in part.get("related") or ():
            for name in group:
                related[_known(name, names)].update(other for other in group if other != name)
    return {name: tuple(sorted(others)) for name, others in related.items()}


def _occupations(
    parts: Sequence[Mapping[str, Any]], names: Mapping[str, object]
) -> dict[str, Occupation]:
    occupations: dict[str, Occupation] = {}
    for part in parts:
        for name, entry in (part.get("occupations") or {}).items():
            if name in occupations:
                raise ValueError(f"occupation {name!r} is defined twice")
            occupations[name] = Occupation(
                name=name,
                field=part["field"],
                titles=tuple(entry.get("titles") or ()),
                skills=tuple(_known(skill, names) for skill in entry["skills"]),
                certificates=tuple(_known(c, names) for c in entry.get("certificates") or ()),
            )
    return occupations
