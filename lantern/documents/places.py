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
_INDIA: Final = (
    "india", "pune", "mumbai", "navi mumbai", "bangalore", "bengaluru", "hyderabad", "delhi",
    "new delhi", "chennai", "kolkata", "nagpur", "noida", "gurgaon", "gurugram", "ahmedabad",
    "jaipur", "lucknow", "indore", "bhopal", "kochi", "coimbatore", "chandigarh", "nashik",
    "aurangabad", "guwahati", "surat", "vadodara", "thane", "mysore", "visakhapatnam",
    "thiruvananthapuram", "bhubaneswar", "maharashtra", "karnataka", "tamil nadu", "gujarat",
    "kerala", "telangana", "andhra pradesh", "rajasthan", "uttar pradesh", "madhya pradesh",
    "punjab", "haryana", "bihar", "west bengal", "odisha", "orissa", "assam", "jharkhand",
    "chhattisgarh", "goa", "uttarakhand", "himachal pradesh", "jammu and kashmir",
)  # fmt: skip
_COUNTRIES: Final = {
    **dict.fromkeys(_INDIA, "INDIA"),
    "united kingdom": "UK", "england": "UK", "scotland": "UK", "london": "UK", "uk": "UK",
    "canada": "CANADA", "toronto": "CANADA", "vancouver": "CANADA", "montreal": "CANADA",
    "ontario": "CANADA", "british columbia": "CANADA", "alberta": "CANADA", "quebec": "CANADA",
    "germany": "GERMANY", "berlin": "GERMANY", "france": "FRANCE", "paris": "FRANCE",
    "ireland": "IRELAND", "australia": "AUSTRALIA", "sydney": "AUSTRALIA", "mexico": "MEXICO",
    "singapore": "SINGAPORE", "china": "CHINA", "japan": "JAPAN", "tokyo": "JAPAN",
    "brazil": "BRAZIL", "netherlands": "NETHERLANDS", "spain": "SPAIN", "italy": "ITALY",
    "dubai": "UAE", "abu dhabi": "UAE", "uae": "UAE", "united arab emirates": "UAE",
    "switzerland": "SWITZERLAND", "sweden": "SWEDEN", "poland": "POLAND", "qatar": "QATAR",
    "saudi arabia": "SAUDI ARABIA", "south africa": "SOUTH AFRICA", "philippines": "PHILIPPINES",
    "malaysia": "MALAYSIA", "new zealand": "NEW ZEALAND", "pakistan": "PAKISTAN",
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
    r"\b(?:remote(?:ly)?|work from home|telecommute|anywhere|home[ -]?based)\b|^\s*virtual\s*$",
    re.IGNORECASE,
)
# "Dallas, TX", "Chicago, il 60601"; or without the comma, after a name in lower case letters:
# "Raleigh NC", "BostonMA". "COME IN" is no place in Indiana.
_CODE_AFTER_COMMA: Final = re.compile(r",\s*([A-Za-z]{2})\.?(?=\s*(?:$|[,(;/-]|\d{5}|U\.?S))")
_CODE_AFTER_NAME: Final = re.compile(r"[a-z]\.?\s*([A-Z]{2})(?=\s*(?:$|\d{5}))")
# A postal code stands alone or ends the name of a place; other numbers of five digits are not one.
_ZIP: Final = re.compile(r"(?:^|[A-Za-z.,]\s*)(\d{5})(?:-\d{4})?(?=\s*(?:$|,|\())")
_NO_POSTAL_CODE: Final = re.compile(
    r"\b(?:phone|tel|fax|call|salary|usd|inr|id|ref|job number|p\.?o\.? box)\b", re.IGNORECASE
)
_LONGEST: Final = 120
# Some boards put the whole posting where the place should be; it says where it is by a label.
_LABELLED: Final = re.compile(r"\bLocation\s{0,2}:\s{0,2}([A-Z]{2})-[A-Z]")


def region_of(location: str | None) -> str | None:
    """A US state's code, another country in capitals, ``REMOTE``, or None.

    A location that is no location (a scrap of a web page, a contact's name) gives None rather
    than a guess, and so does a country as a whole that we know by state ("USA").
    """
    if not location:
        return None
    if len(location) > _LONGEST:
        labelled = _LABELLED.search(location)
        return labelled[1] if labelled and labelled[1] in _CODES else None
    if _REMOTE.search(location):
        return REMOTE
    for pattern in (_CODE_AFTER_COMMA, _CODE_AFTER_NAME):
        code = pattern.search(location)
        if code and code[1].upper() in _CODES:
            return code[1].upper()
    abroad = _last(_ABROAD, location)
    postal = _ZIP.search(location)
    if postal and not abroad and not _NO_POSTAL_CODE.search(location):
        return _state_of_zip(postal[1])
    named = _last(_NAMES, location)
    # The wider place is written last: "Vancouver, Washington", "Washington, England"; and
    # "New Mexico" is one name.
    if named and (abroad is None or named.end() >= abroad.end()):
        return _BY_NAME[named[1].casefold()]
    return _COUNTRIES[abroad[1].casefold()] if abroad else None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return next(reversed(list(pattern.finditer(text))), None)


def _state_of_zip(code: str) -> str | None:
    prefix = int(code[:3])
    return next((state for low, high, state in _ZIP_RANGES if low <= prefix <= high), None)
