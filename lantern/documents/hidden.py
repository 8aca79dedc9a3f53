"""Text that a page shows to nobody: comments, scripts, styled away, or concealed in a terminal.

It is how a profile talks to a model behind the reader's back. Visible markup is another matter
(:mod:`lantern.documents.clean` drops the tags and keeps the text).
"""

from __future__ import annotations

import re
from typing import Final

_TELLS: Final = ("<!--", "<", "\x1b", "\x9b", "[//]:", "[comment]:", "\\")
# Elements whose content no browser shows as text.
_UNSEEN: Final = frozenset(("script", "style", "template", "noscript", "iframe", "object"))
_MAX_TAGS: Final = 20_000
"""So many tags are looked at in one text, so that nested ones cost no more than their number."""
_OPENING: Final = re.compile(r"<([a-z][a-z0-9]{0,20})((?:\s[^<>]{0,2000})?)>", re.IGNORECASE)
_VOID: Final = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "wbr")
)
_ZERO: Final = r"[-+]?0*\.?0+(?:px|pt|em|rem|ex|%|vh|vw)?"
_HIDING: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden"
    rf"|(?:font-size|opacity|max-height|max-width|height|width|line-height)\s*:\s*{_ZERO}\s*(?:!|;|$|[\"'])"
    r"|font-size\s*:\s*(?:[01](?:\.\d+)?\s*(?:px|pt)|0?\.0?\d+\s*(?:em|rem))"
    r"|(?:^|[;\"'\s])color\s*:\s*(?:white|transparent|#f{3}\b|#f{6}\b|#fff[0-9a-f]{3}\b|snow|ivory|"
    r"rgba?\(\s*25[0-5]\s*,\s*25[0-5]\s*,\s*25[0-5]|rgba\([^)]{0,40},\s*0?\.?0+\s*\)|hsla?\([^)]{0,30}100%)"
    r"|(?:left|top|right|bottom|text-indent|margin-left|margin-top)\s*:\s*-\s*\d{3,}"
    r"|clip(?:-path)?\s*:\s*(?:rect\(\s*0|inset\(\s*(?:50|100)%)|transform\s*:\s*scale\(\s*0\s*\)",
    re.IGNORECASE,
)
_STYLE: Final = re.compile(
    r"\bstyle\s*=\s*(?:\"([^\"]{0,2000})\"|'([^']{0,2000})'|([^\s\"'>]+))", re.I
)
_HIDDEN_ATTRIBUTE: Final = re.compile(
    r"\s(?:hidden(?=[\s/]|$|=)|type\s*=\s*[\"']?hidden|color\s*=\s*[\"']?(?:white|#f{3}(?:f{3})?)\b|"
    r"size\s*=\s*[\"']?[-0]|class\s*=\s*[\"'](?:[^\"']{0,200}\s)?(?:sr-only|visually-hidden|d-none|hidden)(?=[\s\"']))",
    re.IGNORECASE,
)
# SGR 8 conceals what follows until 28 or 0.
_CONCEALED: Final = re.compile(
    r"(?:\x1b\[|\x9b)(?:\d{1,3};)*8(?:;\d{1,3})*m.*?(?:(?:\x1b\[|\x9b)(?:\d{1,3};)*(?:0|28)?m|$)",
    re.DOTALL,
)
_ANSI: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,40}[ -/]{0,10}[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)?|\x1b[ -/]{0,3}[0-~]"
)
_MARKDOWN_COMMENT: Final = re.compile(
    r"^[ ]{0,3}\[(?://|comment|_|hidden)\]:[ ]{0,3}(?:#|<>)[ ]{0,3}[\"'(][^\n]{0,5000}$",
    re.IGNORECASE | re.MULTILINE,
)
_LATEX: Final = re.compile(
    r"\\(?:textcolor\s*\{\s*white\s*\}|phantom|hphantom|vphantom)\s*\{[^{}]{0,5000}\}"
    r"|\{\s*\\color\s*\{\s*white\s*\}[^{}]{0,5000}\}"
)


def without_hidden(text: str) -> str:
    """The text without what is hidden by markup, by styles or by a terminal's signs.

    A hidden element is dropped up to its end; one that never ends loses nothing but its tag later,
    because in a plain text everything behind it is seen.
    """
    if not any(tell in text for tell in _TELLS):
        return text
    if "\x1b" in text or "\x9b" in text:
        text = _ANSI.sub("", _CONCEALED.sub("", text))
    if "[" in text:
        text = _MARKDOWN_COMMENT.sub("", text)
    if "\\" in text:
        text = _LATEX.sub(" ", text)
    if "<" in text:
        text = _without_elements(_without_comments(text))
    return text


def _without_comments(text: str) -> str:
    pieces: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        pieces += [text[at:start], " "]
        at = end + 3
    return "".join([*pieces, text[at:]])


def _without_elements(text: str) -> str:
    pieces: list[str] = []
    at, budget = 0, _MAX_TAGS
    for match in _OPENING.finditer(text):
        name = match[1].lower()
        if match.start() < at or not (name in _UNSEEN or _hides(match[2])):
            continue
        pieces += [text[at : match.start()], " "]
        at = match.end()
        if name not in _VOID and budget > 0:
            at, budget = _end_of(text, name, at, budget)
    return "".join([*pieces, text[at:]])


def _hides(attributes: str) -> bool:
    if not attributes.strip():
        return False
    if _HIDDEN_ATTRIBUTE.search(attributes):
        return True
    style = _STYLE.search(attributes)
    return bool(style and _HIDING.search(next(filter(None, style.groups()), "")))


def _end_of(text: str, name: str, start: int, budget: int) -> tuple[int, int]:
    """Where the element that began before ``start`` ends (``start`` if it never does), and what
    is left of the tags that may be looked at."""
    depth = 1
    tags = re.compile(rf"<(/?){name}(?=[\s>/])[^<>]{{0,2000}}>", re.IGNORECASE)
    for tag in tags.finditer(text, start):
        depth += -1 if tag[1] else 1
        budget -= 1
        if depth == 0:
            return tag.end(), budget
        if budget <= 0:
            break
    return start, budget - 50
