"""Recognisers of postal addresses, in the ways that some twenty countries write them.

Names of cities, regions and countries alone stay: they say where a job is possible, not where
somebody lives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lantern.documents.redaction_kinds import Found, Kind

_STRONG: Final = (
    r"(?:street|avenue|boulevard|lane|road|crescent|terrace|parkway|highway|turnpike|expressway|"
    r"alley|cul-de-sac|esplanade|freeway|roadway|nagar|marg|chowk|vihar|puram|colony|salai|layout|"
    r"enclave|galli|bazaar|bazar|soi|jalan|thanon)"
)
_SHORT: Final = r"(?:st|ave?|blvd|ln|rd|cres|ter|terr|pkwy|hwy|dr|ct|cir|pl|sq|tpke|expy|aly)\b\.?"
_WEAK: Final = (
    r"(?:way|place|drive|court|park|view|hill|row|walk|square|circle|close|gardens?|grove|mews|"
    r"quay|loop|trail|path|plaza|estate|heights|rise|vale|wharf|yard|green|bend|cove|ridge|run|"
    r"crossing|point|wynd|brae)"
)
_WORD: Final = r"(?:[A-Z][\w']*(?:-\w{1,20})?\.?|\d{1,3}(?:st|nd|rd|th)|de|la|of|the)"
_LOWER: Final = (
    r"(?!(?:years?|months?|days?|people|on|in|of|the|a|an|and|to|for|with|from|way)\b)[a-z]{3,20}"
)
_NUMBER: Final = r"\#?\d{1,5}[A-Za-z]?(?:\s?[-/&]\s?\d{1,5}[A-Za-z]?)?"
_UNIT: Final = (
    r"(?i:(?:[ ,]{1,3}|[ ,]?\n(?!flat))(?:(?:apt|apartment|suite|ste|unit|flat|floor|"
    r"fl|room|rm|bldg|building|block|lot|tower|wing)\b\.?\s?[#:]?\s?(?:no\.?\s?)?[\w-]{1,8}|\#\s?[\w-]{1,8}|\d{1,2}(?:st|nd|rd|th)\s"
    r"floor))"
)
_STATE: Final = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|"
    r"S[CD]|T[NX]|UT|V[AT]|W[AIVY])"
)
_UK: Final = r"(?:[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]?\d[ABD-HJLNP-UW-Z]{2})"
_CA: Final = r"[ABCEGHJ-NPRSTVXY]\d[A-Z]\s?\d[A-Z]\d"
_PLACE: Final = r"[A-Z][\w'.]*(?:[ -](?:[A-Z(][\w'.)]*|de|la|of|am|an|der|do|da|upon|sur|en)){0,4}"
_ZIP: Final = (
    rf"(?:{_STATE}[\s,]{{0,2}}\d{{5}}(?:-\d{{4}})?|{_UK}|{_CA}|\d{{5}}-\d{{3}}|\d{{2}}-\d{{3}}"
    r"|\d{4}-\d{3}|\d{3}[ -]?\d{3}|\d{4,5}(?:\s[A-Z]{2}\b)?)"
)
_NEW_STREET: Final = rf"[^\n]{{0,60}}\b(?i:{_STRONG}|{_SHORT}|{_WEAK}|flat|p\.?o\.?)\b"
# ", Springfield, IL 62701", ", 10115 Berlin", "\nPune - 411 001", up to three parts
_LOCALITY: Final = (
    rf"(?:\s{{0,2}}(?:[,;]|\n(?!{_NEW_STREET}))\s{{0,2}}(?:{_ZIP}[ ]{{1,2}}{_PLACE}"
    rf"|{_PLACE}\s?[-,:]?\s{{0,2}}{_ZIP}(?!\d)|(?<![\n]){_ZIP}(?!\w)))"
)
_BETWEEN: Final = (
    rf"(?:\s?,\s{{0,2}}(?!{_SHORT})[A-Z][\w'.]*(?:[ -][A-Z][\w'.]*){{0,3}}(?=\s?[,\n]))"
)
_TAIL: Final = rf"(?:{_UNIT}){{0,2}}(?:{_BETWEEN}){{0,3}}(?:{_LOCALITY}){{0,2}}"
_START: Final = (
    r"(?:(?<=^)|(?<=[\n,:;(|])|(?<=[\n,:;(|] )|(?<=\bat )|(?<=\bin )|(?<=\bon )|(?<=- ))"
)
_FLAT: Final = (
    r"(?<![\w.])(?:(?i:flat|unit|apartment|apt\.?|suite|room)\s{1,2}"
    r"(?:\w{1,5},?\s{1,2}|(?=\d{1,4}/\d)))?(?<![\w.])"
)
_STREETS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        # 12 Baker Street, 742 N. Evergreen Ter. Apt 4B, Springfield, IL 62701
        rf"{_FLAT}{_NUMBER},?\s{{1,2}}(?:{_WORD}\s{{1,2}}){{1,5}}(?:(?i:{_STRONG})\b|(?i:{_SHORT}))"
        rf"(?:\s(?:[NSEW]{{1,2}}\b\.?|(?i:north|south|east|west)\b|\d{{1,2}}(?= #)))?{_TAIL}",
        rf"(?<![\w.]){_NUMBER},?\s{{1,2}}(?:{_LOWER}\s){{1,3}}{_STRONG}\b{_TAIL}",
        # 5 Maple Drive, but not "16 Data Drive": with a start before, or an end of its own
        rf"{_START}{_FLAT}{_NUMBER},?\s{{1,2}}(?:{_WORD}\s{{1,2}}){{1,3}}(?i:{_WEAK})\b"
        rf"(?={_UNIT}|\s?[,\n.]|\s?$){_TAIL}",
        rf"{_FLAT}{_NUMBER},?\s{{1,2}}(?:{_WORD}\s{{1,2}}){{1,3}}(?i:{_WEAK})\b"
        rf"(?:(?:{_UNIT}){{1,2}}(?:{_BETWEEN}){{0,2}}{_LOCALITY}?|(?:{_BETWEEN}){{0,2}}{_LOCALITY})",
        # 45 MG Road Bengaluru, Bengaluru is left; "12, 3rd Cross, Indira Nagar"
        rf"(?<![\w.])(?:[A-Z]{{1,2}}[- ]?)?\#?\d{{1,4}}[A-Za-z]?(?:/\d{{1,4}})?,\s?"
        rf"(?:[\w' .-]{{2,30}},\s?){{0,3}}"
        rf"[A-Z][\w' .-]{{1,30}}\s?(?=[A-Z])(?i:{_STRONG})\b{_TAIL}",
        # C-204, Green Park Society, Andheri (E), Mumbai-400069; House 7, Road 12, Dhanmondi
        rf"(?<![\w.])(?:[A-Z]{{1,2}}[-/ ]?\d{{1,4}}|\d{{1,4}}-?[A-Z]),\s?(?:[\w' .-]{{2,30}},\s?)"
        rf"{{0,2}}[A-Z][\w' .-]{{1,30}}\s(?:Society|Town|Cantt|Apartments?|Apts?|Heights|Towers?|"
        rf"Residency|Complex|CHS|Bhav?wan|Niwas|Villa)\b(?:,\s?[A-Z][\w' .()-]{{1,30}}){{0,2}}"
        rf"{_TAIL}",
        rf"(?i:\b(?:house|plot|flat|holding|block|blk))\s?\#?\s?\d{{1,4}}[A-Z]?,?\s(?:(?i:road|street|"
        rf"lane|block|sector)\s\#?\d{{1,3}}|[A-Z][\w' ]{{2,40}}\#\d{{2}}-\d{{2,4}}){_TAIL}",
        # H-12/3, Model Town, Ludhiana-141002; Village Khera, Dist. Hisar 125033
        r"(?<![\w.])\#?(?:[A-Z]{1,2}[-/ ]?)?\d{1,4}(?:/\d{1,4})?,\s(?:[\w#/.&()' -]{2,40},\s?){0,4}"
        r"[A-Z][\w .']{2,25}[ -]{1,3}[1-9]\d{2}\s?\d{3}(?!\d)",
        r"(?<!\w)(?:Village|Vill\.?|At Post|Tehsil|Taluka?|Tal\.?|Mandal|Dist(?:rict|t)?\.?)[\s:]"
        r"[\w#/.&()' ,-]{3,100}?[1-9]\d{2}\s?\d{3}(?!\d)",
        # 12 bis rue de la Paix, 75002 Paris; 8 place du Marche
        rf"(?<![\w.])\d{{1,4}}(?:\s?(?i:bis|ter|quater|[A-D]))?,?\s{{1,2}}(?i:rue|avenue|av\.|"
        rf"boulevard|bd|chemin|allee|impasse|quai|cours|route|square|place|passage|faubourg)\s"
        rf"(?:(?i:de|du|des|d'|la|le|les|l'|saint|st)[ -]?){{0,3}}[A-Z][\w'-]*"
        rf"(?:[ -](?:[A-Z][\w'-]*|de|la|du|des)){{0,4}}{_TAIL}",
        rf"(?<!\w)(?:Rue|Avenue|Chemin|Quai|Place|Route|Boulevard|R\.)\s(?:(?:de|du|des|d'|da|do|"
        rf"das|dos|la|le|les|l')[ ]?){{1,3}}[A-Z][\w'-]*(?:[ -][A-Z][\w'-]*){{0,3}},?\s\d{{1,4}}"
        rf"(?!\d){_TAIL}",
        rf"(?<![\w-])[A-Z]\w{{1,25}}?(?:gade|vej|tie|ring|gata)\s{{1,2}}\d{{1,4}}\s?[A-Za-z]?{_LOCALITY}",
        # Friedrich-Ebert-Strasse 12, 10115 Berlin; Kerkstraat 5; Hauptstr. 7a
        rf"(?<![\w-])(?:[A-Z][\w.]{{0,20}}[- ]){{0,3}}[A-Z]\w{{1,25}}?(?i:strasse|str\.?|weg|"
        rf"platz|gasse|allee|damm|ufer|straat|laan|gracht|singel|kade|plein|gatan|vagen|vegen|"
        rf"katu|utca)\s{{1,2}}\d{{1,4}}(?:-\d{{1,4}})?\s?[a-zA-Z]?(?![\w%+]){_TAIL}",
        rf"(?<![\w-])(?:[A-Z][\w.]{{0,20}}[- ]){{1,3}}(?i:strasse|str\.|weg|platz|allee|ring|damm|"
        rf"ufer)\s{{1,2}}\d{{1,4}}\s?[a-zA-Z]?(?![\w%+]){_TAIL}",
        # Via Roma 12, 00184 Roma; Calle Mayor, 5; Rua Augusta 1500; ul. Polna 3/4; Jl. Sudirman 10
        rf"(?<!\w)(?:Viale|Piazza|Piazzale|Corso|Largo|Vicolo|Calle|C/|Carrer|Avenida|Av(?:da?)?\.|"
        rf"Plaza|Paseo|Rambla|Rua|Travessa|Alameda|Praca|Estrada|Rodovia|[Uu]l\.|[Uu]lica|[Aa]l\.|Aleja|"
        rf"Aleje|Jalan|Jl\.|Lorong|Cra\.?|Carrera|Cl\.|Colonia|Bulevar|Strada|Str\.)\s"
        rf"(?:(?:de|del|della|dei|degli|di|da|do|dos|das|la|las|los|el)\s){{0,2}}"
        rf"[A-Z\d][\w'.]*(?:\s(?:[A-Z][\w'.]*|de|del|di|da|do|dos|la|e|y|i)){{0,5}},?\s{{0,2}}"
        rf"(?:[nN][o°º.]{{0,2}}\s?|\#\s?)?\d{{1,5}}(?:\s?[-/]\s?\w{{1,5}})?[a-zA-Z]?(?![\w%])"
        rf"(?:,\s?\d{{1,2}}[oaº°]\s?\w{{0,3}})?(?:\s-\s{_PLACE})?{_TAIL}",
        rf"(?<!\w)Via\s(?:(?:dei|della|del|di|degli|delle)\s)?[A-Z][\w']*(?:\s[A-Z][\w']*){{0,3}},?\s"
        rf"\d{{1,3}}[a-z]?(?:{_LOCALITY}|(?=\s?\n|\s?$|,\s[A-Z]))",
        r"(?<!\w)[A-Z]\w+(?: [A-Z]\w+)? (?:Prospe[kc]t|Ulitsa|Naberezhnaya),? \d{1,4}(?!\d)",
        # 1-2-3 Shibuya, Shibuya-ku, Tokyo 150-0002
        r"(?<![\w.-])\d{1,2}-\d{1,3}(?:-\d{1,4})?,?\s[A-Z][\w-]+,\s[A-Z][\w-]*-(?:ku|shi|gun|cho|"
        r"machi|gu|dong|ro)\b(?:,\s[A-Z]\w+(?:-\w+)?){0,3}(?:\s\d{3}-\d{4})?",
        r"[\u4e00-\u9fff]{1,6}[都道府県省市][\u4e00-\u9fff\d一-十]{1,20}[区町村路街號号丁目番地の内\u4e00-\u9fff\d-]{1,30}",
        # P.O. Box 12, Postfach 12, Flat No. 12, Plot 5
        r"(?i:\bp\.?\s?o\.?\s?box|\bpost(?:al)?\s(?:office\s)?box|\bpostfach|\bpostbus|\bapartado|"
        rf"\bcasilla|\bgpo\sbox)[\s:]{{1,2}}(?:no\.?\s?)?\#?\d{{1,6}}(?:\s\d{{1,2}}(?!\d)){{0,2}}{_TAIL}",
        r"(?<![\w/])(?i:flat|house|door|plot|qtr|quarter|room|shop|h|d|apt|villa|bungalow|survey|gat|"
        r"khasra|ward)\.?\s?(?i:no|number|\#)\.?\s?[:.\-]{0,2}\s?[\w/-]{1,10}(?:[\s,]{1,2}"
        r"(?!(?i:phone|mob|mobile|email|e-mail|tel|contact|dob|cell)\b)[\w'.()/&:-]{1,25}){0,14}?"
        r"(?:[\s,-]{1,3}(?i:pin(?:\s?code)?\s?[:-]?\s?)?\d{3}\s?\d{3}\b|(?=\.?\s?(?:\n|$)))",
    )
)
_CODES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<=\b{_STATE} )\d{{5}}(?:-\d{{4}})?(?!\d)",
        rf"(?<=\b{_STATE}, )\d{{5}}(?:-\d{{4}})?(?!\d)",
        rf"(?<![\w-]){_UK}(?!\w)",
        rf"(?<![\w-]){_CA}(?!\w)",
        r"(?<=[a-z]-)[1-9]\d{2}\s?\d{3}(?!\d)",
        r"(?<=[a-z] -)\s?[1-9]\d{2}\s?\d{3}(?!\d)",
        r"(?<=[a-z] - )[1-9]\d{2}\s?\d{3}(?!\d)",
        r"〒\s?\d{3}-?\d{4}",
        r"(?i:\b(?:pin|zip|post|postal)\s?-?\s?(?:code)?|\bpincode|\bplz|\bcep|\bc\.p\.|\bcap)"
        r"\s{0,2}[:.\-#]{1,2}\s{0,2}\d{3,6}(?:[ -]\d{3,4})?(?!\d)",
        r"(?<!\d)\d{5}-\d{3}(?!\d)",
        r"(?i:\beircode)\W{1,3}[A-Z]\d[\dW]\s?[A-Z\d]{4}",
    )
)
_LABELLED: Final = re.compile(
    r"(?:(?<=\n)|(?<=^)|(?<=[.;|)] )|(?<=[a-z]))[ ]{0,3}"
    r"(?:(?i:(?:permanent|present|current|postal|mailing|home|"
    r"residential|residence|residing|correspondence|communication|local|street|my|native)"
    r"\s{1,2}){0,2})(?i:address|addr\.?|add\.|adresse|anschrift|indirizzo|direccion|domicilio|"
    r"endereco|adres|alamat|wohnort|住所|地址)\s{0,2}(?:[:=]|-(?=\s))[ \n]{0,3}"
    r"(?P<v>[^\n]{3,160}(?:(?<=,)\n[^\n]{3,120}){0,3})",
)
# What each label holds.
_LABELS: Final = ("add", "anschrift", "indirizzo", "direccion", "domicilio", "endereco", "adres")
_LABELS_MORE: Final = ("alamat", "wohnort", "住所", "地址")
_LIVES: Final = re.compile(
    r"(?i:\b(?:i\slive\sat|residing\sat|resident\sof|lives\sat|r/o|s/o|d/o))\s{0,2}[:\-]?\s{0,2}"
    r"(?P<v>[^\n.;]{5,120})"
)
_NEXT_FIELD: Final = re.compile(
    r"[\s,;|•*-]{0,4}\b(?i:phone|mobile|mob|tel|telephone|cell|contact|e-?mail|mail|dob|date\sof\sbirth|"
    r"linkedin|website|nationality|gender|sex|marital|skills?|objective|summary|profile|experience|"
    r"education|languages?|passport|father'?s|hobbies|personal|strengths?)\b\s?(?:no\.?|number|id)?\s?[:\-]"
)
_STOP: Final = re.compile(r"\.\s{1,2}[A-Z]|[|•]")


def addresses(text: str) -> Iterator[Found]:
    """Postal addresses and postal codes in a folded text."""
    for pattern in _STREETS:
        for match in pattern.finditer(text):
            yield Found(match.start(), match.end(), Kind.ADDRESS)
    for pattern in _CODES:
        for match in pattern.finditer(text):
            yield Found(match.start(), match.end(), Kind.ADDRESS)
    lowered = text.lower()
    labelled = any(label in lowered for label in _LABELS + _LABELS_MORE)
    for pattern in (_LABELLED, _LIVES) if labelled else (_LIVES,):
        for match in pattern.finditer(text):
            start, end = match.span("v")
            end = _cut(text, start, end)
            shown = text[start:end]
            if any(sign.isdigit() for sign in shown) or "," in shown:
                yield Found(start, end, Kind.ADDRESS)


def _cut(text: str, start: int, end: int) -> int:
    """Where the address ends: before the next field, a bullet, or a sentence."""
    for pattern in (_NEXT_FIELD, _STOP):
        stop = pattern.search(text, start, end)
        if stop and stop.start() > start:
            end = stop.start()
    return end
