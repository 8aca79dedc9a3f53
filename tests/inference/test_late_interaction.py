from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from lantern.errors import ModelError
from lantern.inference.classify import ClassifierEngine
from lantern.inference.encoder import FitClassifier
from lantern.inference.engines import load_engine
from lantern.inference.late_engine import LateInteractionEngine
from lantern.inference.late_interaction import LateInteractionClassifier
from lantern.inference.unit_names import nearness
from lantern.inference.units import SplitText, UnitKind, split_profile, split_requirements
from tests.inference.tiny_models import late_classifier_of

REQUIREMENTS = (
    "nurse\nMust have: 5 years of care; nurse license\nNice to have: excel; sql",
    "driver\nMust have: license for driver",
    "sales\nNice to have: degree in sales; java; kubernetes; a master degree",
    "Must have: python; java; kubernetes; sql; excel; 10 years of experience",
    "",
)
PROFILES = (
    "senior python driver. 7 years of experience\nSkills: python, sql (5 years), java\nbuilt sql",
    "nurse",
    "led the sales team for 10 years and built excel\nSkills: "
    + ", ".join(["python", "java", "sales", "care", "sql", "excel", "driver", "kubernetes"]),
    "junior nurse\nnurse in a care team, 5 years\nbachelor degree\nled a team\nbuilt excel",
)
PAIRS = [(requirements, profile) for requirements in REQUIREMENTS for profile in PROFILES]


@pytest.fixture
def model(tiny_bert: Path) -> LateInteractionClassifier:
    return late_classifier_of(tiny_bert)


def engine_of(model: LateInteractionClassifier, **settings) -> LateInteractionEngine:
    return LateInteractionEngine(model, device="cpu", dtype="float32", **settings)


def naive(model: LateInteractionClassifier, pair: tuple[str, str]) -> np.ndarray:
    """The plain reference: one pair, one unit at a time, loops instead of masks."""
    config, head, tokenizer = model.config, model.head, model.tokenizer
    nothing = torch.zeros(config.hidden_size)

    def vector(text: str) -> torch.Tensor:
        lowered = text.lower()
        for mark in ".(),":
            lowered = lowered.replace(mark, f" {mark} ")
        ids = tokenizer.convert_tokens_to_ids(lowered.split())
        ids = [*config.template.prefix, *ids, *config.template.suffix]
        states = model.encoder(input_ids=torch.tensor([ids])).last_hidden_state[0]
        pooled = {"mean": states.mean(0), "cls": states[0], "last_token": states[-1]}
        return torch.nn.functional.normalize(pooled[config.pooling], dim=0)

    def near(one: int, other: int) -> float:
        return float(nearness()[one, other])

    def mean(values: list[float]) -> torch.Tensor:
        return torch.tensor(sum(values) / max(1, len(values)))

    def years(split: SplitText) -> list[float]:
        return [unit.years for unit in split.units]

    asked, shown = split_requirements(pair[0]), split_profile(pair[1])
    answers = [vector(unit.text) for unit in shown.units]
    compared: dict[int, list[torch.Tensor]] = {0: [], 1: [], 2: []}
    shown_names = [name for unit in shown.units for name in unit.names]
    told_names = [n for unit in shown.units if unit.kind is not UnitKind.SKILL for n in unit.names]
    nearest_of_all = [1.0]
    for unit in asked.units:
        item = vector(unit.text)
        cosines = torch.stack([item @ answer for answer in answers])
        products = torch.stack([head.query(item) @ head.key(answer) for answer in answers])
        nearest_names = torch.stack(
            [
                mean([max((near(a, b) for b in other.names), default=0.0) for a in unit.names])
                for other in shown.units
            ]
        )
        weights = (
            head.sharpness.exp() * cosines + head.learned * products + head.names * nearest_names
        ).softmax(0)
        found = sum(
            weight * (head.found(answer) + head.kind.weight[int(other.kind)])
            for weight, answer, other in zip(weights, answers, shown.units, strict=True)
        )
        gap = max(-1.0, min(1.0, (shown.years - unit.years) / 10)) if unit.years else 0.0
        figures = [
            cosines.max(),
            weights @ cosines,
            torch.tensor(unit.years / 10),
            torch.tensor(float(unit.years > 0)),
            weights @ torch.tensor(years(shown)) / 10,
            torch.tensor(shown.years / 10),
            torch.tensor(gap),
            mean([float(a in shown_names) for a in unit.names]),
            mean([float(a in told_names) for a in unit.names]),
            mean([max((near(a, b) for b in shown_names), default=0.0) for a in unit.names]),
            torch.tensor(float(bool(unit.names))),
        ]
        mine = head.item(item)
        kind = head.kind.weight[int(unit.kind)]
        features = torch.cat([mine, found, mine * found, kind, torch.stack(figures)])
        compared[int(unit.kind)].append(head.compare(features))
        nearest_of_all.append(float(cosines.max()))
    parts = []
    for kind in range(3):
        rows = compared[kind]
        parts.append(torch.stack(rows).mean(0) if rows else nothing)
        parts.append(torch.stack(rows).amax(0) if rows else nothing)
    judged = {
        kind: [head.verdict(row).softmax(0) for row in rows] for kind, rows in compared.items()
    }
    for kind in (1, 2):
        parts.append(torch.stack(judged[kind]).mean(0) if judged[kind] else torch.zeros(3))
        if kind == 1:
            parts.append(torch.stack(judged[1]).sum(0) / 5 if judged[1] else torch.zeros(3))
    most = max([*years(asked), 0.0])
    gap = max(-1.0, min(1.0, (shown.years - most) / 10)) if most else 0.0
    figures = [len(compared[kind]) / 10 for kind in range(3)]
    figures += [min(nearest_of_all), shown.years / 10, gap, most / 10]
    logits = head.decide(torch.cat([*parts, torch.tensor(figures)]))
    return torch.softmax(logits / (config.temperature or 1), dim=-1).numpy()


