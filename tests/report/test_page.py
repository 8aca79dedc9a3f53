"""The page as a document: parsed, not searched for strings where structure matters."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from lantern.report.data import (
    BoardJob,
    BoardMember,
    Costs,
    EntityCounts,
    LastNight,
    LevelCounts,
    PairCounts,
    QuarantineCount,
    ReportData,
    StepRun,
)
from lantern.report.page import render_report

REASON = """You are a Medium fit for this job.
Requirements:
- Airflow [met]: "scheduled the loads with Airflow"
- Scala [partly met]: "Spark jobs in Python"
- AWS certification [not shown]
Summary: Your profile shows Airflow. It does not show AWS.
Next step: If you have AWS, add it to your profile."""

EMPTY = ReportData(
    logical_date=date(2026, 3, 1),
    outcome="running",
    entities=(),
    pairs=PairCounts(0, 0),
    costs=Costs(0.0),
    levels=LevelCounts(0, 0, 0),
)

FULL = ReportData(
    logical_date=date(2026, 3, 2),
    outcome="done",
    entities=(EntityCounts("members", 1300, 2, 6, 1),),
    pairs=PairCounts(6000, 238, 5762, 31, 4, 41),
    costs=Costs(74.2, 18.4, 61234, 1.043, 12, 0.021, 3.5),
    levels=LevelCounts(2810, 2201, 989),
    last_night=LastNight(date(2026, 3, 1), LevelCounts(2890, 2150, 960), "fit/2"),
    phases={"read": 2.0, "plan": 0.5, "tokenise": 1.5, "model": 12.0, "commit": 4.0},
    steps=(StepRun("score", "done", 18.4, 238), StepRun("report", "done", 0.2)),
    board=(
        BoardMember(
            "m-17",
            "Data Analyst",
            (
                BoardJob("Data Engineer", "Medium", 0.52, "Harbour Bank", "Remote", REASON),
                BoardJob("Nurse", "Low", 0.08),
            ),
            "6 years",
        ),
        BoardMember("m-18", None, ()),
    ),
    quarantine=(QuarantineCount("members", "ingest", "too few letters", 3),),
    table_versions={"fit_scores": 6},
    facts={"Model version": "fit/3"},
)


class Page(HTMLParser):
    """Collects the elements, their attributes and the text outside style and title."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.style = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        elif data.strip():
            self.texts.append(data.strip())

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


PAGES = pytest.mark.parametrize("data", [EMPTY, FULL], ids=["empty", "full"])


@PAGES
def test_every_element_is_closed_and_none_loads_or_runs_anything(data: ReportData) -> None:
    source = render_report(data)
    page = Page(source)
    assert page.open == []
    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed", "form", "a"}
    for _, attributes in page.elements:
        assert not {"src", "href", "style", "action"} & attributes.keys()
        assert not any(name.startswith("on") for name in attributes)
    assert not re.search(r"url\(|@import|https?://", page.style)
    assert source.lstrip().startswith("<!doctype html>")


