"""Word lists of the recogniser of names."""

from __future__ import annotations

from typing import Final

_NOT_NAMES = """
abu al and ben bin bint bsn ca cfa cpa da de del della den der des di do dr du e el er esq he
her hers him his ibn ii iii iv jr la las le les los madam mba md miss mr mrs ms mx of or phd pmp
prof professor rn san she shri sir smt sr st ten ter the them they van von y
"""
NOT_NAMES: Final = frozenset(_NOT_NAMES.split())
"""Titles, degrees and particles: what a name field holds beside names."""

_STOP_WORDS = """
a ai all am an and any are as at be bi but by can did do eu for get go had has he her hi him his
how hr i id if in is it its js let me ml my no not now of off oh ok old on one or os our out own
pm qa she so the to too ts tv two ui uk up us use ux was way we who why you
"""
STOP_WORDS: Final = frozenset(_STOP_WORDS.split())
"""Words by which, even with a capital, no name can be told."""

_COMMON_WORDS = """
able ace alba alpha amber angel apache apr april arch archer art ash aug august aurora austin
autumn bach baker ball banks bar barber baron bass bay bean bear beck bell berkeley berry best
bill bird bishop black blank blaze bloom blue bond booker booth boston bow branch brand bridge
bridges bright brook brooklyn brooks brown buck burn burns bush butler cache cambridge camp
candy carolina carpenter carry carter case cash castle chad chance charlotte chase chef chelsea
cherry chi china chip christian church clay clear cleveland cliff close cloud coach cole cook
cooper coral cotton court craft crane crew crisp cross crystal curry cyan dakota dale dallas
data dawn dax day dean dec dell delta denver dev di dia diamond dick div dix django dollar dot
dove drake drew drive duke dusty earl early east easter ebony eden ember emerald english eve
ever faith farmer feb field fields fish fisher flame fletcher flora florence flower flowers
forest foster fox frank freed freedom french fri frost gale gardener gardner garland gates gay
gem gene georgia german glass glen gold golden good grace grant graves gray green grey grove guy
hack hall ham hand hard harden hardy harmony harper hart hazel head heart heath heather henna
herb heritage hill hills holiday holly home honey hood hook hope house houston hub hunt hunter
hurt india iris irons israel ivory ivy jack jackson jade jan jasmine java jay jet jewel job jobs
joke jordan joy judge jul jules julia july jumbo jun june junior justice kafka kay keen key keys
king kit kite knight lamb lambda lance land lane lang large lark lavender law leaf lee lily
lincoln link lisp little lock london long lot lotus love low luck luna lynx madison mai major
mali malt man manual mar marble marina marine mark marker marks marquis marsh marshall mason
master maven max may mays meadow melody mercedes mercury merit mice miles mill miller mills mint
miracle misty mon montana moon moore morning moss mountain myrtle neat new newman nice noble
noon noor norm north nov nova oak ocean oct olive opal oracle orange orchid ore orion owl oxford
page pages paige palm pan pansy paris park parker parks parrish pascal pat patience peace peach
pearl penny pepper perl pet petal phoenix piper plant poe polo pool poppy porter post potter
powers pratt precious price prince promise puppet python queen quest quick rain rand raven ray
reason red reed reese regal rice rich river rivers robin rock rocky rod roman rose ruby rush
russet rust rusty sage saint sales salt sandy sass sat savage savannah scala scout seal season
self senior sep serene shade sharp sheets shell shepherd short silver simple singer singh siri
sky skylar sloan small smart smith snow son song south spark spear spring stack stanford star
steel sterling stern stock stone storm story street strong sue summer summers sun sunny swan
sweet swift sword tab tailor talent tanner teal temple tensor thorn thu tiger tim tool topaz
town trace tree trinity troy true trust tue turner union unique usher vale valley van veil venus
victory viola violet virgin virginia walker wall walls ward ware warner washington waters watt
wave wax way weaver webb wed wells west wheeler white wilder will willow wills wind winter
winters wise wolf wood woods word wren wright york young zen zion
"""
COMMON_WORDS: Final = frozenset(_COMMON_WORDS.split())
"""Names that are words, places or software, too; in lower case they are taken for those."""

_DEGREE_INITIALS = """
ai am ba bc be bs bt ca dm do eu hr id it jd la ll ma mb mc md me ms mt pe ph pm qa ui uk un us
ux
"""
DEGREE_INITIALS: Final = frozenset(_DEGREE_INITIALS.split())
"""Two letters that with dots are a degree or a place rather than somebody."""

_MAILBOXES = """
admin application applications apply business career careers contact customer cv data desk email
example finance first firstname general help hiring hr human info job jobs last lastname legal
mail marketing master media my name news no office press project recruiter recruiting
recruitment reply resource resources resume resumes sales service services staff staffing
support talent team test web work
"""
MAILBOXES: Final = frozenset(_MAILBOXES.split())
"""What e-mail addresses hold that are not of a person."""
