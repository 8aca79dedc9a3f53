"""Recognisers of what identifies a person on paper: numbers of documents, birth dates, ages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lantern.documents.redaction_kinds import Found, Kind
from lantern.documents.redaction_phones import are_dates, is_plain_number

_NUMBER: Final = r"(?:numbers?|nos?\.?|num\.?|nr\.?|code|id|pin|#|n[o°]\.?)"
# "Member number 12" and "file 2019" are no identifiers without a word that says so.
_LABEL: Final = (
    r"(?:(?:ppsn?|nmc|gmc|gdc|hcpc|gphc|medicare|ssn|s\.s\.n\.?|sin|social\s(?:security|insurance)|aadha?ar|uid(?:ai)?|passport|"
    r"reisepass|passeport|pasaporte|national\s(?:id(?:entity)?|insurance)|identity\scard|id\scard|"
    r"driv(?:er'?s?|ing)\slicen[cs]e|d\.?l\.?|permis|iban|itin|tin|tfn|ein|npi|dea|uscis|alien|"
    r"nino|nhs|bsn|cpf|rg|curp|rfc\sid|dni|nie|nif|cnp|pesel|nip|personnummer|fodselsnummer|"
    r"steuer-?id|"
    r"(?:sozial|renten|kranken)versicherungs(?:nummer|nr\.?)|codice\sfiscale|cedula|nric|fin|mykad|hkid|emirates\sid|iqama|"
    r"voter(?:\sid)?|ration\scard|uan|esic?|pf|pran|sort\scode|routing|aba|bic)"
    rf"(?:\scard)?(?:\s?{_NUMBER}){{0,2}}"
    r"|(?:employee|employment|emp\.?|staff|personnel|badge|worker|payroll|service|military|agent|"
    r"bar|user|customer|client|candidate|applicant|student|roll|enrol?l?ment|matric(?:ulation)?|"
    r"seat|hall\sticket|registration|regist?n?\.?|reg\.?|member(?:ship)?|account|acct\.?|acc\.?|"
    r"a/c|policy|insurance|visa|permit|work\spermit|green\scard|tax|file|card|credit\scard|"
    r"debit\scard|id|certificate|certification|credential|cert\.?|diploma|badge|case|unique|"
    r"(?:(?:rn|lpn|np|pe|cpa|bar|medical|nursing|nurse|teaching|teacher|professional|security|"
    r"pharmacist|engineer|pilot|state|real\sestate|contractor)\s)?lic(?:en[cs]e|\.))"
    rf"(?:\s?{_NUMBER}){{1,2}}"
    r"|pan(?:\scard)?(?:\s?(?:no\.?|number|#))?)"
)
_VALUE: Final = (
    r"(?:[a-z]{1,4}[ \-/.]?)?[a-z\d]{0,20}\d[a-z\d]{0,20}"
    r"(?:[\-/.][a-z\d]{1,20}|[ ][a-z\d]{0,12}\d[a-z\d]{0,12}){0,8}(?:[ ][a-z](?![a-z\d]))?"
)
_LABELLED_ID: Final = re.compile(
    rf"(?<![a-z\d])(?<!job )(?<!position )(?<!posting )(?<!requisition )(?<!req )(?<!vacancy )"
    rf"{_LABEL}(?:(?<=[#.])|(?![a-z]))\s{{0,2}}(?:\([\w .]{{1,20}}\)\s?)?"
    rf"(?:[:#=.\-]{{1,2}}|is)?\s{{0,3}}#?\s?"
    rf"(?P<v>{_VALUE})",
    re.IGNORECASE,
)
_LEAST_ID_DIGITS: Final = 3
# Any other "... number 7654321" with so many digits that it counts nothing.
_LOOSE_ID: Final = re.compile(
    r"(?<![a-z\d])(?<!job )(?<!position )(?<!version )(?<!build )(?<!port )(?<!iso )(?<!iec )"
    rf"(?:numbers?|nos?\.|no|id|pin|ref\.?|account)(?![a-z])\s{{0,2}}[:#.\-]?\s{{0,2}}(?P<v>{_VALUE})",
    re.IGNORECASE,
)
_LEAST_LOOSE_DIGITS: Final = 6
_IDS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<!\d)\d{3}([- .])\d{2}\1\d{4}(?!\d)",  # SSN
        r"(?<![A-Za-z\d])[A-Z]{2}\d{2}(?:[ -]?[A-Z\d]{4}){2,7}(?:[ -]?[A-Z\d]{1,4})?(?![A-Za-z\d])",
        r"(?<![A-Za-z\d])(?i:[a-z]{5}\d{4}[a-z])(?![A-Za-z\d])",  # PAN
        r"(?<![A-Za-z\d])(?i:[abceghj-prstw-z][abceghj-nprstw-z] ?\d{2} ?\d{2} ?\d{2} ?[abcd])"
        r"(?![A-Za-z\d])",  # NINO
        r"(?<!\d)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)",  # CPF
        r"(?<![A-Za-z\d])[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z\d]\d(?![A-Za-z\d])",  # CURP
        r"(?<!\d)(?:19|20)?\d{6}[-+]\d{4}(?!\d)",  # personnummer, CPR
        r"(?<!\d)(?!(?:19|20)\d\d[ -](?:19|20)\d\d)(?:\d{4}[ -]){3}\d{4}(?:[ -]\d{1,3})?(?!\d)",
        r"(?<!\d)3[47]\d{2}[ -]\d{6}[ -]\d{5}(?!\d)",
        r"(?<![\w:])(?:[\da-fA-F]{1,4}:){3,7}(?::?[\da-fA-F]{1,4}){1,4}(?![\w:])",  # IPv6
        r"(?<![\w:])(?:[\da-fA-F]{1,4}:){1,6}:(?:[\da-fA-F]{1,4}:){0,5}[\da-fA-F]{1,4}(?![\w:])",
        r"(?<!\d)\d{2} \d{6} [A-Z] \d{3}(?!\d)",  # German social insurance
        r"(?<![A-Za-z\d])[A-Z]{1,3}\d{7,9}[A-Z]?(?![A-Za-z\d])",  # passports, voter's cards
    )
)
_IPV4: Final = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d]|\.\d)")
# "Oracle 11.2.0.4" is a version, "host 11.2.0.4" is not.
_VERSION_BEFORE: Final = re.compile(
    r"(?:\b(?:versions?|release|rel|build|ver|patch|update|upgraded? (?:from|to)|v)\.?[ ]?"
    r"|[A-Z][\w+#./-]*[ ](?:[vV]|[rR])?|(?<=\.\d) (?:to|and|&|/|,|-) |from )$"
)
_HOST_BEFORE: Final = re.compile(
    r"\b(?:ip|ipv4|address|addr|host|server|gateway|dns|network|login|node|subnet)\W{0,3}$",
    re.IGNORECASE,
)

_MONTH: Final = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|fev|abr|mai|ago|set|dic|dez|okt|"
    r"janv|fevr|avr|juin|juil|aout|gen|mag|giu|lug|ott|maj|czerw|lip|sierp|wrze|styc|lut|kwi|paz|"
    r"lis|gru|marz|marc|mayo|junio|julio|agosto|enero|febrero|abril|juni|juli)[a-z]{0,9}"
)
_DATE: Final = (
    r"(?:\d{1,4}\s?[./\-]\s?\d{1,2}\s?[./\-]\s?\d{2,4}|\d{1,2}\s\d{1,2}\s(?:19|20)?\d{2}"
    r"|\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日?"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|\.|º|a)?[\s.,\-/]{{0,3}}(?:of\s|de\s|day\sof\s)?{_MONTH}"
    r"[\s.,\-/']{0,3}(?:de\s|of\s)?\d{2,4}"
    rf"|{_MONTH}[\s.\-]{{0,3}}\d{{1,2}}(?:st|nd|rd|th)?[\s.,\-/]{{0,3}}\d{{2,4}}"
    rf"|{_MONTH}[\s.,\-/]{{0,3}}(?:19|20)\d{{2}}|\d{{8}}|(?:19|20)\d{{2}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\.?\s(?:of\s)?{_MONTH}\b|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?\b)"
)
_BIRTH: Final = re.compile(
    r"(?<![a-z])(?:d\s?\.?\s?o\s?\.?\s?b\b\.?|date\s{1,2}(?:of|-of-)\s{1,2}birth|birth\s?[- ]?date|"
    r"birth\s?day|birth\syear|year\sof\sbirth|birth|b'?day|geburts(?:datum|tag)|geb\.(?:\sam)?|"
    r"geboren(?:\sam)?|date\sde\snaissance|ne(?:e|\(e\))?\sle|fecha\s(?:de\s)?nac(?:imiento)?\.?|"
    r"f\.\s?nac\.?|nacid[oa](?:\sel)?|data\s(?:di|de)\snasci(?:ta|mento)|nat[oa]\sil|nascid[oa]\sem|"
    r"geboortedatum|data\surodzenia|ur\.|fodselsdato|fodelsedatum|syntymaaika|dogum\starihi|"
    r"tanggal\slahir|ngay\ssinh|出生日期|出生年月|生年月日|생년월일|дата рождения|जन्म)"
    rf"(?:\s{{0,2}}\([\w/ .\-]{{1,20}}\))?\s{{0,3}}(?:[:=\-.,]|is|on){{0,2}}\s{{0,3}}"
    rf"(?P<v>{_DATE})",
    re.IGNORECASE,
)
_BORN: Final = re.compile(
    rf"(?<![a-z])born(?:\s(?:on|in))?[^\d\n]{{0,40}}?\s(?:the\s)?(?P<v>{_DATE})",
    re.IGNORECASE,
)
_BORN_SHORT: Final = re.compile(
    r"(?<![\w.])b\. ?(?P<v>\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|(?:19|20)\d\d(?= ?\)))"
)
_AGES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![a-z])(?:age|aged|alter|edad|eta|idade)\s{0,2}(?:\(?(?:in\s)?years\)?)?\s{0,2}"
        r"(?:[:=\-]|is|of)?\s{0,2}(?P<v>[1-9]\d)(?![ ]?(?:[\d%+/]|-\s?\d|to\b|and\b|or\b|months))",
        r"(?<![\d.\-/$])(?P<v>[1-9]\d)(?:\s|\s?-\s?)(?:years?|yrs?)(?:\.?\s|-)old(?![a-z])"
        r"(?!\s(?:and|or|children|child|kids|patients?|students?|boys?|girls?|company|firm|code|"
        r"codebase|system|business|building|application|app|software|product|legacy|brand|startup|"
        r"organi[sz]ation|bank|family|institution|house|website|platform|project))",
        r"(?<![\d.\-/])(?P<v>[1-9]\d)\s?y[/.]?o(?![a-z])",
        r"(?<![a-z])age\s?[/&]\s?(?:sex|gender)\s{0,2}[:\-]\s{0,2}(?P<v>[1-9]\d)",
        r"(?<![a-z])i\s?(?:am|'m)\s(?:a\s)?(?P<v>[1-9]\d)(?=\s?(?:years?\sof\sage|,|\.|;|$|and\b))",
        r"(?<![\d.])(?P<v>[1-9]\d)\s(?:years?|yrs?)\sof\sage(?!\s(?:and|or))",
    )
)
_GROUP_OF_PEOPLE: Final = re.compile(
    r"(?:children|kids|students|patients|pupils|clients|adults|youth|residents|people|learners|"
    r"boys|girls|between|under|over|above|below|least|minimum|must be|requirements?|preferred|"
    r"up to|than)[ ,(]{0,3}(?:of )?$",
    re.IGNORECASE,
)


def identifiers(text: str) -> Iterator[Found]:
    """Numbers of documents and accounts, and network addresses, in a folded text."""
    for match in _LABELLED_ID.finditer(text):
        shown = match["v"]
        digits = sum(sign.isdigit() for sign in shown)
        years = are_dates(shown) and not any(sign.isalpha() for sign in shown)
        if digits >= _LEAST_ID_DIGITS and not years:
            yield Found(*match.span("v"), Kind.ID)
    for match in _LOOSE_ID.finditer(text):
        start, end = match.span("v")
        digits = sum(sign.isdigit() for sign in match["v"])
        enough = _LEAST_LOOSE_DIGITS - 2 * any(sign.isalpha() for sign in match["v"])
        if digits >= enough and not is_plain_number(text, start, end):
            yield Found(start, end, Kind.ID)
    for pattern in _IDS:
        for match in pattern.finditer(text):
            if sum(sign.isdigit() for sign in match[0]) > 1:
                yield Found(match.start(), match.end(), Kind.ID)
    for match in _IPV4.finditer(text):
        before = text[max(0, match.start() - 30) : match.start()]
        if is_address(match[0]) and (
            _HOST_BEFORE.search(before) or not _VERSION_BEFORE.search(before)
        ):
            yield Found(match.start(), match.end(), Kind.ID)


def is_address(shown: str) -> bool:
    """Whether four numbers with dots can be an IPv4 address."""
    return all(int(part) < 256 for part in shown.split("."))


def births(text: str) -> Iterator[Found]:
    """Birth dates, and ages stated as such, in a folded text."""
    for pattern in (_BIRTH, _BORN, _BORN_SHORT):
        for match in pattern.finditer(text):
            yield Found(*match.span("v"), Kind.BIRTHDATE)
    for pattern in _AGES:
        for match in pattern.finditer(text):
            if not _GROUP_OF_PEOPLE.search(text, max(0, match.start() - 20), match.start()):
                yield Found(*match.span("v"), Kind.AGE)
