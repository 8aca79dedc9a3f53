"""Numbers of documents and accounts, birth dates and ages, with valid check digits where needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from random import Random
from typing import Final

from lantern.sample.personal_names import Named
from lantern.sample.seeding import pick

Shape = Callable[[Random, Named], tuple[str, str, str]]

_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"


def _digits(rng: Random, count: int) -> str:
    return "".join(str(int(rng.random() * 10)) for _ in range(count))


def _letters(rng: Random, count: int) -> str:
    return "".join(pick(rng, _LETTERS) for _ in range(count))


def _between(rng: Random, low: int, high: int) -> int:
    return low + int(rng.random() * (high - low + 1))


def _ssn(rng: Random, sign: str) -> str:
    return sign.join(
        (str(_between(rng, 100, 665)), f"{_between(rng, 1, 99):02}", f"{_between(rng, 1, 9999):04}")
    )


def _luhn(body: str) -> str:
    total = 0
    for number, digit in enumerate(reversed(body)):
        value = int(digit) * (2 - number % 2)
        total += value - 9 * (value > 9)
    return body + str(-total % 10)


def _card(rng: Random) -> str:
    number = _luhn(pick(rng, ("4", "51", "52", "6011")) + _digits(rng, 15))[:16]
    number = _luhn(number[:15])
    sign = pick(rng, (" ", "-", ""))
    return sign.join(number[at : at + 4] for at in range(0, 16, 4))


def _iban(rng: Random) -> str:
    country, body = pick(rng, (("DE", 18), ("GB", 0), ("FR", 23), ("ES", 20), ("NL", 0)))
    bank = {"GB": "NWBK" + _digits(rng, 14), "NL": "ABNA" + _digits(rng, 10)}
    account = bank.get(country, _digits(rng, body))
    spelled = "".join(str(int(sign, 36)) for sign in f"{account}{country}00")
    number = f"{country}{98 - int(spelled) % 97:02}{account}"
    if rng.random() < 0.5:
        return number
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def _nif(rng: Random) -> str:
    number = _digits(rng, 8)
    return number + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]


def _cpf(rng: Random) -> str:
    body = _digits(rng, 9)
    for length in (10, 11):
        rest = sum(int(d) * w for d, w in zip(body, range(length, 1, -1), strict=False)) % 11
        body += str(0 if rest < 2 else 11 - rest)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def _national(rng: Random) -> tuple[str, str, str]:
    label, number = pick(
        rng,
        (
            (
                "PAN: ",
                _letters(rng, 3) + "P" + _letters(rng, 1) + _digits(rng, 4) + _letters(rng, 1),
            ),
            ("Aadhaar: ", f"{_between(rng, 2000, 9999)} {_digits(rng, 4)} {_digits(rng, 4)}"),
            ("NI number: ", f"AB {_digits(rng, 2)} {_digits(rng, 2)} {_digits(rng, 2)} C"),
            ("DNI: ", _nif(rng)),
            ("CPF: ", _cpf(rng)),
            ("NRIC: ", f"S{_digits(rng, 7)}D"),
            ("BSN: ", _digits(rng, 9)),
            (
                "Personnummer: ",
                f"{_between(rng, 60, 99)}0{_between(rng, 1, 9)}10-{_digits(rng, 4)}",
            ),
        ),
    )
    return label, number, ""


def _date(rng: Random) -> date:
    return date(1955, 1, 1) + timedelta(days=int(rng.random() * 17_000))


def _numeric(rng: Random) -> str:
    return _date(rng).strftime(
        pick(rng, ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d-%m-%y"))
    )


def _in_words(rng: Random) -> str:
    day = _date(rng)
    month = _MONTHS[day.month - 1]
    th = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(day.day, "th")
    forms = (
        f"{day.day}{th} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day.day} {month[:3]} {day.year}",
        f"{day.day}-{month[:3]}-{day.year}",
        f"{month[:3]} {day.day}{th}, {day.year}",
        f"{day.day} {month.upper()} {day.year}",
    )
    return pick(rng, forms)


def _employee(rng: Random) -> str:
    return pick(
        rng,
        (f"E{_digits(rng, 5)}", _digits(rng, 6), f"EMP-{_digits(rng, 4)}", f"TCS{_digits(rng, 6)}"),
    )


def _licence(rng: Random) -> tuple[str, str, str]:
    label, number = pick(
        rng,
        (
            ("RN License #", _digits(rng, 7)),
            (
                "Driver's License: ",
                f"{_letters(rng, 1)}{_digits(rng, 3)}-{_digits(rng, 4)}-{_digits(rng, 4)}",
            ),
            ("License No. ", f"{_letters(rng, 2)}-{_digits(rng, 6)}"),
            ("CPA licence number ", _digits(rng, 6)),
            ("Driving Licence No: ", f"MH{_digits(rng, 2)} {_digits(rng, 11)}"),
        ),
    )
    return label, number, ""


def _age(rng: Random) -> tuple[str, str, str]:
    before, after = pick(
        rng,
        (
            ("Age: ", ""),
            ("I am ", " years old."),
            ("Aged ", ","),
            ("A ", "-year-old engineer"),
            ("Age ", " years"),
        ),
    )
    return before, str(_between(rng, 19, 64)), after


DOCUMENT_SHAPES: Final[Mapping[str, Shape]] = {
    "id: social security number": lambda r, w: (
        pick(r, ("SSN: ", "", "Social Security Number ")),
        _ssn(r, "-"),
        "",
    ),
    "id: social security number, other signs": lambda r, w: (
        "SSN ",
        _ssn(r, pick(r, (" ", ".", ""))),
        "",
    ),
    "id: passport": lambda r, w: (
        pick(r, ("Passport No: ", "Passport: ", "Passport number - ", "PASSPORT NO. ")),
        pick(r, (_letters(r, 1) + _digits(r, 7), _digits(r, 9), _letters(r, 2) + _digits(r, 7))),
        "",
    ),
    "id: of a country": lambda r, w: _national(r),
    "id: employee number": lambda r, w: (
        pick(r, ("Employee ID: ", "Emp No. ", "Employee number ", "Staff ID - ", "Badge #")),
        _employee(r),
        "",
    ),
    "id: licence": lambda r, w: _licence(r),
    "id: bank card": lambda r, w: (pick(r, ("Card: ", "")), _card(r), ""),
    "id: IBAN": lambda r, w: (pick(r, ("IBAN ", "", "IBAN: ")), _iban(r), ""),
    "id: bank account": lambda r, w: (
        pick(r, ("Account No: ", "A/C No. ", "Bank account number ")),
        _digits(r, _between(r, 8, 14)),
        "",
    ),
    "id: IP address": lambda r, w: (
        pick(r, ("from IP ", "IP address: ", "host ")),
        pick(
            r,
            (
                ".".join(str(_between(r, 1, 254)) for _ in range(4)),
                f"2001:db8::{_between(r, 1, 9999)}:8a2e",
            ),
        ),
        "",
    ),
    "birth: date in figures": lambda r, w: (
        pick(r, ("DOB: ", "Date of Birth: ", "D.O.B - ", "Birth date ", "Date Of Birth : ")),
        _numeric(r),
        "",
    ),
    "birth: date in words": lambda r, w: (
        pick(r, ("Born on ", "DOB: ", "Date of birth - ", "born ", "Birthday: ")),
        _in_words(r),
        "",
    ),
    "birth: labels of other languages": lambda r, w: (
        pick(
            r,
            (
                "Geburtsdatum: ",
                "Né le ",
                "Fecha de nacimiento: ",
                "Data di nascita: ",
                "Data urodzenia: ",
                "Geboortedatum: ",
                "生年月日: ",
            ),
        ),
        _numeric(r),
        "",
    ),
    "birth: label on the line before": lambda r, w: ("Date of Birth\n: ", _numeric(r), ""),
    "age": lambda r, w: _age(r),
}
