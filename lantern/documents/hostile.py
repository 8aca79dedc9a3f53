"""Text that talks to a model behind the reader's back: taken out where hidden, named where seen.

A profile or a posting is data, whatever it says. What no reader sees is dropped; what a reader sees
stays, and is named, so that an answer about it carries the names and a report can count them.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from lantern.documents.clean import clean_text
from lantern.documents.hidden import without_hidden
from lantern.documents.hostile_patterns import matches, patterns, squeezed
from lantern.documents.redaction_view import fold

_LOOKED_AT: Final = 200_000
_TAG_SIGNS: Final = re.compile("[\U000e0020-\U000e007e]{4,}")
_TURNED: Final = re.compile("[\u202d\u202e]")
# Letters of other alphabets that look like Latin ones, in lower case.
_LOOKS_LIKE: Final = str.maketrans(
    dict(zip("аеіоорсухѕјԁһԛԝкмтнвαεικνορτυχɑɡı", "aeioopcyxsjdhqwkmthbaeiknoptuxagi", strict=True))
)
_LATIN: Final = re.compile(r"[a-z]")
_OTHER_LETTERS: Final = re.compile(r"[\u0370-\u04ff]")
_LEET: Final = str.maketrans("0134578@$!|", "oieastbasil")
_LEET_WORDS: Final = 3
_LEET_WORD: Final = re.compile(
    r"(?<![a-z0-9@$!|])(?=[a-z0134578@$!|]{0,19}[a-z])(?=[a-z]{0,19}[0134578@$!|])"
    r"[a-z0134578@$!|]{3,20}(?![a-z0-9@$!|])"
)
# A letter is no sign between letters, so there is one way to read a run.
_APART: Final = re.compile(r"(?<!\w)(?:[^\W_][ .\-_*·]{1,2}){5,200}[^\W_](?!\w)")
_BASE64: Final = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{20,}={0,2}(?![A-Za-z0-9+/=])")
_HEX: Final = re.compile(r"(?<![0-9a-zA-Z])(?:(?:\\x|0x| )?[0-9a-fA-F]{2}){12,}(?![0-9a-zA-Z])")
_ESCAPES: Final = re.compile(r"(?:\\u[0-9a-fA-F]{4}){4,}|(?:&#x?[0-9a-fA-F]{2,6};){4,}")
_BLANKS: Final = re.compile(r"[^\S\n]+")
_STRONG: Final = (
    "overrides instructions",
    "asks for a level",
    "speaks to a model",
    "claims a level",
)

HIDDEN: Final = "hidden text"
DISGUISED: Final = "disguised letters"
ENCODED: Final = "encoded instructions"


def neutralised(text: str) -> str:
    """The text without what no reader sees: comments, styled-away text, zero-width and bidi signs.

    Text that has been ingested comes back as it is, so that quotes stay exact spans of it.
    """
    return clean_text(text, max_chars=max(len(text), 1)).text


def instruction_like(text: str) -> list[str]:
    """Names of what in the text addresses a model; empty for nearly every honest text.

    The plain patterns are those of ``hostile_data/hostile.yaml``. ``hidden text`` is
    of texts that were not neutralised; ``disguised letters`` and ``encoded instructions`` mean
    that a pattern shows once letters of other alphabets, digits for letters, letters apart,
    base64, hexadecimal, escapes, rot13 or reversal are undone.

    Args:
        text: any text; of a very long one the beginning is looked at.
    """
    text = text[:_LOOKED_AT]
    found: list[str] = []
    if without_hidden(text) != text or _TAG_SIGNS.search(text) or _TURNED.search(text):
        found.append(HIDDEN)
    plain = _plain(text)
    named = [name for name in patterns() if _matches(plain, name)]
    found += named
    if any(_names(other) - set(named) for other in _undisguised(plain)) or _is_apart(plain):
        found.append(DISGUISED)
    if any(_names(_plain(other)) - set(named) for other in _decoded(text, plain)):
        found.append(ENCODED)
    return found


def _plain(text: str) -> str:
    return _BLANKS.sub(" ", fold(text).text.replace("\u0130", "I").lower())


def _names(plain: str) -> set[str]:
    return {name for name in _STRONG if _matches(plain, name)}


def _matches(plain: str, name: str) -> bool:
    return next(matches(plain, name), None) is not None


def _undisguised(plain: str) -> Iterator[str]:
    """Readings of a folded text in which letters were disguised; none for most texts."""
    if _LATIN.search(plain) and _OTHER_LETTERS.search(plain):
        yield plain.translate(_LOOKS_LIKE)
    if len(_LEET_WORD.findall(plain)) >= _LEET_WORDS:
        yield plain.translate(_LEET)


def _is_apart(plain: str) -> bool:
    """Whether letters set apart ("i g n o r e  p r e v i o u s ...") spell an instruction."""
    for match in _APART.finditer(plain):
        letters = "".join(sign for sign in match[0] if sign.isalnum())
        if any(text in said for said in (letters, letters.translate(_LEET)) for text in squeezed()):
            return True
    return False


def _decoded(text: str, plain: str) -> Iterator[str]:
    """What encodings within a text say; only readable results."""
    for match in _BASE64.finditer(text):
        yield from _readable(_base64(match[0]))
    for match in _HEX.finditer(text):
        digits = re.sub(r"\\x|0x| ", "", match[0])
        yield from _readable(bytes.fromhex(digits[: len(digits) // 2 * 2]))
    if "%" in text:
        unquoted = unquote(text)
        if unquoted != text:
            yield unquoted
    for match in _ESCAPES.finditer(text):
        codes = re.findall(r"[0-9a-fA-F]{2,6}", match[0].replace("\\u", " "))
        base = 16 if "\\u" in match[0] or "x" in match[0] else 10
        yield "".join(chr(int(code, base)) for code in codes if _is_code(code, base))
    yield codecs.encode(plain, "rot13")
    yield plain[::-1]


def _is_code(code: str, base: int) -> bool:
    try:
        return int(code, base) < 0x110000
    except ValueError:
        return False


def _base64(shown: str) -> bytes:
    body = shown.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return b""


def _readable(raw: bytes) -> Iterator[str]:
    try:
        shown = raw.decode("utf-8")
    except UnicodeDecodeError:
        return
    if len(shown) > 8 and sum(sign.isprintable() or sign == "\n" for sign in shown) > 0.9 * len(
        shown
    ):
        yield shown
