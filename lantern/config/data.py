"""What Lantern reads and where it keeps it: warehouse, Spark, sources, documents, the sample."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lantern.config.section import Count, Section, Share


class WarehouseSettings(Section):
    path: str = Field(description="folder or URI under which each table is a folder")
    catalog: str | None = Field(
        description="Unity Catalog schema, e.g. main.lantern; wins over path"
    )


class SparkSettings(Section):
    master: str | None = Field(description="null: what spark-submit or Databricks gives")
    driver_memory: str
    shuffle_partitions: Count
    conf: dict[str, str] = Field(description="passed to Spark as they are")


class SourceSettings(Section):
    path: str | None = Field(description="file, folder or glob")
    format: Literal["csv", "jsonl", "parquet", "delta"]
    columns: dict[str, str] = Field(description="our field -> the source's column")


class InputSettings(Section):
    members: SourceSettings
    postings: SourceSettings
    events: SourceSettings
    allowed_quarantine_share: Share
    allowed_vanished_share: Share


class DocumentSettings(Section):
    max_chars: Count = Field(description="longer texts are cut here, and marked as cut")
    min_letters: Count = Field(description="texts with fewer letters are quarantined")


class SampleSettings(Section):
    path: str = Field(description="folder of the generated sample marketplace")
    members: Count
    postings: Count
    seed: int
