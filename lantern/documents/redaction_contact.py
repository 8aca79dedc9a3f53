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
from lantern.documents.redaction_view import matches_near

_TLD: Final = (
    r"(?:com|org|net|edu|gov|mil|int|info|biz|name|pro|io|co|me|dev|app|ai|tech|online|site|xyz|"
    r"email|cloud|in|uk|de|fr|es|it|nl|be|ch|at|se|no|dk|fi|pl|pt|br|mx|ar|ca|us|au|nz|jp|cn|kr|"
    r"ru|ua|tr|za|ng|ke|gh|eg|ae|sa|il|sg|my|id|ph|th|vn|hk|tw|ie|gr|cz|ro|hu|eu|"
    r"ly|gl|to|gg|cc|tv|ws|so|page|link|blog|bio)"
)
_LOCAL: Final = r"[\w.+%'~-]{1,64}"
_HOST: Final = r"[\w-]{1,63}"
_AT: Final = r"\s{0,2}[\[({<|*]{1,2}\s?(?:at|@|a|arroba|aet)\s?[\])}>|*]{1,2}\s{0,2}"
_DOT: Final = r"\s{0,2}[\[({<|*]{1,2}\s?(?:dot|\.|punkt|punto|point|d0t)\s?[\])}>|*]{1,2}\s{0,2}"
_DOT_WORD: Final = r"\s{1,2}(?:dot|punkt|punto)\s{1,2}"
_EMAILS: Final = tuple(
    (re.compile(trigger, re.IGNORECASE), tuple(re.compile(one, re.IGNORECASE) for one in patterns))
    for trigger, *patterns in (
        (
            "@",
            # ada@example.org; a blank or a line break beside the @; broken at a hyphen before it
            rf"(?:[\w.+%]{{1,40}}-\n)?{_LOCAL}\s{{0,2}}@\s{{0,2}}{_HOST}"
            rf"(?:(?:\.{_HOST}){{1,5}}|\s?\.\s{{1,2}}{_TLD}\b)",
            # ada@example, not followed by what makes it a package or an annotation
            r"(?<![\w/@])[\w.+%-]{2,64}@[a-z][\w-]{2,62}(?![\w./@-])",
            # a d a @ e x a m p l e . o r g
            r"(?<!\w)(?:[\w.+-] ){2,40}@(?: [\w.-]){3,60}(?!\w)",
        ),
        (
            # ada [at] example (dot) org, ada(at)example.org
            r"[\[({<|*]\s?(?:at|@|a|arroba|aet)\s?[\])}>|*]",
            rf"(?:{_LOCAL}{_DOT}|{_LOCAL}{_DOT_WORD})?{_LOCAL}{_AT}{_HOST}"
            rf"(?:(?:{_DOT}|{_DOT_WORD}|\s?\.\s?){_HOST}){{1,4}}",
        ),
        (
            # ada at example dot org, ada dot lovelace at example dot co dot uk
            rf"{_DOT_WORD}|{_DOT}",
            rf"(?:[\w+-]{{1,64}}{_DOT_WORD}){{0,3}}{_LOCAL}\s{{1,2}}(?:at|arroba|@)\s{{1,2}}{_HOST}"
            rf"(?:(?:{_DOT_WORD}|{_DOT}|\.){_HOST}){{0,3}}(?:{_DOT_WORD}|{_DOT}){_TLD}\b",
        ),
        (
            # ada at gmail, ada@gmail,com
            r"\b(?:gmail|yahoo|hotmail|outlook|icloud|protonmail|gmx|aol|rediffmail)\b",
            rf"(?:[\w+-]{{1,64}}{_DOT_WORD}){{0,3}}{_LOCAL}(?:\s{{1,2}}at\s{{1,2}}|\s?@\s?)"
            r"(?:gmail|yahoo|hotmail|outlook|icloud|protonmail|gmx|aol|rediffmail)\b"
            rf"(?:\s?[.,]\s?{_TLD}\b){{0,2}}",
        ),
        (
            # ada_at_example_dot_org, ada-at-example-dot-org, ADAatEXAMPLEdotORG
            r"[_-]dot[_-]|(?-i:[A-Z\d]dot[A-Z])",
            r"[a-z\d.+]{1,64}([_-])at\1[a-z\d]{1,63}(?:\1dot\1[a-z\d]{2,20}){1,3}",
            r"(?-i:[A-Z\d.+]{2,64}at[A-Z\d]{2,63}(?:dot[A-Z]{2,20}){1,3})",
        ),
    )
)
_EMAIL_AROUND: Final = 200
_LINK_AROUND: Final = 400
_REST: Final = r"[^\s<>\"]{1,300}"
_LINKS: Final = (
    re.compile(
        rf"(?:https?|ftp|hxxps?)\s?:\s?//\s?{_REST}(?:(?:(?<=/in/)|(?<=[-_?=&]))\n{_REST})?"
        rf"|(?<![\w@])www\d?\s?\.\s?{_REST}(?:(?:(?<=/in/)|(?<=[-_?=&]))\n{_REST})?",
        re.IGNORECASE,
    ),
    # a host with a path
    re.compile(
        rf"(?<![\w@.-]){_HOST}(?:\.{_HOST}){{0,4}}\.{_TLD}/(?=[^\s<>\"]{{0,80}}[\w~]){_REST}"
        rf"(?:(?<=/in/)\n{_REST})?",
        re.IGNORECASE,
    ),
    re.compile(r"(?<!\w)/in/[a-z][\w%-]{4,80}/?(?!\w)", re.IGNORECASE),
)
_LINK_TRIGGER: Final = re.compile(r"\w\s?\.\w|//|/in/")
_BARE_HOST: Final = re.compile(
    r"(?<![\w@.-])[\w-]{2,40}(?:\.[\w-]{2,40}){0,3}\.(?:com|org|net|io|co|edu|gov|me|dev|app|ai|"
    r"info|biz|xyz|tech|site|page|online|blog|link|ly|in|uk|de|fr|nl|eu|ca|au|us|at|be|it|es)"
    r"(?![\w+#.-])",
    re.IGNORECASE,
)
_LABELLED_HOST: Final = re.compile(
    r"(?<![a-z])(?:website|web\s?site|portfolio|blog|homepage|site|url|web)\s{0,2}[:=\-]\s{0,2}"
    r"(?P<v>[\w-]{2,60}(?:\.[\w-]{2,60}){1,4}(?:/[^\s<>\"]{0,200})?)",
    re.IGNORECASE,
)
_SPELLED_HOST: Final = re.compile(
    rf"(?<![\w.]){_HOST} dot (?:com|org|io|me|dev|co)\b(?: (?:slash|/) ?[\w-]{{1,60}}){{0,4}}",
    re.IGNORECASE,
)
# Names of software, and a full stop without its blank ("Pune.In 2015"). Employers that are named
# like hosts ("Salesforce.com") stay, too: a personal site in this form would be the member's name.
_SOFTWARE: Final = re.compile(
    r"(?:asp|ado|vb|ml|dot|f|signalr)\.net|(?:socket|draw|diagrams|cloud|fluentd?|k3s|istio|app|"
    r"data|customer|hotjar)\.io|diagrams\.net|(?:node|next|vue|d3|three|express)\.(?:js|co)|"
    r"(?:x|c|open|z|h2o|fast|character|stability|scale)\.ai|(?:plug|log|check|built|sign|opt)\.in",
    re.IGNORECASE,
)
_NO_HOST: Final = re.compile(r"(?:[A-Z][a-z]+){1,3}\.(?:com|org)|.*[A-Za-z]\.[A-Z][a-z]+")
# Ends of hosts that are words: they need a label or a place of their own.
_WORD_END: Final = re.compile(r"\w+\.(?:in|me|at|de|co|be|it|es|us|page|link)", re.IGNORECASE)
_OWN_PLACE_BEFORE: Final = re.compile(r"(?:^|[:|•/\n(-]\s?)$")
_OWN_PLACE_AFTER: Final = re.compile(r"[ /]*(?:$|[|,;\n)•])|\s{2}|\s[A-Z•]")
_TRAIL: Final = ".,;:!?)]}'\"|"

