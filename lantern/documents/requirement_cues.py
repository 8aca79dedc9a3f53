"""The wording that tells requirements from the rest of a posting.

All patterns are for sentences in lower case. What can be told by a plain phrase is a phrase: the
search for a hundred phrases costs less than one pattern with a hundred alternatives, and a posting
should not take longer to read than to score.
"""

from __future__ import annotations

import re
from typing import Final


def _phrases(listed: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in listed.split("|"))


_NUMBER: Final = r"(?:\d{1,2}(?:\.\d)?|one|two|three|four|five|six|seven|eight|ten)"
YEARS: Final = (
    rf"{_NUMBER}\s?(?:\(\d{{1,2}}\)\s?)?(?:\+|plus|or more)?\s?(?:(?:-|–|to)\s?\d{{1,2}}\s?\+?\s?)?"
    r"(?:years?|yrs?\b\.?|months?)['’]?"
)
ASKS_YEARS: Final = re.compile(
    rf"\b{YEARS} (?:in|of)\b(?! (?:age|the|hire|employment))|"
    rf"\b{YEARS}(?! (?:of age|old\b))[^.;]{{0,70}}?\b(?:experience|exp\b|practice|background|"
    rf"working)"
    rf"|\bexperience\b[^.;]{{0,20}}\b{YEARS}|\b(?:minimum|at least|"
    rf"requires?)\b[^.;]{{0,15}}\b{YEARS}"
)

# A sentence with one of these words may state a requirement; one without cannot.
MAY_STATE: Final = _phrases(
    """
    year | yr | month | experience | must | require | prefer | desir | mandatory |
    essential | plus | nice | helpful | advantageous | bachelor | master | associate |
    degree | school | ged | diploma | licen | certif | regist | clearance | driv | cpr |
    bls | acls | cdl | cpa | pmp | able | abilit | skill | knowledge | understanding |
    background | proficien | familiar | fluen | bilingual | expertise | drug | ideal |
    candidate | seeking | looking | should | track | insist
    | succeed | ask for | glad | happy | helps | command
    """
)

OPENS_REQUIREMENT: Final = re.compile(
    r"(?:an? )?(?:strong |excellent |exceptional |good |great |solid |proven |demonstrated |basic |"
    r"advanced |"
    r"working |thorough |prior |previous |some |extensive |hands-on |in-depth |proficien\w+ |"
    r"minimum |"
    r"significant |effective |superior |outstanding |intermediate |current |valid |active )+"
    r"(?:\w+[ ,/&]+){0,6}?(?:skills?|experience|knowledge|understanding|abilit(?:y|ies)|background|"
    r"record|in|with|working|command|licen[sc]e|certification|expertise)\b"
    r"|(?:proficien(?:t|cy)|familiar(?:ity)?|knowledge|experienced?|fluent|fluency|bilingual|"
    r"expertise|"
    r"ability|able|understanding|willing(?:ness)?|high school|bachelor|master['’]?s|"
    r"associate['’]?s|"
    r"ged|graduate of|completion of|a track record)\b"
    rf"|(?:a )?(?:minimum (?:of )?|at least )?{YEARS}"
)
# Searched with a word boundary in front of the whole, which the regex engine is quick at.
STATES_REQUIREMENT: Final = re.compile(
    r"\b(?:we (?:ask for|insist on|require|would be (?:glad|happy) about)\b|it helps if you\b|"
    r"to succeed,? you need\b|must (?:be|have|possess|"
    r"hold|pass|speak|own|reside|live|know|demonstrate|complete|"
    r"enjoy|meet|"
    r"submit to|successfully|also|currently)\b"
    r"|(?:is|are) (?:strongly |highly |also |an? )*(?:required|preferred|desired|desirable|"
    r"mandatory|"
    r"essential|plus|must)\b"
    r"|(?:preferred|a plus|a must|nice to have|desired|mandatory|helpful|advantageous)[.!)]*$"
    r"|(?:bachelor|master|associate)['’]?s?\b[^.;]{0,30}\b(?:degree|in\b|of\b)|degree (?:in|from|"
    r"required)\b"
    r"|high school (?:diploma|graduate|degree|education|equivalen)|ged\b|diploma\b"
    r"|(?:valid|current|active|clean|unrestricted)\b[^.;]{0,40}\b(?:licen[sc]e|certifi|"
    r"registration|driv)"
    r"|licensed (?:as|in|to)\b|licensure\b[^.;]{0,40}\b(?:state|required)"
    r"|(?:cpr|bls|acls|bcls|cdl|cpa|pmp)\b[^.;]{0,30}\b(?:certif|licen|required|preferred)"
    r"|(?:able|ability) to (?:lift|travel|work (?:weekends|evenings|nights|holidays|any|flexible|"
    r"a flexible|"
    r"overtime))"
    r"|background check\b|drug (?:screen|test)"
    r"|(?:requires?|requiring|requirements? (?:is|are|include)|you (?:have|bring|need|possess)|"
    r"should (?:have|possess|be)|(?:will|to) (?:have|possess)|(?:ideal|successful|"
    r"qualified) candidates?|"
    r"candidates? with|individuals? with|looking (?:for|to)\b[^.]{0,90}?\b(?:with|who)|"
    r"seek(?:s|ing)?\b[^.]{0,90}?\b(?:with|who))\b[^.]{0,80}"
    r"\b(?:experience|degree|skills?|licen[sc]e|certif\w+|knowledge|background|ability|abilities|"
    r"proficien\w+|understanding))"
)
ENDS_REQUIRED: Final = re.compile(
    r"(?<!as )(?<!if )(?<!when )(?<!where )(?<!not )(?<!be )(?<!the )(?<!all )(?<!any "
    r")\brequired[.)]?$"
)

