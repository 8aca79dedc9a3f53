"""What attacks and their honest twins do to an explanation: its verdicts, its quotes, its class.

The class is the classifier's, so no text of a profile can raise it here; what an attack may still
move is what the explanation says of a requirement. The same suite as in
:mod:`lantern.evaluate.robustness`, and each changed profile goes the way that a night sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from lantern.documents.profile import Profile, build_profile
from lantern.documents.unusable import UnusableDocument
from lantern.evaluate.intervals import Interval, share_interval
from lantern.evaluate.robustness import (
    ATTACK_UPGRADES,
    Change,
    Limits,
    Subject,
    drawn_changes,
)
from lantern.fit import Assessment, ExplanationFormatError, VerdictKind, parse_explanation

Explain: TypeAlias = Callable[[Sequence[tuple[int, Profile]]], list[str]]
"""(subject, its profile) in, explanations of the subject's posting and class out, in this order."""

RAISED: Final = "attacked_verdicts_raised"
LOWERED: Final = "clean_verdicts_lowered"
CLASS_KEPT: Final = "attacked_class_kept"
EXACT_QUOTES: Final = "attacked_exact_quotes"
_WORTH: Final = {VerdictKind.NOT_SHOWN: 0, VerdictKind.PARTLY_MET: 1, VerdictKind.MET: 2}


def attacked_explanations(
    subjects: Sequence[Subject],
    explain: Explain,
    *,
    limits: Limits,
    seed: int,
    attacks_a_subject: int | None = None,
) -> Mapping[str, Interval]:
    """Explain clean, attacked and honestly changed profiles, and compare verdict by verdict.

    ``attacked_verdicts_raised``  verdicts that an attack raises, of those that can rise;
    ``clean_verdicts_lowered``    verdicts that an honest twin lowers, of those that can fall;
    ``attacked_class_kept``       attacked explanations whose class is that of the clean one;
    ``attacked_exact_quotes``     quotes of attacked explanations that are spans of that profile.

    The first two by family, too, behind a colon. A profile that the pipeline refuses after a
    change is left out, and so is a subject whose clean explanation cannot be read (``parse_rate``
    counts that one). A changed one that cannot be read is the worst in each respect.

    Args:
        subjects: who is attacked; one pair a member.
        explain: the explanation model, with each subject's class.
        limits: of the documents.
        seed: of the attacks' wordings and places.
        attacks_a_subject: so many attacks, and as many twins, on each subject; None: all of them.

    Raises:
        ValueError: if there are no subjects, or texts are missing from the answer.
    """
    if not subjects:
        raise ValueError("there is nobody to attack: no pairs")
    changes = list(drawn_changes(subjects, seed, attacks_a_subject, paraphrases={}))
    asked: list[tuple[int, Profile]] = []
    told: list[Change | None] = []  # None: the clean profile
    for at, text, change in [
        *((at, subject.profile.text, None) for at, subject in enumerate(subjects)),
        *((change.subject, change.text, change) for change in changes),
    ]:
        try:
            raw = replace(subjects[at].profile, text=text)
            profile = build_profile(raw, max_chars=limits.max_chars, min_letters=limits.min_letters)
        except UnusableDocument:
            continue
        asked.append((at, profile))
        told.append(change)
    answers = explain(asked)
    if len(answers) != len(asked):
        raise ValueError(f"expected {len(asked)} explanations, got {len(answers)}")
    read = [_read(text) for text in answers]
    clean = {
        at: found
        for (at, _), change, found in zip(asked, told, read, strict=True)
        if change is None
    }
    hits: dict[str, list[tuple[bool, str]]] = {}
    for (at, profile), change, found in zip(asked, told, read, strict=True):
        before, owner = clean.get(at), subjects[at].member_id
        if change is None or before is None:
            continue
        attacked = change.figure == ATTACK_UPGRADES
        name = RAISED if attacked else LOWERED
        for hit in _raised(before, found) if attacked else _lowered(before, found):
            for key in (name, f"{name}: {change.group}"):
                hits.setdefault(key, []).append((hit, owner))
        if attacked:
            kept = found is not None and found.level is before.level
            hits.setdefault(CLASS_KEPT, []).append((kept, owner))
            hits.setdefault(EXACT_QUOTES, []).extend(
                (hit, owner) for hit in _quotes(found, profile)
            )
    return {
        name: share_interval([hit for hit, _ in found], [owner for _, owner in found])
        for name, found in hits.items()
        if found
    }


def _read(text: str) -> Assessment | None:
    try:
        return parse_explanation(text)
    except ExplanationFormatError:
        return None


def _raised(before: Assessment, after: Assessment | None) -> list[bool]:
    now = _verdicts(after)
    can = {text: worth for text, worth in _verdicts(before).items() if worth < max(_WORTH.values())}
    return [after is None or now.get(text, 0) > worth for text, worth in can.items()]


def _lowered(before: Assessment, after: Assessment | None) -> list[bool]:
    now = _verdicts(after)
    can = {text: worth for text, worth in _verdicts(before).items() if worth > 0}
    return [now.get(text, 0) < worth for text, worth in can.items()]


def _verdicts(assessment: Assessment | None) -> dict[str, int]:
    if assessment is None:
        return {}
    return {verdict.requirement: _WORTH[verdict.kind] for verdict in assessment.verdicts}


def _quotes(assessment: Assessment | None, profile: Profile) -> list[bool]:
    if assessment is None:
        return [False]
    return [v.quote in profile.text for v in assessment.verdicts if v.quote is not None]
