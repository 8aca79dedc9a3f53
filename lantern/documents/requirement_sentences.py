"""Which sentences of a posting state a requirement, and how firmly.

A sentence counts because of where it stands (under "Qualifications") or because of what it says
("must have", "3+ years of"); what the company offers, what the job holder will do and the legal
text at the end never count, wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lantern.documents.contact import holds_contact
from lantern.documents.sections import Section, Sentence
from lantern.fit import Importance

_YEARS: Final = (
    r"\b(?:\d{1,2}(?:\.\d)?|one|two|three|four|five|six|seven|eight|ten)\s?(?:\(\d{1,2}\)\s?)?"
    r"(?:\+|plus|or more)?\s?(?:(?:-|–|to)\s?\d{1,2}\s?\+?\s?)?"
    r"(?:years?|yrs?\b\.?|months?)['’]?"
)
_STRONG: Final = re.compile(
    rf"{_YEARS}[^.;]{{0,60}}?\b(?:experience|exp\b|practice|background|working|knowledge)"
    rf"|\bexperience\b[^.;]{{0,20}}{_YEARS}"
    rf"|\b(?:minimum|at least|requires?)\b[^.;]{{0,15}}{_YEARS}|^{_YEARS}"
    r"|\bmust (?:be|have|possess|hold|pass|speak|own|reside|live|know|demonstrate|complete|enjoy|meet|"
    r"submit to|successfully)"
    r"|\b(?:is|are) (?:strongly |highly |also )?(?:required|preferred|desired|desirable|mandatory|essential)"
    r"|(?<!as )(?<!if )(?<!when )(?<!where )(?<!not )(?<!be )(?<!the )(?<!all )(?<!any )\brequired[.)]?$"
    r"|\b(?:preferred|a plus|a must|nice to have|desired|mandatory|helpful|advantageous)\b[.!)]*$"
    r"|\b(?:bachelor|master|associate)['’]?s?\b[^.;]{0,30}\b(?:degree|in\b|of\b)|\bdegree (?:in|from)\b"
    r"|\bhigh school (?:diploma|graduate|degree|education)|\bGED\b|\bdiploma\b"
    r"|\b(?:valid|current|active|clean|unrestricted)\b[^.;]{0,40}\b(?:licen[sc]e|certifi|registration|"
    r"driv)|\blicensed (?:as|in|to)\b|\blicensure\b[^.;]{0,40}\b(?:state|required)"
    r"|\b(?:CPR|BLS|ACLS|BCLS|CDL|CPA|PMP)\b[^.;]{0,30}\b(?:certif|licen|required|preferred)"
    r"|\bable to (?:lift|work (?:weekends|evenings|nights|holidays|any|flexible|overtime))"
    r"|\bability to (?:lift|work (?:weekends|evenings|nights|holidays|flexible|a flexible|overtime)|travel)"
    r"|^(?:strong |excellent |good |solid |proven |demonstrated |basic |advanced |working |thorough |"
    r"prior |previous |some |extensive |hands-on |in-depth |proficien\w+ |significant )+"
    r"(?:\w+[ ,/&]+){0,6}?(?:skills?|experience|knowledge|understanding|abilit(?:y|ies)|background|record|"
    r"in|with|working|command)\b"
    r"|^(?:proficien(?:t|cy)|familiar(?:ity)?|knowledge|experienced?|fluent|fluency|bilingual|expertise|"
    r"ability|able|understanding)\b"
    r"|\bbackground check\b[^.]{0,60}|\bdrug (?:screen|test)"
    r"|\b(?:requires?|requiring|requirements? (?:is|are|include)|you (?:have|bring|need|possess)|"
    r"should (?:have|possess|be)|will (?:have|possess)|ideal candidate|successful candidate|"
    r"qualified candidates?|candidates? with|individuals? with|looking for (?:an? )?[\w ,-]{0,60}\bwith|"
    r"seeking [\w ,-]{0,60}\bwith)\b[^.]{0,80}"
    r"\b(?:experience|degree|skills?|licen[sc]e|certif\w+|knowledge|background|ability|proficien\w+)",
    re.IGNORECASE,
)
_NICE: Final = re.compile(
    r"\bpreferred|\bpreferably|\bprefer\b|\bpreference|\ba (?:big |huge |definite |strong )?plus\b|"
    r"\bplus[.!]*$|\bnice[- ]to[- ]have|\bdesir(?:ed|able)\b|\bideally\b|\bbonus\b|\bhelpful\b|"
    r"\badvantage(?:ous)?\b|\bbeneficial\b|\boptional\b|\bnot required\b|\bwould be (?:great|good|ideal)",
    re.IGNORECASE,
)
_FIRM: Final = re.compile(
    r"\bmust\b|(?<!not )\brequired\b|\bmandatory\b|\bminimum\b|\bat least\b|\bessential\b", re.IGNORECASE
)
_ASIDE: Final = re.compile(r"\([^()]*\)")

_ENDS_LIST: Final = re.compile(
    r"equal[- ](?:employment )?opportunity|\bEOE\b|affirmative action|without regard|regardless of"
    r"|protected (?:veteran|class)|all qualified applicants|minorit(?:y|ies)\b.{0,30}veteran"
    r"|prohibits discrimination|reasonable accommodation|\be-verify\b|drug[- ]free workplace"
    r"|\bapply (?:now|online|today|at|on|in person|via|directly|by)\b|\bto apply\b|to be considered,? (?:please|send)"
    r"|\b(?:submit|send|forward|e-?mail|attach|upload)\b.{0,30}\b(?:resume|résumé|cv\b|application|cover)"
    r"|\bclick\b|\bvisit\b.{0,30}\b(?:us|our|web|site|www)|\bcall (?:us|today|now)\b|for more (?:information|details)"
    r"|if (?:you(?:['’]re| are)|this sounds) .{0,60}(?:interested|apply|fit|you)"
    r"|\b401 ?\(?k|\bdental\b|\bpaid (?:time|vacation|holiday|training|sick)|\bhealth (?:insurance|benefits)"
    r"|\bmedical,|\bPTO\b|\btuition (?:assist|reimb)|\bbenefits? (?:package|include|eligib|program|start)"
    r"|\bcompetitive (?:salary|pay|wage|compensation|base|benefit|hourly|rates?)|\bemployee discount"
    r"|\bwe(?: also)? (?:offer|provide|pay|reward|believe|value|encourage|look forward|thank)\b|\bpaid training\b"
    r"|\bjoin (?:our|us|the)\b|\bcompensation (?:package|will|is)\b|\b(?:salary|pay rate|hourly rate)\b|\$\s?\d"
    r"|\bearning potential|\bearn (?:up|an?|\$)|\bgreat (?:pay|benefits)|\bcareer (?:growth|advancement)"
    r"|\bbrand new\b|\bnyse\b|\bnasdaq\b|\bfortune \d|\bheadquartered\b|\bleading (?:provider|company|supplier)"
    r"|\bcopyright\b|\ball rights reserved|\bprivacy policy|agency recruit|third[- ]party|unsolicited"
    r"|\breport this job|\bjob snapshot|\bpowered by|\bapplicant tracking|\bsearch (?:firms?|agenc)",
    re.IGNORECASE,
)
_NO_REQUIREMENT: Final = re.compile(
    r"\bno experience\b|\bnot limited to other|other duties|duties as assigned|\bto perform (?:this|the) job"
    r"|\brepresentative of\b|\bare (?:listed|described) (?:below|above)|\bthis (?:job )?description\b"
    r"|\bmay be (?:required|asked|assigned|made|modified|changed|performed)|\bwill be (?:required to|responsible|working|trained|"
    r"given|expected|provided|asked)|\bwe will train|\bwill train\b|\btraining (?:is |will be )?provided"
    r"|\brequired by (?:law|the|state)|\bas required\b|\bif required\b|\bas needed\b(?!.*\bmust\b)"
    r"|^(?:we|our|join|the company|you will|you['’]ll|he/she will|this position (?:will|is)|responsib|"
    r"duties|are you|do you|do not|don['’]t|why|what|how|come|imagine|as an?\b|about|founded|established|"
    r"in this (?:role|position)|the (?:incumbent|position|role|team)\b|reports? to|reporting|supervises?\b)\b(?!.*\b(?:must|requires?)\b)"
    r"|\bdoes not constitute|\bintended to\b|\bsubject to change|\bin order to (?:apply|be considered)"
    r"|\bincumbents?\b.{0,40}\bperform|\bspecific vision abilities|\bemployees? (?:is|are) (?:regularly|"
    r"occasionally|frequently|required)|\bwhile performing\b|\bnoise level|\bis responsible for"
    r"|\bjob (?:id|number|type|code|posting|category)\b|\bdate posted|\bhiring (?:manager|range)"
    r"|\brequirements?(?: for| of)? (?:gathering|analysis|definition|documents?)\b.{0,20}$",
    re.IGNORECASE,
)
_DUTY_VERB: Final = re.compile(
    r"(?:Achiev|Act|Adher|Administ(?:e|r)|Advis|Analy[sz]|Answer|Appl(?:y|ies)\b|Approv|Arrang|Assembl|Assess|Assign|"
    r"Assist|Assum|Assur|Attend\b|Attends|Audit|Build\b|Builds|Calculat|Call\b|Carr(?:y|ies)|Clean|Coach|"
    r"Collaborat|Collect|Communicates|Compil|Complet(?:e|es|ing)\b|Compl(?:y|ies)|Conduct|Configur|"
    r"Consult\b|Contact|Contribut|Control|Coordinat|Creat(?:e|es|ing)\b|Deliver|Design(?:s|ing)?\b|Determin|"
    r"Develop(?:s|ing)?\b|Diagnos|Direct(?:s|ing)?\b|Discuss|Dispatch|Document(?:s|ing)?\b|Draft|Driv(?:e|es|ing) "
    r"(?!licen)|Educat(?:e|es)|Enforc|Ensur|Enter(?:s|ing)?\b|Establish|Evaluat|Execut(?:e|es|ing)\b|"
    r"Facilitat|Follow|Formulat|Foster|Gather|Generat|Greet|Guid(?:e|es|ing)\b|Handl|Help|Hir(?:e|es)\b|Identif|"
    r"Implement|Improv|Initiat|Inspect|Install(?:s|ing)?\b|Instruct|Interact|Interfac|Interpret|Interview|Inventor|"
    r"Investigat|Lead(?:s)?\b|Load|Lubricat|Maintain(?:s|ing)?\b|Mak(?:e|es|ing)\b|Manag(?:e|es|ing)\b|Meet(?:s|ing)?\b|"
    r"Mentor|Monitor|Motivat|Negotiat|Notif|Observ|Obtain|Operat(?:e|es|ing)\b(?! system)|Order|Organi[sz](?:e|es|ing)\b|"
    r"Overse|Participat|Perform(?:s|ing)?\b|Plan(?:s|ning)?\b|Prepar|Present(?:s|ing)?\b|Process(?:es)?\b|"
    r"Promot|Provid|Purchas|Receiv|Recommend|Record|Recruit|Report(?:s|ing)?\b|Represent|Research(?:es)?\b|"
    r"Resolv|Respond|Review|Schedul(?:e|es)\b|Select|Sell(?:s)?\b|Serv(?:e|es)\b|Set(?:s)?\b|Share|Solicit|"
    r"Stock|Submit|Supervis(?:e|es|ing)\b|Support(?:s|ing)?\b|Tak(?:e|es|ing)\b|Teach|Test(?:s)?\b|Track|Train(?:s)?\b|"
    r"Transport|Troubleshoot(?:s)?\b|Updat|Us(?:e|es|ing)\b|Utili[sz]|Validat|Verif|Work(?:s)?\b(?! experience)|"
    r"Writ(?:e|es)\b)\w*\b",
)
_PHYSICAL: Final = re.compile(
    r"\blift(?:ing)?\b|\bpounds\b|\blbs?\b|\bstand(?:ing)? (?:for|up|long|\d)|\bovertime\b|\bweekends?\b|"
    r"\bmust be able\b|\bon[- ]call\b|\btravel\b",
    re.IGNORECASE,
)
_MIXED: Final = re.compile(
    r"^(?P<first>.{12,}?(?:\brequired)?)(?:[,;]|\band\b|\(|\.|\brequired\b,?) "
    r"?(?P<second>(?:[^\s,;()]+ ){0,9}?[^\s,;()]+ (?:strongly |highly |is |are )*"
    r"(?:preferred|a (?:big |huge |definite )?plus|desired|desirable|helpful))\)?[.!]?$",
    re.IGNORECASE,
)
_DEGREE_AND_YEARS: Final = re.compile(
    rf"^(?P<first>.{{0,90}}?\b(?:degree|diploma|bachelor['’]?s?|master['’]?s?|GED|B\.?S\.?|B\.?A\.?)\b[^.;]{{0,80}}?)"
    rf"(?:,? and|,? with|,? plus|,? \+|,|;|\.)\s+(?P<second>(?:a )?(?:minimum (?:of )?|at least )?{_YEARS}.{{4,}})$",
    re.IGNORECASE,
)
_LETTERS: Final = re.compile(r"[^\W\d_]{2,}")
_MAX_WORDS_UNCUED: Final = 32
_MAX_PHYSICAL: Final = 2


@dataclass(frozen=True, slots=True)
class RequirementSentence:
    """A sentence that states one requirement, or a list of skills."""

    text: str
    importance: Importance


def requirement_sentences(sentences: Iterable[Sentence]) -> Iterator[RequirementSentence]:
    """Those of a posting's sentences that a recruiter would keep, in the posting's order."""
    listing, physical = True, 0
    section = Section.NONE
    for sentence in sentences:
        if sentence.section is not section:
            section, listing = sentence.section, True
        if _ENDS_LIST.search(sentence.text):
            # Nobody writes a new heading before the legal text: the list is over.
            listing = False
            continue
        if not _states_requirement(sentence, listing):
            continue
        if section is Section.PHYSICAL:
            physical += 1
            if physical > _MAX_PHYSICAL:
                continue
        preferred = section is Section.PREFERRED
        for text in _parts(sentence.text):
            yield RequirementSentence(text, importance_of(text, preferred=preferred))


def importance_of(text: str, *, preferred: bool) -> Importance:
    """Must-have or nice-to-have, by the cue words outside brackets, else by the section."""
    bare = _ASIDE.sub(" ", text)
    if _NICE.search(bare) and not _FIRM.search(bare):
        return Importance.NICE_TO_HAVE
    if preferred and not re.search(r"\bmust\b|(?<!not )\brequired\b", bare, re.IGNORECASE):
        return Importance.NICE_TO_HAVE
    return Importance.MUST_HAVE


def _states_requirement(sentence: Sentence, listing: bool) -> bool:
    text, section = sentence.text, sentence.section
    if not _LETTERS.search(text) or _NO_REQUIREMENT.search(text) or text.endswith("?"):
        return False
    if section in (Section.BENEFITS, Section.COMPANY):
        return False
    words = text.count(" ") + 1
    cued = _STRONG.search(text) is not None
    duty = _DUTY_VERB.match(text) is not None
    if section is Section.PHYSICAL:
        return cued and _PHYSICAL.search(text) is not None
    if section in (Section.REQUIRED, Section.PREFERRED) and listing:
        if cued:
            return not (duty and words > _MAX_WORDS_UNCUED)
        return not duty and words <= _MAX_WORDS_UNCUED and not holds_contact(text)
    if duty and not _FIRM.search(text):
        return False
    return cued


def _parts(text: str) -> Iterator[str]:
    """A sentence of two requirements ("degree and 3 years", "X required, Y preferred") as two."""
    for pattern in (_MIXED, _DEGREE_AND_YEARS):
        match = pattern.match(text)
        if match and _LETTERS.search(match["first"]):
            yield from _parts(match["first"].strip(" ,;("))
            yield from _parts(match["second"].strip(" ,;)"))
            return
    yield text
