"""From D_base to D_seed: pairs, T1, people."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from lantern.config.section import Count, Section, Share


class SplitSettings(Section):
    train: Share
    validation: Share
    test: Share

    @model_validator(mode="after")
    def _sums_to_one(self) -> SplitSettings:
        if abs(self.train + self.validation + self.test - 1) > 1e-9:
            raise ValueError("train, validation and test must add up to 1")
        return self


class PairSettings(Section):
    per_member: Count
    pool: Annotated[float, Field(ge=1, le=10)] = Field(
        description="pairs judged for each one kept; 1: the strata as they come"
    )
    shares: dict[Literal["interest", "near", "hard", "random"], Share]
    split: SplitSettings
    seed: int


class ExtractSettings(Section):
    by: Literal["rules", "teacher"] = Field(description="teacher: stage 1 of T1 behind an API")


class LabelSettings(Section):
    teacher: Literal["rubric", "api"]
    calls: Literal["staged", "one_call"] = Field(description="api only: stages 2 and 3, or all")
    wave_pairs: Count = Field(description="api only: pairs a commit")


class TeacherPrice(Section):
    input_per_1k: Annotated[float, Field(ge=0)]
    output_per_1k: Annotated[float, Field(ge=0)]


class TeacherBudget(Section):
    """Of one run of one step; null: no limit."""

    tokens: Count | None
    cost: Annotated[float, Field(gt=0)] | None
    calls: Count | None


class TeacherSettings(Section):
    """T1 behind an OpenAI-compatible endpoint."""

    base_url: str | None = Field(description="with its version: https://host/v1")
    model: str | None
    api_key_env: str | None = Field(description="the variable that holds the key; null: no key")
    redaction: bool = Field(description="off: nothing is sent at all")
    answers: str | None = Field(description="folder or URI that all workers reach")
    tasks: Count = Field(description="Spark tasks that ask at the same time")
    concurrency: Count = Field(description="requests at the same time, a task")
    requests_per_minute: Count | None = Field(description="of all tasks together")
    timeout_s: Annotated[float, Field(gt=0)] = Field(description="without a byte of an answer")
    connect_timeout_s: Annotated[float, Field(gt=0)]
    max_attempts: Count = Field(description="of one request, the first among them")
    longest_wait_s: Annotated[float, Field(gt=0)] = Field(description="between two attempts")
    give_up_after: Count = Field(description="requests in a row that the server fails, a task")
    temperature: Annotated[float, Field(ge=0)] | None = Field(description="null: the server's")
    seed: int | None = Field(description="sent with the sample's number added; null: not sent")
    samples: Count = Field(description="answers a pair, for self-consistency")
    max_output_tokens: Count
    structured_outputs: Literal["auto", "on", "off"]
    price: TeacherPrice
    budget: TeacherBudget

    @model_validator(mode="after")
    def _is_an_address(self) -> TeacherSettings:
        if self.base_url is not None and not self.base_url.startswith(("http://", "https://")):
            raise ValueError("base_url must begin with http:// or https://")
        if "@" in (self.base_url or ""):
            raise ValueError("base_url must hold no user and no key; name a variable: api_key_env")
        if self.samples > 1 and self.temperature == 0:
            raise ValueError("samples above 1 would all be the same at temperature 0")
        return self


class ReviewWeights(Section):
    """What makes a pair worth a reviewer's time; each part lies in 0..1."""

    disagreement: Share = Field(description="between the teachers that answered the pair")
    inconsistency: Share = Field(description="among the samples of the shown answer")
    rarity: Share = Field(description="of the answer's level and of the posting's field")


class ReviewSettings(Section):
    weights: ReviewWeights
    pairs: Count = Field(description="default of --pairs")
    reviewers: Count = Field(description="decisions that a pair is queued for")
    deciding: Annotated[int, Field(ge=2)] = Field(
        description="so many decisions let a strict majority settle a conflict"
    )
    adjudicators: list[str] = Field(description="reviewers whose decision settles a conflict alone")
    seed: int


class CurateSettings(Section):
    teachers: list[str] = Field(description="whose answer is kept first; the rubric's comes last")
    without_review: Literal["filter", "leave_out"]
    sample_agreement: Share = Field(description="least share of the samples with the kept level")
    unreviewed_pairs: Count | None = Field(
        description="most pairs that only the filters kept, drawn by a hash, those of the test "
        "split last; null: all"
    )
    level_balance: Share = Field(
        description="how evenly those are drawn over the levels; 0: as they occur, 1: equally many"
    )
