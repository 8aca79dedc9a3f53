"""Drive a teacher over many rows: waves that commit as they come, a budget, an endpoint's end.

Rows are cut into waves by their ``scope`` (what of a posting a request shows), and so are tasks:
all requests that can be equal meet in one task, which asks each of them once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lantern.batch.teacher_answers import AnswerStore
from lantern.batch.teacher_tasks import (
    ANSWER,
    ANSWERED,
    FAILED,
    UNASKED,
    TeacherTask,
    Work,
    as_struct,
    result_schema,
)
from lantern.config import TeacherSettings
from lantern.teachers.spending import Limits

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.batch.progress import Task
    from lantern.tables.runs import Manifest
    from lantern.tables.store import Warehouse

_COUNTED: Final = ("calls", "retries", "repairs", "held", "answers", "tokens_in", "tokens_out")


@dataclass
class Outcome:
    """What came of a run.

    Attributes:
        rows: asked for, by what became of them: answered, failed, unasked.
        spent: calls, retries, repairs, held, answers, tokens_in, tokens_out, cost.
        failed: key columns and ``reason`` of rows without a usable answer; staged.
        stopped: why the endpoint could not be used any more.
        budget_spent: whether rows were left because of the budget.
    """

    rows: dict[str, int] = field(default_factory=lambda: {ANSWERED: 0, FAILED: 0, UNASKED: 0})
    spent: dict[str, float] = field(default_factory=dict)
    failed: DataFrame | None = None
    stopped: str | None = None
    budget_spent: bool = False

    def note(self, manifest: Manifest) -> None:
        """Put counts and cost into the step's manifest."""
        manifest.counts |= {name: int(self.spent.get(name, 0)) for name in _COUNTED}
        manifest.counts |= {"failed": self.rows[FAILED], "remaining": self.rows[UNASKED]}
        manifest.figures["cost"] = self.spent.get("cost", 0.0)
        if self.budget_spent:
            manifest.facts["stopped"] = "the budget is spent"


@dataclass(frozen=True, slots=True)
class Waves:
    """One run of one kind of work.

    Attributes:
        warehouse: where answers and results go.
        store: the answers that are kept.
        settings: the teacher's.
        work: what is done with a row.
        label: names what is staged.
        commit: writes a wave's results, staged columns of ``work.schema``.
        manifest: gets the seconds of its phases.
    """

    warehouse: Warehouse
    store: AnswerStore
    settings: TeacherSettings
    work: Work
    label: str
    commit: Callable[[DataFrame], None]
    manifest: Manifest

    def run(self, rows: DataFrame, total: int, wave_rows: int, progress: Task) -> Outcome:
        """Ask about all rows, a wave at a time.

        Args:
            rows: ``scope`` and what the work reads; staged, because it is read once a wave.
            total: how many.
            wave_rows: about so many a commit.
            progress: counts what is done.
        """
        from pyspark.sql import functions as F

        outcome = Outcome()
        waves = -(-total // wave_rows)
        numbered = rows.withColumn("_wave", F.pmod(F.xxhash64("scope"), F.lit(waves)))
        for wave in range(waves):
            work = numbered.where(F.col("_wave") == wave).drop("_wave")
            if outcome.stopped or outcome.budget_spent:
                outcome.rows[UNASKED] += work.count()
                continue
            left = self._pass(work, f"{wave}_0", self.settings.tasks, outcome)
            if left is not None and not outcome.stopped:
                # One task's part of the budget is spent, another's may not be: whoever is left
                # shares the rest, in one task.
                outcome.rows[UNASKED] -= left.count()
                again = work.join(left, list(self.work.key), "left_semi")
                outcome.budget_spent = self._pass(again, f"{wave}_1", 1, outcome) is not None
            progress.update(outcome.rows[ANSWERED] + outcome.rows[FAILED])
        return outcome

    def _pass(self, work: DataFrame, name: str, tasks: int, outcome: Outcome) -> DataFrame | None:
        """Ask about one wave and commit it; returns the keys that were not asked, if any."""
        from pyspark.sql import functions as F

        limits = Limits.of(self.settings.budget).without(outcome.spent)
        task = TeacherTask.of(self.settings, self.work, limits, tasks, self.store.folder)
        schema = result_schema(self.work)
        with self.manifest.phase("ask"):
            told = self._with_known(work).repartition(tasks, "scope")
            told = told.sortWithinPartitions("kind", "scope", *[f"work.{k}" for k in self.work.key])
            staged = self.warehouse.stage(
                f"{self.label}/wave_{name}", told.mapInArrow(task, schema)
            )
        counts = self._counted(staged, outcome)
        with self.manifest.phase("commit"):
            if counts.get("answer"):
                self.store.commit(staged.where("kind = 'answer'").select("answer.*"))
            if counts.get(ANSWERED):
                self.commit(staged.where(F.col("outcome") == ANSWERED).select("row.*"))
        keys = [f"row.{name}" for name in self.work.key]
        if counts.get(FAILED):
            failed = staged.where(F.col("outcome") == FAILED).select(*keys, "reason")
            known = outcome.failed
            outcome.failed = failed if known is None else known.unionByName(failed)
        if not counts.get(UNASKED):
            return None
        return staged.where(F.col("outcome") == UNASKED).select(*keys)

    def _counted(self, staged: DataFrame, outcome: Outcome) -> dict[str, int]:
        """Add what a wave spent and what became of its rows; returns rows by outcome or kind."""
        from pyspark.sql import functions as F

        told = F.when(F.col("kind").isin("meter", "stop"), F.struct("reason", "spent"))
        counts: dict[str, int] = {}
        for row in (
            staged.groupBy(F.coalesce("outcome", "kind").alias("what"))
            .agg(F.count("*").alias("rows"), F.collect_list(told).alias("told"))
            .collect()
        ):
            counts[row["what"]] = row["rows"]
            for note in row["told"]:
                outcome.stopped = outcome.stopped or note["reason"]
                for what, amount in (note["spent"] or {}).items():
                    outcome.spent[what] = outcome.spent.get(what, 0.0) + amount
        for what in outcome.rows:
            outcome.rows[what] += counts.get(what, 0)
        return counts

    def _with_known(self, work: DataFrame) -> DataFrame:
        """The wave's rows, and the answers about the same postings that are held already."""
        from pyspark.sql import functions as F

        columns = [name for name in work.columns if name != "scope"]
        packed = work.select(
            F.lit("work").alias("kind"),
            "scope",
            F.lit(None).cast(as_struct(ANSWER)).alias("known"),
            F.struct("scope", *columns).alias("work"),
        )
        known = self.store.known(work.select("scope")).select(
            F.lit("known").alias("kind"),
            "scope",
            F.struct("*").alias("known"),
            F.lit(None).cast(packed.schema["work"].dataType).alias("work"),
        )
        return packed.unionByName(known)