NICE: Final = re.compile(
    r"\b(?:prefer(?:red|ably|ence)?\b|a (?:big |huge |definite |strong )?plus\b|plus[.!]*$|"
    r"nice[- ]to[- ]have|desir(?:ed|able)\b|ideally\b|bonus\b|helpful\b|advantage(?:ous)?\b|"
    r"beneficial\b|"
    r"optional\b|not required\b|would be (?:great|good|ideal|glad|nice|happy)|it helps if)"
)
FIRM: Final = re.compile(
    r"\bmust\b|(?<!not )\brequired\b|\b(?:mandatory|minimum|at least|essential)\b"
)
# An aside speaks of something else ("(bachelor's preferred)"), unless it is nothing but the cue.
ASIDE: Final = re.compile(
    r"\((?!(?:strongly |highly )?(?:preferred|required|desired|nice to have|a plus|plus|optional|"
    r"must)\s*\))[^()]*\)"
)

# Legal text, benefits, the company's praise of itself, how to apply: none of it is a requirement,
# and behind it no list of requirements goes on.
ENDS_LIST: Final = _phrases(
    """
    equal opportunity | equal employment | employment opportunit | eoe/ | affirmative action |
    without regard | regardless of | protected veteran | protected class | qualified applicants
    | prohibits discrimination | reasonable accommodation | e-verify | drug-free workplace |
    drug free workplace | apply now | apply online | apply today | apply at | apply in person |
    apply via | apply directly | to apply | your resume | a resume | resume to | résumé | cover
    letter | your cv | click here | click on | our website | our web site | visit us | visit our
    | call us | call today | call now | more information | more details | 401k | 401(k | 401 (k
    | dental | paid time | paid vacation | paid holiday | paid training | paid sick | health
    insurance | health benefits | medical, | tuition | benefit package | benefits package |
    benefits include | benefit eligib | competitive salary | competitive pay | competitive wage
    | competitive compensation | competitive base | competitive benefit | competitive hour |
    competitive rate | employee discount | we offer | we also offer | we provide | we pay | we
    reward | we believe | we value | we encourage | we look forward | we thank | we strive |
    join us | join our | join the | compensation package | compensation will | compensation is |
    pay rate | hourly rate | salary | earning potential | earn up | great pay | great benefits |
    career growth | career advancement | great opportunity | fortune 5 | headquartered | leading
    provider | a leader in | industry leader | leading company | leading supplier | copyright |
    all rights reserved | privacy policy | third party agenc | third-party | unsolicited |
    report this job | job snapshot | powered by | applicant tracking | search firm | search
    agenc | all inquiries | kept confidential | is committed to | are committed to | find out
    why | largest it staffing | staffing firm | for immediate consideration | about us | sign-on
    bonus | bonus program
    """
)
ENDS_LIST_WORD: Final = re.compile(r"\b(?:eoe|nyse|nasdaq|pto)\b|\$\s?\d|minorit.{0,30}veteran")