@pytest.mark.parametrize("base", ["tiny_bert", "tiny_qwen"])
@pytest.mark.parametrize("pooling", ["mean", "cls", "last_token"])
@pytest.mark.parametrize("batch_tokens", [1, 4096])
@torch.no_grad()
def test_equals_the_naive_reference(
    base: str, pooling: str, batch_tokens: int, request: pytest.FixtureRequest
) -> None:
    model = late_classifier_of(request.getfixturevalue(base), pooling=pooling)
    model.calibrate(0.6)
    scored = engine_of(model, batch_tokens=batch_tokens).score(PAIRS)
    expected = np.stack([naive(model, pair) for pair in PAIRS])
    np.testing.assert_allclose(scored.probabilities, expected, atol=1e-5)
    assert not scored.errors
    assert scored.probabilities.std(axis=0).min() > 1e-3, "a constant model would prove nothing"


def test_a_score_does_not_depend_on_the_other_pairs(model: LateInteractionClassifier) -> None:
    engine = engine_of(model, remembered=0)
    expected = dict(zip(PAIRS, engine.score(PAIRS).probabilities, strict=True))
    shuffled = PAIRS * 3
    random.Random(3).shuffle(shuffled)
    for asked in (shuffled, PAIRS[7:12], *([pair] for pair in PAIRS)):
        for pair, row in zip(asked, engine.score(asked).probabilities, strict=True):
            assert np.abs(row - expected[pair]).max() <= 1e-6
    again = engine.score(shuffled).probabilities
    for pair, row in zip(shuffled, again, strict=True):
        assert row.tobytes() == expected[pair].tobytes(), "same set of pairs, same bits"


def test_remembered_vectors_change_nothing(model: LateInteractionClassifier) -> None:
    without = engine_of(model, remembered=0).score(PAIRS)
    for remembered in (3, 1000):
        engine = engine_of(model, remembered=remembered)
        engine.score(PAIRS[:5])
        for _ in range(2):
            scored = engine.score(PAIRS)
            np.testing.assert_allclose(scored.probabilities, without.probabilities, atol=1e-6)
    assert scored.computed_tokens == 0, "all of them were remembered"
    assert without.computed_tokens > 0


