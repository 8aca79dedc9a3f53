"""Whether an explanation can be trusted: its form, its quotes, its requirements, its verdicts.

Counted one by one, so that each figure is a share of something that can be pointed at: a text, a
quote, a verdict line, a requirement. A text that cannot be read back counts as one wrong quote and
one invented requirement: what cannot be checked is not taken as right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from lantern.evaluate.intervals import (
    DRAWS,
    Interval,
    clustered_bootstrap,
    share_interval,
)
from lantern.fit import (
    Assessment,
    ExplanationFormatError,
    FitLevel,
    VerdictKind,
    is_part,
    level_contradiction,
    name_problem,
    named,
    parse_explanation,
)

SAME_REQUIREMENT: Final = 0.6
"""Jaccard similarity of words from which an extracted requirement is the sample's."""


@dataclass(frozen=True, slots=True)
class Written:
    """One explanation with what it must agree with.

    Attributes:
        member_id: the cluster of its figures.
        level: the classifier's class, which the explanation must have.
        requirements: the posting's requirement texts, in their order.
        profile: ``members.text``, whose spans quotes are.
        text: the explanation as written.
        truth: what the profile shows of each requirement, where that is known; else None.
    """

    member_id: str
    level: FitLevel
    requirements: tuple[str, ...]
    profile: str
    text: str
    truth: tuple[VerdictKind | None, ...] = ()


def explanation_figures(
    rows: Sequence[Written], *, seed: int = 7, draws: int = DRAWS
) -> Mapping[str, Interval]:
    """The figures of a set of explanations; one that nothing is known of is left out.

    ``parse_rate``            texts that :func:`lantern.fit.parse_explanation` reads;
    ``class_agreement``       texts whose class is the classifier's;
    ``exact_quotes``          quotes that are exact spans of the profile;
    ``hallucinated_requirements``  verdict lines, and names in the texts below them, of what the
                              posting does not ask for;
    ``requirement_coverage``  requirements of the posting that got exactly one verdict;
    ``verdict_accuracy``      verdicts that are what the profile shows, where the sample knows;
    ``class_consistency``     texts whose class its own verdicts do not contradict;
    ``names_carried``         texts whose summary and next step name nothing against the verdicts;
    ``words``                 mean length.

    Raises:
        ValueError: if there are no rows.
    """
    checked = [_checked(row) for row in rows]
    figures = {}
    for name in _SHARES:
        found = [(hit, c.member_id) for c in checked for hit in c.outcomes[name]]
        if found:
            hits, owners = zip(*found, strict=True)
            figures[name] = share_interval(np.array(hits), owners)
    words = np.array([len(row.text.split()) for row in rows], dtype=np.float64)
    figures["words"] = clustered_bootstrap(
        words,
        [row.member_id for row in rows],
        lambda lengths: float(lengths.mean()),
        seed=seed,
        draws=draws,
    )
    return figures


def shown_verdicts(
    requirements: Iterable[str], truth: Sequence[Mapping[str, Any]]
) -> tuple[VerdictKind | None, ...]:
    """What a profile shows of each extracted requirement, from a row of the sample's truth.

    A requirement of the sample is found again by its words. None where none or more than one is
    meant, or where the profile does not tell what is true (``shown`` is false there).

    Args:
        requirements: texts as extracted.
        truth: ``requirements`` of a row of ``truth.jsonl``.
    """
    known = [(_words(item["text"]), item) for item in truth]
    return tuple(_shown_verdict(_words(text), known) for text in requirements)


@dataclass(frozen=True, slots=True)
class _Checked:
    member_id: str
    outcomes: Mapping[str, list[bool]]


_SHARES: Final = (
    "parse_rate",
    "class_agreement",
    "exact_quotes",
    "hallucinated_requirements",
    "requirement_coverage",
    "verdict_accuracy",
    "class_consistency",
    "names_carried",
)


def _checked(row: Written) -> _Checked:
    try:
        parsed = parse_explanation(row.text)
    except ExplanationFormatError:
        wrong = {
            "parse_rate": [False],
            "class_agreement": [False],
            "exact_quotes": [False],
            "hallucinated_requirements": [True],
            "requirement_coverage": [False] * len(row.requirements),
            "verdict_accuracy": [False for kind in row.truth if kind is not None],
            "class_consistency": [False],
            "names_carried": [False],
        }
        return _Checked(row.member_id, wrong)
    told = [verdict.requirement for verdict in parsed.verdicts]
    kinds = [verdict.kind for verdict in parsed.verdicts]
    outcomes = {
        "parse_rate": [True],
        "class_agreement": [parsed.level is row.level],
        "exact_quotes": [v.quote in row.profile for v in parsed.verdicts if v.quote is not None],
        "hallucinated_requirements": [
            *(text not in row.requirements for text in told),
            *(not is_part(name, row.requirements) for name in named(parsed)),
        ],
        "requirement_coverage": [told.count(text) == 1 for text in row.requirements],
        "verdict_accuracy": _accuracies(row, parsed),
        "class_consistency": [level_contradiction(parsed.level, kinds) is None],
        "names_carried": [name_problem(parsed) is None],
    }
    return _Checked(row.member_id, outcomes)


def _accuracies(row: Written, parsed: Assessment) -> list[bool]:
    told = {verdict.requirement: verdict.kind for verdict in parsed.verdicts}
    known = zip(row.requirements, row.truth, strict=False)
    return [told.get(text) is kind for text, kind in known if kind is not None]


def _shown_verdict(
    words: frozenset[str], known: Sequence[tuple[frozenset[str], Mapping[str, Any]]]
) -> VerdictKind | None:
    inside = [item for asked, item in known if asked <= words]
    alike = [item for asked, item in known if _jaccard(asked, words) >= SAME_REQUIREMENT]
    found = inside or alike
    if len(found) != 1 or not found[0]["shown"]:
        return None
    verdict = found[0]["verdict"]
    return VerdictKind.NOT_SHOWN if verdict == "lacking" else VerdictKind(verdict)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w+#]+", text.lower())) - {"a", "an", "the"}


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 0.0
