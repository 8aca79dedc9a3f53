"""Read the source files of members, postings and events into our fields.

Everything is read as text or arrays of text and mapped by name; what the text means is the
documents' business. A file that cannot be used as a whole raises InputError; a broken row among
many comes back in ``broken``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lantern.config import SourceSettings
from lantern.errors import InputError
from lantern.tables.catalog import POSITION

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FIELDS: Final[dict[str, dict[str, str]]] = {
    "members": {
        "member_id": "string",
        "name": "string",
        "headline": "string",
        "text": "string",
        "skills": "array<string>",
        "positions": f"array<{POSITION}>",
        "education": "array<string>",
        "location": "string",
        "years": "double",
    },
    "postings": {
        "posting_id": "string",
        "title": "string",
        "organization": "string",
        "location": "string",
        "description": "string",
    },
    "events": {
        "member_id": "string",
        "posting_id": "string",
        "kind": "string",
        "day": "date",
        "arm": "string",
    },
}
REQUIRED: Final = {
    "members": ("text",),
    "postings": ("title", "description"),
    "events": ("member_id", "posting_id", "kind", "day"),
}
_CORRUPT = "_corrupt_record"


@dataclass(frozen=True, slots=True)
class Source:
    """A source that was opened: ``rows`` has our fields and ``source_hash``; ``broken`` does not
    parse (``key``, ``reason``, ``source_hash``)."""

    rows: DataFrame
    broken: DataFrame
    may_be_broken: bool
    path: str

    def check_read(self, rows: int) -> None:
        """Refuse a source without a row; ``rows``: how many were read, broken ones too.

        Raises:
            InputError: there is none.
        """
        if not rows:
            raise _empty(self.path)


def read_source(spark: SparkSession, kind: str, settings: SourceSettings, salt: str) -> Source:
    """Open a source.

    Args:
        spark: the session.
        kind: ``members``, ``postings`` or ``events``.
        settings: path, format and column mapping.
        salt: goes into ``source_hash``; change it to have every row built again.

    Raises:
        InputError: no path, nothing there, empty, not text, or a column is missing.
    """
    from pyspark.sql import functions as F

    where = f"input.{kind}"
    if settings.path is None:
        raise InputError(
            f"{where}.path is not set; give it in conf/ or with --set {where}.path=..."
        )
    wanted = settings.columns or {name: name for name in FIELDS[kind]}
    unknown = sorted(set(wanted) - set(FIELDS[kind]))
    if unknown:
        raise InputError(
            f"{where}.columns maps unknown fields {', '.join(unknown)}; "
            f"{kind} have {', '.join(FIELDS[kind])}"
        )
    absent = [name for name in REQUIRED[kind] if name not in wanted]
    if absent:
        raise InputError(f"{where}.columns must map {', '.join(absent)}")
    raw = _open(spark, settings, where)
    missing = sorted({column for column in wanted.values() if column not in raw.columns})
    if missing:
        raise InputError(
            f"{settings.path}: no column {', '.join(missing)}; the file has "
            f"{', '.join(c for c in raw.columns if c != _CORRUPT)}. Mend {where}.columns"
        )
    broken = F.col(_CORRUPT).isNotNull() if _CORRUPT in raw.columns else F.lit(False)
    typed = [
        (_typed(raw, wanted[name], type_) if name in wanted else F.lit(None).cast(type_)).alias(
            name
        )
        for name, type_ in FIELDS[kind].items()
    ]
    fields = F.struct(*[F.col(name) for name in FIELDS[kind]])
    rows = (
        raw.where(~broken)
        .select(*typed)
        .withColumn("source_hash", F.sha2(F.concat(F.lit(salt), F.to_json(fields)), 256))
    )
    hashed = F.sha2(F.col(_CORRUPT), 256) if _CORRUPT in raw.columns else F.lit("")
    refused = raw.where(broken).select(
        F.concat(F.lit("row "), F.substring(hashed, 1, 12)).alias("key"),
        F.lit(f"not a valid {settings.format} row").alias("reason"),
        hashed.alias("source_hash"),
    )
    return Source(rows, refused, _CORRUPT in raw.columns, str(settings.path))


def _open(spark: SparkSession, settings: SourceSettings, where: str) -> DataFrame:
    path = str(settings.path)
    reader = spark.read.option("mode", "PERMISSIVE").option("columnNameOfCorruptRecord", _CORRUPT)
    try:
        if settings.format == "csv":
            frame = (
                reader.option("header", True)
                .option("multiLine", True)
                .option("quote", '"')
                .option("escape", '"')
                .csv(path)
            )
            frame = frame.select(*[f"`{c}`" for c in frame.columns])
        elif settings.format == "jsonl":
            frame = reader.json(path)
            if frame.columns == [_CORRUPT]:
                raise InputError(f"{path}: no line is a JSON object; check {where}.format")
            # Spark refuses queries over the corrupt column alone unless the parse is kept.
            frame = frame.cache() if _CORRUPT in frame.columns else frame
        elif settings.format == "parquet":
            frame = spark.read.parquet(path)
        else:
            frame = spark.read.format("delta").load(path)
    except InputError:
        raise
    except Exception as error:
        raise _unreadable(path, settings.format, where, error) from error
    if any(_is_binary(column) for column in frame.columns):
        raise InputError(f"{path}: not text, but binary data; check {where}.path and .format")
    if not frame.columns:
        raise _empty(path)
    return frame


def _empty(path: str) -> InputError:
    return InputError(f"{path}: the file is empty; its table was left as it was")


def _unreadable(path: str, format_: str, where: str, error: Exception) -> Exception:
    told = str(error)
    if "PATH_NOT_FOUND" in told or "does not exist" in told:
        return InputError(f"{path}: no such file; set {where}.path")
    if "UNABLE_TO_INFER_SCHEMA" in told or "CANNOT_INFER_EMPTY_SCHEMA" in told:
        return _empty(path)
    if "FAILED_READ_FILE" in told or "CANNOT_READ_FILE" in told or "not a Parquet" in told:
        return InputError(f"{path}: not a readable {format_} file; check {where}.format")
    if "DELTA_" in told or "is not a Delta table" in told:
        return InputError(f"{path}: not a readable Delta table; check {where}.format")
    return error


def _is_binary(column: str) -> bool:
    return any((ord(c) < 32 and c not in "\t\r\n") or c == "�" for c in column)


def _typed(raw: DataFrame, column: str, type_: str):  # type: ignore[no-untyped-def]
    """The source's column as our type; lists given as text are split at commas or semicolons."""
    from pyspark.sql import functions as F
    from pyspark.sql.types import ArrayType, StringType

    source = F.col(f"`{column}`")
    given = raw.schema[column].dataType
    if type_ == "array<string>" and isinstance(given, StringType):
        return F.transform(F.split(source, r"\s*[,;]\s*"), F.trim)
    if type_.startswith("array<struct"):
        if isinstance(given, ArrayType):
            # By name, through JSON: the source's structs may have other fields or another order.
            return F.from_json(F.to_json(source), type_)
        return F.from_json(source.cast("string"), type_)
    if type_ in ("double", "date"):
        return source.try_cast(type_)
    return source.cast(type_)