def test_each_distinct_unit_is_encoded_once(
    model: LateInteractionClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, ...]] = []
    encode = model.encode_units

    def counted(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        seen.extend(tuple(row[keep.bool()].tolist()) for row, keep in zip(ids, mask, strict=True))
        return encode(ids, mask)

    monkeypatch.setattr(model, "encode_units", counted)
    scored = engine_of(model).score(PAIRS)
    assert len(seen) == len(set(seen))
    assert scored.computed_tokens == sum(map(len, seen))
    assert scored.tokens.sum() > 2 * scored.computed_tokens, "pairs share their units"


def test_counts_and_cuts(tiny_bert: Path) -> None:
    model = late_classifier_of(tiny_bert, unit_tokens=8, requirement_units=2, profile_units=3)
    pairs = [
        ("Must have: python", "nurse"),
        ("Must have: python; java; sql excel", "nurse"),
        ("Must have: a b c d e f g h", "nurse\nSkills: sql, java, excel care, python"),
    ]
    scored = engine_of(model).score(pairs)
    # Each unit has [CLS] and [SEP] as well.
    assert scored.tokens.tolist() == [6, 9, 8 + 9]
    assert scored.requirement_tokens_cut.tolist() == [0, 2, 2]
    assert scored.tokens_cut.tolist() == [0, 0, 3]
    longer = engine_of(model).score([("Must have: python; java; care", "nurse")])
    assert longer.probabilities.tobytes() == scored.probabilities[1].tobytes()


def test_empty_requirements_and_empty_profile(model: LateInteractionClassifier) -> None:
    scored = engine_of(model).score([("", "nurse"), (REQUIREMENTS[0], ""), ("", ""), (" ", "\n")])
    assert scored.errors == {2: "both texts are empty", 3: "both texts are empty"}
    assert np.isfinite(scored.probabilities[:2]).all()
    assert np.isnan(scored.probabilities[2:]).all()
    np.testing.assert_allclose(scored.probabilities[:2].sum(axis=1), 1, atol=1e-6)


def test_no_pairs(model: LateInteractionClassifier) -> None:
    scored = engine_of(model).score([])
    assert scored.probabilities.shape == (0, 3)
    assert scored.errors == {}


def test_bad_texts_are_errors_of_their_rows(model: LateInteractionClassifier) -> None:
    good = PAIRS[0]
    pairs = [good, (None, "nurse"), ("python\ud800", "nurse"), ("python", "a \udfff b"), good]
    scored = engine_of(model).score(pairs)  # type: ignore[arg-type]
    assert sorted(scored.errors) == [1, 2, 3]
    assert scored.errors[1] == "a text is missing"
    assert "cannot be tokenised" in scored.errors[2]
    assert scored.probabilities[0].tobytes() == scored.probabilities[4].tobytes()
    alone = engine_of(model).score([good]).probabilities[0]
    np.testing.assert_allclose(scored.probabilities[0], alone, atol=1e-6)


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("out of memory"), MemoryError(), RuntimeError("odd")]
)
@pytest.mark.parametrize("part", ["encoder", "head"])
def test_a_failing_batch_is_halved(
    part: str, error: Exception, model: LateInteractionClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = engine_of(model).score(PAIRS).probabilities
    sizes: list[int] = []
    target, name = (model, "encode_units") if part == "encoder" else (model.head, "forward")
    original = getattr(target, name)

    def small_only(*given):  # type: ignore[no-untyped-def]
        rows = given[1].shape[0] if part == "encoder" else given[1].rows.shape[0]
        sizes.append(rows)
        if rows > 8:
            raise error
        return original(*given)

    released: list[torch.device] = []
    module = f"lantern.inference.{'unit_vectors' if part == 'encoder' else 'late_engine'}"
    monkeypatch.setattr(f"{module}.release_memory", released.append)
    monkeypatch.setattr(target, name, small_only)
    pairs = PAIRS + [(r, p + "\nteam " + w) for r, p in PAIRS for w in ("led", "sql", "10")]
    scored = engine_of(model).score(pairs)
    assert not scored.errors
    assert bool(released) == (str(error) != "odd"), "memory is released when it ran out"
    assert max(sizes) > 8, "no batch failed: this would prove nothing"
    np.testing.assert_allclose(scored.probabilities[: len(PAIRS)], expected, atol=1e-6)


def test_a_unit_at_fault_fails_its_pairs_alone(
    model: LateInteractionClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = model.tokenizer.convert_tokens_to_ids("license")
    encode = model.encode_units

    def poisoned(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        if bool((ids == token).any()):
            raise RuntimeError("odd")
        return encode(ids, mask)

    expected = engine_of(model).score(PAIRS).probabilities
    monkeypatch.setattr(model, "encode_units", poisoned)
    scored = engine_of(model).score(PAIRS)
    for row, (requirements, _) in enumerate(PAIRS):
        if "license" in requirements:
            assert scored.errors[row] == "the encoder failed on a unit (RuntimeError)"
            assert np.isnan(scored.probabilities[row]).all()
        else:
            assert row not in scored.errors
            np.testing.assert_allclose(scored.probabilities[row], expected[row], atol=1e-6)


def test_values_that_are_not_numbers_are_errors(
    model: LateInteractionClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = model.encode_units
    monkeypatch.setattr(model, "encode_units", lambda ids, mask: encode(ids, mask) * torch.nan)
    scored = engine_of(model).score(PAIRS[:2])
    assert scored.errors == dict.fromkeys(range(2), "the encoder gave a value that is not a number")


def test_control_tokens_in_a_text_are_plain_text(model: LateInteractionClassifier) -> None:
    plain = engine_of(model).score([("Must have: python", "nurse")]).tokens[0]
    written = engine_of(model).score([("Must have: python", "nurse [SEP]")]).tokens[0]
    assert written == plain + 3, "'[', 'sep' and ']'"


def test_save_and_load(model: LateInteractionClassifier, tmp_path: Path) -> None:
    model.calibrate(1.3)
    model.save(tmp_path / "model")
    content = json.loads((tmp_path / "model" / "classifier.json").read_text())
    assert content["architecture"] == "late_interaction"
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".bin", ".pkl", ".pt")]
    loaded = load_engine(tmp_path / "model", device="cpu", dtype="float32")
    assert isinstance(loaded, LateInteractionEngine)
    assert loaded.calibrated
    expected = engine_of(model).score(PAIRS).probabilities
    assert loaded.score(PAIRS).probabilities.tobytes() == expected.tobytes()


def test_load_engine_knows_the_cross_encoder(
    bert_classifier: FitClassifier, tmp_path: Path
) -> None:
    bert_classifier.save(tmp_path)
    assert isinstance(load_engine(tmp_path, device="cpu"), ClassifierEngine)
    config = tmp_path / "classifier.json"
    content = json.loads(config.read_text())
    assert content.pop("architecture") == "cross_encoder"
    config.write_text(json.dumps(content))  # as versions before the second architecture wrote it
    assert isinstance(load_engine(tmp_path, device="cpu"), ClassifierEngine)
    with pytest.raises(ModelError, match="'cross_encoder', not 'late_interaction'"):
        LateInteractionClassifier.load(tmp_path)
    config.write_text(json.dumps(content | {"architecture": "oracle"}))
    with pytest.raises(ModelError, match="unknown architecture 'oracle'"):
        load_engine(tmp_path, device="cpu")


def test_missing_and_wrong_folders(
    model: LateInteractionClassifier, tmp_path: Path, tiny_bert: Path
) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        load_engine(tmp_path / "none")
    with pytest.raises(ModelError, match="holds no Lantern classifier"):
        load_engine(tiny_bert)
    model.save(tmp_path / "late")
    with pytest.raises(ModelError, match="'late_interaction', not 'cross_encoder'"):
        FitClassifier.load(tmp_path / "late")


def _edit(**changes: object) -> Callable[[Path], object]:
    def edit(folder: Path) -> None:
        config = folder / "classifier.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | changes))

    return edit


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda f: (f / "head.safetensors").unlink(), "missing or does not fit"),
        (lambda f: (f / "head.safetensors").write_bytes(b"no"), "missing or does not fit"),
        (_edit(hidden_size=5), "missing or does not fit"),
        (_edit(pooling="sum"), "unknown pooling"),
        (_edit(template=None), "incomplete"),
        (_edit(colour="red"), "incomplete"),
        (_edit(labels=["a"]), "other labels"),
        (_edit(format=99), "format 99"),
        (lambda f: (f / "tokenizer").rename(f / "t"), "no folder 'tokenizer'"),
    ],
)
def test_damaged_folders(
    harm: Callable[[Path], object],
    message: str,
    model: LateInteractionClassifier,
    tmp_path: Path,
) -> None:
    model.save(tmp_path / "model")
    harm(tmp_path / "model")
    with pytest.raises(ModelError, match=message):
        load_engine(tmp_path / "model")


def test_units_longer_than_the_base_reads(tiny_bert: Path) -> None:
    with pytest.raises(ModelError, match="reads 128 tokens, unit_tokens is 500"):
        late_classifier_of(tiny_bert, unit_tokens=500)


def test_the_encoder_takes_no_gradient_and_no_dropout(model: LateInteractionClassifier) -> None:
    model.train()
    assert model.head.training
    assert not model.encoder.training
    assert not any(parameter.requires_grad for parameter in model.encoder.parameters())
    assert all(parameter.requires_grad for parameter in model.head.parameters())
