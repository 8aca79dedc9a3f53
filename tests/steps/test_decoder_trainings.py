"""train_teacher and distill_explainer on real tables: what they read, leave, record and resume."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import mlflow
import pytest

from lantern.batch.progress import Reporter
from lantern.batch.shards import seed_answers, shard_counts, write_shards
from lantern.config import load_settings
from lantern.distill.decoder_stage import DecoderStage
from lantern.errors import SettingsError, TableError, TrainingError
from lantern.inference.causal_models import load_causal_model
from lantern.prompts.explanation import EXPLANATION_PROMPT_VERSION
from lantern.steps import distill_explainer, train_teacher
from lantern.steps.context import Context
from lantern.steps.models import decoder_source
from lantern.steps.registry import open_registry
from lantern.tables.catalog import table_spec
from tests.distill.tiny_decoders import SKILLS, save_tiny_decoder, tiny_tokenizer

DAY = dt.date(2026, 3, 1)
SPLITS = {"train": range(8), "validation": range(8, 10), "test": range(10, 12)}


def append(warehouse: Any, table: str, rows: list[dict[str, Any]]) -> None:
    """Rows with what the test does not care about filled in by type."""
    empty = {"string": "-", "int": 0, "bigint": 0, "double": 0.0, "boolean": False, "date": DAY}
    spec = table_spec(table)
    values = [
        tuple(row.get(c.name, None if c.nullable else empty.get(c.type, [])) for c in spec.columns)
        for row in rows
    ]
    warehouse.append(table, warehouse.spark.createDataFrame(values, spec.ddl))


def fill(warehouse: Any) -> None:
    """Twelve members with a posting each, in three splits."""
    numbers = [number for split in SPLITS.values() for number in split]
    skill = [SKILLS[number % len(SKILLS)] for number in numbers]
    asked = [(("skill", "must_have", skill[n], [skill[n]], False, None, None),) for n in numbers]
    append(warehouse, "members", [_member(n, skill[n]) for n in numbers])
    append(
        warehouse,
        "postings",
        [{"posting_id": f"p{n}", "fingerprint": "g", "title": "clerk"} for n in numbers],
    )
    append(
        warehouse,
        "requirements",
        [
            {
                "posting_id": f"p{n}",
                "posting_fingerprint": "g",
                "version": "r",
                "requirements": list(asked[n]),
            }
            for n in numbers
        ],
    )
    pairs = [
        {
            "member_id": f"m{n}",
            "posting_id": f"p{n}",
            "split": split,
            "stratum": "near",
            "level": "Low",
        }
        for split, members in SPLITS.items()
        for n in members
    ]
    append(warehouse, "base_pairs", pairs)
    append(
        warehouse,
        "seed",
        [
            {
                **pair,
                "level": "High",
                "explanation": _answer(skill[n]),
                "kept_by": "filter",
                "weight": 1.0,
            }
            for n, pair in enumerate(pairs)
        ],
    )


def _member(number: int, skill: str) -> dict[str, Any]:
    text = f"knows {skill}"
    return {"member_id": f"m{number}", "fingerprint": "f", "text": text, "model_text": text}


def _answer(skill: str) -> str:
    return f'You are a High fit for this job.\nRequirements:\n- {skill} [met]: "knows {skill}"'


def fill_synthetic(warehouse: Any, teacher: str) -> None:
    """Answers of a T2 to the train and validation pairs, with a cache of two tokens each."""
    tokenizer = tiny_tokenizer()
    rows = []
    for split in ("train", "validation"):
        for n in SPLITS[split]:
            text = _answer(SKILLS[n % len(SKILLS)])
            ids = [*tokenizer(text)["input_ids"], tokenizer.eos_token_id]
            top = [i for token in ids for i in (token, (token + 1) % len(tokenizer))]
            rows.append(
                {
                    "member_id": f"m{n}",
                    "posting_id": f"p{n}",
                    "split": split,
                    "teacher": teacher,
                    "prompt_version": EXPLANATION_PROMPT_VERSION,
                    "member_fingerprint": "f" if n else "of yesterday",
                    "posting_fingerprint": "g",
                    "requirements_version": "r",
                    "level": "High",
                    "explanation": text,
                    "token_ids": ids,
                    "top_k": 2,
                    "top_ids": top,
                    "top_logprobs": [100, 3000] * len(ids),
                    "tail_logprobs": [5000] * len(ids),
                }
            )
    append(warehouse, "synthetic", rows)


@pytest.fixture(scope="module")
def context(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Context:
    root = tmp_path_factory.mktemp("trainings")
    save_tiny_decoder(root / "large", width=64, seed=1)
    save_tiny_decoder(root / "small", width=32, seed=2)
    small = {
        "context": 320,
        "answer_tokens": 8,
        "epochs": 1,
        "batch_rows": 4,
        "accumulation": 1,
        "lora": None,
        "activation_checkpointing": False,
        "validation_answers": 1,
    }
    settings = load_settings(
        "local",
        [
            f"warehouse.path={root / 'tables'}",
            f"teacher_training.base={root / 'large'}",
            f"teacher_training.decoder={json.dumps(small)}",
            f"explainer.decoder={json.dumps(small | {'packing': False})}",
            "explainer.stages="
            + json.dumps(
                [
                    {"name": "one", "base": str(root / "small"), "signal": "cache"},
                    {"name": "two", "base": str(root / "small"), "signal": "live"},
                ]
            ),
        ],
    )
    made = Context(settings, DAY, reporter=Reporter(io.StringIO(), terminal=False))
    vars(made)["spark"] = spark
    fill(made.warehouse)
    return made


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_shards_hold_train_and_validation_and_never_the_test_split(
    context: Context, tmp_path: Path
) -> None:
    warehouse = context.warehouse
    versions = warehouse.versions("seed", "base_pairs", "members", "postings", "requirements")
    rows = seed_answers(warehouse, versions)
    counts = write_shards(warehouse, rows, versions, tmp_path)
    assert counts == {"train": 8, "validation": 2, "left_out": 0} == shard_counts(tmp_path)
    kept = warehouse.spark.read.parquet(str(tmp_path / "train"))
    assert {row["split"] for row in kept.collect()} == {"train"}
    held_out = {f"m{n}" for n in SPLITS["test"]}
    assert held_out.isdisjoint(row["member_id"] for row in kept.collect())
    renamed = rows.replace({"test": "train"}, subset=["split"])
    with pytest.raises(TableError, match="2 answers to learn from are in another split"):
        write_shards(warehouse, renamed, versions, tmp_path)
    assert shard_counts(tmp_path) is not None  # refused before anything is touched
    no_validation = rows.where("split = 'train'")
    with pytest.raises(TrainingError, match="the validation split has no answers"):
        write_shards(warehouse, no_validation, versions, tmp_path)
    assert shard_counts(tmp_path) is None


def test_the_whole_way_from_tables_to_a_registered_model(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T2 is trained; the chain is killed in its second stage, goes on there, and is registered."""
    manifest = context.manifest("train_teacher")
    train_teacher.run(context, manifest)
    models = context.local_folder / "models"
    assert manifest.versions_in["seed"] >= 1
    assert {"train": 8, "validation": 2}.items() <= manifest.counts.items()
    assert "teacher.eval_rougeL" in manifest.figures
    assert load_causal_model(str(models / "teacher" / "model")).name == "model"
    # Nothing that holds texts or optimizer states is left.
    assert not {name for name in _files(models) if name.endswith((".parquet", ".arrow", ".pt"))}

    teacher = decoder_source(str(models / "teacher" / "model"), name="teacher")
    fill_synthetic(context.warehouse, teacher.version)
    real = DecoderStage.__call__

    def dying(stage: DecoderStage, models: Any, folder: Path, figures: Any) -> Any:
        if folder.name == "2-two":
            figures(1, {"loss": 9.0})
            raise KeyboardInterrupt
        return real(stage, models, folder, figures)

    monkeypatch.setattr(DecoderStage, "__call__", dying)
    with pytest.raises(KeyboardInterrupt):
        distill_explainer.run(context, context.manifest("distill_explainer"))
    assert (models / "explainer" / "stages" / "1-one" / "done.json").is_file()
    assert not (models / "explainer" / "model").exists()
    first = load_causal_model(str(models / "explainer" / "stages" / "1-one" / "model"))

    begun: list[str] = []

    def counted(stage: DecoderStage, models: Any, folder: Path, figures: Any) -> Any:
        begun.append(folder.name)
        assert models.teacher is not None
        assert "1-one" in models.teacher
        return real(stage, models, folder, figures)

    monkeypatch.setattr(DecoderStage, "__call__", counted)
    before = context.warehouse.version("members")
    append(context.warehouse, "members", [_member(99, "sql")])  # a night in between
    manifest = context.manifest("distill_explainer")
    distill_explainer.run(context, manifest)
    assert begun == ["2-two"]
    assert manifest.versions_in["members"] == before
    assert manifest.counts["train"] == 7  # one answer was of yesterday's profile
    registry = open_registry(context)
    version = registry.newest_explainer()
    assert version is not None
    assert version.model_version == manifest.facts["explainer"]
    assert not {name for name in _files(models) if name.endswith((".parquet", ".arrow", ".pt"))}
    _check_runs(registry)
    assert (
        first.model.num_parameters()
        == load_causal_model(str(version.folder)).model.num_parameters()
    )


