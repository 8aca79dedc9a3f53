"""What an evaluation reads: test pairs with T1's answers, audited pairs, groups, truth, reviews."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lantern.batch.changes import INPUTS, PAIR, current_inputs
from lantern.batch.rubric import requirements_of
from lantern.errors import InputError, TableError
from lantern.fit import FitLevel
from lantern.steps.splits import splits_told

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.evaluate.humans import Reviewed
    from lantern.evaluate.impact import Groups
    from lantern.evaluate.measure import TestPair
    from lantern.evaluate.robustness import Subject
    from lantern.registry.explainers import ExplanationRequest
    from lantern.registry.store import ModelVersion
    from lantern.steps.context import Context

TABLES: Final = (
    "base_pairs",
    "teacher_labels",
    "members",
    "postings",
    "requirements",
    "reviews",
)


_GONE: Final = re.compile(
    r"DELTA_(VERSION_NOT|CANNOT_TIME_TRAVEL|.*FILE_NOT_FOUND)|VersionNotFoundException"
    r"|FileNotFoundException|FAILED_READ_FILE"
)


@dataclass(frozen=True, slots=True)
class TestRow:
    """A test pair, with all that explaining it and checking the explanation takes.

    Attributes:
        pair: as the classifier reads it, with T1's level.
        request: as an explainer reads it; its level is T1's until the classifier has spoken.
        explanation: T1's.
    """

    __test__ = False  # pytest: this is no test

    pair: TestPair
    request: ExplanationRequest
    explanation: str


def test_rows(context: Context) -> list[TestRow]:
    """The test split's pairs that T1 answered for their current inputs, in the order of their ids.

    Where there are more than ``evaluate.test_pairs``, the members by a hash of their ids come
    first, with all of their pairs.
    """
    from pyspark.sql import functions as F

    warehouse = context.warehouse
    pairs = _with_texts(
        context,
        warehouse.read("base_pairs").where(F.col("split") == "test").select(*PAIR),
        context.settings.evaluate.test_pairs,
    )
    labels = warehouse.read("teacher_labels").where(F.col("sample") == 0)
    latest = F.struct("labelled_on", "prompt_version", "teacher")
    answers = labels.groupBy(*PAIR, *INPUTS).agg(
        F.max_by(F.struct("level", "explanation"), latest).alias("answer")
    )
    rows = pairs.join(answers, [*PAIR, *INPUTS]).orderBy(*PAIR)
    return [_test_row(row) for row in rows.toArrow().to_pylist()]


def audited_pairs(context: Context) -> list[TestPair]:
    """Pairs of D_base for the bias audit, which needs no labels: of all splits, to have many.

    At most ``evaluate.audited_pairs``; the members by a hash of their ids come first.
    """
    pairs = context.warehouse.read("base_pairs").select(*PAIR)
    rows = _with_texts(context, pairs, context.settings.evaluate.audited_pairs).orderBy(*PAIR)
    return [_pair(row, FitLevel.LOW) for row in rows.toArrow().to_pylist()]


def attacked_subjects(context: Context, pairs: Sequence[TestPair]) -> list[Subject]:
    """Pairs as an attacker finds them: the whole profile as one text, and the posting's own text.

    Read for the few that are attacked: whole texts of all audited pairs would not fit in memory.
    """
    from pyspark.sql import functions as F

    from lantern.documents.profile import RawProfile
    from lantern.evaluate.robustness import Subject

    warehouse = context.warehouse

    def texts(table: str, key: str, ids: list[str]) -> dict[str, str]:
        rows = warehouse.read(table).where(F.col(key).isin(ids)).select(key, "text").toArrow()
        return {row[key]: row["text"] for row in rows.to_pylist()}

    profiles = texts("members", "member_id", [pair.member_id for pair in pairs])
    postings = texts("postings", "posting_id", [pair.posting_id for pair in pairs])
    return [
        Subject(
            member_id=pair.member_id,
            profile=RawProfile(member_id=None, text=profiles[pair.member_id], name=pair.name),
            requirements=pair.requirements,
            posting=postings[pair.posting_id],
        )
        for pair in pairs
    ]


def trained_on(context: Context, model: ModelVersion) -> dict[str, set[str]] | None:
    """Members and postings that a model was trained or validated on.

    The splits are read as they were when it was trained: a member may have changed sides since.
    A model that was copied from another environment read tables that are not here: where it was
    trained under the same splits, nobody of this test split was among them. None where that is
    not so, where a model does not say what it read, or where that version is gone.
    """
    from pyspark.sql import functions as F

    if model.copied_from is not None:
        same = model.params.get("splits") == splits_told(context.settings)
        return {"members": set(), "postings": set()} if same else None
    try:
        versions = ast.literal_eval(model.params.get("tables", ""))
        version = int(versions["base_pairs"])
    except (ValueError, SyntaxError, TypeError, KeyError):
        return None
    try:
        pairs = context.warehouse.read("base_pairs", version)
        seen = pairs.where(F.col("split") != "test").select(*PAIR)
        rows = seen.distinct().toArrow().to_pydict()
    except Exception as error:
        if _is_missing_version(error):
            return None
        raise
    return {"members": set(rows["member_id"]), "postings": set(rows["posting_id"])}


def groups_of(context: Context) -> Groups | None:
    """Member -> attribute -> value, from ``evaluate.groups``; None where no file is named."""
    path = context.settings.evaluate.groups
    if path is None:
        return None
    attributes = context.settings.evaluate.attributes
    return {
        str(row["member_id"]): {name: str(row.get(name) or "") for name in attributes}
        for row in _json_lines(path, "evaluate.groups", "member_id")
    }


def truth_of(context: Context) -> Mapping[tuple[str, str], dict[str, Any]] | None:
    """The sample's truth by pair, from ``evaluate.truth``; None where no file is named."""
    path = context.settings.evaluate.truth
    if path is None:
        return None
    return {
        (str(row["member_id"]), str(row["posting_id"])): row
        for row in _json_lines(path, "evaluate.truth", "member_id")
    }


