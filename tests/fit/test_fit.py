"""The text form of an assessment: render and parse are inverse to each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantern.fit import (
    Assessment,
    ExplanationFormatError,
    FitLevel,
    Verdict,
    VerdictKind,
    parse_explanation,
    render_explanation,
)

# What the documents package guarantees of requirements and quotes: one line, no double quote,
# nothing blank at the ends.
_ONE_LINE = st.text(
    st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp"), blacklist_characters='"'),
    min_size=1,
    max_size=60,
).filter(lambda text: text == text.strip() and text != "")
_PROSE = _ONE_LINE


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    kind = draw(st.sampled_from(VerdictKind))
    text = draw(_ONE_LINE)
    match kind:
        case VerdictKind.MET:
            return Verdict(text, kind, draw(_ONE_LINE))
        case VerdictKind.PARTLY_MET:
            return Verdict(text, kind, draw(st.none() | _ONE_LINE))
        case _:
            return Verdict(text, kind)


@st.composite
def assessments(draw: st.DrawFn) -> Assessment:
    level = draw(st.sampled_from(FitLevel))
    return Assessment(
        level,
        tuple(draw(st.lists(verdicts(), max_size=6))),
        draw(_PROSE),
        None if level is FitLevel.HIGH else draw(_PROSE),
    )


@given(assessments())
def test_parsing_gives_back_what_was_rendered(assessment: Assessment) -> None:
    assert parse_explanation(render_explanation(assessment)) == assessment


@given(assessments())
def test_the_first_line_names_the_class(assessment: Assessment) -> None:
    first = render_explanation(assessment).split("\n")[0]
    assert first == f"You are a {assessment.level.label} fit for this job."


@given(assessments(), st.data())
def test_a_text_without_one_of_its_lines_is_refused_or_differs(
    assessment: Assessment, data: st.DataObject
) -> None:
    lines = render_explanation(assessment).split("\n")
    gone = data.draw(st.integers(0, len(lines) - 1))
    rest = "\n".join(lines[:gone] + lines[gone + 1 :])
    try:
        parsed = parse_explanation(rest)
    except ExplanationFormatError:
        return
    assert parsed != assessment


@given(st.text(max_size=200))
def test_any_other_text_is_refused_with_our_error(text: str) -> None:
    with pytest.raises(ExplanationFormatError):
        parse_explanation("Certainly! " + text)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "line 1"),
        ("You are a Great fit for this job.\nRequirements:\nSummary: x", "line 1"),
        ("You are a High fit for this job.\nSummary: x", "line 2"),
        ("You are a High fit for this job.\nRequirements:\n- Python [met]\nSummary: x", "line 3"),
        ("You are a High fit for this job.\nRequirements:\n- Python [maybe]\nSummary: x", "line 3"),
        (
            'You are a High fit for this job.\nRequirements:\n- Go [not shown]: "q"\nSummary: x',
            "line 3",
        ),
        ("You are a High fit for this job.\nRequirements:\nIn short: x", "line 3"),
        ("You are a Low fit for this job.\nRequirements:\nSummary: x\nThen: y", "line 4"),
    ],
)
def test_an_error_names_the_line(text: str, where: str) -> None:
    with pytest.raises(ExplanationFormatError, match=where):
        parse_explanation(text)


def test_an_error_does_not_carry_the_text() -> None:
    text = "You are a Low fit for this job.\nRequirements:\n- Jane Doe [secret]\nSummary: x"
    with pytest.raises(ExplanationFormatError) as caught:
        parse_explanation(text)
    assert "Jane" not in str(caught.value)


@pytest.mark.parametrize(
    ("level", "step"), [(FitLevel.HIGH, "Apply."), (FitLevel.MEDIUM, None), (FitLevel.LOW, None)]
)
def test_the_next_step_goes_with_every_level_but_high(level: FitLevel, step: str | None) -> None:
    with pytest.raises(ValueError, match="next step"):
        Assessment(level, (), "One. Two.", step)


@pytest.mark.parametrize("level", list(FitLevel))
def test_levels_and_labels(level: FitLevel) -> None:
    assert FitLevel.from_label(level.label) is level
    assert FitLevel.from_label(f" {level.label.lower()} ") is level


def test_an_unknown_label_is_refused() -> None:
    with pytest.raises(ValueError, match="Low, Medium or High"):
        FitLevel.from_label("Great")