NO_REQUIREMENT: Final = _phrases(
    """
    no experience | other duties | duties as assigned | to perform this job | to perform the job
    | representative of | listed below | described above | this description | job description |
    may be required | may be asked | may be assigned | may be made | may be modified | may be
    changed | may be performed | will be required to | will be responsible | are responsible for
    | is responsible for | be responsible for | will be working | will be trained | will be
    given | will be expected | will be provided | will be asked | will train | training provided
    | training is provided | training will | required by law | required by the | required by
    state | as required | if required | does not constitute | intended to | subject to change |
    to be considered, | specific vision | while performing | noise level | job id | job number |
    job type | job code | job posting | job category | date posted | hiring manager | hiring
    range | now hiring | employees are regularly | employee is regularly | employee is
    occasionally | employee is frequently | employee is required | is required to perform | are
    required to perform | may receive | immediate hire | none required | openings are |
    promotions are | p.m. | will spend | will work with | position involves | currently
    expanding | work with a professional
    """
)
OPENS_NO_REQUIREMENT: Final = re.compile(
    r"(?:we|our|join|the company|you will|you['’]ll|he/she|they|this is|this position (?:will|is)|"
    r"responsib\w+|duties|are you|do you|do not|don['’]t|why|what|how|come|imagine|as an?|about|"
    r"founded|"
    r"established|in this (?:role|position)|the (?:incumbent|position|role|team)|reports? to|"
    r"reporting|"
    r"supervises?|because|when|maybe|if you|if this|thank|please|note|position overview|"
    r"there (?:is|are)|it is|these|those|that)\b"
)
# A statement about someone, with a verb: "Associates in store positions are ...".
IS_NARRATIVE: Final = re.compile(
    r"(?:the |an? |our )?(?:[\w&'’/-]+ ){1,7}?(?:provides|offers|is (?:now |currently )?(?:hiring|"
    r"seeking|"
    r"looking|expanding)|has an? |works with|serves|believes|strives|was founded|ensures|"
    r"delivers)\b"
)

# A finite verb: where no cue speaks for a requirement, a whole sentence tells of something else.
FINITE: Final = re.compile(
    r"\b(?:is|are|will|was|were|has|can|could|may|it['’]s|you['’]ll|we['’]re|includes?)\b"
)

