"""Whatever the weights, a grounded answer parses, invents nothing and quotes exactly."""

from __future__ import annotations

import string
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lantern.documents.requirement_names import short_name
from lantern.errors import ModelError
from lantern.fit import (
    LEVEL_LABELS,
    NAME,
    FitLevel,
    VerdictKind,
    level_contradiction,
    name_problem,
    naming,
    parse_explanation,
)
from lantern.inference.generate import GenerationEngine, GenerationRequest
from lantern.inference.grammar import GrammarCompiler
from lantern.inference.grounding import LONGEST_QUOTE, explanation_grammar
from lantern.inference.phrases import SEPARATOR
from lantern.inference.phrases import TEXTS as NAMING
from lantern.inference.prompt_ids import PromptIds
from tests.inference.tiny_decoders import PROFILE, byte_tokenizer, requirements, tiny_decoder


@pytest.fixture(scope="module")
def engine() -> GenerationEngine:
    return GenerationEngine(tiny_decoder(), dtype="float32", device="cpu")


def grounded(engine, asked, profile, level, *, seed=0, temperature=1.0) -> str:
    grammar = explanation_grammar(asked, profile, level)
    request = GenerationRequest(PromptIds([4, 5, 6], 0, 0), 1900, grammar, temperature, seed=seed)
    answer = engine.generate([request])[0]
    assert answer.error is None
    assert answer.finished
    return answer.text


def check(text: str, asked, profile: str, level: FitLevel | None) -> None:
    found = parse_explanation(text)
    assert [v.requirement for v in found.verdicts] == [item.text for item in asked]
    for verdict in found.verdicts:
        if verdict.quote is not None:
            assert verdict.quote in profile
            assert len(verdict.quote) <= LONGEST_QUOTE
            assert verdict.quote == verdict.quote.strip()
            assert "\n" not in verdict.quote
        assert (verdict.quote is None) == (verdict.kind is VerdictKind.NOT_SHOWN)
    assert level is None or found.level is level
    kinds = [v.kind for v in found.verdicts]
    if any(kind is VerdictKind.MET for kind in kinds) or any(c.isalnum() for c in profile):
        assert level_contradiction(found.level, kinds) is None
    assert name_problem(found) is None


@pytest.mark.parametrize("level", [None, *FitLevel])
@pytest.mark.parametrize("seed", range(4))
def test_sampled_answers_of_random_weights(engine, level, seed: int) -> None:
    asked = requirements()
    check(grounded(engine, asked, PROFILE, level, seed=seed), asked, PROFILE, level)


def walked(asked, profile, level, seed: int, phrases=None) -> str:
    """An answer of tokens drawn at random, of the marks of names wherever they may come."""
    draw, tokenizer = Random(seed), byte_tokenizer()
    marks = set(tokenizer("“”", add_special_tokens=False).input_ids)
    compiler = GrammarCompiler(tokenizer, 420)
    matcher = compiler.matcher(explanation_grammar(asked, profile, level, phrases))
    ids = compiler.opening(matcher)
    while not matcher.is_stopped():
        allowed = [int(token) for token in np.flatnonzero(compiler.masks([matcher])[0])]
        preferred = [token for token in allowed if token in marks]
        token = draw.choice(preferred if preferred and draw.random() < 0.6 else allowed)
        if token == tokenizer.eos_token_id:
            break
        ids += [token, *compiler.advance(matcher, token)]
    return tokenizer.decode(ids)


def test_names_at_random_are_carried_by_the_verdicts() -> None:
    """They are the short ones, each at most once before and once after the first sentence."""
    short = {short_name(item) for item in requirements()}
    names: set[str] = set()
    for seed in range(60):
        level = [None, *FitLevel][seed % 4]
        text = walked(requirements(), PROFILE, level, seed)
        check(text, requirements(), PROFILE, level)
        found = parse_explanation(text)
        for sentences in (naming(found)[:1], naming(found)[1:2], naming(found)[2:]):
            said = [name for part, _ in sentences for name in NAME.findall(part)]
            assert len(said) == len(set(said))
            names |= set(said)
    assert names == short


