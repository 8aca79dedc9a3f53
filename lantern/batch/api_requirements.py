"""Stage 1 over an API: a posting's requirements, asked once a posting and reused by every pair."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from lantern.batch.teacher_tasks import Row
from lantern.tables.catalog import table_spec

if TYPE_CHECKING:
    from lantern.teachers.api_teacher import ApiTeacher

EXTRACTED: Final = ", ".join(f"{c.name} {c.type}" for c in table_spec("requirements").columns)


@dataclass(frozen=True, slots=True)
class ExtractWork:
    """Extract one posting's requirements; see :class:`lantern.batch.teacher_tasks.Work`."""

    model: str

    @property
    def schema(self) -> str:
        return EXTRACTED

    @property
    def key(self) -> tuple[str, ...]:
        return ("posting_id",)

    def run(self, teacher: ApiTeacher, row: Row) -> Row:
        from lantern.teachers.asking import Subject

        subject = Subject(row["scope"], None, row["posting_id"])
        extracted, _ = teacher.extract(row["title"], row["text"], subject, model=self.model)
        return asdict(extracted) | {
            "posting_id": row["posting_id"],
            "posting_fingerprint": row["posting_fingerprint"],
        }
