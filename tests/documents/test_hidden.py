"""Hidden text goes, visible text stays, and nesting it costs nothing."""

from __future__ import annotations

import time

import pytest

from lantern.documents.hidden import without_hidden


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- unseen -->",
        "<script>unseen</script>",
        "<STYLE type='x'>unseen</STYLE >",
        '<span style="display:none">unseen <b>unseen</b></span>',
        "<span style='color: #FFF'>unseen</span>",
        "<span style=font-size:0>unseen</span>",
        '<p style="font-size:1px;color:red">unseen</p>',
        '<div style="position:absolute; left:-9999px">unseen<div>unseen</div></div>',
        '<div hidden>unseen<div style="color:red">unseen</div>unseen</div>',
        '<p style="opacity: 0">unseen</p>',
        '<font color="white">unseen</font>',
        '<span class="note sr-only">unseen</span>',
        "\x1b[8munseen\x1b[0m",
        "\x1b[31m\x1b[0m",
        "\x1b]0;unseen\x07",
        "\\textcolor{white}{unseen}",
    ],
)
def test_what_no_reader_sees_goes(hidden: str) -> None:
    left = without_hidden(f"Welder {hidden} since 2015")
    assert left.split() == ["Welder", "since", "2015"]


def test_a_comment_of_markdown_goes() -> None:
    assert without_hidden("one\n[//]: # (unseen)\ntwo").split() == ["one", "two"]


@pytest.mark.parametrize(
    "seen",
    [
        "vector<int> and List<String>, x <= 3",
        "<b>Welder</b>",
        '<p style="color:#ffa500;font-size:10px">seen</p>',
        '<span style="background-color:white;width:100px;opacity:0.9">seen</span>',
        '<span class="hidden-phone">seen</span>',
        "<div hidden>what never ends is seen"[12:],
        "<!-- what never ends is seen",
        "C:\\phantom and \\color",
        "[1]: # a list",
    ],
)
def test_what_is_seen_stays(seen: str) -> None:
    assert without_hidden(seen) == seen


def test_an_element_that_never_ends_loses_its_tag_alone() -> None:
    assert without_hidden("a <div hidden> b").split() == ["a", "b"]


@pytest.mark.parametrize(
    "unit",
    [
        "<!--",
        "<script>",
        "<p hidden>",
        "<p hidden></p>",
        "\x1b[8m",
        "\\phantom{",
        "<a style='",
        "<",
    ],
)
def test_nesting_costs_no_more_than_its_length(unit: str) -> None:
    started = time.process_time()
    without_hidden(unit * (120_000 // len(unit)))
    assert time.process_time() - started < 3
