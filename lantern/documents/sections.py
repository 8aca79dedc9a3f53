"""Postings and résumés cut into lines that stand under a heading.

Most real postings come as one line in which the sentences were glued together when the line
breaks were lost ("Required SkillsJava, HTML"). The breaks are put back at glued words, bullets,
wide gaps and known headings; then every piece knows the kind of section that it stands in.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


class Section(enum.Enum):
    """What a part of a posting is about."""

    NONE = "none"
    REQUIRED = "required"
    PREFERRED = "preferred"
    PHYSICAL = "physical"
    DUTIES = "duties"
    COMPANY = "company"
    BENEFITS = "benefits"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence or list item, and the section that it stands in."""

    text: str
    section: Section


# Words with a capital inside that are not two glued words.
_WHOLE: Final = (
    r"Java[Ss]cript|TypeScript|[Pp]ower[A-Z]\w+|Share[Pp]oint|Quick[Bb]ooks|Linked[Ii]n|You[Tt]ube|"
    r"Git[HL]ub|GitLab|WordPress|AutoC[Aa][Dd]\w*|SolidWorks|InDesign|DevOps|DevSecOps|MySQL|"
    r"NoSQL|PostgreSQL|MongoDB|DynamoDB|MariaDB|OpenShift|OpenStack|PeopleSoft|WebSphere|WebLogic|"
    r"EnterpriseOne|CenturyLink|TrackWise|NetSuite|NetBackup|VoIP|VoLTE|PhD|LabVIEW|LabView|MatLab|"
    r"MathWorks|SketchUp|DreamWeaver|ActionScript|CoffeeScript|VBScript|SalesForce|BackOffice|"
    r"FrontPage|PhotoShop|HealthCare|HealthStream|ServiceNow|ServiceMaster|McAfee|WebDriver|TestNG|"
    r"JUnit|CakePHP|FileMaker|GoTo\w+|OneNote|OneDrive|OpenGL|HubSpot|MailChimp|BigQuery|PySpark|"
    r"TensorFlow|PyTorch|GraphQL|FastAPI|CloudFormation|ElasticSearch|RabbitMQ|InfoPath|InfoSec|"
    r"MicroStrategy|BusinessObjects|DataStage|StarTeam|ClearCase|ClearQuest|TeamCity|AngularJS|"
    r"NodeJS|ReactJS|ExtJS|VueJS|[A-Z]\w*JS|RehabCare|UnitedHealth|TruGreen|StepWise|SmartPlant|"
    r"MasterCAM|MasterCam|CompTIA|iOS|iPhone|iPad|jQuery|eCommerce|cGMP|SaaS|PaaS|IaaS|BSc|MSc|"
    r"BTech|"
    r"MTech|BCom|LLCs|RNs|LPNs|CNAs|PCs|KPIs|APIs|EMTs|SOPs|M[a]?c[A-Z]\w+"
)
_WHOLE_WORD: Final = re.compile(rf"(?:{_WHOLE})(?:s|es)?")
_WORD_BEFORE: Final = re.compile(r"\w+$")
_WORD_AFTER: Final = re.compile(r"\w{1,30}")
# "skillsMust", "HTML)Quality", "needed.Must", "48193Job", "experienceCPR"
_GLUED: Final = re.compile(
    r"(?=[A-Z\d])(?:(?<=[a-z]{3})(?=[A-Z][a-z]{2,}|[A-Z]\s[a-z]|(?:To|We|If|At|An|In|As|No|It|Be|"
    r"By|Or|Do)\s)"
    r"|(?<=[a-z]{5})(?=[A-Z]{2,}\b)"
    r"|(?<=[a-z]{2}[).!?:;])(?=[A-Z][a-z]+[\s,]|[A-Z]{2,}\b|A\s)"
    r"|(?<=[a-z)][.;!?])(?=\d+\+? (?:years|yrs))"
    r"|(?<=[A-Z]{2}\))(?=[A-Z][a-z]+\s)"
    r"|(?<=\d)(?=[A-Z][a-z]{2,}\s)"
    r"|(?<=[a-z]{3})(?=\d{1,2}\+?(?:\s?-\s?\d{1,2})?\+? (?:years|yrs))"
    r"|(?<=\bGED)(?=[A-Z][a-z]))"
)
_BULLET: Final = re.compile(
    r"[•●▪■□►▶◦‣➢➤✓✔❖★·§¿⮚]+"
    r"|(?:^|(?<=[\s.;:,a-z)]))[*¬]+\s*(?=[\w(\"'])"
    r"|(?<=[\w.;:,)!]\s)(?:[-–—]{1,2}|o|\?|\+)\s+(?=[A-Z\d(])"
    r"|(?<=[.;:!?])\s?-\s?(?=[A-Z])|(?<=\s)-(?=[A-Z][a-z]+\s|\d{1,2}[+ -])|"
    r"(?<=[a-z]\.)o\s+(?=[A-Z])"
    r"|(?<=[a-z]{6})-(?=[A-Z][a-z]+\s[a-z])"
    r"|(?<=[a-z])\d{1,2}\.(?=[A-Z][a-z]+ )|(?<=\s)t(?=[A-Z][a-z]+ |\d{1,2}\+? years)"
    r"|(?:(?<=[\s.;:)a-z])(?:\(?\d{1,2}[.)]|\([a-z]\))|(?<=[\s.;:)])[a-h]\))\s+(?=[A-Z][a-z]+\s)",
    re.MULTILINE,
)
_WIDE_GAP: Final = re.compile(r"(?<=\S)[^\S\n]{2,}(?=[A-Z\d*•·(])")
_LONE_WORD: Final = re.compile(r"[A-Z][\w&’'-]*")
_STYLE_SHEET: Final = re.compile(
    r"/\*.{0,200}?\*/|[@#.]?[\w.,#: "
    r"-]{1,80}\{[^{}]{0,3000}\}",
    re.DOTALL,
)
_GLUED_SCRIPT: Final = re.compile(
    r"\$\(['\"]|\bfunction\s+\w*\s?\(|\bfunction\s?\(|\bvar\s+[A-Za-z_$]\w*\s?=|\bMONS_LOG_VARS\b"
)

