"""Cleaning: repairs, removals, bounds, and that cleaning twice changes nothing."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantern.documents.clean import clean_line, clean_text

DIRTY = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("<>&;/ab \n\t\u00a0\u200b\u202eâ€\x80¢Ã©•#p"),
    ),
    max_size=300,
)
FRAGMENTS = st.lists(
    st.sampled_from(
        ["&amp;", "lt;", "<b>", "</p>", "<", ">", "&#38;", "â\x80¢", "Ã©", "\r\n", "\x00", "é", " "]
    ),
    max_size=40,
).map("".join)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("NaÃ¯ve Bayes", "Naïve Bayes"),
        ("â\x80¢ Java", "• Java"),
        ("itâ€™s", "it’s"),
        ("â¢ Java", "• Java"),
        ("e\u0301t\u0301", "ét\u0301"),
        ("zero\u200bwidth \u202eturned\u202c", "zerowidth turned"),
        ("tags\U000e0041\U000e0042 hidden", "tags hidden"),
        ("a\u00a0 \t b", "a b"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("one\n\n\n\n two", "one\n\ntwo"),
        ("R&amp;D and &lt;5 years", "R&D and <5 years"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<script>alert(1)</script> seen", "seen"),
        ("seen<!-- unseen -->", "seen"),
        ("<p style='display: none'>unseen</p>seen", "seen"),
        ("vector<int> and List<String>", "vector<int> and List<String>"),
        ("\uf0b7 bullet of a symbol font", "• bullet of a symbol font"),
        ("", ""),
        (" \x00\x07 ", ""),
        ("مهندس برمجيات", "مهندس برمجيات"),
    ],
)
def test_repairs_and_removals(raw: str, clean: str) -> None:
    assert clean_text(raw).text == clean


def test_an_entity_that_hides_a_tag_is_uncovered() -> None:
    assert clean_text("&amp;lt;strong&amp;gt;x&lt;/strong&gt;").text == "x"
    hidden = "&amp;lt;b hidden&amp;gt;x&lt;/b&gt;y"
    assert clean_text(hidden).text == "y"


@given(DIRTY | FRAGMENTS)
@settings(deadline=None, max_examples=200)
def test_cleaning_is_idempotent_and_leaves_nothing_invisible(raw: str) -> None:
    once = clean_text(raw, max_chars=100)
    assert clean_text(once.text, max_chars=100).text == once.text
    assert len(once.text) <= 100
    assert not set(once.text) & set("\x00\x07\u200b\u202e\ufeff\r\t\u00a0")
    once.text.encode("utf-8")


def test_the_cut_falls_on_a_blank_and_is_reported() -> None:
    cut = clean_text("word " * 30, max_chars=52)
    assert cut == (("word " * 10).strip(), True)
    assert clean_text("word " * 3, max_chars=52).was_cut is False


def test_one_very_long_word_is_cut_within() -> None:
    assert clean_text("x" * 1000, max_chars=100) == ("x" * 100, True)


@pytest.mark.parametrize(
    "unit", ["â\x80¢ worked on <b>Java</b> &amp; SQL\n", "<", "&amp;", "\u0301\u0316"]
)
def test_two_megabytes_take_well_under_two_seconds(unit: str) -> None:
    started = time.process_time()
    cleaned = clean_text(unit * (2_000_000 // len(unit)))
    assert time.process_time() - started < 2
    assert cleaned.was_cut


def test_a_line_is_one_line() -> None:
    assert clean_line("Data\nEngineer <br> (m/f)") == "Data Engineer (m/f)"
    assert clean_line(None) == ""
