"""The SQL function: equal to building and scoring by hand; bad rows keep their reason."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from lantern.batch.models import ShippedFolder
from lantern.batch.udf import register_lantern_fit
from lantern.documents.posting import RawPosting, build_posting
from lantern.documents.profile import RawProfile, build_profile
from lantern.documents.requirements import extract_requirements

PROFILES = {
    "python": "Senior python developer\n10 years of experience with python, java and sql.",
    "nurse": "Junior nurse in a care team with a bachelor degree and a nurse license.",
}
POSTING = (
    "Senior python developer\n"
    "We build software for hospitals.\n"
    "Requirements:\n- 5 years of experience with python\n- bachelor degree\n- sql\n"
)
LIMITS = {"max_chars": 60_000, "min_letters": 20}


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory) -> Path:  # type: ignore[no-untyped-def]
    place = Path(__file__).parents[1] / "inference" / "tiny_models.py"
    spec = importlib.util.spec_from_file_location("tiny_models_of_udf", place)
    assert spec is not None
    assert spec.loader is not None
    tiny = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tiny)
    base = tiny.save_tiny_bert(tmp_path_factory.mktemp("base"))
    folder = tmp_path_factory.mktemp("classifier")
    tiny.classifier_of(base).save(folder)
    return folder


def _ask(spark, rows):  # type: ignore[no-untyped-def]
    frame = spark.createDataFrame(rows, "key string, profile string, posting string").coalesce(1)
    frame.createOrReplaceTempView("asked")
    answers = spark.sql("SELECT key, lantern_fit(profile, posting) AS fit FROM asked").collect()
    return {row["key"]: row["fit"] for row in answers}


def test_the_function_scores_raw_texts_as_the_engine_does(spark, settings, model_folder) -> None:  # type: ignore[no-untyped-def]
    from lantern.inference.classify import ClassifierEngine

    register_lantern_fit(spark, ShippedFolder(str(model_folder), None), settings.score)
    answers = _ask(spark, [(key, text, POSTING) for key, text in PROFILES.items()])

    title, _, description = POSTING.partition("\n")
    posting = build_posting(RawPosting(None, title, description), **LIMITS)
    requirements = extract_requirements(posting.title, posting.text).model_text
    assert "5 years" in requirements
    pairs = [
        (requirements, build_profile(RawProfile(None, text), **LIMITS).model_text)
        for text in PROFILES.values()
    ]
    expected = ClassifierEngine.load(model_folder, device="cpu").score(pairs).probabilities
    assert abs(expected[0] - expected[1]).max() > 1e-3, "the two profiles must differ"
    for key, p in zip(PROFILES, expected, strict=True):
        fit = answers[key]
        assert (fit["p_low"], fit["p_medium"], fit["p_high"]) == pytest.approx(tuple(p), abs=1e-5)
        assert fit["score"] == pytest.approx(p[1] / 2 + p[2], abs=1e-5)
        assert fit["level"] == ("Low", "Medium", "High")[int(p.argmax())]
        assert fit["reason"] is None


def test_a_row_that_cannot_be_used_gets_nulls_and_its_reason(spark, settings, model_folder) -> None:  # type: ignore[no-untyped-def]
    register_lantern_fit(spark, ShippedFolder(str(model_folder), None), settings.score)
    good = PROFILES["python"]
    answers = _ask(
        spark,
        [
            ("good", good, POSTING),
            ("no profile", None, POSTING),
            ("no posting", good, None),
            ("emoji", "😀" * 30, POSTING),
            ("title only", good, "Senior python developer"),
        ],
    )
    reasons = {key: fit["reason"] for key, fit in answers.items()}
    assert reasons == {
        "good": None,
        "no profile": "profile: the text is missing",
        "no posting": "posting: the text is missing",
        "emoji": "profile: no letters",
        "title only": "posting: empty",
    }
    for key, fit in answers.items():
        nulls = [fit[name] is None for name in ("level", "p_low", "p_medium", "p_high", "score")]
        assert nulls == [key != "good"] * 5, key