_MODIFIER: Final = (
    r"(?:job|position|minimum|min\.?|basic|required?|key|additional|other|special|essential|"
    r"candidate|general|educational|physical|skills?|technical|professional|work|needed|mandatory|"
    r"eligibility|preferred|desired|desirable|primary|main|major|core|specific|daily|principal|"
    r"secondary|experience|education|knowledge|computer|language|training|personal|role|ideal|"
    r"abilities|licenses?|environmental|service|duties|responsibilities|functions|qualifications?|"
    r"requirements?|competenc(?:y|ies)|benefits|compensation|company|working|and|or|&|/|and/or)"
)
_HEAD_NOUN: Final = (
    r"(?:qualifications?|requirements?|prerequisites?|must[- ]haves?|nice[- ]to[- ]haves?|"
    r"skill ?sets?|competenc(?:y|ies)|specifications|credentials|responsibilities|duties|functions|"
    r"accountabilities|benefits|compensation|job description|job summary|position summary|"
    r"job purpose|physical demands|working conditions|work environment|company (?:profile|overview|"
    r"description)|equal opportunity(?: employer)?|eeo (?:statement|disclaimer)|about us|"
    r"who we are|"
    r"what we offer|how to apply|to apply|what you(?:['’]ll| will) (?:do|need|bring)|disclaimer|"
    r"(?:required|preferred|desired|technical|minimum|key) (?:skills|experience|education)|"
    r"education (?:and|&|/|and/or|or) (?:work )?experience|skills (?:and|&|/) (?:abilities|"
    r"experience)|"
    r"knowledge,? skills,?(?: and| &)? abilities|licensure|licen[sc]es?/certifications?)"
)
_INLINE_HEAD: Final = re.compile(
    rf"(?:(?<=^)|(?<=[\n.!?)\]a-z\d*]))[ ]?(?P<head>(?:(?-i:(?=[A-Z&/]|and\b|"
    rf"or\b)){_MODIFIER}[ /]{{1,3}})"
    rf"{{0,4}}(?-i:(?=[A-Z])){_HEAD_NOUN})(?P<end>\s?:|(?=\s*\n)|(?-i:(?= ?[A-Z\d•*(])))",
    re.IGNORECASE | re.MULTILINE,
)
_LABEL: Final = re.compile(
    r"(?P<label>[A-Z][\w’'&/,\-() ]{1,60}?)\s?(?::|\s[-–](?=\s))(?!//)\s*(?P<rest>.*)", re.DOTALL
)
_CAPS_LABEL: Final = re.compile(r"(?:[A-Z][A-Z’'&/,\-()]+(?: |$)){1,8}$")
_MID_LABEL: Final = re.compile(
    r"((?:(?<=\s)|^)[a-z][\w’'-]*[,;]?|[\d.)!\]]) (?=(?:[A-Z][\w’'&/\-]*(?: (?:of|and|for|or|the|"
    r"to|&|/))? ){0,4}"
    r"[A-Z][\w’'&/\-]*\s?: ?)",
    re.MULTILINE,
)
_SENTENCE_END: Final = re.compile(
    r"(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bSt\.)(?<!\bDr\.)(?<!\bSr\.)(?<!\bJr\.)"
    r"(?<!\bU\.S\.)(?<!\bB\.S\.)(?<!\bM\.S\.)(?<!\bB\.A\.)(?<!\bvs\.)(?<!\bNo\.)(?<!\bMs\.)(?<!\bMr\.)(?<!\bInc\.)(?<!\bmin\.)"
    r"(?<!\bCo\.)[\"')\]]?\s+(?=[\"'(\[]?[A-Z\d])"
)
_RUN_ON: Final = re.compile(
    r" (?=[A-Z\d])(?:(?<=[a-zA-Z\d)%+.] )(?<!\bof )(?<!\band )(?<!\bor )(?<!\ba )(?<!\bthe )"
    r"(?<!\bwith )(?<!\bin )(?<!\bfor )(?<!\bto )(?<!\ban )(?<!\bas )(?<!\bat )(?<!\bby )(?<!\bon )"
    r"(?<!\byour )(?<!\bour )(?<!\bincluding )(?<!\bminimum )(?<!\bleast )"
    r"(?=(?:Must (?:be|have|possess|hold|pass|speak|live|own|enjoy|complete|demonstrate)|"
    r"Ability to|"
    r"Able to|Strong|Excellent|Exceptional|Outstanding|Superior|Experienced? (?:in|with|as|using|"
    r"working|"
    r"preferred|required|managing)|Minimum|At least|Bachelor['’]?s?|Master['’]?s|Associate['’]s|"
    r"High [Ss]chool|"
    r"Knowledge of|Working knowledge|Proven|Proficien(?:t|cy)|Demonstrated|Valid|Familiar(?:ity)?|"
    r"Understanding of|Willing(?:ness)?|Previous|Good|Effective|Solid|Current|Prior|Highly|Possess|"
    r"Self[- ](?:motivated|starter|directed)|Team player|Detail[- ]oriented|Attention to|Fluent|"
    r"Bilingual|Reliable|Graduate of|Completion of|Some|Intermediate|Basic|Flexible|"
    r"Comfortable|Capable|Hands[- ]on|"
    r"Availability|Available|Extensive|"
    r"Preferred|Required|Desired|A minimum)\b)"
    r"|(?:(?<=required )|(?<=preferred )|(?<=GED )|(?<=degree ))(?=\d{1,2}\+?(?:-\d+)? (?:years|"
    r"yrs))"
    r"|(?<=[a-z], )(?=(?:Must|Ability to|Strong|Excellent|Bachelor|Minimum|Knowledge of|"
    r"Proficien) ))"
)
_MANY_WORDS: Final = 12

