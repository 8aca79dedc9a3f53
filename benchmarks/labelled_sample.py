"""D_base of the sample marketplace with the rubric teacher's labels, in one process without Spark.

The same documents, rubric and rules of choice as the steps ``ingest``, ``extract``, ``pairs`` and
``label``; only the hash behind splits and draws is another one, so the pairs are of the same kind
as a night's, not the very same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from random import Random
from typing import NamedTuple

import numpy as np

from lantern.batch.base_pairs import STRATA, quotas
from lantern.batch.candidates import INTEREST
from lantern.config import PairSettings, SplitSettings
from lantern.distill.examples import Example
from lantern.distill.soft_labels import from_score
from lantern.documents.posting import Posting
from lantern.documents.profile import Profile
from lantern.documents.requirements import ExtractedRequirements
from lantern.documents.unusable import UnusableDocument
from lantern.fit import FitLevel, Requirement, Verdict, render_explanation
from lantern.inference.embed import TextEmbedder, Vectors
from lantern.sample import marketplace
from lantern.sample.documents import sample_posting, sample_profile
from lantern.teachers.profile_facts import facts_of
from lantern.teachers.rubric import (
    HIGH_FROM,
    MEDIUM_FROM,
    ProfileFacts,
    RubricTeacher,
)

SPLITS = ("train", "validation", "test")
FIELD_BOUND = 8
"""A member meets at most so many postings a field, times ``pairs.per_member``."""


class LabelledPair(NamedTuple):
    """A pair of D_base with T1's answer."""

    requirements: str
    whole_posting: str
    profile: str
    level: FitLevel
    score: float
    verdicts: tuple[Verdict, ...]
    stratum: str
    field: str
    title: str
    asked: tuple[Requirement, ...]
    explanation: str

    def example(self) -> Example:
        """What a classifier learns of it: T1's level, probabilities of its score, its verdicts."""
        soft = from_score(self.score, MEDIUM_FROM, HIGH_FROM)
        return Example(self.requirements, self.profile, self.level, soft, self.verdicts)


@dataclass(frozen=True, slots=True)
class _Member:
    profile: Profile
    facts: ProfileFacts
    interest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Job:
    posting: Posting
    extracted: ExtractedRequirements


def labelled_pairs(
    seed: int,
    members: int,
    postings: int,
    pairs: PairSettings,
    embedder: TextEmbedder,
) -> dict[str, list[LabelledPair]]:
    """Labelled pairs by split; no member and no posting is in two splits.

    Args:
        seed: of the sample, the splits and the draws.
        members: of the sample.
        postings: of the sample.
        pairs: the section ``pairs``.
        embedder: of members and postings, for the strata near and hard.
    """
    people = {m.profile.member_id or "": m for m in _members(seed, members, postings)}
    jobs = {j.posting.posting_id or "": j for j in _jobs(seed, postings)}
    who = embedder.embed([p.profile.model_text for p in people.values()])
    told = [f"{j.posting.title}. {j.extracted.model_text}" for j in jobs.values()]
    what = dict(zip(jobs, embedder.embed(told), strict=True))
    split = {key: _split_of(key, pairs.split, seed) for key in (*people, *jobs)}
    pool: dict[str, list[tuple[str, str, LabelledPair]]] = {name: [] for name in SPLITS}
    for (member, person), vector in zip(people.items(), who, strict=True):
        mine = [key for key in jobs if split[key] == split[member]]
        chosen = _pool(member, person, mine, jobs, vector, what, pairs, seed)
        for posting, stratum in sorted(chosen.items()):
            labelled = _labelled(person, jobs[posting], stratum)
            pool[split[member]].append((member, posting, labelled))
    return {name: _drawn(pool[name], pairs, seed) for name in SPLITS}


