"""score: the fit of tonight's candidates, only of those whose inputs changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lantern.batch.changes import GONE, PAIR, changed_pairs, wave_of
from lantern.batch.models import ship_folder
from lantern.batch.partitions import cores_of, model_tasks
from lantern.batch.refusals import quarantine_pairs
from lantern.batch.schemas import arrow_schema
from lantern.batch.scoring import SCORED_SCHEMA, PairScorer, with_texts
from lantern.batch.watch import watched
from lantern.steps.context import Context
from lantern.steps.registry import open_pairs
from lantern.tables.runs import Manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.batch.progress import Task
    from lantern.registry.store import ModelVersion

_READ = ("candidates", "members", "postings", "requirements", "fit_scores")


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``candidates`` and the documents; writes ``fit_scores`` and ``quarantine``.

    The champion is resolved to a version once, here, and that version is in every row; one that
    no gates let through is refused. Scores are
    committed a wave at a time; a run that is killed and started again finds the committed pairs
    up to date and cuts the rest into the same waves as before.
    """
    from pyspark.sql import functions as F

    warehouse, settings = context.warehouse, context.settings.score
    pair = open_pairs(context).champion()
    champion = pair.classifier
    manifest.facts |= {"model_version": champion.model_version, "pair": pair.model_version}
    with manifest.phase("read"):
        manifest.versions_in = warehouse.versions(*_READ)
        candidates = warehouse.read("candidates").count()
        waves = max(1, -(-candidates // settings.wave_pairs))
        changed = changed_pairs(
            warehouse.read("candidates"),
            warehouse.read("fit_scores"),
            warehouse.read("members"),
            warehouse.read("postings"),
            warehouse.read("requirements"),
            champion.model_version,
            full=context.full,
        )
        plan = warehouse.stage("score/plan", changed.withColumn("wave", wave_of(waves)))
        reasons, sizes, gone = _sizes(plan)
    total = sizes.total()
    with manifest.phase("commit"):
        if gone.total():
            leaving = plan.where(F.col("reason") == GONE).select(*PAIR)
            warehouse.delete_keys("fit_scores", leaving)
    manifest.counts |= {
        "deleted_vanished": gone[True],
        "deleted_not_candidate": gone[False],
    }
    to_score = plan.where(F.col("reason") != GONE).drop("reason", "vanished")
    totals: dict[str, float] = {}
    failed: DataFrame | None = None
    if total:
        shipped = ship_folder(context.spark, champion.folder, f"classifier-{champion.version}")
        scorer = PairScorer(shipped, settings, arrow_schema(SCORED_SCHEMA))
        with context.reporter.task("score", "pairs", total) as task:
            for wave in sorted(sizes):
                pairs = to_score.where(F.col("wave") == wave).drop("wave")
                sums, failures = _score_wave(
                    context, manifest, pairs, sizes[wave], wave, scorer, champion, task
                )
                for name, value in sums.items():
                    totals[name] = totals.get(name, 0.0) + value
                if sums["failed"]:
                    failed = failures if failed is None else failed.unionByName(failures)
    quarantine_pairs(warehouse, "fit_scores", failed, stage="score", day=context.day)
    warehouse.unstage("score")
    _report(context, manifest, total, reasons, totals, candidates)


def _sizes(plan: DataFrame) -> tuple[Counter[str], Counter[int], Counter[bool]]:
    """Pairs to score by reason and by wave; scores that go by whether their documents vanished."""
    reasons, waves, gone = Counter[str](), Counter[int](), Counter[bool]()
    for group in plan.groupBy("wave", "reason", "vanished").count().collect():
        if group["reason"] == GONE:
            gone[group["vanished"]] += group["count"]
        else:
            reasons[group["reason"]] += group["count"]
            waves[group["wave"]] += group["count"]
    return reasons, waves, gone


def _score_wave(
    context: Context,
    manifest: Manifest,
    pairs: DataFrame,
    size: int,
    wave: int,
    scorer: PairScorer,
    champion: ModelVersion,
    task: Task,
) -> tuple[dict[str, float], DataFrame]:
    """Score one wave and commit it; returns sums over its rows, and its failures."""
    from pyspark.sql import functions as F

    warehouse, settings = context.warehouse, context.settings.score
    partitions = model_tasks(size, settings.partition_pairs, cores_of(context.spark))
    texts = with_texts(
        pairs, warehouse.read("members"), warehouse.read("requirements"), partitions=partitions
    )
    before = task.done
    with manifest.phase("infer"), watched(context.spark, partitions) as share:
        share.every(lambda done: task.update(before + round(size * done)))
        scored = warehouse.stage(f"score/wave_{wave}", texts.mapInArrow(scorer, SCORED_SCHEMA))
    task.update(before + size)
    good = F.col("error").isNull()
    rows = scored.where(good).select(
        "*",
        F.lit(champion.model_version).alias("model_version"),
        F.lit(context.day).alias("scored_on"),
        F.lit(context.run_id).alias("run_id"),
    )
    with manifest.phase("commit"):
        warehouse.merge("fit_scores", rows)
    summed = scored.agg(
        F.count_if(good).alias("scored"),
        F.count_if(~good).alias("failed"),
        F.count_if(F.col("tokens_cut") > 0).alias("pairs_cut"),
        F.count_if(F.col("requirement_tokens_cut") > 0).alias("pairs_requirements_cut"),
        *[
            F.sum(name).alias(name)
            for name in (
                "tokens",
                "tokens_cut",
                "requirement_tokens_cut",
                "computed_tokens",
                "padded_tokens",
                "tokenise_seconds",
                "plan_seconds",
                "model_seconds",
            )
        ],
    ).collect()[0]
    sums: dict[str, Any] = {name: float(value or 0) for name, value in summed.asDict().items()}
    return sums, scored.where(~good).select(*PAIR, "error")


def _report(
    context: Context,
    manifest: Manifest,
    total: int,
    reasons: Mapping[str, int],
    totals: dict[str, float],
    candidates: int,
) -> None:
    scored, failed = int(totals.get("scored", 0)), int(totals.get("failed", 0))
    tokens, cut = totals.get("tokens", 0.0), totals.get("tokens_cut", 0.0)
    manifest.counts |= {
        "candidates": candidates,
        "pending": total,
        "scored": scored,
        "kept": candidates - total,
        "failed": failed,
        "tokens": int(tokens),
        "tokens_cut": int(cut),
        "pairs_cut": int(totals.get("pairs_cut", 0)),
        "pairs_requirements_cut": int(totals.get("pairs_requirements_cut", 0)),
        "requirement_tokens_cut": int(totals.get("requirement_tokens_cut", 0)),
    } | {f"reason_{reason}": count for reason, count in reasons.items()}
    # The workers' own seconds are summed over tasks that run side by side: of the wall time of
    # `infer` each kind gets the share that it has among them.
    wall = manifest.seconds.pop("infer", 0.0)
    spent = {kind: totals.get(f"{kind}_seconds", 0.0) for kind in ("plan", "tokenise", "model")}
    manifest.figures |= {f"worker_{kind}_seconds": seconds for kind, seconds in spent.items()}
    busy = sum(spent.values())
    for kind, seconds in spent.items():
        manifest.seconds[kind] = wall * seconds / busy if busy else 0.0
    manifest.seconds["score"] = sum(manifest.seconds.values())
    whole = manifest.seconds["score"] or 1.0
    manifest.figures |= {
        f"share_{phase}": seconds / whole
        for phase, seconds in manifest.seconds.items()
        if phase != "score"
    }
    manifest.figures |= {
        # Of what the model really read: a text that many pairs share is read once.
        "padding_ratio": totals["padded_tokens"] / totals["computed_tokens"]
        if totals.get("computed_tokens")
        else 1.0,
        "computed_tokens_share": totals.get("computed_tokens", 0.0) / tokens if tokens else 1.0,
        "tokens_cut_share": cut / (tokens + cut) if tokens + cut else 0.0,
        "pairs_per_second": scored / wall if wall else 0.0,
    }
    if total and failed / total > context.settings.score.allowed_quarantine_share:
        manifest.outcome = "quarantined"
    deleted = manifest.counts["deleted_vanished"] + manifest.counts["deleted_not_candidate"]
    context.reporter.line(
        "score",
        "fit_scores",
        {
            "scored": scored,
            "kept": candidates - total,
            "deleted": deleted,
            **({"failed": failed} if failed else {}),
            **{f"because_of_{reason}": count for reason, count in sorted(reasons.items())},
            **({"pairs_a_second": manifest.figures["pairs_per_second"]} if scored else {}),
        },
    )