# The first that matches names the section; so "Preferred qualifications" is tried before
# "qualifications", and "Benefits qualifications" is no requirement.
_KINDS: Final[tuple[tuple[Section, re.Pattern[str]], ...]] = tuple(
    (section, re.compile(rf"\b(?:{words})", re.IGNORECASE))
    for section, words in (
        (
            Section.OTHER,
            r"apply|application (?:process|requirements)|contact|equal|eeo|disclaimer|location|"
            r"job (?:id|type|code|number|posting|family|class|area|level|category|field|keywords|"
            r"details|title|#)|requisition|posting|date|web ?site|fax|phone|e-?mail|duration|"
            r"key ?words|"
            r"refer(?:ence|ral)|req\b|reports? to|supervisor\b|department|division|status|title|"
            r"travel|"
            r"position type|employee type|employment type|grade|schedule|hours|shifts?\b|term|note|"
            r"industry|organi[sz]ation|interview|visa|recruiter|additional information|region|"
            r"client",
        ),
        (
            Section.PREFERRED,
            r"preferred|preferences?|desire[ds]?|desirable|nice[- ]to|bonus (?:points|skills|if)|"
            r"pluses|"
            r"a plus|optional|would be|it helps|extra consideration|helpful",
        ),
        (Section.COMPANY, r"about (?:us|the company)|company (?:profile|overview)|who we are"),
        (
            Section.BENEFITS,
            r"benefits?|compensation|salary|pay\b|wages?|we offer|perks|rewards?|incentives?|"
            r"what's in it|why (?:work|join)|advantages?|bonus|commission|budget|offering|"
            r"what you(?:['’]ll| will) get|we provide",
        ),
        (
            Section.PHYSICAL,
            r"physical|working conditions|work(?:ing)? environment|environment(?:al)?\b|demands|"
            r"safety",
        ),
        (
            Section.REQUIRED,
            r"qualif\w+|requirements?|required|prerequisites?|must[- ]haves?|credentials|criteria|"
            r"eligib\w+|looking for|ideal|successful|you (?:have|bring|need|possess)|"
            r"what you(?:['’]ll|"
            r" will)? (?:need|bring)|who you are|minimum|licen[sc]\w+|certificat\w+|specifications",
        ),
        (
            Section.DUTIES,
            r"dut(?:y|ies)|responsib\w+|functions?|description|summary|overview|purpose|"
            r"accountab\w+|"
            r"tasks|role|the job\b|day[- ]to[- ]day|objectives?|you will|you['’]ll|opportunity|"
            r"scope|activities|expectations|"
            r"deliverables|position\b|day[- ]to[- ]day|include",
        ),
        (
            Section.REQUIRED,
            r"skills?|experience|education\w*|knowledge|abilit\w+|competenc\w+|background|"
            r"attributes|characteristics|technologies|training|degree|languages?|profile|traits",
        ),
        (Section.COMPANY, r"about|company|who we are|mission|values|culture|our |why "),
    )
)
_MAX_HEADING_WORDS: Final = 8