_CHAT: Final = (
    r"(?:twitter|instagram|insta|skype|telegram|discord|snapchat|tiktok|wechat|we\s?chat|weixin|"
    r"viber|kakao(?:talk)?|mastodon|bluesky)"
)
_PLATFORM: Final = (
    rf"(?:{_CHAT}|github|git\s?hub|gitlab|bitbucket|linked-?\s?in|facebook|whatsapp|"
    r"kaggle|hacker\s?rank|leet\s?code|code\s?chef|codeforces|stack\s?overflow|behance|"
    r"dribbble|youtube|reddit|xing|quora|pinterest|tumblr)"
)
_CHAT_NAME: Final = re.compile(_CHAT, re.IGNORECASE)
_ACCOUNTS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<!\w){_PLATFORM}\s?(?:id|handle|user\s?name|user|profile|account|page|name|url)?"
        r"\s{0,2}(?:[:=]|-|is|@)\s{0,2}(?P<v>@?(?:live:)?[\w./#~-]{3,60})",
        rf"(?<!\w){_PLATFORM}\s?(?:id|handle|user\s?name)\s{{1,2}}"
        r"(?P<v>@?(?:live:)?[\w./#~-]{3,60})",
        # platforms whose names are words, too
        r"(?<!\w)(?:ig|fb|x|line|medium|threads|signal|steam)\s?[:@]\s{0,2}(?P<v>@?[\w./~-]{3,60})",
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
    for trigger, patterns in _EMAILS:
        for match in matches_near(text, trigger, patterns, around=_EMAIL_AROUND):
            yield Found(match.start(), match.end(), Kind.EMAIL)


def _links(text: str) -> Iterator[Found]:
    for match in matches_near(text, _LINK_TRIGGER, _LINKS, around=_LINK_AROUND):
        yield Found(match.start(), match.start() + len(match[0].rstrip(_TRAIL)), Kind.LINK)
    for match in matches_near(text, _LINK_TRIGGER, (_BARE_HOST,), around=_LINK_AROUND):
        if _is_host(text, match):
            yield Found(match.start(), match.end(), Kind.LINK)
    for match in _LABELLED_HOST.finditer(text):
        yield Found(match.start("v"), match.start("v") + len(match["v"].rstrip(_TRAIL)), Kind.LINK)
    for match in _SPELLED_HOST.finditer(text):
        yield Found(match.start(), match.end(), Kind.LINK)


def _is_host(text: str, match: re.Match[str]) -> bool:
    shown = match[0]
    if _SOFTWARE.fullmatch(shown) or _NO_HOST.fullmatch(shown):
        return False
    if _WORD_END.fullmatch(shown):
        before = text[max(0, match.start() - 3) : match.start()]
        return bool(_OWN_PLACE_BEFORE.search(before) and _OWN_PLACE_AFTER.match(text, match.end()))
    return True


def _handles(text: str) -> Iterator[Found]:
    for pattern in _ACCOUNTS:
        for match in pattern.finditer(text):
            shown = match["v"].rstrip(".")
            end = match.start("v") + len(shown)
            chat = _CHAT_NAME.match(match[0]) and shown.islower()
            if chat or _is_handle(text, shown, end):
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
