"""Postal addresses as some fifteen countries write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from lantern.sample.personal_names import Named
from lantern.sample.seeding import pick

Shape = Callable[[Random, Named], tuple[str, str, str]]

_US_STREETS: Final = (
    "Maple Street",
    "N. Elm St.",
    "Park Avenue",
    "West 42nd Street",
    "Sunset Blvd",
    "Old Mill Road",
    "Oak Ridge Ln",
    "Martin Luther King Jr Dr",
    "Washington Ave",
    "E 5th St",
    "Lake View Terrace",
    "Pine Ct",
)
_US_CITIES: Final = (
    ("Springfield", "IL", "627"),
    ("Austin", "TX", "787"),
    ("San Diego", "CA", "921"),
    ("New York", "NY", "100"),
    ("St. Paul", "MN", "551"),
    ("Fort Wayne", "IN", "468"),
)
_UK: Final = (
    ("Baker Street", "London", "NW1 6XE"),
    ("High Street", "Oxford", "OX1 4BH"),
    ("Queen's Road", "Bristol", "BS8 1RT"),
    ("Princes Street", "Edinburgh", "EH2 2AN"),
    ("Station Lane", "Leeds", "LS1 4DY"),
    ("Castle Close", "York", "YO1 9SA"),
)
_GERMAN: Final = (
    ("Hauptstraße", "10115", "Berlin"),
    ("Goethestr.", "80336", "München"),
    ("Am Lindenweg", "50667", "Köln"),
    ("Friedrich-Ebert-Straße", "34117", "Kassel"),
    ("Schillerplatz", "8001", "Zürich"),
    ("Keizersgracht", "1015 CN", "Amsterdam"),
    ("Kerkstraat", "3511 LX", "Utrecht"),
)
_FRENCH: Final = (
    ("rue de la Paix", "75002", "Paris"),
    ("avenue Victor Hugo", "69006", "Lyon"),
    ("boulevard Saint-Michel", "75005", "Paris"),
    ("chemin des Vignes", "1009", "Pully"),
)
_ROMANCE: Final = (
    "Calle Mayor {n}, 28013 Madrid",
    "Av. Paulista {n}00, São Paulo - SP, 01310-100",
    "Via Roma {n}, 00184 Roma",
    "Rua Augusta {n}, 1100-053 Lisboa",
    "Piazza Garibaldi {n}, 80142 Napoli",
    "ul. Marszałkowska {n}/4, 00-590 Warszawa",
    "Avenida Insurgentes Sur {n}, 03100 Ciudad de México",
    "Carrera 7 # 71-{n}, Bogotá",
    "Jl. Sudirman {n}, Jakarta 10220",
)
_INDIAN: Final = (
    "Flat No. {n}, Shanti Apartments, M G Road, Pune - 411001",
    "H.No. {n}-5/2, Sector 15, Gurgaon - 122001",
    "Plot No {n}, Jubilee Hills, Hyderabad 500033",
    "{n}, 3rd Cross, Indira Nagar, Bangalore - 560 038",
    "Door No: {n}/A, Anna Salai, Chennai-600002",
    "B-{n}, Lajpat Nagar, New Delhi - 110024",
    "{n} Linking Road, Bandra West, Mumbai 400050",
)
_BOXES: Final = ("P.O. Box {n}0", "PO Box {n}", "P.O.Box {n}1", "Postfach {n} 0")


def _number(rng: Random) -> str:
    return str(1 + int(rng.random() * 180))


def _american(rng: Random) -> str:
    city, state, code = pick(rng, _US_CITIES)
    house = str(100 + int(rng.random() * 9800))
    unit = pick(rng, ("", "", ", Apt 4B", " #12", ", Suite 300", " Unit 7"))
    end = f"{code}{10 + int(rng.random() * 89)}"
    return f"{house} {pick(rng, _US_STREETS)}{unit}, {city}, {state} {end}"


def _british(rng: Random) -> str:
    street, city, code = pick(rng, _UK)
    return f"{pick(rng, ('', 'Flat 3, '))}{_number(rng)} {street}, {city} {code}"


def _canadian(rng: Random) -> str:
    return f"{_number(rng)} King Street West, Toronto, ON M5V 1J2"


def _german(rng: Random) -> str:
    street, code, city = pick(rng, _GERMAN)
    return f"{street} {_number(rng)}, {code} {city}"


def _french(rng: Random) -> str:
    street, code, city = pick(rng, _FRENCH)
    return f"{_number(rng)}{pick(rng, ('', ',', ' bis'))} {street}, {code} {city}"


def _filled(rng: Random, forms: tuple[str, ...]) -> str:
    return pick(rng, forms).format(n=1 + int(rng.random() * 98))


def _any(rng: Random) -> str:
    return pick(rng, (_american, _british, _german, _french))(rng)


def _before(rng: Random) -> str:
    return pick(rng, ("Address: ", "", "Home: ", "I live at "))


PLACE_SHAPES: Final[Mapping[str, Shape]] = {
    "address: United States": lambda r, w: (_before(r), _american(r), ""),
    "address: United Kingdom": lambda r, w: (_before(r), _british(r), ""),
    "address: Canada": lambda r, w: (_before(r), _canadian(r), ""),
    "address: German, Dutch, Swiss": lambda r, w: (pick(r, ("Anschrift: ", "")), _german(r), ""),
    "address: French": lambda r, w: (pick(r, ("Adresse : ", "")), _french(r), ""),
    "address: Romance, Polish, Indonesian": lambda r, w: ("", _filled(r, _ROMANCE), ""),
    "address: Indian": lambda r, w: (
        pick(r, ("Address:- ", "", "Permanent Address: ")),
        _filled(r, _INDIAN),
        "",
    ),
    "address: a box": lambda r, w: ("", _filled(r, _BOXES), ""),
    "address: in capitals": lambda r, w: ("", _any(r).replace("ß", "SS").upper(), ""),
    "address: over two lines": lambda r, w: ("", _american(r).replace(", ", "\n", 1), ""),
}
