"""The mess in the profiles is there, bounded, and of the kinds that are promised."""

from __future__ import annotations

import ftfy

from lantern.sample.marketplace import member
from lantern.sample.messy import mojibake
from lantern.sample.people import person

ROWS = [member(3, i) for i in range(1500)]


def test_mojibake_can_be_repaired() -> None:
    spoilt = mojibake("• Don't stop - the café opens at six")
    assert "â€" in spoilt
    assert "Ã©" in spoilt
    assert ftfy.fix_text(spoilt, uncurl_quotes=True) == "• Don't stop – the café opens at six"


def test_every_kind_of_profile_occurs() -> None:
    only_about = [row for row in ROWS if row["about"] and not row["positions"]]
    no_about = [row for row in ROWS if not row["about"]]
    lower = [r for r in ROWS if r["about"] and r["about"] == r["about"].lower()]
    bullets = [r for r in ROWS if any("• " in p["description"] for p in r["positions"])]
    for found in (only_about, no_about, lower, bullets):
        assert 0.02 < len(found) / len(ROWS) < 0.5
    assert any("â€" in p["description"] for row in ROWS for p in row["positions"])
    assert {person(3, i).career for i in range(200)} == {"straight", "mover", "changer", "graduate"}


def test_every_profile_says_something() -> None:
    for row in ROWS:
        told = row["about"] + "".join(p["title"] + p["description"] for p in row["positions"])
        assert sum(letter.isalpha() for letter in told) >= 10