def _check_runs(registry: Any) -> None:
    """One parent for the chain, a run a stage; the killed one went on and ended well."""
    client = mlflow.MlflowClient(registry.connection.tracking_uri)
    (experiment,) = [e for e in client.search_experiments() if e.name == "lantern"]
    runs = {
        run.data.tags["mlflow.runName"]: run
        for run in client.search_runs([experiment.experiment_id])
        if "mlflow.runName" in run.data.tags
    }
    assert {"train_teacher", "teacher", "distill_explainer", "one", "two"} <= runs.keys()
    parent = runs["distill_explainer"].info.run_id
    for name in ("one", "two"):
        assert runs[name].data.tags["mlflow.parentRunId"] == parent
        assert runs[name].info.status == "FINISHED"
        assert "eval_rougeL" in runs[name].data.metrics
    assert "'synthetic': " in runs["two"].data.params["tables"]
    losses = client.get_metric_history(runs["two"].info.run_id, "loss")
    assert losses[0].value == 9.0  # of the killed run: the same record


def test_a_deepspeed_file_that_is_not_there_is_said_before_anything(context: Context) -> None:
    wrong = context.settings.training.model_copy(update={"deepspeed": "conf/zero9.json"})
    settings = context.settings.model_copy(update={"training": wrong})
    made = Context(settings, DAY, reporter=context.reporter)
    with pytest.raises(SettingsError, match=r"zero9\.json"):
        train_teacher.run(made, made.manifest("train_teacher"))
