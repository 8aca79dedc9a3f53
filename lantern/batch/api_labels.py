"""T1's labels over an API: which pairs are asked about, what is sent of them, what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from lantern.batch.changes import INPUTS, PAIR, current_inputs
from lantern.batch.rubric import requirements_of, verdict_rows
from lantern.batch.teacher_tasks import Row
from lantern.fit import render_explanation
from lantern.tables.catalog import VERDICT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.tables.store import Warehouse
    from lantern.teachers.api_teacher import ApiTeacher

LABELLED: Final = (
    "member_id string, posting_id string, sample int,"
    " member_fingerprint string, posting_fingerprint string, requirements_version string,"
    f" level string, score double, verdicts array<{VERDICT}>, explanation string,"
    " raw array<string>, tokens_in bigint, tokens_out bigint, cost double, flags array<string>"
)
Calls = Literal["staged", "one_call"]


@dataclass(frozen=True, slots=True)
class LabelWork:
    """Label one pair; see :class:`lantern.batch.teacher_tasks.Work`."""

    calls: Calls

    @property
    def schema(self) -> str:
        return LABELLED

    @property
    def key(self) -> tuple[str, ...]:
        return (*PAIR, "sample")

    def run(self, teacher: ApiTeacher, row: Row) -> Row:
        from lantern.teachers.api_teacher import AskedPair
        from lantern.teachers.asking import Subject

        pair = AskedPair(
            title=row["title"],
            requirements=tuple(requirements_of(row)),
            profile=row["text"],
            names=(row["name"],) if row["name"] else (),
            description=row["description"] or "",
        )
        subject = Subject(row["scope"], row["member_id"], row["posting_id"], row["sample"])
        one_call = self.calls == "one_call"
        answer = (teacher.label_in_one_call if one_call else teacher.label)(pair, subject)
        return {
            **{name: row[name] for name in (*self.key, *INPUTS)},
            "level": answer.assessment.level.label,
            "score": None,
            "verdicts": verdict_rows(answer.assessment),
            "explanation": render_explanation(answer.assessment),
            "raw": [turn.content for turn in answer.turns],
            "tokens_in": sum(turn.tokens_in for turn in answer.turns),
            "tokens_out": sum(turn.tokens_out for turn in answer.turns),
            "cost": sum(turn.cost for turn in answer.turns),
            "flags": list(answer.flags),
        }


def pairs_to_ask(
    warehouse: Warehouse, *, teacher: str, prompt_version: str, samples: int, calls: Calls
) -> DataFrame:
    """Pairs of D_base and samples without an answer of this teacher to these inputs.

    The ``scope`` is a hash of what is sent of a posting: where requests can be equal, it is.
    """
    from pyspark.sql import functions as F

    members, postings = warehouse.read("members"), warehouse.read("postings")
    requirements = warehouse.read("requirements")
    held = warehouse.read("teacher_labels").where(
        (F.col("teacher") == teacher) & (F.col("prompt_version") == prompt_version)
    )
    current = current_inputs(
        warehouse.read("base_pairs").select(*PAIR), members, postings, requirements
    )
    numbers = F.explode(F.sequence(F.lit(0), F.lit(samples - 1))).alias("sample")
    key = [*PAIR, *INPUTS, "sample"]
    asked = current.select("*", numbers).join(held.select(*key), key, "left_anti")
    described = calls == "one_call"
    description = F.col("text") if described else F.lit(None).cast("string")
    lines = F.transform("requirements", lambda r: F.concat_ws(" ", r["importance"], r["text"]))
    sent = F.col("description") if described else F.concat_ws("\n", lines)
    return (
        asked.join(members.select("member_id", "text", "name"), "member_id")
        .join(
            postings.select("posting_id", "title", description.alias("description")), "posting_id"
        )
        .join(requirements.select("posting_id", "requirements"), "posting_id")
        .withColumn("scope", F.sha2(F.concat_ws("\n", "title", sent), 256))
    )
