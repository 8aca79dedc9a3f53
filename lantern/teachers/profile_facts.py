"""What the rubric reads of a member, prepared once and used for every posting of that member."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lantern.documents.degrees import find_degrees
from lantern.documents.experience import find_years
from lantern.documents.lexicon import GENERAL_FIELD, Lexicon, SkillKind, lexicon
from lantern.teachers.clauses import Clause, clauses_of, quote_around
from lantern.teachers.stems import Stem, content_stems, stem_set

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
        headline: title or category of the profile, if any.
        titles: headline and position titles.
        degree: highest degree rank shown, if any.
        years: years of experience shown, if any.
        seniority: 0 intern .. 5 executive, if known.
        clauses: the clauses that count as evidence.
        stems: the content stems of each clause, in their order.
        skills: canonical skill -> where it is shown.
        in_use: skills that some clause shows in use, not merely in a list.
        shown_fields: fields of the skills in use and of the occupations: where a list is believed.
        usual_skills: what the occupations shown usually ask for: believed in a list, too.
        stuffed: whether more than MAX_LISTED skills stand in lists alone.
        degrees: where degrees stand, highest first.
        years_shown: where years of experience stand, most first.
        by_stem: content stem -> indices of the clauses that hold it.
        title_stems: content stems of the titles.
        title_fields: fields of the occupations that the titles name.
    """

    text: str
    headline: str | None
    titles: tuple[str, ...]
    degree: int | None
    years: float | None
    seniority: int | None
    clauses: tuple[Clause, ...]
    stems: tuple[tuple[Stem, ...], ...]
    skills: Mapping[str, tuple[Evidence, ...]]
    in_use: frozenset[str]
    shown_fields: frozenset[str]
    usual_skills: frozenset[str]
    stuffed: bool
    degrees: tuple[Evidence, ...]
    years_shown: tuple[Evidence, ...]
    by_stem: Mapping[str, tuple[int, ...]]
    title_stems: frozenset[str]
    title_fields: frozenset[str]

    def quote(self, evidence: Evidence) -> str:
        """A short readable span of the profile around the evidence."""
        clause = self.clauses[evidence.clause]
        return quote_around(self.text, clause, evidence.start, evidence.end)


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
    skills: dict[str, list[Evidence]] = {}
    for mention in words.find_skills(text):
        where = place(mention.start, mention.end)
        if where is not None:
            skills.setdefault(mention.skill, []).append(where)
    in_use = frozenset(
        skill
        for skill, places in skills.items()
        if any(_shows_use(clauses[where.clause]) for where in places)
    )
    degrees = (place(m.start, m.end, float(m.rank)) for m in find_degrees(text))
    spans = (place(m.start, m.end, float(m.years)) for m in find_years(text))
    all_titles = tuple(title for title in (headline, *titles) if title)
    occupations = set(filter(None, map(words.occupation_of, all_titles)))
    title_fields = frozenset(words.occupations[name].field for name in occupations)
    for title in words.find_occupations(text):
        where = place(title.start, title.end)
        if where is not None and _shows_use(clauses[where.clause]):
            occupations.add(title.occupation)
    fields = {words.occupations[name].field for name in occupations}
    return ProfileFacts(
        text=text,
        headline=headline,
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
        usual_skills=frozenset().union(
            *(
                (*words.occupations[name].skills, *words.occupations[name].certificates)
                for name in occupations
            )
        ),
        stuffed=len(skills) - len(in_use) > MAX_LISTED,
        degrees=_largest_first(degrees),
        years_shown=_largest_first(spans),
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


def _largest_first(places: Iterable[Evidence | None]) -> tuple[Evidence, ...]:
    found = [where for where in places if where is not None]
    return tuple(sorted(found, key=lambda where: (-where.amount, where.start)))
