"""Other answers need another version: labels and explanations are kept by it."""

from __future__ import annotations

import hashlib
from itertools import product

from lantern.documents.profile import Position, Profile, RawProfile, build_profile
from lantern.documents.requirements import extract_requirements
from lantern.fit import render_explanation
from lantern.sample.marketplace import member, posting
from lantern.teachers.profile_facts import facts_of
from lantern.teachers.rubric import RUBRIC_VERSION, RubricTeacher

RECORDED = {"rubric-6": ("5f8fc9f5869a3dfa", "3498fa8297ec7e92")}


def _read(row: dict) -> Profile:  # type: ignore[type-arg]
    raw = RawProfile(
        member_id=row["member_id"],
        text=row["about"] or "",
        headline=row["headline"],
        skills=tuple(row["skills"] or ()),
        positions=tuple(
            Position(p["title"] or "", p["company"] or "", p["years"], p["description"] or "")
            for p in row["positions"] or ()
        ),
        education=tuple(row["education"] or ()),
        location=row["location"],
        years=row["years"],
    )
    return build_profile(raw, max_chars=60_000, min_letters=20)


def test_the_version_stands_for_the_answers() -> None:
    profiles = [_read(member(11, index)) for index in range(24)]
    facts = [facts_of(profile) for profile in profiles]
    jobs = [posting(11, index) for index in range(24)]
    extracted = [extract_requirements(job["title"], job["description"]) for job in jobs]
    answers = hashlib.sha256()
    inputs = [(j["title"], e.requirements) for j, e in zip(jobs, extracted, strict=True)]
    asked = hashlib.sha256(repr((profiles, inputs)).encode())
    for fact, (job, found) in product(facts, zip(jobs, extracted, strict=True)):
        answer = RubricTeacher().judge(
            fact, found.requirements, title=job["title"], posting_seniority=None
        )
        answers.update(f"{answer.score:.6f} {render_explanation(answer.assessment)}".encode())
    digests = (asked.hexdigest()[:16], answers.hexdigest()[:16])
    before = RECORDED.get(RUBRIC_VERSION)
    assert before is not None, f"record {RUBRIC_VERSION!r}: {digests}"
    if digests[0] == before[0]:
        assert digests[1] == before[1], "the rubric answers otherwise: give RUBRIC_VERSION a number"
    assert digests == before, f"the sample or the extraction changed: record {digests}"
