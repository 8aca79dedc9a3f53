"""Hand-made requirements and profiles with the exact verdict expected."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantern.documents.lexicon import Lexicon
from lantern.fit import Importance, Requirement, RequirementKind, VerdictKind
from lantern.teachers.clauses import MAX_QUOTE
from lantern.teachers.profile_facts import MAX_LISTED, prepare_profile
from lantern.teachers.rubric_overlap import can_be_shown
from lantern.teachers.rubric_verdicts import judge_requirement

MET, PARTLY, OPEN = VerdictKind.MET, VerdictKind.PARTLY_MET, VerdictKind.NOT_SHOWN
MUST = Importance.MUST_HAVE


def skill(
    *names: str, any_of: bool = False, years: float | None = None, text: str = "As named"
) -> Requirement:
    return Requirement(RequirementKind.SKILL, MUST, text, names, any_of, years)


def years(amount: float, text: str = "Years of experience") -> Requirement:
    return Requirement(RequirementKind.EXPERIENCE, MUST, text, years=amount)


def degree(rank: int, text: str) -> Requirement:
    return Requirement(RequirementKind.DEGREE, MUST, text, degree=rank)


def other(text: str) -> Requirement:
    return Requirement(RequirementKind.OTHER, MUST, text)


SERVICES = "I built Python services for a bank."
CONTAINERS = "Ran our containers with Docker."
BASICS = "Tools: Scala (basics), SQL, Rust, Docker"
LIST = "Skills: Python, SQL, Scala, Rust"


@pytest.mark.parametrize(
    ("text", "requirement", "kind", "quote"),
    [
        (SERVICES, skill("Python"), MET, SERVICES),
        ("Wrote tools in python3", skill("Python"), MET, "Wrote tools in python3"),
        (SERVICES, skill("Scala"), OPEN, None),
        (CONTAINERS, skill("Kubernetes"), PARTLY, CONTAINERS),
        (SERVICES, skill("Python", "Scala"), PARTLY, SERVICES),
        (SERVICES, skill("Scala", "Python", any_of=True), MET, SERVICES),
        (SERVICES, skill("Scala", "Rust", any_of=True), OPEN, None),
        ("Currently learning Python.", skill("Python"), PARTLY, "Currently learning Python."),
        ("I have no experience with Scala.", skill("Scala"), OPEN, None),
        (BASICS, skill("Scala"), PARTLY, BASICS),
    ],
)  # fmt: skip
def test_skills(
    words: Lexicon, text: str, requirement: Requirement, kind: VerdictKind, quote: str | None
) -> None:
    verdict = judge_requirement(prepare_profile(text, words=words), requirement, words)
    assert (verdict.kind, verdict.quote) == (kind, quote)


@pytest.mark.parametrize(
    ("text", "headline", "kind"),
    [
        (LIST, None, PARTLY),
        (LIST, "Software Engineer", MET),
        (LIST, "Nurse", PARTLY),
        (f"I wrote Java for years.\n{LIST}", None, MET),
        (f"I changed wounds: Wound Care on the ward.\n{LIST}", "Nurse", PARTLY),
    ],
)
def test_a_bare_list_is_believed_only_where_the_rest_of_the_profile_is_of_its_field(
    words: Lexicon, text: str, headline: str | None, kind: VerdictKind
) -> None:
    profile = prepare_profile(text, headline=headline, words=words)
    assert judge_requirement(profile, skill("Scala"), words).kind is kind


def test_a_stuffed_list_is_believed_nowhere() -> None:
    from lantern.documents.lexicon import build_lexicon

    names = [f"Tool{number}" for number in range(MAX_LISTED + 3)]
    words = build_lexicon(
        [
            {
                "field": "software",
                "skills": {name: [] for name in names},
                "occupations": {"engineer": {"titles": [], "skills": names[:1]}},
            }
        ]
    )
    used = f"I worked with {names[0]} each day."
    short = prepare_profile(
        f"{used}\nSkills: {', '.join(names[:9])}", headline="Engineer", words=words
    )
    stuffed = prepare_profile(
        f"{used}\nSkills: {', '.join(names)}", headline="Engineer", words=words
    )
    assert judge_requirement(short, skill(names[5]), words).kind is MET
    assert judge_requirement(stuffed, skill(names[5]), words).kind is PARTLY
    assert judge_requirement(stuffed, skill(names[0]), words).kind is MET


def test_an_occupation_that_usually_asks_for_a_skill_partly_meets_it(words: Lexicon) -> None:
    profile = prepare_profile("Software Engineer at Acme, 4 years", words=words)
    verdict = judge_requirement(profile, skill("SQL"), words)
    assert (verdict.kind, verdict.quote) == (PARTLY, "Software Engineer at Acme, 4 years")


def test_no_title_stands_for_a_licence(words: Lexicon) -> None:
    profile = prepare_profile("Registered Nurse at St. Anne", words=words)
    licence = Requirement(RequirementKind.CERTIFICATE, MUST, "RN license", ("RN License",))
    assert judge_requirement(profile, licence, words).kind is OPEN


@pytest.mark.parametrize(
    ("shown", "asked", "kind"),
    [(5, 5, MET), (6, 5, MET), (3, 5, PARTLY), (2.9, 5, OPEN), (0.5, 1, OPEN)],
)
def test_overall_years(words: Lexicon, shown: float, asked: float, kind: VerdictKind) -> None:
    text = f"{shown} years of experience in banks."
    verdict = judge_requirement(
        prepare_profile(text, years=shown, words=words), years(asked), words
    )
    assert verdict.kind is kind
    assert verdict.quote == (None if kind is OPEN else text)


def test_years_count_in_the_occupation_of_the_posting(words: Lexicon) -> None:
    text = "Nurse at St. Anne, 9 years\nSoftware Engineer at Acme, 2 years"
    profile = prepare_profile(text, years=11, words=words)
    asked = years(5)
    assert judge_requirement(profile, asked, words, occupation="nurse").kind is MET
    assert judge_requirement(profile, asked, words, occupation="software engineer").kind is OPEN
    assert judge_requirement(profile, asked, words).kind is MET


@pytest.mark.parametrize(
    ("text", "overall", "kind"),
    [
        ("5 years of Python at a bank.", 5, MET),
        ("2 years of Python at a bank.", 9, PARTLY),
        (SERVICES, 6, MET),
        (SERVICES, 1, PARTLY),
        ("9 years of Java.", 9, PARTLY),
    ],
)
def test_years_tied_to_a_skill(
    words: Lexicon, text: str, overall: float, kind: VerdictKind
) -> None:
    profile = prepare_profile(text, years=overall, words=words)
    assert judge_requirement(profile, skill("Python", years=5), words).kind is kind


def test_a_quote_of_years_never_contradicts_its_verdict(words: Lexicon) -> None:
    text = "accounting - 6 months\nNurse at St. Anne, 2012 - 2019"
    verdict = judge_requirement(prepare_profile(text, years=7, words=words), years(5), words)
    assert (verdict.kind, verdict.quote) == (MET, "Nurse at St. Anne, 2012 - 2019")


@pytest.mark.parametrize(
    ("text", "rank", "asked", "requirement", "overall", "kind"),
    [
        ("Bachelor of Science, Leeds", 2, 2, "Bachelor's degree", None, MET),
        ("Master of Science, Leeds", 3, 2, "Bachelor's degree", None, MET),
        ("Bachelor of Science, Leeds", 2, 3, "Master's degree", None, PARTLY),
        ("Associate degree, Leeds", 1, 3, "Master's degree", None, OPEN),
        ("No school named", None, 2, "Bachelor's degree", 9, OPEN),
        ("9 years at sea", None, 1, "Associate degree or equivalent experience", 9, MET),
        ("3 years at sea", None, 1, "Associate degree or equivalent experience", 3, PARTLY),
        ("BSc in Statistics", 2, 2, "Bachelor's degree in Statistics", None, MET),
        ("BSc in Dance", 2, 2, "Bachelor's degree in Statistics", None, PARTLY),
        ("BSc in Dance", 2, 2, "Bachelor's degree in any field", None, MET),
    ],
)
def test_degrees(
    words: Lexicon,
    text: str,
    rank: int | None,
    asked: int,
    requirement: str,
    overall: float | None,
    kind: VerdictKind,
) -> None:
    profile = prepare_profile(text, degree=rank, years=overall, words=words)
    assert judge_requirement(profile, degree(asked, requirement), words).kind is kind


@pytest.mark.parametrize(
    ("text", "requirement", "kind"),
    [
        ("Managed a budget of two million.", "Ability to manage budgets", MET),
        ("Managed a shop.", "Ability to manage", PARTLY),
        ("Managed a large budget.", "Managing annual budgets and forecasts", PARTLY),
        ("Managed budgets and vendors.", "Managing vendor budgets", MET),
        ("Sang in a choir.", "Managing vendor budgets", OPEN),
        ("Sang in a choir.", "Required", OPEN),
    ],
)
def test_free_text(words: Lexicon, text: str, requirement: str, kind: VerdictKind) -> None:
    profile = prepare_profile(text, words=words)
    assert judge_requirement(profile, other(requirement), words).kind is kind


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Must pass a drug test", False),
        ("Ability to lift 50 pounds", False),
        ("Must be 18 years of age", False),
        ("Authorized to work in the US", False),
        ("Able to work nights and weekends", False),
        ("Required", False),
        ("Carry out risk analysis, audits and reviews", True),
        ("Work with children with disabilities", True),
        ("Vendor management", True),
    ],
)
def test_conditions_of_employment_are_nothing_that_a_profile_shows(text: str, shown: bool) -> None:
    assert can_be_shown(text) is shown


_PIECES = st.sampled_from(
    ["Python", "k8s", " and ", ", ", "\n", '"', "• ", "\u2028", " 5 years", "BSc in Law", ". ",
     "nurse", "é", "🙂", "managed vendor budgets ", " " * 9, "x" * 130, "2012 - 2019"]
)  # fmt: skip


@settings(max_examples=200)
@given(st.lists(_PIECES | st.text(max_size=12), max_size=30).map("".join))
def test_quotes_are_exact_short_spans(words: Lexicon, text: str) -> None:
    profile = prepare_profile(text, years=5, degree=2, words=words)
    asked = [
        skill("Python"),
        skill("Kubernetes"),
        years(3),
        degree(2, "Bachelor's degree in Law"),
        other("Managing vendor budgets"),
    ]
    for requirement in asked:
        quote = judge_requirement(profile, requirement, words).quote
        if quote is not None:
            assert quote in text
            assert 0 < len(quote) <= MAX_QUOTE
            assert len(quote.splitlines()) == 1
            assert '"' not in quote
            assert quote == quote.strip()
