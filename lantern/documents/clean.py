"""Raw text in, clean text out: encoding faults, markup, invisible characters, blanks, length.

Everything downstream (quotes, fingerprints, models) rests on this text, so cleaning is
idempotent: ``clean_text(clean_text(x).text).text == clean_text(x).text``. Several repairs can
uncover one another (an entity hides a tag, a tag splits a mojibake), hence the passes are repeated
until nothing changes.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final, NamedTuple

import ftfy

from lantern.documents.hidden import without_hidden

DEFAULT_MAX_CHARS: Final = 60_000

# Markup and entities shrink, so more than max_chars is looked at; but never the whole of a file
# that someone pasted into a profile.
_RAW_FACTOR: Final = 2
_MAX_PASSES: Final = 6

_TAG_NAMES: Final = (
    "a|abbr|address|article|aside|audio|b|base|big|blockquote|body|br|button|canvas|center|cite|"
    "code|col|colgroup|dd|del|details|div|dl|dt|em|embed|fieldset|figure|font|footer|form|frame|"
    "h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|legend|li|link|main|map|mark|"
    "meta|nav|noscript|object|ol|option|p|param|pre|q|s|samp|script|section|select|small|source|"
    "span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|"
    "time|title|tr|tt|u|ul|var|video"
)
_BLOCK_TAG: Final = re.compile(
    r"</?(?:address|article|blockquote|br|dd|div|dl|dt|footer|form|h[1-6]|header|hr|li|ol|p|pre|"
    r"section|table|tr|ul)(?:[\s/][^<>]{0,2000})?>",
    re.IGNORECASE,
)
# Only names that HTML knows: "List<String>" in a résumé is not markup.
_TAG: Final = re.compile(rf"</?(?:{_TAG_NAMES})(?:[\s/][^<>]{{0,2000}})?>", re.IGNORECASE)
_COMMENT_MARK: Final = re.compile(r"<!--|-->|<!DOCTYPE[^<>]{0,200}>", re.IGNORECASE)
# "&amp;amp;lt;" is peeled in one pass, else hostile input costs a pass a layer.
_AMPERSANDS: Final = re.compile(r"&(?:(?:amp|#0{0,4}38|#x0{0,4}26);)+", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,31}[0-9]{0,2});", re.IGNORECASE)

# What no reader sees: controls, zero-width, bidi marks, tags, variation selectors, surrogates and
# noncharacters. Hidden text is how a profile talks to a model behind the reader's back.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_LINE_END: Final = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANK: Final = re.compile(r"[^\S\n]+")
_PARAGRAPHS: Final = re.compile(r" ?\n ?(?:\n[ \n]*)?")
# Symbol fonts leave their bullets in the private use area; other signs there mean nothing.
_PRIVATE_BULLET: Final = re.compile("[\uf0a7\uf0a8\uf0b7\uf0d8\uf0fc\uf076\uf02d]")
_PRIVATE: Final = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
# A bullet that lost its middle byte on the way ("â¢" for "â\x80¢"), beyond what ftfy can know.
_BROKEN_BULLET: Final = re.compile("â¢|â€¢")
_MARKS: Final = re.compile(
    "([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{4})"
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)


class CleanText(NamedTuple):
    """A cleaned text, and whether it was longer than allowed."""

    text: str
    was_cut: bool


def clean_text(raw: str, *, max_chars: int = DEFAULT_MAX_CHARS) -> CleanText:
    """Clean one text.

    Repairs mojibake, decodes entities, drops hidden text, tags (their text stays) and invisible
    characters, normalises to NFC, collapses blanks, keeps line breaks and at most one empty line.

    Args:
        raw: the text as the source has it; any string is accepted.
        max_chars: the most characters to return. A cut falls on a blank where there is one near.

    Returns:
        The text, and whether anything of the input was cut off.
    """
    was_cut = len(raw) > _RAW_FACTOR * max_chars
    text = raw[: _RAW_FACTOR * max_chars] if was_cut else raw
    for _ in range(_MAX_PASSES):
        before = text
        text = _one_pass(text)
        if text == before:
            break
    else:
        # Nested on purpose; without these signs no pass has anything left to uncover.
        text = _collapse(text.translate({ord(sign): " " for sign in "<>&"}))
    shorter = _cut(text, max_chars)
    return CleanText(shorter, was_cut or len(shorter) < len(text))


def clean_line(raw: str | None, *, max_chars: int = 300) -> str:
    """Clean a short field (title, name, location) to one line; empty if there is nothing."""
    if not raw:
        return ""
    return clean_text(raw, max_chars=max_chars).text.replace("\n", " ").strip()


def _one_pass(text: str) -> str:
    text = without_hidden(text)
    text = _LINE_END.sub("\n", text)
    if not text.isascii():
        text = "\n".join(_repair_line(line) for line in text.split("\n"))
        text = _PRIVATE_BULLET.sub("•", text)
        text = _PRIVATE.sub(" ", text)
        text = _LINE_END.sub("\n", text)
        text = _MARKS.sub(r"\1", text)
        text = unicodedata.normalize("NFC", text)
    if "&" in text:
        text = _AMPERSANDS.sub("&", text)
        text = without_hidden(_ENTITY.sub(_decode_entity, text))
    if "<" in text or "-->" in text:
        text = _COMMENT_MARK.sub(" ", text)
        text = _BLOCK_TAG.sub("\n", text)
        text = _TAG.sub(" ", text)
    text = _INVISIBLE.sub("", text)
    return _collapse(text)


def _repair_line(line: str) -> str:
    if line.isascii():
        return line
    # Before ftfy, which would take "â¢" with the blank behind it for one Braille sign.
    repaired: str = ftfy.fix_encoding(_BROKEN_BULLET.sub("•", line))
    return repaired


def _decode_entity(match: re.Match[str]) -> str:
    return html.unescape(match[0])


def _collapse(text: str) -> str:
    text = _BLANK.sub(" ", text)
    text = _PARAGRAPHS.sub(lambda m: "\n\n" if m[0].count("\n") > 1 else "\n", text)
    return text.strip()


def _cut(text: str, max_chars: int) -> str:
    if len(text) <= max_chars:
        return text
    blank = max(text.rfind(" ", 0, max_chars), text.rfind("\n", 0, max_chars))
    # A word of thousands of letters is not a reason to lose the whole text.
    end = blank if blank > max_chars * 0.9 else max_chars
    return text[:end].rstrip()
