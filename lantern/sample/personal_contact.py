"""Ways in which e-mail addresses, phone numbers, links and social handles are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from lantern.sample.personal_names import Named, plain
from lantern.sample.seeding import pick

Shape = Callable[[Random, Named], tuple[str, str, str]]

_HOSTS: Final = (
    "example.org",
    "mail.example.com",
    "example.co.uk",
    "web.example.de",
    "example.net",
)
_BOXES: Final = (
    "gmail.com",
    "yahoo.co.in",
    "outlook.com",
    "gmx.de",
    "orange.fr",
    "proton.me",
    "qq.com",
)
_SITES: Final = (
    "linkedin.com/in/",
    "github.com/",
    "www.linkedin.com/in/",
    "behance.net/",
    "gitlab.com/",
)
_DIGITS: Final = {
    "arabic": "٠١٢٣٤٥٦٧٨٩",
    "devanagari": "०१२३४५६७८९",
    "full width": "０１２３４５６７８９",
    "bengali": "০১২৩৪৫৬৭৮৯",
}
_WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# 9: a digit from 2 to 9, 0: any digit.
_INTERNATIONAL: Final = (
    "+1 (900) 900-0000",
    "+1-900-900-0000",
    "+44 20 9000 0000",
    "+44 7900 000000",
    "+49 30 90000000",
    "+49 (0)171 9000000",
    "+33 6 90 00 00 00",
    "+33 1 90 00 00 00",
    "+91 90000 00000",
    "+91-9000000000",
    "+55 11 99000-0000",
    "+86 139 0000 0000",
    "+81 90-9000-0000",
    "+61 412 000 000",
    "+234 803 000 0000",
    "+971 50 900 0000",
    "+65 9000 0000",
    "+45 90 00 00 00",
    "+48 500 000 000",
    "+34 600 000 000",
    "+39 340 9000000",
    "+31 6 90000000",
    "+82 10-9000-0000",
    "+7 (900) 000-00-00",
    "0044 7900 000000",
    "+52 55 9000 0000",
    "+27 82 900 0000",
    "+254 700 000000",
    "+62 812-9000-0000",
    "+353 85 900 0000",
)
_NATIONAL: Final = (
    "(900) 900-0000",
    "900-900-0000",
    "900.900.0000",
    "900 900 0000",
    "9000000000",
    "09000 000000",
    "020 9000 0000",
    "0171/9000000",
    "06 90 00 00 00",
    "06.90.00.00.00",
    "98000 00000",
    "0 98000-00000",
    "(11) 99000-0000",
    "139 0000 0000",
    "0412 000 000",
    "0803 000 0000",
    "600 000 000",
    "090-9000-0000",
)


def _digits(rng: Random, form: str) -> str:
    """A number of a form: 9 becomes a digit from 2 to 9, 0 any digit; the country's code stays."""
    code, rest = "", form
    if form.startswith(("+", "00")):
        code, blank, rest = form.partition(" ") if " " in form else form.partition("-")
        code += blank
    return code + "".join(
        str(2 + int(rng.random() * 8))
        if sign == "9"
        else str(int(rng.random() * 10))
        if sign == "0" and number
        else sign
        for number, sign in enumerate(rest)
    )


def _phone(rng: Random) -> str:
    return _digits(rng, pick(rng, _INTERNATIONAL if rng.random() < 0.5 else _NATIONAL))


def _user(rng: Random, who: Named) -> str:
    first, last = plain(who.given).lower(), plain(who.family).lower()
    year = str(70 + int(rng.random() * 30))
    forms = (f"{first}.{last}", f"{first}{last}", f"{first[0]}{last}", f"{last}_{first}{year}")
    return pick(rng, (*forms, f"{first}-{last}", f"{first}{year}", f"{first}.{last}.{year}"))


def _email(rng: Random, who: Named) -> str:
    return f"{_user(rng, who)}@{pick(rng, (*_HOSTS, *_BOXES))}"


def _label(rng: Random, *labels: str) -> str:
    return pick(rng, labels)


def _obfuscated_words(rng: Random, who: Named) -> tuple[str, str, str]:
    user, host = _user(rng, who).replace(".", " dot "), pick(rng, _HOSTS).replace(".", " dot ")
    return _label(rng, "Email: ", "Write to ", "mail: "), f"{user} at {host}", ""


def _obfuscated_brackets(rng: Random, who: Named) -> tuple[str, str, str]:
    at = pick(rng, ("[at]", "(at)", " [at] ", " (at) ", "{at}", " [@] ", " AT "))
    dot = pick(rng, ("[dot]", "(dot)", " [dot] ", " (dot) ", " DOT "))
    user, host = _user(rng, who).replace(".", "-"), pick(rng, _HOSTS).replace(".", dot)
    return _label(rng, "Email: ", "", "Reach me: "), f"{user}{at}{host}", ""


def _spaced_out(rng: Random, who: Named) -> tuple[str, str, str]:
    user, host = _email(rng, who).split("@")
    return "Email: ", pick(rng, (f"{user} @ {host}", f"{user}@ {host}", f"{user} @{host}")), ""


def _broken_email(rng: Random, who: Named) -> tuple[str, str, str]:
    user, host = _email(rng, who).split("@")
    return "Email: ", pick(rng, (f"{user}@\n{host}", f"{user}\n@{host}")), ""


