"""What the rubric reads of a member, prepared once and used for every posting of that member."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lantern.documents.degrees import find_degrees
from lantern.documents.experience import find_years
from lantern.documents.lexicon import GENERAL_FIELD, Lexicon, SkillKind, lexicon
from lantern.documents.profile import Profile
from lantern.teachers.clauses import Clause, clauses_of, quote_around
from lantern.teachers.stems import Stem, content_stems, stem_set

_DATED = re.compile(
    r"\b(?:19|20)\d\d\b[^\S\n]{0,2}(?:[-–—]|to|till|until)[^\S\n]{0,2}"
    r"(?:[A-Za-z]{3,9}\.?,?[^\S\n])?(?:(?:19|20)\d\d|present|now|current|date|today)\b",
    re.IGNORECASE,
)

MAX_LISTED: Final = 40
"""More skills than this that stand in lists alone are a stuffed list: each is partly met only."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place in the profile that shows something.

    Attributes:
        clause: index of the clause.
        start: offset of the words in the profile's text.
        end: offset behind them.
        amount: years or degree rank, where the place states one.
    """

    clause: int
    start: int
    end: int
    amount: float = 0.0


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """A prepared profile.

    Attributes:
        text: the whole cleaned profile; every quote is an exact span of it.
        titles: headline and position titles.
        degree: highest degree rank shown, if any.
        years: years of experience shown, if any.
        seniority: 0 intern .. 5 executive, if known.
        clauses: the clauses that count as evidence.
        stems: the content stems of each clause, in their order.
        skills: canonical skill -> where it is shown.
        in_use: skills that some clause shows in use, not merely in a list.
        shown_fields: fields of the skills in use and of the occupations: where a list is believed.
        occupations: occupation held -> where the text names it in use; None if only a field of
            the profile does.
        occupation_years: occupation -> years stated beside its mentions, added up.
        usual_skills: what those occupations usually ask for -> the occupation.
        stuffed: whether more than MAX_LISTED skills stand in lists alone.
        degrees: where degrees stand, highest first.
        years_shown: where years of experience stand, most first.
        dated: where a range of years stands (2015 - 2019), in the text's order.
        by_stem: content stem -> indices of the clauses that hold it.
        title_stems: content stems of the titles.
        title_fields: fields of the occupations that the titles name.
    """

    text: str
    titles: tuple[str, ...]
    degree: int | None
    years: float | None
    seniority: int | None
    clauses: tuple[Clause, ...]
    stems: tuple[tuple[Stem, ...], ...]
    skills: Mapping[str, tuple[Evidence, ...]]
    in_use: frozenset[str]
    shown_fields: frozenset[str]
    occupations: Mapping[str, Evidence | None]
    occupation_years: Mapping[str, float]
    usual_skills: Mapping[str, str]
    stuffed: bool
    degrees: tuple[Evidence, ...]
    years_shown: tuple[Evidence, ...]
    dated: tuple[Evidence, ...]
    by_stem: Mapping[str, tuple[int, ...]]
    title_stems: frozenset[str]
    title_fields: frozenset[str]

    def quote(self, evidence: Evidence) -> str:
        """A short readable span of the profile around the evidence."""
        clause = self.clauses[evidence.clause]
        return quote_around(self.text, clause, evidence.start, evidence.end)


def facts_of(profile: Profile) -> ProfileFacts:
    """What the rubric reads of a built profile."""
    return prepare_profile(
        profile.text,
        headline=profile.headline,
        titles=tuple(held.title for held in profile.positions if held.title),
        degree=profile.degree,
        years=profile.years,
        seniority=profile.seniority,
    )


def prepare_profile(
    text: str,
    *,
    headline: str | None = None,
    titles: Sequence[str] = (),
    degree: int | None = None,
    years: float | None = None,
    seniority: int | None = None,
    words: Lexicon | None = None,
) -> ProfileFacts:
    """Prepare a profile for the rubric.

    Args:
        text: the cleaned profile (``members.text``).
        headline: ``members.headline``.
        titles: titles of the positions.
        degree: ``members.degree``.
        years: ``members.years``.
        seniority: ``members.seniority``.
        words: the lexicon; None for the default one.
    """
    words = words or lexicon()
    clauses = tuple(clauses_of(text))
    starts = [clause.start for clause in clauses]

    def place(start: int, end: int, amount: float = 0.0) -> Evidence | None:
        index = bisect_right(starts, start) - 1
        if index < 0 or end > clauses[index].end:
            return None
        return Evidence(index, start, end, amount)

    stems = tuple(tuple(_stems_of(text, clause)) for clause in clauses)
    by_stem: dict[str, list[int]] = {}
    for index, items in enumerate(stems):
        for name in {item.stem for item in items}:
            by_stem.setdefault(name, []).append(index)
    degrees = _largest_first(place(m.start, m.end, float(m.rank)) for m in find_degrees(text))
    schooling = {where.clause for where in degrees}
    skills: dict[str, list[Evidence]] = {}
    for mention in words.find_skills(text):
        where = place(mention.start, mention.end)
        if where is None:
            continue
        # "Electronics and Communication" is the subject of a degree, not a way with words.
        is_soft = words.skills[mention.skill].kind is SkillKind.SOFT
        if not (is_soft and where.clause in schooling):
            skills.setdefault(mention.skill, []).append(where)
    in_use = frozenset(
        skill
        for skill, places in skills.items()
        if any(_shows_use(clauses[where.clause]) for where in places)
    )
    spans = _largest_first(place(m.start, m.end, m.years) for m in find_years(text))
    all_titles = tuple(title for title in (headline, *titles) if title)
    named = filter(None, map(words.occupation_of, all_titles))
    occupations: dict[str, Evidence | None] = dict.fromkeys(named)
    title_fields = frozenset(words.occupations[name].field for name in occupations)
    held: set[tuple[str, int]] = set()
    for title in words.find_occupations(text):
        where = place(title.start, title.end)
        if where is not None and _shows_use(clauses[where.clause]):
            if occupations.get(title.occupation) is None:
                occupations[title.occupation] = where
            held.add((title.occupation, where.clause))
    usual_skills: dict[str, str] = {}
    for name in occupations:
        occupation = words.occupations[name]
        for skill in (*occupation.skills, *occupation.certificates):
            usual_skills.setdefault(skill, name)
    fields = {words.occupations[name].field for name in occupations}
    return ProfileFacts(
        text=text,
        titles=all_titles,
        degree=degree,
        years=years,
        seniority=seniority,
        clauses=clauses,
        stems=stems,
        skills={skill: tuple(places) for skill, places in skills.items()},
        in_use=in_use,
        shown_fields=frozenset(
            fields
            | {GENERAL_FIELD}
            | {
                words.skills[skill].field
                for skill in in_use
                if words.skills[skill].kind is not SkillKind.SOFT
            }
        ),
        occupations=occupations,
        occupation_years=_years_of_occupations(held, spans),
        usual_skills=usual_skills,
        stuffed=len(skills) - len(in_use) > MAX_LISTED,
        degrees=degrees,
        years_shown=spans,
        dated=tuple(
            where
            for match in _DATED.finditer(text)
            if (where := place(match.start(), match.end())) is not None
        ),
        by_stem={stem: tuple(indices) for stem, indices in by_stem.items()},
        title_stems=frozenset().union(*(stem_set(title) for title in all_titles)),
        title_fields=title_fields,
    )


def _shows_use(clause: Clause) -> bool:
    return not clause.is_list and not clause.is_learning


def _stems_of(text: str, clause: Clause) -> list[Stem]:
    return [
        Stem(item.stem, item.start + clause.start, item.end + clause.start)
        for item in content_stems(text[clause.start : clause.end])
    ]


def _years_of_occupations(
    held: Iterable[tuple[str, int]], spans: Iterable[Evidence]
) -> dict[str, float]:
    """Years stated in the clauses that name an occupation, as a rendered position does."""
    stated: dict[int, float] = {}
    for span in spans:
        stated.setdefault(span.clause, span.amount)
    years: dict[str, float] = {}
    for occupation, clause in sorted(held):
        if clause in stated:
            years[occupation] = years.get(occupation, 0.0) + stated[clause]
    return years


def _largest_first(places: Iterable[Evidence | None]) -> tuple[Evidence, ...]:
    found = [where for where in places if where is not None]
    return tuple(sorted(found, key=lambda where: (-where.amount, where.start)))