def drop_page_script(raw: str) -> str:
    """Raw posting text without style sheets, and without the script that follows it on the page."""
    if "{" in raw and ":" in raw:
        raw = _STYLE_SHEET.sub(" ", raw)
    script = _GLUED_SCRIPT.search(raw)
    return raw[: script.start()] if script else raw


def restore_lines(raw: str) -> str:
    """Put line breaks back into raw text at wide gaps.

    Wide gaps (two blanks, of either kind) are where the source had a new line; cleaning would
    collapse them, so this comes first.
    """
    return "\n".join(_break_gaps(line) for line in raw.split("\n"))


def _break_gaps(line: str) -> str:
    """A wide gap is a line break, unless it follows a lone word: "Equal  Opportunity"."""
    pieces = _WIDE_GAP.split(line)
    lines = pieces[:1]
    for piece in pieces[1:]:
        lone = _LONE_WORD.fullmatch(lines[-1].strip()) and not _is_title(lines[-1].strip())
        if lone:
            lines[-1] = f"{lines[-1]} {piece}"
        else:
            lines.append(piece)
    return "\n".join(lines)


def unglue(text: str) -> str:
    """Put line breaks between glued words: ``skillsMust have`` -> ``skills\\nMust have``."""
    pieces, last = [], 0
    for match in _GLUED.finditer(text):
        at = match.start()
        if not _is_whole(text, at):
            pieces.append(text[last:at])
            last = at
    pieces.append(text[last:])
    return "\n".join(pieces)