def _members(seed: int, count: int, postings: int) -> Iterable[_Member]:
    for index in range(count):
        try:
            profile = sample_profile(seed, index)
        except UnusableDocument:
            continue
        facts = facts_of(profile)
        happened = marketplace.events(seed, index, postings)
        interest = {row["posting_id"]: None for row in happened if row["kind"] in INTEREST}
        yield _Member(profile, facts, tuple(interest))


def _jobs(seed: int, count: int) -> Iterable[_Job]:
    for index in range(count):
        try:
            yield _Job(*sample_posting(seed, index))
        except UnusableDocument:
            continue


def _split_of(key: str, split: SplitSettings, seed: int) -> str:
    share = Random(f"{seed}/{key}").random()  # noqa: S311
    if share < split.train:
        return "train"
    return "validation" if share < split.train + split.validation else "test"


def _pool(
    member: str,
    person: _Member,
    mine: Sequence[str],
    jobs: dict[str, _Job],
    vector: Vectors,
    vectors: dict[str, Vectors],
    pairs: PairSettings,
    seed: int,
) -> dict[str, str]:
    """Posting -> stratum, by the rules of :func:`lantern.batch.base_pairs.pool`."""
    draw = Random(f"{seed}/{member}")  # noqa: S311
    quota = quotas(pairs, pairs.pool)
    fields = set(person.profile.fields)
    in_field = [key for key in mine if fields & set(jobs[key].posting.fields)]
    draw.shuffle(in_field)
    in_field = in_field[: FIELD_BOUND * pairs.per_member * max(1, len(fields))]
    cosine = {key: round(float(np.dot(vector, vectors[key])), 4) for key in in_field}
    ranked = sorted(in_field, key=lambda key: (-cosine[key], key))
    interest = [key for key in person.interest if key in set(mine)]
    draw.shuffle(interest)
    strata = {
        "interest": interest[: quota["interest"]],
        "near": ranked[: quota["near"]],
        "hard": ranked[::-1][: quota["hard"]],
        "random": draw.choices(mine, k=quota["random"]) if mine else [],
    }
    # Each goes where it stands further in front, interest first and random last.
    fixed = {"interest": 0.0, "random": 2.0}
    places: dict[str, list[tuple[float, str]]] = {}
    for name in STRATA:
        for number, key in enumerate(strata[name], 1):
            places.setdefault(key, []).append((fixed.get(name, number / quota[name]), name))
    return {key: min(found, key=itemgetter(0))[1] for key, found in places.items()}


def _drawn(
    pool: Sequence[tuple[str, str, LabelledPair]], pairs: PairSettings, seed: int
) -> list[LabelledPair]:
    """The pairs that stay, by the rules of :func:`lantern.batch.base_pairs.stratified`."""
    cells = Counter((pair.field, pair.level) for _, _, pair in pool)

    def key(row: tuple[str, str, LabelledPair]) -> float:
        member, posting, pair = row
        dice = 1 - Random(f"{seed}/{member}/{posting}").random()  # noqa: S311
        return -math.log(dice) * cells[pair.field, pair.level]

    quota = quotas(pairs)
    taken: Counter[tuple[str, str]] = Counter()
    kept = set()
    for member, posting, pair in sorted(pool, key=key):
        taken[member, pair.stratum] += 1
        if taken[member, pair.stratum] <= quota[pair.stratum]:
            kept.add((member, posting))
    return [pair for member, posting, pair in pool if (member, posting) in kept]


def _labelled(person: _Member, job: _Job, stratum: str) -> LabelledPair:
    answer = RubricTeacher().judge(
        person.facts,
        job.extracted.requirements,
        title=job.posting.title,
        posting_seniority=job.posting.seniority,
    )
    return LabelledPair(
        job.extracted.model_text,
        f"{job.posting.title}\n{job.posting.text}",
        person.profile.model_text,
        answer.assessment.level,
        answer.score,
        answer.assessment.verdicts,
        stratum,
        next(iter(job.posting.fields), ""),
        job.posting.title,
        job.extracted.requirements,
        render_explanation(answer.assessment),
    )
