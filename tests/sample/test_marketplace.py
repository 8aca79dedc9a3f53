"""The sample's promises: the same rows for the same arguments, a truth within bounds, no groups."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta

import pytest

from lantern.fit import LEVEL_LABELS, RequirementKind
from lantern.sample.audit import AGE_BANDS, GENDERS
from lantern.sample.events import KINDS, MAX_EVENTS, MIN_EVENTS
from lantern.sample.marketplace import (
    audit_group,
    event_postings,
    events,
    member,
    member_rows,
    posting,
    truth,
)
from lantern.sample.occupations import world
from lantern.sample.openings import MAX_REQUIREMENTS, MIN_REQUIREMENTS, opening
from lantern.sample.people import person

SEED, PEOPLE, JOBS = 5, 400, 500
TODAY = date(2026, 3, 1)
GROUP_KEYS = {"gender", "age_band", "age", "origin", "ethnicity"}


def _field_of(occupation: str) -> str:
    return world().occupations[occupation].field


def _texts(row: dict[str, object]) -> str:
    return json.dumps({k: v for k, v in row.items() if k != "name"}, ensure_ascii=False).lower()


def test_another_process_makes_the_same_rows() -> None:
    code = (
        "import json; from lantern.sample.marketplace import *;"
        "print(json.dumps([member(5, 17), posting(5, 23), events(5, 17, 500), truth(5, 17, 23)]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "77", "PYTHONPATH": ":".join(sys.path)},
    )
    here = [member(5, 17), posting(5, 23), events(5, 17, 500), truth(5, 17, 23)]
    assert json.loads(run.stdout) == here


def test_a_row_does_not_depend_on_the_order_of_calls() -> None:
    forward = [(member(SEED, i), posting(SEED, i)) for i in range(20)]
    backward = [(member(SEED, i), posting(SEED, i)) for i in reversed(range(20))]
    assert forward == backward[::-1]


def test_seeds_and_indices_give_different_rows() -> None:
    rows = {_texts(member(seed, i)) for seed in (1, 2) for i in range(100)}
    assert len(rows) > 190


def test_there_are_enough_occupations_and_fields_and_all_occur() -> None:
    data = world()
    assert len(data.occupations) >= 40
    assert len(data.fields) == 10
    assert {person(SEED, i).occupation for i in range(1500)} == set(data.occupations)
    assert {opening(SEED, i).occupation for i in range(len(data.occupations))} == set(
        data.occupations
    )


def test_the_data_refers_to_what_exists() -> None:
    data = world()
    for occupation in data.occupations.values():
        assert set(occupation.core + occupation.extra) <= set(data.skills), occupation.name
        assert occupation.related <= set(data.occupations), occupation.name
        assert set(occupation.at) <= set(data.fields[occupation.field].organizations)
        assert occupation.licence in {None, *(c.name for c in occupation.certificates)}
        assert len(occupation.duties) >= 4
    for skill in data.skills.values():
        assert skill.near <= set(data.skills), skill.name
        assert all((skill.ask, skill.listed, skill.did)), skill.name


def test_truth_stays_within_bounds() -> None:
    for i in range(60):
        for j in range(i, i + 5):
            row = truth(SEED, i, j)
            assert 0 <= row["score"] <= 1
            assert {row["level"], row["level_shown"]} <= set(LEVEL_LABELS)
            assert MIN_REQUIREMENTS <= len(row["requirements"]) <= MAX_REQUIREMENTS
            for line in row["requirements"]:
                assert line["verdict"] in {"met", "partly met", "lacking"}
                assert '"' not in line["text"]


def test_every_true_requirement_stands_in_its_posting_once_named() -> None:
    for j in range(JOBS):
        description = posting(SEED, j)["description"].lower()
        lines = [asked.text for asked in opening(SEED, j).asked]
        assert len(set(lines)) == len(lines)
        for text in lines:
            assert text.lower() in description, (j, text)


def test_level_mix_of_pairs_within_a_field_and_at_random() -> None:
    within: Counter[str] = Counter()
    anywhere: Counter[str] = Counter()
    for i in range(PEOPLE):
        field = _field_of(person(SEED, i).occupation)
        for j in event_postings(SEED, i, JOBS):
            if _field_of(opening(SEED, j).occupation) == field:
                within[truth(SEED, i, j)["level"]] += 1
        for j in range(i, i + 5):
            anywhere[truth(SEED, i, (j * 7919) % JOBS)["level"]] += 1
    shares = {level: within[level] / within.total() for level in LEVEL_LABELS}
    assert 0.18 < shares["High"] < 0.32, shares
    assert 0.28 < shares["Medium"] < 0.43, shares
    assert 0.33 < shares["Low"] < 0.48, shares
    assert anywhere["Low"] / anywhere.total() > 0.85


def test_a_met_skill_is_rarely_named_by_the_same_string() -> None:
    same = total = 0
    for i in range(PEOPLE):
        text = _texts(member(SEED, i))
        for j in event_postings(SEED, i, JOBS):
            lines = truth(SEED, i, j)["requirements"]
            for asked, line in zip(opening(SEED, j).asked, lines, strict=True):
                if asked.kind is RequirementKind.SKILL and line["verdict"] == "met":
                    total += 1
                    same += asked.phrase.lower() in text
    assert total > 1000
    assert 0 < same / total < 0.5


def test_profiles_carry_no_group_attribute() -> None:
    words = {*GENDERS, *AGE_BANDS, *world().names}
    for i in range(PEOPLE):
        row = member(SEED, i)
        assert not GROUP_KEYS & set(row)
        assert not words & set(_texts(row).replace('"', " ").replace(",", " ").split())


def test_groups_are_independent_of_the_level() -> None:
    """Impact ratios of the truth itself are near 1: least over greatest share of High."""
    for key in ("gender", "age_band"):
        high: Counter[str] = Counter()
        pairs: Counter[str] = Counter()
        for i in range(1500):
            group = audit_group(SEED, i)[key]
            if group == "nonbinary":  # too few for a ratio
                continue
            for j in event_postings(SEED, i, JOBS):
                pairs[group] += 1
                high[group] += truth(SEED, i, j)["level"] == "High"
        rates = [high[group] / pairs[group] for group in pairs]
        assert min(rates) / max(rates) > 0.85, (key, rates)


def test_events_are_bounded_dated_and_in_order() -> None:
    for i in range(100):
        rows = events(SEED, i, JOBS, TODAY)
        assert MIN_EVENTS <= len(rows) <= MAX_EVENTS
        keys = {(row["posting_id"], row["kind"], row["day"]) for row in rows}
        assert len(keys) == len(rows)
        assert {row["kind"] for row in rows} <= set(KINDS)
        assert len({row["arm"] for row in rows}) == 1
        for row in rows:
            assert timedelta(1) <= TODAY - date.fromisoformat(row["day"]) <= timedelta(30)
        for row in rows:
            if row["kind"] == "qualified":
                assert any(
                    other["kind"] == "apply" and other["posting_id"] == row["posting_id"]
                    for other in rows
                )


@pytest.mark.parametrize("postings", [1, 2, 5])
def test_events_with_hardly_any_postings(postings: int) -> None:
    for i in range(20):
        seen = {row["posting_id"] for row in events(SEED, i, postings, TODAY)}
        assert seen == {f"P{j:07d}" for j in range(postings)}


def test_better_fits_apply_more() -> None:
    shown: Counter[str] = Counter()
    applied: Counter[str] = Counter()
    for i in range(PEOPLE):
        for row in events(SEED, i, JOBS, TODAY):
            level = truth(SEED, i, int(row["posting_id"][1:]))["level"]
            shown[level] += row["kind"] == "impression"
            applied[level] += row["kind"] == "apply"
    rates = [applied[level] / shown[level] for level in LEVEL_LABELS]
    assert rates[0] < rates[1] < rates[2]


def test_member_rows_equal_the_single_functions() -> None:
    rows = member_rows(SEED, 9, JOBS, TODAY)
    assert rows.member == member(SEED, 9)
    assert rows.audit_group == audit_group(SEED, 9)
    assert rows.events == events(SEED, 9, JOBS, TODAY)
    for row in rows.truth:
        assert row == truth(SEED, 9, int(row["posting_id"][1:]))
    assert {row["posting_id"] for row in rows.events} <= {row["posting_id"] for row in rows.truth}


def test_lengths_are_those_of_a_fast_demo() -> None:
    postings = sorted(len(posting(SEED, j)["description"].split()) for j in range(JOBS))
    assert postings[JOBS // 20] >= 115
    assert postings[-1] <= 220
    kept = [
        sum(len(asked.text.split()) for asked in opening(SEED, j).asked)
        / len(posting(SEED, j)["description"].split())
        for j in range(JOBS)
    ]
    assert 0.2 < sorted(kept)[JOBS // 2] < 0.33


def test_a_straight_career_brings_skills_of_its_field_only() -> None:
    data = world()
    for i in range(PEOPLE):
        who = person(SEED, i)
        if who.career == "straight":
            own = data.occupations[who.occupation]
            for name in set(who.skills) - set(own.core + own.extra):
                assert data.skills[name].field in (own.field, "general")


def test_a_skill_that_is_shown_is_met_by_facts_too() -> None:
    """The reader of a profile never knows more than is true."""
    rank = {"Low": 0, "Medium": 1, "High": 2}
    lower = 0
    for i in range(PEOPLE):
        for j in event_postings(SEED, i, JOBS):
            row = truth(SEED, i, j)
            assert rank[row["level_shown"]] <= rank[row["level"]]
            lower += rank[row["level_shown"]] < rank[row["level"]]
    assert lower > 0