def _is_whole(text: str, at: int) -> bool:
    """Whether the word around a place is one with a capital inside, such as JavaScript."""
    before = _WORD_BEFORE.search(text, max(0, at - 30), at)
    after = _WORD_AFTER.match(text, at)
    word = (before[0] if before else "") + (after[0] if after else "")
    return _WHOLE_WORD.fullmatch(word) is not None


def section_of(heading: str) -> Section | None:
    """The section that a heading opens; None if it is no heading that we know."""
    if len(heading.split()) > _MAX_HEADING_WORDS:
        return None
    for section, pattern in _KINDS:
        if pattern.search(heading):
            return section
    return None


def posting_sentences(text: str) -> list[Sentence]:
    """The sentences and list items of a cleaned posting, each with its section."""
    return list(_walk(text))


def _walk(text: str) -> Iterator[Sentence]:
    text = _BULLET.sub("\n", unglue(text))
    text = _INLINE_HEAD.sub(lambda m: f"\n{m['head']}:\n", text)
    text = _MID_LABEL.sub(r"\1\n", text)
    section = Section.NONE
    for raw_line in text.split("\n"):
        line = raw_line.strip(" \t-–—*:;,|>")
        if not line:
            continue
        found, rest = _heading(line, ended=raw_line.rstrip().endswith(":"))
        if found is not None:
            # A label inside a list of requirements ("Experience: 2 years") keeps its kind.
            keeps = section is Section.PREFERRED and found is Section.REQUIRED and bool(rest)
            section = section if keeps else found
            line = rest
        for sentence in split_sentences(line):
            found, rest = _heading(sentence, ended=False)
            if found is not None:
                section, sentence = found, rest
            if sentence:
                yield Sentence(sentence, section)


def _heading(line: str, *, ended: bool) -> tuple[Section | None, str]:
    """The section that a line opens, and what is left of the line behind the heading."""
    label = _LABEL.match(line)
    if label and len(label["label"].split()) <= _MAX_HEADING_WORDS:
        found = section_of(label["label"])
        if found is not None:
            return found, label["rest"].strip()
        return None, line
    if ended or _CAPS_LABEL.fullmatch(line) or _is_title(line):
        found = section_of(line)
        if found is not None:
            return found, ""
    return None, line


def _is_title(line: str) -> bool:
    """Whether a line of few words is written as a heading, without a colon."""
    return _BARE_HEAD.fullmatch(line) is not None


_BARE_HEAD: Final = re.compile(
    rf"(?:{_MODIFIER}[ /]{{1,3}}){{0,5}}(?:{_HEAD_NOUN}|skills|education|experience|knowledge|"
    r"abilities|summary|description|overview|certifications?|licenses?|required|preferred|desired|"
    r"who (?:you|we) are|perks|desirable|bonus points|pluses|a plus|(?:your|the) (?:role|job|"
    r"profile|position|tasks|"
    r"opportunity)|"
    r"we offer|our offer|what we (?:offer|are looking for|expect)|what you (?:need|bring|have|"
    r"will (?:do|bring))|"
    r"it (?:would be (?:great|nice)|helps) if you(?: also)? have|day[- ]to[- ]day|why join us|"
    r"about the (?:role|job|company|team))",
    re.IGNORECASE,
)


def split_sentences(line: str) -> Iterator[str]:
    """Sentences of one line; run-on lists without any punctuation are cut at telling words."""
    for sentence in _SENTENCE_END.split(line):
        for clause in sentence.split("; ") if sentence.count(" ") >= 5 else (sentence,):
            pieces = _RUN_ON.split(clause) if clause.count(" ") >= _MANY_WORDS // 2 else [clause]
            for piece in pieces:
                stripped = piece.strip(" \t-–—*;,|")
                if stripped:
                    yield stripped