@PAGES
def test_the_policy_allows_this_style_sheet_and_nothing_else(data: ReportData) -> None:
    page = Page(render_report(data))
    policy = next(
        attributes["content"]
        for tag, attributes in page.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policy is not None
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


@PAGES
def test_what_eyes_cannot_see_has_words(data: ReportData) -> None:
    page = Page(render_report(data))
    html = next(attributes for tag, attributes in page.elements if tag == "html")
    assert html["lang"] == "en"
    assert "title" in page.tags
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    for tag, attributes in page.elements:
        if tag == "section":
            assert attributes.get("aria-label") or attributes.get("aria-labelledby") in ids
        if tag == "th":
            assert attributes.get("scope") in ("row", "col")
        if tag == "svg":
            assert attributes.get("role") == "img" or attributes.get("aria-hidden") == "true"


def test_colours_follow_the_scheme_of_the_reader() -> None:
    assert "prefers-color-scheme: dark" in Page(render_report(EMPTY)).style


def _hostile(value: Any, mark: str) -> Any:
    """The same data with ``mark`` in every string; levels, outcomes and reasons keep their form."""
    if isinstance(value, str):
        return value if value in ("Low", "Medium", "High") else f"{value}{mark}"
    if isinstance(value, dict):
        return {_hostile(k, mark): _hostile(v, mark) for k, v in value.items()}
    if isinstance(value, tuple):
        return tuple(_hostile(item, mark) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: _hostile(getattr(value, field.name), mark)
            for field in dataclasses.fields(value)
        }
        return dataclasses.replace(value, **changed)
    return value


@pytest.mark.parametrize(
    "mark",
    [
        "<script>alert(1)</script>",
        "\"'><img src=x onerror=alert(1)>",
        "</style></title><script>x</script>",
        "{{ 7 * 7 }}{% raw %}",
        "&lt;b&gt; & 'quoted' \"text\"",
        "<details open ontoggle=x>",
    ],
)
def test_no_text_becomes_markup(mark: str) -> None:
    # Without a model of last night: the note that it changed hangs on the name of a fact.
    data = dataclasses.replace(FULL, last_night=LastNight(date(2026, 3, 1), FULL.levels))
    hostile, plain = Page(render_report(_hostile(data, mark))), Page(render_report(data))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    assert [set(a) for _, a in hostile.elements] == [set(a) for _, a in plain.elements]
    assert hostile.style == plain.style
    for words in ("members", "Data Analyst", "Data Engineer", "Harbour Bank", "Remote", "m-17"):
        assert words + mark in hostile.text


def test_text_in_a_reason_is_escaped() -> None:
    reason = REASON.replace("Airflow", "<b onclick=x>Airflow</b>")
    job = BoardJob("Engineer", "Medium", 0.5, explanation=reason)
    page = Page(render_report(dataclasses.replace(FULL, board=(BoardMember("m", "H", (job,)),))))
    assert not any("onclick" in attributes for _, attributes in page.elements)
    assert "<b onclick=x>Airflow</b>" in page.text


def test_the_reason_shows_its_verdicts_quotes_and_next_step() -> None:
    text = Page(render_report(FULL)).text
    assert "You are a Medium fit for this job." in text
    assert "✓ met Airflow scheduled the loads with Airflow" in text
    assert "◐ partly met Scala Spark jobs in Python" in text
    assert "○ not shown AWS certification" in text
    assert "Next step. If you have AWS, add it to your profile." in text


def test_an_explanation_in_another_form_is_shown_as_it_is() -> None:
    job = BoardJob("Engineer", "High", 0.9, explanation="Fits well.\nReally.")
    page = Page(render_report(dataclasses.replace(FULL, board=(BoardMember("m", "H", (job,)),))))
    assert "Fits well. Really." in page.text


def test_the_numbers_are_there() -> None:
    text = Page(render_report(FULL)).text
    for words in (
        "Night of Monday, 2 March 2026",
        "238 pairs scored",
        "5,762 earlier scores still stand",
        "1 min 14 s",
        "18 s of it scoring, 13 pairs a second",
        "Stable population stability index 0.0007",
        "High 16.0 % 16.5 % +0.5 points",
        "model 60 %",
        "1.043 tokens computed for each real one",
        "too few letters 3",
        "fit_scores 6",
        "The model changed between the two nights, from fit/2.",
    ):
        assert words in text


def test_empty_states_are_sentences() -> None:
    text = Page(render_report(EMPTY)).text
    for words in ("No scores yet", "The board is still empty", "Nothing was set aside"):
        assert words in text
    first_night = Page(render_report(dataclasses.replace(FULL, last_night=None))).text
    assert "There is no earlier night to compare with." in first_night


def test_a_last_night_without_scores_is_no_comparison() -> None:
    data = dataclasses.replace(FULL, last_night=LastNight(date(2026, 3, 1), LevelCounts(0, 0, 0)))
    assert "There is no earlier night to compare with." in Page(render_report(data)).text


def test_the_same_data_give_the_same_page() -> None:
    assert render_report(FULL) == render_report(FULL)
