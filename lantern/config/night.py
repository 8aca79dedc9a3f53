"""What a night does: candidates, scores, explanations, the report."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lantern.config.section import Count, Section, Share


class CandidateSettings(Section):
    per_member: Count
    cell_postings: Count = Field(description="most postings a member is compared with in a cell")
    probes: Count = Field(description="cells looked into, per block")
    elsewhere_penalty: Share = Field(description="taken off the cosine outside a member's region")
    embedder: str = Field(description="hub id, local folder or pip package")
    max_tokens: Annotated[int, Field(ge=16)] = Field(description="of an embedded text")


class ScoreSettings(Section):
    wave_pairs: Count = Field(description="pairs per commit")
    partition_pairs: Count = Field(description="pairs per Spark task")
    batch_tokens: Count = Field(description="padded tokens per batch")
    dtype: Literal["auto", "float32", "bfloat16"]
    allowed_quarantine_share: Share


class GenerationSettings(Section):
    """How decoders write: T2 at synthesize, the explanation model at explain."""

    engine: Literal["transformers", "vllm"]
    grounded: bool = Field(description="enforce the grammar of each pair while decoding")
    context: Count | None = Field(description="most tokens of prompt and answer; null: the model's")
    answer_tokens: Count = Field(description="most tokens of an answer")
    cache_tokens: Count = Field(description="most rows x (prompt + answer) of a batch")
    partition_pairs: Count = Field(description="pairs per Spark task")
    dtype: Literal["auto", "float32", "bfloat16"]
    allowed_quarantine_share: Share


class ExplainSettings(Section):
    per_member: Count = Field(description="best-scored jobs of a member that get an explanation")


class ReportSettings(Section):
    path: str | None = Field(description="null: report.html in the warehouse's folder")
    board_members: Count