# "Conducts ...", "Assist in ...": what the job holder does, not what they bring.
DUTY_VERB: Final = re.compile(
    r"(?:partner with|protect|stor(?:e|ing) |rotat|date, |learn |listen|keep|achiev|administ(?:e|"
    r"r)|advis|analy[sz](?:e|ing)|answer|appl(?:y|ies)\b|approv|arrang|"
    r"assembl|"
    r"assess|assign|assist(?!ant)|assum|assur|attends?\b|audit(?:s|ing)?\b|builds?\b|calculat|"
    r"calls?\b|"
    r"carr(?:y|ies)|clean(?:s|ing)?\b|coach(?:es)?\b|collaborat(?:e|es|ing)\b|collect|"
    r"communicates|compil|"
    r"complet(?:e|es|ing)\b|compl(?:y|ies)|conduct|configur(?:e|es|ing)\b|consult(?:s|ing)?\b|"
    r"contact|"
    r"contribut|controls?\b|coordinat(?:e|es|ing)\b|creat(?:e|es|ing)\b|deliver(?:s|ing)?\b|"
    r"design(?:s|ing)?\b|"
    r"determin|develop(?:s|ing)?\b|diagnos(?:e|es|ing)\b|direct(?:s|ing)?\b|discuss|"
    r"dispatch(?:es)?\b|"
    r"document(?:s|ing)?\b|draft|driv(?:e|es|ing) (?!licen|record)|educat(?:e|es|ing)\b|enforc|"
    r"ensur|"
    r"enter(?:s|ing)?\b|establish|evaluat|execut(?:e|es|ing)\b|facilitat|follow|formulat|foster|"
    r"gather|"
    r"generat(?:e|es|ing)\b|greet|guid(?:e|es|ing)\b|handl(?:e|es|ing)\b|help|hir(?:e|es|ing)\b|"
    r"identif|"
    r"implement(?:s|ing)?\b|improv|initiat|inspect(?:s|ing)?\b|install(?:s|ing)?\b|instruct|"
    r"interact|"
    r"interfac|interpret(?:s|ing)?\b|interview|investigat(?:e|es|ing)\b|leads?\b|loads?\b|lubricat|"
    r"maintain(?:s|ing)?\b|mak(?:e|es|ing)\b|manag(?:e|es|ing)\b|meet(?:s|ing)?\b|mentor|"
    r"monitor(?:s|ing)?\b|"
    r"motivat(?:e|es|ing)\b|negotiat(?:e|es|ing)\b|notif|observ|obtain|operat(?:e|es|"
    r"ing)\b(?! system)|order|"
    r"organi[sz](?:e|es|ing)\b|overse|participat|perform(?:s|ing)?\b|plan(?:s|ning)?\b|prepar|"
    r"presents?\b|process(?:es)?\b|promot(?:e|es|ing)\b|provid|purchas(?:e|es)\b|receiv|recommend|"
    r"record(?:s|ing)?\b|recruit(?:s|ing)?\b|report(?:s|ing)?\b|represent|research(?:es)?\b|"
    r"resolv|respond|"
    r"review|schedul(?:e|es)\b|select|sells?\b|serv(?:e|es)\b|sets?\b|share|solicit|stocks?\b|"
    r"submit|"
    r"supervis(?:e|es|ing)\b|support(?:s|ing)?\b|tak(?:e|es|ing)\b|teach(?:es)?\b|tests?\b|"
    r"track(?:s|ing)?\b|"
    r"trains?\b|transport(?:s|ing)?\b|troubleshoots?\b|updat|us(?:e|es|ing)\b|utili[sz]|validat|"
    r"verif|"
    r"works?\b(?! experience| history| ethic| authori)|writ(?:e|es)\b)"
)
# Any verb in the third person or as a gerund, before a word that no noun is followed by.
_OPEN_NOUNS: Final = (
    r"(?!sales\b|skills\b|communications?\b|operations\b|analytics\b|systems\b|windows\b|"
    r"business\b|"
    r"process\b|access\b|years\b|mathematics\b|ethics\b|logistics\b|electronics\b|hours\b|"
    r"weekends\b|"
    r"nights\b|must\b|fitness\b|class\b|training\b|learning\b|marketing\b|engineering\b|nursing\b|"
    r"accounting\b|welding\b|writing\b|understanding\b|willingness\b|series\b|plus\b|during\b|"
    r"having\b|being able|licenses?\b|degrees\b|others\b)"
)
ACTS: Final = re.compile(
    rf"{_OPEN_NOUNS}(?:\w+ly )?(?:[a-z-]{{3,}}(?<!s)s|[a-z-]{{2,}}ing)(?: and [a-z]+(?:s|ing))? "
    r"(?:a|an|the|any|all|his|her|their|its|our|your|others|data|to|with|for|that|as|in|on|up|out|"
    r"through|"
    r"by|from|high|new|own|well|how|when|what|clear|effective|appropriate|responsib\w+|proactive|"
    r"\w+ly|"
    r"customers?|errors?|around|into|among|between|honest|outstanding|work|numerical|written|"
    r"changes|information)\b"
)

PHYSICAL: Final = re.compile(
    r"\b(?:lift(?:ing)?\b|pounds\b|lbs?\b|stand(?:ing)?\b|overtime\b|weekends?\b|on[- ]call\b|"
    r"travel\b|"
    r"climb\w*|kneel\w*|stoop\w*|bend\w*|crawl\w*|grip\w*|walk(?:ing)?\b|sit(?:ting)?\b|"
    r"push(?:ing)?\b|"
    r"pull(?:ing)?\b|vision\b|hear\b|respirator|inclement|heights?\b|confined spaces?)"
)
