"""Regions: the state, country or "REMOTE" that a location names, for blocking candidates."""

from __future__ import annotations

import re
from typing import Final

REMOTE: Final = "REMOTE"

_STATES: Final = {
    "Alabama": "AL", "Alaska": "AK", "Arizona": "AZ", "Arkansas": "AR", "California": "CA",
    "Colorado": "CO", "Connecticut": "CT", "Delaware": "DE", "District of Columbia": "DC",
    "Florida": "FL", "Georgia": "GA", "Hawaii": "HI", "Idaho": "ID", "Illinois": "IL",
    "Indiana": "IN", "Iowa": "IA", "Kansas": "KS", "Kentucky": "KY", "Louisiana": "LA",
    "Maine": "ME", "Maryland": "MD", "Massachusetts": "MA", "Michigan": "MI", "Minnesota": "MN",
    "Mississippi": "MS", "Missouri": "MO", "Montana": "MT", "Nebraska": "NE", "Nevada": "NV",
    "New Hampshire": "NH", "New Jersey": "NJ", "New Mexico": "NM", "New York": "NY",
    "North Carolina": "NC", "North Dakota": "ND", "Ohio": "OH", "Oklahoma": "OK", "Oregon": "OR",
    "Pennsylvania": "PA", "Puerto Rico": "PR", "Rhode Island": "RI", "South Carolina": "SC",
    "South Dakota": "SD", "Tennessee": "TN", "Texas": "TX", "Utah": "UT", "Vermont": "VT",
    "Virginia": "VA", "Washington": "WA", "West Virginia": "WV", "Wisconsin": "WI", "Wyoming": "WY",
}  # fmt: skip
# The first three digits of US postal codes, as ranges (from, to, state).
_ZIP_RANGES: Final = (
    (5, 5, "NY"), (6, 9, "PR"), (10, 27, "MA"), (28, 29, "RI"), (30, 38, "NH"), (39, 49, "ME"),
    (50, 59, "VT"), (60, 69, "CT"), (70, 89, "NJ"), (100, 149, "NY"), (150, 196, "PA"),
    (197, 199, "DE"), (200, 205, "DC"), (206, 219, "MD"), (220, 246, "VA"), (247, 268, "WV"),
    (270, 289, "NC"), (290, 299, "SC"), (300, 319, "GA"), (320, 349, "FL"), (350, 369, "AL"),
    (370, 385, "TN"), (386, 397, "MS"), (398, 399, "GA"), (400, 427, "KY"), (430, 459, "OH"),
    (460, 479, "IN"), (480, 499, "MI"), (500, 528, "IA"), (530, 549, "WI"), (550, 567, "MN"),
    (570, 577, "SD"), (580, 588, "ND"), (590, 599, "MT"), (600, 629, "IL"), (630, 658, "MO"),
    (660, 679, "KS"), (680, 693, "NE"), (700, 714, "LA"), (716, 729, "AR"), (730, 749, "OK"),
    (750, 799, "TX"), (800, 816, "CO"), (820, 831, "WY"), (832, 838, "ID"), (840, 847, "UT"),
    (850, 865, "AZ"), (870, 884, "NM"), (885, 885, "TX"), (889, 898, "NV"), (900, 961, "CA"),
    (967, 968, "HI"), (970, 979, "OR"), (980, 994, "WA"), (995, 999, "AK"),
)  # fmt: skip
_COUNTRIES: Final = {
    "india": "INDIA", "united kingdom": "UK", "england": "UK", "london": "UK", "canada": "CANADA",
    "toronto": "CANADA", "germany": "GERMANY", "france": "FRANCE", "ireland": "IRELAND",
    "australia": "AUSTRALIA", "singapore": "SINGAPORE", "mexico": "MEXICO", "china": "CHINA",
    "japan": "JAPAN", "brazil": "BRAZIL", "netherlands": "NETHERLANDS", "spain": "SPAIN",
    "pune": "INDIA", "mumbai": "INDIA", "bangalore": "INDIA", "bengaluru": "INDIA",
    "hyderabad": "INDIA", "delhi": "INDIA", "chennai": "INDIA", "kolkata": "INDIA",
    "nagpur": "INDIA", "noida": "INDIA", "gurgaon": "INDIA", "ahmedabad": "INDIA",
    "maharashtra": "INDIA", "karnataka": "INDIA", "tamil nadu": "INDIA", "gujarat": "INDIA",
}  # fmt: skip
_CODES: Final = frozenset(_STATES.values())
_BY_NAME: Final = {name.casefold(): code for name, code in _STATES.items()}
# "West Virginia" before "Virginia".
_NAMES: Final = re.compile(
    r"\b(" + "|".join(sorted(map(re.escape, _BY_NAME), key=len, reverse=True)) + r")\b",
    re.IGNORECASE,
)
_ABROAD: Final = re.compile(
    r"\b(" + "|".join(sorted(map(re.escape, _COUNTRIES), key=len, reverse=True)) + r")\b",
    re.IGNORECASE,
)
_REMOTE: Final = re.compile(
    r"\b(?:remote|work from home|telecommute|virtual|anywhere|home[ -]?based)\b", re.IGNORECASE
)
_CODE: Final = re.compile(r",\s*([A-Z]{2})\b")
_ZIP: Final = re.compile(r"(?<!\d)(\d{5})(?:-\d{4})?(?!\d)")
_LONGEST: Final = 120


def region_of(location: str | None) -> str | None:
    """A US state's code, a country in capitals, ``REMOTE``, or None if nothing is recognised.

    A location that is no location (a scrap of a web page) gives None rather than a guess.
    """
    if not location or len(location) > _LONGEST:
        return None
    if _REMOTE.search(location):
        return REMOTE
    code = _CODE.search(location)
    if code and code[1] in _CODES:
        return code[1]
    postal = _ZIP.search(location)
    if postal:
        return _state_of_zip(postal[1])
    named = _NAMES.search(location)
    if named:
        return _BY_NAME[named[1].casefold()]
    abroad = _ABROAD.search(location)
    return _COUNTRIES[abroad[1].casefold()] if abroad else None


def _state_of_zip(code: str) -> str | None:
    prefix = int(code[:3])
    return next((state for low, high, state in _ZIP_RANGES if low <= prefix <= high), None)
