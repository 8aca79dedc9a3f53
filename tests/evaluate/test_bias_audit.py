from __future__ import annotations

import html
import re

import pytest

from lantern.evaluate.bias_audit import render_bias_audit
from lantern.evaluate.impact import GroupRates, impact_table
from tests.evaluate.test_impact import world


def page_of(rows: tuple[GroupRates, ...], **changes: str) -> str:
    told = {"tool": "lantern.pair/3", "day": "2026-03-01", "source": "base_pairs"} | changes
    return render_bias_audit(rows, **told)  # type: ignore[arg-type]


def test_every_group_is_in_its_table_with_counts_and_ratios() -> None:
    keys, levels, scores, groups = world(200)
    groups[sorted(groups)[0]] = {"gender": "nonbinary", "origin": "here"}
    del groups[sorted(groups)[1]]
    rows = impact_table(keys, levels, scores, groups, ["gender", "origin"], draws=100)
    page = page_of(rows)
    assert re.findall(r"<caption>(.*?)</caption>", page) == [
        "Gender",
        "Origin",
        "Gender and origin",
    ]
    for row in rows:
        if row.group != "unknown":
            assert html.escape(row.group) in page
            assert f"{row.members:,}</td>" in page
            assert f"{100 * row.selection_rate.estimate:.1f} %" in page
        if row.selection_ratio is not None:
            assert f"{row.selection_ratio.estimate:.2f}" in page
    assert "nonbinary *" in page
    assert "Under 2% of the people" in page
    assert page.count("1 people are of unknown") == 3


def test_the_page_is_self_contained_and_escapes_what_it_is_told() -> None:
    keys, levels, scores, groups = world(20)
    hostile = {key: {"gender": "<script>alert(1)</script>"} for key in groups}
    page = page_of(impact_table(keys, levels, scores, hostile, ["gender"], draws=100), tool="<b>x")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<b>x" not in page
    assert not re.findall(r"(?:src|href)=", page)
    assert "default-src 'none'" in page


def test_nothing_to_audit_is_said() -> None:
    with pytest.raises(ValueError, match="nothing to audit"):
        page_of(())