def _zero_width(rng: Random, who: Named) -> tuple[str, str, str]:
    email = _email(rng, who)
    at = 1 + int(rng.random() * (len(email) - 2))
    return "Email: ", email[:at] + pick(rng, ("\u200b", "\u00ad", "\u2060")) + email[at:], ""


def full_width(text: str) -> str:
    """ASCII in full-width signs."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def _other_digits(rng: Random, text: str) -> str:
    digits = _DIGITS[pick(rng, tuple(_DIGITS))]
    return text.translate({ord(str(number)): digits[number] for number in range(10)})


def _spelled(rng: Random) -> str:
    words = [pick(rng, _WORDS) for _ in range(10)]
    return pick(rng, (" ", "-", ", ")).join(words)


def _broken_phone(rng: Random) -> str:
    number = _digits(rng, pick(rng, [form for form in _INTERNATIONAL if form.count(" ") > 1]))
    head, tail = number.rsplit(" ", 1)
    return f"{head}\n{tail}"


def _link(rng: Random, who: Named) -> str:
    scheme = pick(rng, ("https://", "http://", "https://www.", ""))
    return f"{scheme}{pick(rng, _SITES).removeprefix('www.')}{_user(rng, who)}"


def _site(rng: Random, who: Named) -> str:
    scheme = pick(rng, ("https://", "www.", "http://www.", ""))
    end = pick(rng, ("com", "dev", "io", "me", "in"))
    return f"{scheme}{_user(rng, who).replace('_', '-')}.{end}"


def _handle(rng: Random, who: Named) -> str:
    return _user(rng, who).replace(".", "_").replace("-", "_")


CONTACT_SHAPES: Final[Mapping[str, Shape]] = {
    "e-mail: plain": lambda r, w: (_label(r, "Email: ", "", "E-mail ", "• "), _email(r, w), ""),
    "e-mail: in capitals": lambda r, w: ("EMAIL: ", _email(r, w).upper(), ""),
    "e-mail: with a tag": lambda r, w: ("", _email(r, w).replace("@", "+jobs@"), ""),
    "e-mail: in brackets": lambda r, w: ("Contact <", _email(r, w), ">"),
    "e-mail: glued": lambda r, w: (_label(r, "Email:", "Mail-", "e-mail:"), _email(r, w), "|Phone"),
    "e-mail: blanks at the @": _spaced_out,
    "e-mail: line break": _broken_email,
    "e-mail: at and dot in words": _obfuscated_words,
    "e-mail: at and dot in brackets": _obfuscated_brackets,
    "e-mail: full width": lambda r, w: ("Email: ", full_width(_email(r, w)), ""),
    "e-mail: zero-width sign within": _zero_width,
    "phone: international": lambda r, w: (
        _label(r, "Phone: ", "", "Mobile ", "Tel. ", "☎ "),
        _digits(r, pick(r, _INTERNATIONAL)),
        "",
    ),
    "phone: national": lambda r, w: (
        _label(r, "Phone: ", "", "Mobile: ", "Call "),
        _digits(r, pick(r, _NATIONAL)),
        "",
    ),
    "phone: local, with a label": lambda r, w: (
        _label(r, "Phone: ", "Tel: ", "Mobile No: ", "Ph: "),
        _digits(r, pick(r, ("900-0000", "9000 0000", "90 00 00 00", "900 0000"))),
        "",
    ),
    "phone: with an extension": lambda r, w: (
        "Office: ",
        f"{_digits(r, pick(r, _NATIONAL[:4]))} {pick(r, ('ext.', 'x', 'ext'))} {_digits(r, '900')}",
        "",
    ),
    "phone: glued": lambda r, w: (
        _label(r, "Phone:", "Mob", "Contact No."),
        _digits(r, pick(r, _NATIONAL[:9])),
        _label(r, "Email", "|", "/"),
    ),
    "phone: digits of other scripts": lambda r, w: ("Phone: ", _other_digits(r, _phone(r)), ""),
    "phone: full width": lambda r, w: ("Tel ", full_width(_digits(r, pick(r, _INTERNATIONAL))), ""),
    "phone: typographic dashes": lambda r, w: (
        "Phone ",
        _digits(r, "900-900-0000").replace("-", pick(r, ("–", "‑", "—", "−", "‐"))),
        "",
    ),
    "phone: line break": lambda r, w: ("Phone: ", _broken_phone(r), ""),
    "phone: in words": lambda r, w: ("Call me at ", _spelled(r), ""),
    "link: profile": lambda r, w: (_label(r, "", "LinkedIn: ", "Profile: "), _link(r, w), ""),
    "link: own site": lambda r, w: (
        _label(r, "Website: ", "", "Portfolio: "),
        _site(r, w),
        "",
    ),
    "link: in capitals": lambda r, w: ("", f"LINKEDIN.COM/IN/{_handle(r, w).upper()}", ""),
    "handle: behind a platform": lambda r, w: (
        pick(
            r, ("Twitter: @", "GitHub: ", "Skype: ", "Telegram: @", "Instagram - @", "Skype ID: ")
        ),
        _handle(r, w),
        "",
    ),
    "handle: with an @": lambda r, w: (
        _label(r, "Find me as @", "I post as @", "Follow @"),
        _handle(r, w),
        "",
    ),
    "handle: skype and discord": lambda r, w: (
        _label(r, "", "Chat: "),
        pick(r, (f"live:{_handle(r, w)}", f"{_handle(r, w)}#{_digits(r, '9000')}")),
        "",
    ),
}
