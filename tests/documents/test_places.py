"""Regions of real forms of locations, and None for scraps."""

from __future__ import annotations

import pytest

from lantern.documents.places import REMOTE, region_of


@pytest.mark.parametrize(
    ("location", "region"),
    [
        ("San Diego, CA 92123", "CA"),
        ("89120", "NV"),
        ("Seattle 98121", "WA"),
        ("BostonMA", "MA"),
        ("Raleigh NC", "NC"),
        ("Chicago, il 60601", "IL"),
        ("Washington, DC 20001", "DC"),
        ("Sample 44406, Ohio US", "OH"),
        ("Cincinnati Ohio", "OH"),
        ("New York", "NY"),
        ("Virginia Beach, VA", "VA"),
        ("West Virginia", "WV"),
        ("Indiana, PA", "PA"),
        ("Delhi, CA", "CA"),
        ("Santa Fe, New Mexico", "NM"),
        ("Vancouver, Washington", "WA"),
        ("Washington, England", "UK"),
        ("Toronto, ON", "CANADA"),
        ("Pune, Maharashtra", "INDIA"),
        ("Pune 411001", "INDIA"),
        ("Kochi, Kerala", "INDIA"),
        ("Dubai", "UAE"),
        ("Remote - US", REMOTE),
        ("Work from home", REMOTE),
    ],
)
def test_a_location_has_its_region(location: str, region: str) -> None:
    assert region_of(location) == region


@pytest.mark.parametrize(
    "location",
    [
        None,
        "",
        "Location:",
        "Contact name",
        "Project Manager",
        "Phone 55512",
        "Job Number: 28205",
        "12345 USD salary",
        "COME IN",
        "Virtual assistant",
        "United States",
        "Join us! " * 40 + "San Diego, CA",
    ],
)
def test_a_scrap_has_none(location: str | None) -> None:
    assert region_of(location) is None


def test_a_posting_in_place_of_its_location_is_read_by_its_label() -> None:
    scrap = "We care for people. " * 20 + "Primary Location : FL-Tampa-A Hospital"
    assert region_of(scrap) == "FL"