def test_with_phrases_nothing_else_stands_around_names() -> None:
    """What a level has none of is free, but names only in lists, and texts name what they can."""
    phrases = {
        (level, text, place): (f"{start}{text} of {level}{end}", f"{start}{text}, the {place}{end}")
        for level in ("Low", "High")
        for text, start in zip(NAMING, ("", " ", ""), strict=True)
        for place, end in (("whole", "."), ("open", " is "))
        if (level, place) != ("Low", "whole")
    } | {(level, "rest", "end"): (", all in all.",) for level in LEVEL_LABELS}
    seen = set()
    for seed in range(60):
        text = walked(requirements(), PROFILE, [None, *FitLevel][seed % 4], seed, phrases)
        check(text, requirements(), PROFILE, None)
        found = parse_explanation(text)
        for name, (said, _) in zip(NAMING, naming(found), strict=True):
            first, *later = NAME.split(said)[::2]
            for place, phrase in [
                ("open" if later else "whole", first),
                *(("between", piece) for piece in later[:-1]),
                *(("end", piece) for piece in later[-1:]),
            ]:
                known = phrases.get((found.level.label, name, place))
                if place == "whole" and found.level is FitLevel.LOW:
                    kinds = {verdict.kind for verdict in found.verdicts}
                    assert name == "lead" or VerdictKind.NOT_SHOWN not in kinds
                    assert name == "rest" or kinds == {VerdictKind.NOT_SHOWN}
                elif place == "between":
                    assert SEPARATOR.fullmatch(phrase)
                elif known and said:
                    assert phrase in known
                    seen.add((found.level.label, name, place))
    assert len(seen) == 10


@pytest.mark.parametrize("count", [1, 2, 31, 40])
def test_any_number_of_requirements_can_be_walked(count: int) -> None:
    asked = requirements([f"asks for thing {n}" for n in range(count)])
    for level in FitLevel:
        check(walked(asked, PROFILE, level, count), asked, PROFILE, level)


def test_without_requirements_there_are_no_verdicts(engine) -> None:
    check(grounded(engine, [], PROFILE, None), [], PROFILE, None)


def test_a_profile_without_a_word_is_never_quoted(engine) -> None:
    asked = requirements()
    found = parse_explanation(grounded(engine, asked, '"" - \n "', FitLevel.MEDIUM))
    assert {v.kind for v in found.verdicts} == {VerdictKind.NOT_SHOWN}


TEXTS = st.text(
    st.sampled_from(string.ascii_letters + string.digits + " \n\"'\\{}[]()|&~/%<>.,:;#+é中\u201c"),
    min_size=1,
    max_size=80,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    profile=TEXTS,
    texts=st.lists(
        TEXTS.map(lambda t: " ".join(t.replace('"', "").split())).filter(bool),
        max_size=3,
        unique=True,
    ),
    level=st.sampled_from([None, *FitLevel]),
    seed=st.integers(0, 9),
)
def test_any_profile_and_any_requirements(engine, profile, texts, level, seed) -> None:
    asked = requirements(texts) if texts else []
    check(grounded(engine, asked, profile, level, seed=seed), asked, profile, level)


@pytest.mark.parametrize("count", [1, 2, 25])
def test_the_grammar_grows_linearly_and_compiles(count: int) -> None:
    asked = requirements([f"requirement number {n}" for n in range(count)])
    profile = PROFILE * 20
    grammar = explanation_grammar(asked, profile, None)
    assert len(grammar) < 3_000 + 4 * len(profile) + 1_600 * count
    assert GrammarCompiler(byte_tokenizer(), 420).matcher(grammar) is not None


def test_a_grammar_that_does_not_compile_is_an_error_without_its_text() -> None:
    with pytest.raises(ModelError) as caught:
        GrammarCompiler(byte_tokenizer(), 420).matcher('start: "secret profile" missing_rule')
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("level", "kinds", "contradicts"),
    [
        (FitLevel.HIGH, ["not shown", "partly met"], True),
        (FitLevel.HIGH, ["met", "not shown"], False),
        (FitLevel.LOW, ["met", "met"], True),
        (FitLevel.LOW, ["met", "partly met"], False),
        (FitLevel.MEDIUM, ["met", "met"], False),
        (FitLevel.MEDIUM, ["not shown"], False),
        (FitLevel.HIGH, [], False),
    ],
)
def test_what_a_level_cannot_stand_beside(level, kinds, contradicts: bool) -> None:
    assert bool(level_contradiction(level, [VerdictKind(k) for k in kinds])) is contradicts
