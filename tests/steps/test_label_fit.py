"""D_cls on real tables: the explanation model's classes, and the examples that come of them."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest

from lantern.batch.progress import Reporter
from lantern.config import load_settings
from lantern.errors import ModelError, SettingsError, TrainingError
from lantern.fit import FitLevel, VerdictKind
from lantern.inference.class_probabilities import ClassReader, PairToClassify
from lantern.prompts.explanation import EXPLANATION_PROMPT_VERSION
from lantern.steps import label_fit
from lantern.steps.classifier_examples import LabelSource, label_source, read_split
from lantern.steps.context import Context
from lantern.steps.distill_classifier import _teacher
from lantern.steps.models import decoder_source
from lantern.tables.catalog import table_spec
from lantern.tables.runs import Manifest
from tests.distill.bpe_decoders import save_qwen

DAY = dt.date(2026, 3, 1)
SPLITS = ("train", "validation", "test")


def append(warehouse: Any, table: str, *rows: dict[str, Any]) -> None:
    """Rows with what the test does not care about filled in by type."""
    empty = {"string": "-", "int": 0, "bigint": 0, "double": 0.0, "boolean": False, "date": DAY}
    spec = table_spec(table)
    values = [
        tuple(row.get(c.name, None if c.nullable else empty.get(c.type, [])) for c in spec.columns)
        for row in rows
    ]
    warehouse.append(table, warehouse.spark.createDataFrame(values, spec.ddl))


def label(member: str, level: str, **given: Any) -> dict[str, Any]:
    inputs = {
        "member_id": member,
        "posting_id": f"p-{member}",
        "teacher": "rubric",
        "prompt_version": "v1",
        "member_fingerprint": "f1",
        "posting_fingerprint": "g1",
        "requirements_version": "r1",
        "level": level,
    }
    return inputs | given


def asked(text: str) -> dict[str, Any]:
    return {
        "kind": "skill",
        "importance": "must_have",
        "text": text,
        "any_of": False,
        "skills": [],
    }


@pytest.fixture
def context(spark: Any, tmp_path: Path) -> Context:
    folder = save_qwen(tmp_path / "explainer")
    config = folder / "config.json"
    longer = config.read_text().replace('embeddings": 96', 'embeddings": 700')
    config.write_text(longer)
    settings = load_settings(
        "local",
        [
            f"warehouse.path={tmp_path / 'tables'}",
            f"label_fit.model={folder}",
            "label_fit.wave_pairs=2",
            "label_fit.dtype=float32",
            "classifier.labels=auto",
        ],
    )
    made = Context(settings, DAY, reporter=Reporter(io.StringIO(), terminal=False))
    vars(made)["spark"] = spark
    names = [f"{split}{number}" for split in SPLITS for number in (1, 2)]
    warehouse = made.warehouse
    append(
        warehouse,
        "members",
        *[
            {"member_id": n, "fingerprint": "f1", "text": n, "model_text": f"{n} built Python"}
            for n in names
        ],
    )
    append(
        warehouse,
        "postings",
        *[{"posting_id": f"p-{n}", "fingerprint": "g1", "title": f"Clerk {n}"} for n in names],
    )
    append(
        warehouse,
        "requirements",
        *[
            {
                "posting_id": f"p-{n}",
                "posting_fingerprint": "g1",
                "version": "r1",
                # the last one's requirements are longer than the model's context
                "requirements": [asked("Kubernetes " * (900 if n == "test2" else 1))],
                "model_text": f"Clerk {n}\nMust have: Kubernetes",
            }
            for n in names
        ],
    )
    append(
        warehouse,
        "base_pairs",
        *[
            {
                "member_id": n,
                "posting_id": f"p-{n}",
                "split": n[:-1],
                "stratum": "near",
                "level": "Low",
            }
            for n in names
        ],
    )
    verdict = {"requirement": "Kubernetes", "kind": "not shown", "quote": None}
    append(
        warehouse,
        "teacher_labels",
        label("train1", "Low", verdicts=[verdict], score=0.36),
        label("train2", "Medium", labelled_on=dt.date(2026, 2, 1)),
        label("train2", "High", prompt_version="v2"),
        label("validation1", "Low", member_fingerprint="f0"),
        *[label("test1", name, teacher="api", sample=i) for i, name in enumerate(["High", "Low"])],
    )
    return made


def labelled(context: Context) -> Manifest:
    manifest = context.manifest("label_fit")
    label_fit.run(context, manifest)
    return manifest


def test_labels_examples_and_a_second_run(context: Context) -> None:
    assert label_source(context) == LabelSource("teacher_labels", None), "no D_cls yet"
    manifest = labelled(context)
    folder = str(context.settings.label_fit.model)
    labeller = decoder_source(folder).version
    assert manifest.counts["labelled"] == 5
    assert manifest.counts["failed"] == 1
    assert manifest.outcome == "quarantined", "one of six is beyond the allowed share"
    rows = {row["member_id"]: row for row in context.warehouse.read("fit_labels").collect()}
    assert sorted(rows) == ["test1", "train1", "train2", "validation1", "validation2"]
    reader = ClassReader.load(folder, dtype="float32", device="cpu")
    from lantern.fit import Importance, Requirement, RequirementKind

    wanted = Requirement(RequirementKind.SKILL, Importance.MUST_HAVE, "Kubernetes ")
    for name, row in rows.items():
        pair = PairToClassify(f"Clerk {name}", (wanted,), f"{name} built Python")
        (answer,) = reader.read([pair])
        told = (row["p_low"], row["p_medium"], row["p_high"])
        assert told == pytest.approx(answer.probabilities, abs=1e-4)
        assert FitLevel.from_label(row["level"]) == max(FitLevel, key=lambda k: told[k])
        assert (row["labeller"], row["split"]) == (labeller, name[:-1])
        assert row["prompt_version"] == EXPLANATION_PROMPT_VERSION
    refused = context.warehouse.read("quarantine").collect()
    assert [(row["key"], row["stage"]) for row in refused] == [("test2|p-test2", "label_fit")]
    assert "Kubernetes" not in refused[0]["reason"]

    source = label_source(context)
    assert source == LabelSource("fit_labels", labeller)
    split = read_split(context, source, "train")
    first, second = split.examples
    assert first.profile == "train1 built Python"
    assert first.probabilities == pytest.approx(
        (rows["train1"]["p_low"], rows["train1"]["p_medium"], rows["train1"]["p_high"])
    )
    assert [v.kind for v in first.verdicts] == [VerdictKind.NOT_SHOWN]
    assert split.first_teacher == [FitLevel.LOW, FitLevel.HIGH]
    assert second.verdicts == ()

    again = labelled(context)
    assert again.counts["pending"] == 1, "only the pair that failed"
    context.warehouse.merge(
        "members",
        context.warehouse.read("members")
        .where("member_id = 'train1'")
        .selectExpr("* EXCEPT (fingerprint)", "'f2' AS fingerprint"),
    )
    assert labelled(context).counts["pending"] == 2, "and the one whose member changed"


def test_levels_have_the_odds_at_which_they_occur(context: Context) -> None:
    labelled(context)
    before = {row["member_id"]: row for row in context.warehouse.read("fit_labels").collect()}
    assert {tuple(row["level_odds"]) for row in before.values()} == {(1.0, 1.0, 1.0)}
    seed = {"posting_id": "p", "kept_by": "filter", "split": "train"}
    append(
        context.warehouse,
        "seed",
        {"member_id": "a", "level": "Low", "weight": 9.0, **seed},
        {"member_id": "b", "level": "Low", "weight": 9.0, **seed},
        {"member_id": "c", "level": "Low", "weight": 3.0, **seed, "kept_by": "human"},
        {"member_id": "d", "level": "High", "weight": 1.0, **seed},
        {"member_id": "e", "level": "High", "weight": 90.0, **seed, "split": "test"},
    )
    manifest = labelled(context)
    assert manifest.counts["pending"] == 6, "labels of other odds do not hold"
    odds = (7.0, 4.0, 1.0)  # nothing is known of Medium: the mean
    assert [manifest.figures[f"odds_{k.label}"] for k in FitLevel] == list(odds)
    rows = context.warehouse.read("fit_labels").collect()
    assert len(rows) == len(before), "in the place of the former ones"
    for row in rows:
        was = before[row["member_id"]]
        names = ("p_low", "p_medium", "p_high")
        products = [was[name] * weight for name, weight in zip(names, odds, strict=True)]
        expected = [product / sum(products) for product in products]
        assert [row[name] for name in names] == pytest.approx(expected, abs=1e-5)
        assert FitLevel.from_label(row["level"]) == expected.index(max(expected))
        assert tuple(row["level_odds"]) == odds
    assert labelled(context).counts["pending"] == 1, "the pair that fails"
    settings = context.settings.label_fit.model_copy(update={"undo_balance": False})
    context.settings = context.settings.model_copy(update={"label_fit": settings})
    assert labelled(context).counts["pending"] == 6
    again = {row["member_id"]: row for row in context.warehouse.read("fit_labels").collect()}
    assert again["train1"]["p_low"] == pytest.approx(before["train1"]["p_low"])


def test_a_pair_of_the_seed_keeps_its_curated_label(context: Context) -> None:
    labelled(context)
    source = label_source(context)
    curated = [("train1", "Low", "filter"), ("train2", "Medium", "human")]
    curated += [("validation1", "High", "filter")]
    append(
        context.warehouse,
        "seed",
        *[
            {"member_id": n, "posting_id": f"p-{n}", "level": level, "kept_by": by, "weight": 1.0}
            for n, level, by in curated
        ],
    )
    first, second = read_split(context, source, "train").examples
    assert (first.level, second.level) == (FitLevel.LOW, FitLevel.MEDIUM)
    assert first.probabilities == pytest.approx((0.5, 0.5, 0.0), abs=0.01), "T1's score is at a cut"
    assert second.probabilities is None, "a person changed T1's High"
    of_d_cls = {r["member_id"]: r["level"] for r in context.warehouse.read("fit_labels").collect()}
    (stale, _) = read_split(context, source, "validation").examples
    assert stale.level.label == of_d_cls["validation1"], "T1 saw other inputs"
    assert stale.probabilities is not None

    classifier = context.settings.classifier.model_copy(update={"seed_labels": False})
    context.settings = context.settings.model_copy(update={"classifier": classifier})
    first, second = read_split(context, source, "train").examples
    assert (first.level.label, second.level.label) == (of_d_cls["train1"], of_d_cls["train2"])
    assert second.probabilities is not None


def test_examples_of_the_first_teacher(context: Context) -> None:
    source = LabelSource("teacher_labels", None)
    first, second = read_split(context, source, "train").examples
    assert (first.level, second.level) == (FitLevel.LOW, FitLevel.HIGH), "the latest answer"
    assert first.probabilities is not None
    assert first.probabilities[0] == pytest.approx(0.5, abs=0.01), "the rubric's score is at a cut"
    assert second.probabilities is None, "there is no score"
    assert read_split(context, source, "validation").examples == [], "a label of other inputs"
    (sampled,) = read_split(context, source, "test").examples
    assert sampled.level is FitLevel.HIGH, "the level of sample 0"
    assert sampled.probabilities == (0.5, 0.0, 0.5), "the votes of the samples"


def test_what_is_not_there(context: Context, tmp_path: Path) -> None:
    def having(*overrides: str) -> Context:
        base = [f"warehouse.path={context.settings.warehouse.path}", *overrides]
        other = Context(load_settings("local", base), DAY, reporter=context.reporter)
        vars(other).update(spark=context.spark)
        return other

    with pytest.raises(ModelError):
        label_fit.explanation_model(having(f"label_fit.model={tmp_path / 'nowhere'}"))
    labeller = label_fit.explanation_model(context).version
    append(
        context.warehouse,
        "fit_labels",
        label(
            "train1", "Low", labeller=labeller, split="train", p_low=1.0, p_medium=0.0, p_high=0.0
        ),
    )
    with pytest.raises(TrainingError, match="with today's prompt; run `lantern label-fit`"):
        label_source(
            having(
                f"label_fit.model={context.settings.label_fit.model}",
                "classifier.labels=fit_labels",
            )
        )
    with pytest.raises(SettingsError, match="neither labels, nor a folder"):
        _teacher(having("classifier.teacher=somebody"))
    with pytest.raises(ModelError):
        _teacher(having(f"classifier.teacher={tmp_path}"))
    assert _teacher(having()) is None