def reviewed_levels(context: Context) -> list[Reviewed]:
    """Every reviewer's level of every pair."""
    from lantern.evaluate.humans import Reviewed

    rows = context.warehouse.read("reviews").select(*PAIR, "level").orderBy(*PAIR, "level")
    return [
        Reviewed(row["member_id"], row["posting_id"], FitLevel.from_label(row["level"]))
        for row in rows.toArrow().to_pylist()
    ]


def _with_texts(context: Context, pairs: DataFrame, most: int) -> DataFrame:
    """The pairs of whole members up to about ``most``, with what both models read."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    warehouse = context.warehouse
    members, postings = warehouse.read("members"), warehouse.read("postings")
    requirements = warehouse.read("requirements")
    current = current_inputs(pairs, members, postings, requirements)
    before = Window.orderBy(F.xxhash64("member_id"), "member_id").rowsBetween(
        Window.unboundedPreceding, -1
    )
    counted = current.groupBy("member_id").count()
    chosen = counted.withColumn("_before", F.coalesce(F.sum("count").over(before), F.lit(0)))
    return (
        current.join(chosen.where(F.col("_before") < most).select("member_id"), "member_id")
        .join(
            members.selectExpr(
                "member_id",
                "name",
                "fields AS member_fields",
                "model_text AS profile",
                "text",
                "headline",
                "transform(positions, p -> p.title) AS titles",
                "degree",
                "years",
                "seniority",
            ),
            "member_id",
        )
        .join(
            postings.selectExpr("posting_id", "title", "fields", "seniority AS posting_seniority"),
            "posting_id",
        )
        .join(
            requirements.selectExpr(
                "posting_id", "model_text AS requirements_text", "requirements"
            ),
            "posting_id",
        )
    )


def _test_row(row: dict[str, Any]) -> TestRow:
    from lantern.registry.explainers import ExplanationRequest

    level = FitLevel.from_label(row["answer"]["level"])
    request = ExplanationRequest(
        level=level,
        title=row["title"],
        requirements=tuple(requirements_of(row)),
        profile=row["text"],
        model_text=row["profile"],
        headline=row["headline"],
        titles=tuple(title for title in row["titles"] or () if title),
        degree=row["degree"],
        years=row["years"],
        seniority=row["seniority"],
        posting_seniority=row["posting_seniority"],
    )
    return TestRow(_pair(row, level), request, row["answer"]["explanation"])


def _pair(row: dict[str, Any], level: FitLevel) -> TestPair:
    from lantern.evaluate.measure import TestPair

    return TestPair(
        member_id=row["member_id"],
        posting_id=row["posting_id"],
        requirements=row["requirements_text"],
        profile=row["profile"],
        level=level,
        name=row["name"],
        member_fields=tuple(row["member_fields"] or ()),
        fields=tuple(row["fields"] or ()),
    )


def _json_lines(path: str, setting: str, key: str) -> Iterator[dict[str, Any]]:
    """Rows of a JSON lines file; raises InputError that names the setting, never a row's text."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{setting}: cannot read {path} ({type(error).__name__}); name another file, or null"
        ) from None
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            row[key]
        except (ValueError, TypeError, KeyError):
            raise InputError(f"{setting}: line {number} of {path} has no {key}") from None
        yield row


def _is_missing_version(error: Exception) -> bool:
    """Whether Delta says that an old version of a table, or a file of it, is gone."""
    return isinstance(error, TableError) or bool(_GONE.search(str(error)))
