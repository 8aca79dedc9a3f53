"""Ask a teacher from Spark's workers: one ``mapInArrow`` function a task, many requests at a time.

A task reads two kinds of rows: answers that the table holds already (``known``), then the work.
It gives back what came of the work, the new answers, and what it spent. It never raises for a
request: what failed, and what was not asked because the budget or the endpoint ended, are rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from lantern.batch.schemas import arrow_schema
from lantern.config import TeacherSettings
from lantern.errors import LanternError, RedactionError

if TYPE_CHECKING:
    import pyarrow as pa

    from lantern.documents.redaction import Redacted
    from lantern.teachers.answers import Turn
    from lantern.teachers.api_teacher import ApiTeacher
    from lantern.teachers.spending import Limits, Meter

Row = dict[str, Any]
ANSWER: Final = (
    "key string, turn int, scope string, stage string, model string, prompt_version string,"
    " sample int, member_id string, posting_id string, content string, finish_reason string,"
    " tokens_in bigint, tokens_out bigint, cost double"
)
ANSWERED, FAILED, UNASKED = "answered", "failed", "unasked"
_ROWS_A_BATCH: Final = 32


class Work(Protocol):
    """What is done with one row; it travels to the workers, so it holds plain values only."""

    @property
    def schema(self) -> str:
        """Spark SQL columns of a result; those of the row's key among them."""

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that a row keeps where it has no result."""

    def run(self, teacher: ApiTeacher, row: Row) -> Row:
        """The result; raises what :meth:`Asker.ask` and redaction raise."""


def result_schema(work: Work) -> str:
    """What a task gives back: rows of kind ``row``, ``answer``, ``meter`` or ``stop``."""
    return (
        f"kind string, outcome string, reason string, row {as_struct(work.schema)},"
        f" answer {as_struct(ANSWER)}, spent map<string, double>"
    )


def as_struct(columns: str) -> str:
    """``a int, b string`` as ``struct<a: int, b: string>``."""
    from pyspark.sql.types import StructType

    return str(StructType.fromDDL(columns).simpleString())


@dataclass(frozen=True, slots=True)
class TeacherTask:
    """The ``mapInArrow`` function.

    Attributes:
        settings: the teacher's.
        work: what is done with a row.
        limits: what all tasks together may still spend.
        tasks: how many share limits and rate.
        folder: where answers are kept until they are committed.
        schema: of :func:`result_schema`, made on the driver.
        sampling: what an answer depends on besides the messages.
    """

    settings: TeacherSettings
    work: Work
    limits: Limits
    tasks: int
    folder: str
    schema: pa.Schema
    sampling: str

    @classmethod
    def of(
        cls, settings: TeacherSettings, work: Work, limits: Limits, tasks: int, folder: str
    ) -> TeacherTask:
        """Make it on the driver, where schemas can be parsed."""
        schema = arrow_schema(result_schema(work))
        return cls(settings, work, limits, tasks, folder, schema, sampling_of(settings))

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        rows = (row for batch in batches for row in batch.to_pylist())
        for results in _in_batches(self._results(rows)):
            yield pyarrow.RecordBatch.from_pylist(results, schema=self.schema)

    def _results(self, rows: Iterator[Row]) -> Iterator[Row]:
        from lantern.teachers.answers import AnswerFolder, Turn
        from lantern.teachers.api_teacher import ApiTeacher
        from lantern.teachers.asking import Asker
        from lantern.teachers.openai_chat import OpenAIChat
        from lantern.teachers.pacing import Pacer
        from lantern.teachers.spending import Meter

        number, settings = _task_number() % self.tasks, self.settings
        meter = Meter(self.limits.part(number, self.tasks), settings.price)
        rate = settings.requests_per_minute
        pacer = Pacer(rate / self.tasks if rate else None, offset=number / self.tasks)
        known, first = _known_of(rows, Turn)
        if first is None:
            return
        folder = AnswerFolder(self.folder)
        try:
            chat = OpenAIChat(settings, meter, pacer)
        except LanternError as error:
            work = (row["work"] for row in itertools.chain([first], rows))
            yield from (self._unasked(row, "the endpoint cannot be used") for row in work)
            yield {"kind": "stop", "reason": str(error)}
            return
        teacher = ApiTeacher(
            Asker(chat, self.sampling, known, folder, meter),
            _LateRedactor() if settings.redaction else None,
        )
        stops: list[str] = []

        def attempt(row: Row) -> Row:
            return self._attempt(teacher, row["work"], stops)

        try:
            for result in _side_by_side(attempt, itertools.chain([first], rows), settings):
                yield result
                yield from _answers(folder.drain())
        finally:
            chat.close()
        yield from _answers(folder.drain())
        yield from ({"kind": "stop", "reason": reason} for reason in stops[:1])
        yield {"kind": "meter", "spent": _spent(meter)}

    def _attempt(self, teacher: ApiTeacher, row: Row, stops: list[str]) -> Row:
        from lantern.errors import TeacherError
        from lantern.teachers.chat import RequestFailed
        from lantern.teachers.spending import BudgetSpent

        try:
            result = self.work.run(teacher, row)
        except (RequestFailed, RedactionError) as failed:
            return self._without(row, FAILED, str(failed))
        except BudgetSpent:
            return self._unasked(row, "the budget is spent")
        except TeacherError as stop:
            stops.append(str(stop))
            return self._unasked(row, "the endpoint cannot be used")
        return {"kind": "row", "outcome": ANSWERED, "row": result}

    def _unasked(self, row: Row, reason: str) -> Row:
        return self._without(row, UNASKED, reason)

    def _without(self, row: Row, outcome: str, reason: str) -> Row:
        kept = {name: row[name] for name in self.work.key}
        return {"kind": "row", "outcome": outcome, "reason": reason, "row": kept}


def sampling_of(settings: TeacherSettings) -> str:
    """All settings that an answer depends on: a change asks again, the rest finds what is kept."""
    return f"temperature={settings.temperature} seed={settings.seed} " + (
        f"max_output_tokens={settings.max_output_tokens}"
    )


class _LateRedactor:
    """Builds the redactor at its first text, where a failure is told like that of any text."""

    def __init__(self) -> None:
        self._redactor: Any = None

    def redact(self, text: str, *, names: Sequence[str] = ()) -> Redacted:
        if self._redactor is None:
            from lantern.documents.redaction import Redactor

            self._redactor = Redactor()
        redacted: Redacted = self._redactor.redact(text, names=names)
        return redacted


def _task_number() -> int:
    from pyspark import TaskContext

    task = TaskContext.get()
    return 0 if task is None else int(task.partitionId())


def _known_of(
    rows: Iterator[Row], turn: type[Turn]
) -> tuple[dict[tuple[str, int], Turn], Row | None]:
    """The answers at the beginning of a task's rows, and the first row of its work."""
    known: dict[tuple[str, int], Turn] = {}
    for row in rows:
        if row["kind"] != "known":
            return known, row
        held = turn(**row["known"])
        known[held.key, held.turn] = held
    return known, None


def _side_by_side(
    attempt: Callable[[Row], Row], rows: Iterator[Row], settings: TeacherSettings
) -> Iterator[Row]:
    """Results in the rows' order; a bounded number of rows is read ahead."""
    with ThreadPoolExecutor(settings.concurrency) as pool:
        waiting: list[Future[Row]] = []
        try:
            for row in rows:
                waiting.append(pool.submit(attempt, row))
                if len(waiting) >= 2 * settings.concurrency:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()


def _answers(turns: list[Turn]) -> Iterator[Row]:
    for turn in turns:
        yield {"kind": "answer", "answer": asdict(turn)}


def _spent(meter: Meter) -> list[tuple[str, float]]:
    return [(name, float(value)) for name, value in meter.totals().items()]


def _in_batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(itertools.islice(rows, _ROWS_A_BATCH)):
        yield batch
