"""Recognisers of contact data: e-mail addresses, links and social handles.

They read the folded view of a text (:mod:`lantern.documents.redaction_view`), and look beyond what
Presidio knows: addresses written as "ada at example dot org", broken over a line or glued to a
word, handles behind the name of a platform. Every repetition is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lantern.documents.redaction_kinds import Found, Kind

_TLD: Final = (
    r"(?:com|org|net|edu|gov|mil|int|info|biz|name|pro|io|co|me|dev|app|ai|tech|online|site|xyz|"
    r"email|cloud|in|uk|de|fr|es|it|nl|be|ch|at|se|no|dk|fi|pl|pt|br|mx|ar|ca|us|au|nz|jp|cn|kr|"
    r"ru|ua|tr|za|ng|ke|gh|eg|ae|sa|il|sg|my|id|ph|th|vn|hk|tw|ie|gr|cz|ro|hu|eu)"
)
_LOCAL: Final = r"[\w.+%'~-]{1,64}"
_HOST: Final = r"[\w-]{1,63}"
_AT: Final = r"\s{0,2}[\[({<|*]{1,2}\s?(?:at|@|arroba|aet|ett)\s?[\])}>|*]{1,2}\s{0,2}"
_DOT: Final = r"\s{0,2}[\[({<|*]{1,2}\s?(?:dot|\.|punkt|punto|point|d0t)\s?[\])}>|*]{1,2}\s{0,2}"
_DOT_WORD: Final = r"\s{1,2}(?:dot|punkt|punto)\s{1,2}"
_EMAILS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # ada@example.org; a blank or a line break beside the @; a local part broken at a hyphen
        rf"(?:[\w.+%]{{1,40}}-\n)?{_LOCAL}\s{{0,2}}@\s{{0,2}}{_HOST}"
        rf"(?:(?:\.{_HOST}){{1,5}}|\s?\.\s{{1,2}}{_TLD}\b)",
        # ada@example, not followed by what makes it a package or an annotation
        r"(?<![\w/@])[\w.+%-]{2,64}@[a-z][\w-]{2,62}(?![\w./@-])",
        # a d a @ e x a m p l e . o r g
        r"(?<!\w)(?:[\w.+-] ){2,40}@(?: [\w.-]){3,60}(?!\w)",
        # ada [at] example (dot) org, ada(at)example.org
        rf"(?:{_LOCAL}{_DOT}|{_LOCAL}{_DOT_WORD})?{_LOCAL}{_AT}{_HOST}"
        rf"(?:(?:{_DOT}|{_DOT_WORD}|\s?\.\s?){_HOST}){{1,4}}",
        # ada at example dot org, ada dot lovelace at example dot co dot uk
        rf"(?:[\w+-]{{1,64}}{_DOT_WORD}){{0,3}}{_LOCAL}\s{{1,2}}(?:at|arroba|@)\s{{1,2}}{_HOST}"
        rf"(?:(?:{_DOT_WORD}|{_DOT}|\.){_HOST}){{0,3}}(?:{_DOT_WORD}|{_DOT}){_HOST}",
        # ada_at_example_dot_org, ada-at-example-dot-org, ADAatEXAMPLEdotORG
        r"[a-z\d.+]{1,64}([_-])at\1[a-z\d]{1,63}(?:\1dot\1[a-z\d]{2,20}){1,3}",
        r"(?-i:[A-Z\d.+]{2,64}at[A-Z\d]{2,63}(?:dot[A-Z]{2,20}){1,3})",
    )
)
_LINKS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:https?|ftp|hxxps?)\s?:\s?//\s?[^\s<>\"]{1,500}"
        r"(?:(?:(?<=/in/)|(?<=[-_?=&]))\n[^\s<>\"]{1,200})?",
        r"(?<![\w@])www\d?\s?\.\s?[^\s<>\"]{3,500}(?:(?:(?<=/in/)|(?<=[-_?=&]))\n[^\s<>\"]{1,200})?",
        # a host with a path, whatever its top level
        rf"(?<![\w@.-]){_HOST}(?:\.{_HOST}){{0,4}}\.{_TLD}/(?=[^\s<>\"]{{0,80}}[\w~])"
        r"[^\s<>\"]{1,300}(?:(?<=/in/)\n[^\s<>\"]{1,200})?",
        # a bare host
        r"(?<![\w@.-])[\w-]{2,40}(?:\.[\w-]{2,40}){0,3}\.(?:com|org|net|io|co|edu|gov|me|dev|app|"
        r"info|biz|xyz|tech|site|page|online|blog|link|ly|in|uk|de|fr|nl|eu|ca|au)(?![\w+#.-])",
        rf"(?<![\w.]){_HOST} dot (?:com|org|io|me|dev|co)\b(?: (?:slash|/) ?[\w-]{{1,60}}){{0,4}}",
        r"(?<!\w)/in/[a-z][\w%-]{4,80}/?(?!\w)",
    )
)
# Names of software and of employers that look like hosts. A personal site in this form would be
# the member's name, which the recogniser of names finds.
_NOT_A_LINK: Final = re.compile(
    r"(?:asp|ado|vb|ml|dot|f|signalr)\.net|(?:socket|draw|diagrams|cloud|fluentd?|k3s|istio|app|"
    r"data|customer|hotjar)\.io|diagrams\.net|(?:node|next|vue|d3|three|express)\.(?:js|co)|"
    r"(?:x|c|open|z|h2o|fast|character|stability|scale)\.ai|(?-i:[A-Z][a-z]+(?:\.com|\.org))|"
    r"(?:plug|log|check|built|sign|opt|walk|drop|stand|fill)\.in|.*\.(?:pro|tech)|"
    r"[\w-]*(?:\.[A-Z][a-z]+)",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(
    r"(?-i:[a-z]\.[A-Z][a-z]*$)|[a-z]{3,}\.(?:in|me|at|de|co|page|link)$"
)
_TRAIL: Final = ".,;:!?)]}'\"|"

_PLATFORM: Final = (
    r"(?:twitter|instagram|insta|skype|telegram|discord|github|git\s?hub|gitlab|bitbucket|linked-?"
    r"\s?in|facebook|snapchat|tiktok|wechat|we\s?chat|weixin|whatsapp|line|viber|kakao(?:talk)?|"
    r"kaggle|hacker\s?rank|leet\s?code|code\s?chef|codeforces|stack\s?overflow|behance|"
    r"dribbble|youtube|mastodon|bluesky|reddit|xing|quora|pinterest|tumblr)"
)
_ACCOUNTS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<!\w){_PLATFORM}\s?(?:id|handle|user\s?name|user|profile|account|page|name|url)?"
        r"\s{0,2}(?:[:=]|-|is|@)\s{0,2}(?P<v>@?(?:live:)?[\w./#~-]{3,60})",
        rf"(?<!\w){_PLATFORM}\s?(?:id|handle|user\s?name)\s{{1,2}}"
        r"(?P<v>@?(?:live:)?[\w./#~-]{3,60})",
        # platforms whose names are words, too
        r"(?<!\w)(?:ig|fb|x|medium|threads|signal|steam)\s?[:@]\s{0,2}(?P<v>@?[\w./~-]{3,60})",
        r"(?<!\w)(?:handle|user\s?name|screen\s?name|nick(?:name)?|login|user\s?id)\s{0,2}[:=]"
        r"\s{0,2}(?P<v>@?[\w./#-]{3,60})",
    )
)
_SKYPE: Final = re.compile(r"(?<!\w)live:\.?[\w.-]{3,60}", re.IGNORECASE)
# "@ada_l" and "ada#1815", but neither "@Override" nor "@angular/core" nor "Ticket#1815"
_BARE_HANDLES: Final = (
    re.compile(r"(?<![\w@./])@(?P<v>[A-Za-z_][\w.]{2,29})(?![\w/(])"),
    re.compile(r"(?<!\w)(?P<v>[a-z][\w.]{2,31}#\d{4})(?!\d)"),
)
# What stands behind "GitHub:" or "Skype -" may be a sentence; a handle does not look like a word.
_PLAIN_WORD: Final = re.compile(r"[A-Z]?[a-z]+[.]?|[A-Z]+|\d+|(?:[A-Z][a-z]+[/-])+[A-Z]?[a-z]+")
_REST_OF_ENTRY: Final = re.compile(r"[ ]*(?:$|[|,;\n)•])")
_TICKET: Final = re.compile(
    r"(?:ticket|issue|order|invoice|bug|case|pr|task|story|room|unit)#", re.I
)


def contact_data(text: str) -> Iterator[Found]:
    """E-mail addresses, links and handles in a folded text."""
    yield from _emails(text)
    yield from _links(text)
    yield from _handles(text)


def _emails(text: str) -> Iterator[Found]:
    lowered = text.lower()
    if "@" not in text and not ("at" in lowered and ("dot" in lowered or "." in text)):
        return
    for pattern in _EMAILS:
        for match in pattern.finditer(text):
            yield Found(match.start(), match.end(), Kind.EMAIL)


def _links(text: str) -> Iterator[Found]:
    for pattern in _LINKS:
        for match in pattern.finditer(text):
            shown = match[0].rstrip(_TRAIL)
            if _NOT_A_LINK.fullmatch(shown) or _SENTENCE_END.search(shown):
                continue
            yield Found(match.start(), match.start() + len(shown), Kind.LINK)


def _handles(text: str) -> Iterator[Found]:
    for pattern in _ACCOUNTS:
        for match in pattern.finditer(text):
            shown = match["v"].rstrip(".")
            end = match.start("v") + len(shown)
            if _is_handle(text, shown, end):
                yield Found(match.start("v"), end, Kind.HANDLE)
    for match in _SKYPE.finditer(text):
        yield Found(match.start(), match.end(), Kind.HANDLE)
    for pattern in _BARE_HANDLES:
        for match in pattern.finditer(text):
            shown = match["v"].rstrip(".")
            plain = not shown.islower() and not any(sign in "_0123456789" for sign in shown)
            if not plain and not _TICKET.match(shown):
                yield Found(match.start("v"), match.start("v") + len(shown), Kind.HANDLE)


def _is_handle(text: str, shown: str, end: int) -> bool:
    """Whether what stands behind the name of a platform names an account there."""
    if not _PLAIN_WORD.fullmatch(shown):
        return any(sign.isalnum() for sign in shown)
    alone = _REST_OF_ENTRY.match(text, end) is not None
    return alone and (shown.islower() or shown.isdigit())
