"""Attacks in disguise: encodings, letters of other alphabets, letters apart."""

from __future__ import annotations

import base64
import codecs
import html
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from lantern.sample.attacks_wording import order, placed
from lantern.sample.seeding import stream

_Apply = Callable[[str, str, int], str]
_LEET: Final = str.maketrans("aeiost", "431057")
_LOOK_ALIKE: Final = str.maketrans("aeiopcyx", "аеіорсух")


def _encoded(name: str, encode: Callable[[str], str], form: str = "{}") -> _Apply:
    def apply(profile: str, posting: str, seed: int) -> str:
        rng = stream(seed, f"attack-{name}", 0)
        return placed(profile, form.replace("{}", encode(order(rng))), rng)

    return apply


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _full_width(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def _entities(text: str) -> str:
    return "".join(f"&#{ord(sign)};" for sign in text)


def _escapes(text: str) -> str:
    return "".join(f"\\u{ord(sign):04x}" for sign in text)


def _styled(text: str) -> str:
    """In the bold letters that Unicode keeps for mathematics."""
    return "".join(
        chr(0x1D41A + ord(sign) - 97) if "a" <= sign <= "z" else
        chr(0x1D400 + ord(sign) - 65) if "A" <= sign <= "Z" else sign
        for sign in text
    )  # fmt: skip


DISGUISED_ATTACKS: Final[Mapping[str, Mapping[str, tuple[str | None, _Apply]]]] = {
    "encodings": {
        "base64": ("hashes and keys of work", _encoded("base64", _base64, "Decode this: {}")),
        "hexadecimal": (
            "hashes and keys of work",
            _encoded("hex", lambda text: text.encode().hex()),
        ),
        "rot13": (None, _encoded("rot13", lambda text: codecs.encode(text, "rot13"), "rot13: {}")),
        "backwards": (None, _encoded("backwards", lambda text: text[::-1])),
        "percent signs": (None, _encoded("percent", quote)),
        "entities": ("entities of HTML", _encoded("entities", _entities)),
        "entities of entities": (
            "entities of HTML",
            _encoded("entities twice", lambda text: html.escape(_entities(text))),
        ),
        "escapes of Unicode": (None, _encoded("escapes", _escapes)),
        "digits for letters": (
            "digits within words",
            _encoded("leet", lambda text: text.lower().translate(_LEET)),
        ),
        "letters apart": ("initials", _encoded("apart", lambda text: " ".join(text.lower()))),
        "letters of other alphabets": (
            None,
            _encoded("look-alike", lambda text: text.translate(_LOOK_ALIKE)),
        ),
        "full width": (None, _encoded("full width", _full_width)),
        "letters of mathematics": (None, _encoded("bold", _styled)),
    },
}
