"""Settings: ``conf/base.yaml``, one environment file over it, ``--set a.b=c`` over that.

The result is frozen pydantic models that forbid unknown keys, so that a wrong key or value is one
clear line and exit code 2 before Spark starts. Secrets are never settings: they come from the
environment of the process only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lantern.errors import SettingsError

# A mapping of columns belongs to one source: another source's is not merged into it.
_WHOLE = frozenset({"columns"})

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=1)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WarehouseSettings(_Section):
    path: str = Field(description="folder or URI under which each table is a folder")
    catalog: str | None = Field(
        description="Unity Catalog schema, e.g. main.lantern; wins over path"
    )


class SparkSettings(_Section):
    master: str | None = Field(description="null: what spark-submit or Databricks gives")
    driver_memory: str
    shuffle_partitions: Count
    conf: dict[str, str] = Field(description="passed to Spark as they are")


class SourceSettings(_Section):
    path: str | None = Field(description="file, folder or glob")
    format: Literal["csv", "jsonl", "parquet", "delta"]
    columns: dict[str, str] = Field(description="our field -> the source's column")


class InputSettings(_Section):
    members: SourceSettings
    postings: SourceSettings
    events: SourceSettings
    allowed_quarantine_share: Share
    allowed_vanished_share: Share


class DocumentSettings(_Section):
    max_chars: Count = Field(description="longer texts are cut here, and marked as cut")
    min_letters: Count = Field(description="texts with fewer letters are quarantined")


class SplitSettings(_Section):
    train: Share
    validation: Share
    test: Share

    @model_validator(mode="after")
    def _sums_to_one(self) -> SplitSettings:
        if abs(self.train + self.validation + self.test - 1) > 1e-9:
            raise ValueError("train, validation and test must add up to 1")
        return self


class PairSettings(_Section):
    per_member: Count
    pool: Annotated[float, Field(ge=1, le=10)] = Field(
        description="pairs judged for each one kept; 1: the strata as they come"
    )
    shares: dict[Literal["interest", "near", "hard", "random"], Share]
    split: SplitSettings
    seed: int


class ExtractSettings(_Section):
    by: Literal["rules", "teacher"] = Field(description="teacher: stage 1 of T1 behind an API")


class LabelSettings(_Section):
    teacher: Literal["rubric", "api"]
    calls: Literal["staged", "one_call"] = Field(description="api only: stages 2 and 3, or all")
    wave_pairs: Count = Field(description="api only: pairs a commit")


class TeacherPrice(_Section):
    input_per_1k: Annotated[float, Field(ge=0)]
    output_per_1k: Annotated[float, Field(ge=0)]


class TeacherBudget(_Section):
    """Of one run of one step; null: no limit."""

    tokens: Count | None
    cost: Annotated[float, Field(gt=0)] | None
    calls: Count | None


class TeacherSettings(_Section):
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


class ReviewWeights(_Section):
    """What makes a pair worth a reviewer's time; each part lies in 0..1."""

    disagreement: Share = Field(description="between the teachers that answered the pair")
    inconsistency: Share = Field(description="among the samples of the shown answer")
    rarity: Share = Field(description="of the answer's level and of the posting's field")


class ReviewSettings(_Section):
    weights: ReviewWeights
    pairs: Count = Field(description="default of --pairs")
    reviewers: Count = Field(description="decisions that a pair is queued for")
    deciding: Annotated[int, Field(ge=2)] = Field(
        description="so many decisions let a strict majority settle a conflict"
    )
    adjudicators: list[str] = Field(description="reviewers whose decision settles a conflict alone")
    seed: int


class CurateSettings(_Section):
    teachers: list[str] = Field(description="whose answer is kept first; the rubric's comes last")
    without_review: Literal["filter", "leave_out"]
    sample_agreement: Share = Field(description="least share of the samples with the kept level")
    unreviewed_pairs: Count | None = Field(
        description="most pairs that only the filters kept, drawn by a hash; null: all"
    )


class ClassifierSettings(_Section):
    architecture: Literal["cross_encoder", "late_interaction"] = Field(
        description="cross_encoder: reads a pair as one text; late_interaction: compares units"
    )
    base: str = Field(description="hub id, local folder, or the pip package of the default")
    revision: str | None
    pooling: Literal["last_token", "mean", "cls"]
    hidden_size: Count
    layers: Count | None = Field(description="keep the first so many layers of the base; null: all")
    frozen_layers: Annotated[int, Field(ge=0)] = Field(
        description="cross_encoder only: late_interaction freezes all of the base"
    )
    max_tokens: Annotated[int, Field(ge=64)] = Field(description="cross_encoder only: of a pair")
    unit_tokens: Annotated[int, Field(ge=8)] = Field(description="late_interaction only: of a unit")
    requirement_units: Count = Field(description="late_interaction only: most items of a posting")
    profile_units: Count = Field(description="late_interaction only: most units of a profile")
    epochs: Count
    learning_rate: Annotated[float, Field(gt=0)] = Field(
        description="cross_encoder only: of the base"
    )
    head_learning_rate: Annotated[float, Field(gt=0)]
    batch_pairs: Count
    dropout: Share
    warmup_share: Share = Field(description="share of all steps in which the learning rates rise")
    weight_decay: Annotated[float, Field(ge=0)]
    class_weights: Share = Field(
        description="power of the levels' inverse frequency: 0 none, 1 each level weighs the same"
    )
    soft_share: Share = Field(description="of the teacher's probabilities in the target")
    ordinal_weight: Annotated[float, Field(ge=0)] = Field(
        description="of the squared earth mover's distance beside the cross-entropy"
    )
    verdict_weight: Annotated[float, Field(ge=0)] = Field(
        description="late_interaction only: of the teacher's verdicts as labels of the items"
    )
    labels: Literal["auto", "fit_labels", "teacher_labels"] = Field(
        description="auto: D_cls where label_fit has run, else T1's"
    )
    teacher: str = Field(
        description="labels, or a larger classifier whose probabilities teach: a folder, or "
        "NAME/VERSION of the registry"
    )
    seed: int


class LoraSettings(_Section):
    rank: Count
    alpha: Annotated[float, Field(gt=0)]
    dropout: Share
    target: str | list[str] = Field(description="all-linear, or names of layers")


class DecoderSettings(_Section):
    """How a decoder is trained: T2, or a stage of the explanation model."""

    context: Annotated[int, Field(ge=32)] = Field(description="most tokens of prompt and answer")
    answer_tokens: Count = Field(description="most tokens of a generated answer")
    epochs: Count
    learning_rate: Annotated[float, Field(gt=0)]
    warmup_share: Share = Field(description="share of all steps in which the learning rate rises")
    weight_decay: Annotated[float, Field(ge=0)]
    gradient_norm: Annotated[float, Field(gt=0)] = Field(description="gradients are clipped to it")
    batch_rows: Count = Field(description="rows of a micro-batch, one process")
    accumulation: Count = Field(description="micro-batches of a step, one process")
    packing: bool = Field(description="several examples a row, each blind to the others")
    lora: LoraSettings | None = Field(description="null: all weights are trained")
    dtype: Literal["auto", "float32", "bfloat16"]
    attention: Literal["sdpa", "eager", "flash_attention_2", "flex_attention"]
    activation_checkpointing: bool = Field(description="compute activations twice, keep few")
    checkpoint_steps: Count | None = Field(description="steps between checkpoints; null: an epoch")
    validation_answers: Count = Field(description="generated to choose a checkpoint by ROUGE-L")
    seed: int


class ObjectiveSettings(_Section):
    """``l_exp = sft_weight * l_sft + kd_weight * l_kd``."""

    divergence: Literal[
        "forward_kl",
        "reverse_kl",
        "jensen_shannon",
        "total_variation",
        "skewed_kl",
        "skewed_reverse_kl",
        "adaptive_kl",
    ]
    beta: float = Field(description="jensen_shannon: the teacher's share of the mixture")
    alpha: float = Field(description="skewed: the skew")
    mu: float = Field(description="adaptive_kl: the head's share of the teacher's probability")
    sft_weight: Annotated[float, Field(ge=0)]
    kd_weight: Annotated[float, Field(ge=0)]
    temperature: Annotated[float, Field(gt=0)] = Field(description="1 with cached signals")
    on_policy_share: Share = Field(description="share of steps whose answers the student samples")


class TrainingSettings(_Section):
    """Where decoders are trained."""

    processes: Annotated[int, Field(ge=0)] = Field(
        description="on this machine; several are started by torchrun; 0: elsewhere, from a plan"
    )
    deepspeed: str | None = Field(description="a file of conf/deepspeed; null: none")
    device: str = Field(description="auto, cpu, cuda")


class TeacherTrainingSettings(_Section):
    """T2: supervised fine-tuning on D_seed."""

    base: str = Field(description="hub id, local folder, or a pip package")
    revision: str | None
    folder: str | None = Field(description="null: models/teacher in the warehouse's folder")
    decoder: DecoderSettings


class PruneSettings(_Section):
    """Options of a stage of kind ``prune``: how many are kept; null: all."""

    layers: Count | None = Field(default=None, description="by block influence")
    key_value_heads: Count | None = Field(
        default=None, description="of each layer, with their query heads"
    )
    neurons: Count | None = Field(default=None, description="of each layer's MLP")
    channels: Count | None = Field(default=None, description="hidden size")


class StageSettings(_Section):
    """A stage of the explanation model: its result is the next one's teacher."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    kind: Literal["distill", "prune", "trim_vocabulary"] = "distill"
    base: str | None = Field(default=None, description="null: the result of the stage before")
    revision: str | None = None
    signal: Literal["live", "cache"] = Field(
        default="live", description="distill: a living teacher, or the top-k of `synthetic`"
    )
    decoder: dict[str, Any] = Field(default={}, description="over explainer.decoder")
    objective: dict[str, Any] = Field(default={}, description="over explainer.objective")
    options: dict[str, Any] = Field(default={}, description="of prune and trim_vocabulary")


class ExplainerSettings(_Section):
    """LM_exp: distilled from T2 on D_t, stage by stage."""

    teacher: str | None = Field(description="T2: folder or hub id; null: what train_teacher made")
    folder: str | None = Field(description="null: models/explainer in the warehouse's folder")
    stages: Annotated[list[StageSettings], Field(min_length=1)]
    decoder: DecoderSettings
    objective: ObjectiveSettings

    def decoder_of(self, stage: StageSettings) -> DecoderSettings:
        """What a stage trains with: its own settings over those of all stages."""
        return DecoderSettings.model_validate(deep_merge(self.decoder.model_dump(), stage.decoder))

    def objective_of(self, stage: StageSettings) -> ObjectiveSettings:
        """What a stage minimises: its own settings over those of all stages."""
        return ObjectiveSettings.model_validate(self.objective.model_dump() | stage.objective)

    @model_validator(mode="after")
    def _stages_are_whole(self) -> ExplainerSettings:
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names):
            raise ValueError("two stages have one name")
        for stage in self.stages:
            try:
                self.decoder_of(stage), self.objective_of(stage)
                if stage.kind == "prune":
                    PruneSettings.model_validate(stage.options)
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                key = ".".join(str(part) for part in first["loc"])
                raise ValueError(f"stage {stage.name}: {key}: {first['msg']}") from None
        if self.stages[0].kind == "distill" and self.stages[0].base is None:
            raise ValueError(f"stage {self.stages[0].name}: the first stage needs a base")
        return self


class RegistrySettings(_Section):
    tracking_uri: str | None = Field(description="null: sqlite in the warehouse's folder")
    artifact_location: str | None = Field(description="null: a folder beside the sqlite file")
    experiment: str
    classifier: str = Field(description="name of the registered classifier")
    explainer: str = Field(description="name of the registered explanation model")
    pair: str = Field(description="name of the registered pair, which a night resolves")
    alias: str


class EvaluateSettings(_Section):
    test_pairs: Count = Field(description="most pairs of the test split")
    explained_pairs: Count = Field(description="test pairs whose explanations are written and read")
    audited_pairs: Count = Field(description="most pairs of the bias audit")
    swapped_pairs: Count = Field(description="audited pairs that are swapped, one a member")
    attacked_pairs: Count = Field(description="audited pairs that are attacked, one a member")
    attacks_a_pair: Count | None = Field(description="of the suite, drawn alike; null: all of them")
    groups: str | None = Field(description="JSON lines of member_id and group attributes")
    attributes: list[str] = Field(description="of groups; every intersection is audited, too")
    truth: str | None = Field(description="the sample's truth.jsonl; null: none is known")
    draws: Annotated[int, Field(ge=100)] = Field(description="of the bootstrap over members")
    seed: int


class GatesSettings(_Section):
    profile: str = Field(description="of conf/gates.yaml; strict, or one that says what it relaxes")


class CandidateSettings(_Section):
    per_member: Count
    cell_postings: Count = Field(description="most postings a member is compared with in a cell")
    probes: Count = Field(description="cells looked into, per block")
    elsewhere_penalty: Share = Field(description="taken off the cosine outside a member's region")
    embedder: str = Field(description="hub id, local folder or pip package")
    max_tokens: Annotated[int, Field(ge=16)] = Field(description="of an embedded text")


class ScoreSettings(_Section):
    wave_pairs: Count = Field(description="pairs per commit")
    partition_pairs: Count = Field(description="pairs per Spark task")
    batch_tokens: Count = Field(description="padded tokens per batch")
    dtype: Literal["auto", "float32", "bfloat16"]
    allowed_quarantine_share: Share


class GenerationSettings(_Section):
    """How decoders write: T2 at synthesize, the explanation model at explain."""

    engine: Literal["transformers", "vllm"]
    grounded: bool = Field(description="enforce the grammar of each pair while decoding")
    context: Count | None = Field(description="most tokens of prompt and answer; null: the model's")
    answer_tokens: Count = Field(description="most tokens of an answer")
    cache_tokens: Count = Field(description="most rows x (prompt + answer) of a batch")
    partition_pairs: Count = Field(description="pairs per Spark task")
    dtype: Literal["auto", "float32", "bfloat16"]
    allowed_quarantine_share: Share


class SynthesizeSettings(_Section):
    teacher: str | None = Field(description="T2: folder or hub id; null: what train_teacher made")
    pairs: Count | None = Field(description="most pairs of D_base that are asked; null: all")
    top_k: Count = Field(description="log-probabilities kept at each token")
    class_temperature: Annotated[float, Field(ge=0)] = Field(
        description="at which T2's class is drawn; 0: the likeliest"
    )


class LabelFitSettings(_Section):
    """D_cls: the explanation model's class of every pair of D_base."""

    model: str | None = Field(
        description="folder or hub id; null: the explanation model that was registered last"
    )
    context: Count | None = Field(description="most tokens of prompt and class line")
    batch_tokens: Count = Field(description="padded tokens of a pass")
    wave_pairs: Count = Field(description="pairs per commit")
    partition_pairs: Count = Field(description="pairs per Spark task")
    dtype: Literal["auto", "float32", "bfloat16"]
    allowed_quarantine_share: Share


class ExplainSettings(_Section):
    per_member: Count = Field(description="best-scored jobs of a member that get an explanation")


class ReportSettings(_Section):
    path: str | None = Field(description="null: report.html in the warehouse's folder")
    board_members: Count


class SampleSettings(_Section):
    path: str = Field(description="folder of the generated sample marketplace")
    members: Count
    postings: Count
    seed: int


class Settings(_Section):
    """All settings of one run; every key and its default are in ``conf/base.yaml``."""

    env: str
    warehouse: WarehouseSettings
    spark: SparkSettings
    input: InputSettings
    documents: DocumentSettings
    pairs: PairSettings
    extract: ExtractSettings
    label: LabelSettings
    teacher: TeacherSettings
    review: ReviewSettings
    curate: CurateSettings
    classifier: ClassifierSettings
    training: TrainingSettings
    teacher_training: TeacherTrainingSettings
    explainer: ExplainerSettings
    registry: RegistrySettings
    evaluate: EvaluateSettings
    gates: GatesSettings
    candidates: CandidateSettings
    score: ScoreSettings
    generation: GenerationSettings
    synthesize: SynthesizeSettings
    label_fit: LabelFitSettings
    explain: ExplainSettings
    report: ReportSettings
    sample: SampleSettings

    @model_validator(mode="after")
    def _teacher_is_named(self) -> Settings:
        asks = self.label.teacher == "api" or self.extract.by == "teacher"
        if asks and not (self.teacher.base_url and self.teacher.model):
            raise ValueError(
                "label.teacher: api and extract.by: teacher need teacher.base_url and teacher.model"
            )
        return self


def conf_folder() -> Path:
    """The folder of the YAML files: $LANTERN_CONF, else ``conf/`` here or beside the package."""
    named = os.environ.get("LANTERN_CONF")
    places = [Path(named)] if named else [Path("conf"), Path(__file__).parent.parent / "conf"]
    for place in places:
        if (place / "base.yaml").is_file():
            return place
    raise SettingsError(
        f"no base.yaml in {' or '.join(str(p) for p in places)}; "
        "run from the project's folder or set LANTERN_CONF to its conf/ folder"
    )


def load_settings(
    env: str = "local", overrides: Iterable[str] = (), folder: Path | None = None
) -> Settings:
    """Merge base.yaml, ``{env}.yaml`` and the overrides, in this order.

    Args:
        env: name of an environment file in the folder, without its ending.
        overrides: ``a.b=c`` assignments; the value is read as YAML.
        folder: where the files are; :func:`conf_folder` by default.

    Raises:
        SettingsError: one line for each key that is unknown or wrong.
    """
    folder = folder or conf_folder()
    known = sorted(p.stem for p in folder.glob("*.yaml") if p.stem not in ("base", "gates"))
    if env not in known:
        raise SettingsError(f"unknown environment {env!r}; {folder} has {', '.join(known)}")
    merged: dict[str, Any] = {"env": env}
    for name in ("base", env):
        merged = deep_merge(merged, _read_yaml(folder / f"{name}.yaml"))
    for assignment in overrides:
        merged = deep_merge(merged, _parse_assignment(assignment))
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(error, env))) from None


def deep_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` on top of ``base``; mappings merge key by key, everything else is replaced,
    and so are mappings of columns."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping) and key not in _WHOLE
        merged[key] = deep_merge(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f" line {place.line + 1}" if place else ""
        raise SettingsError(f"{path}{line}: not valid YAML; mend the file") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: expected a mapping of settings at the top level")
    return content


def _parse_assignment(assignment: str) -> dict[str, Any]:
    key, equals, raw = assignment.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise SettingsError(f"--set {assignment!r}: expected KEY=VALUE, e.g. score.wave_pairs=5000")
    try:
        value: Any = yaml.safe_load(raw) if raw else None
    except yaml.YAMLError:
        raise SettingsError(f"--set {key}: the value is not valid YAML") from None
    for part in reversed(parts):
        value = {part: value}
    return value  # type: ignore[no-any-return]


def _explain(error: ValidationError, env: str) -> Iterable[str]:
    for problem in error.errors(include_url=False):
        place = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            yield f"unknown setting {place!r} (environment {env}); conf/base.yaml lists all keys"
        elif problem["type"] == "missing":
            yield f"missing setting {place!r}; conf/base.yaml holds its default"
        elif not place:
            yield f"settings (environment {env}): {problem['msg']}"  # what it got is all of them
        else:
            given = problem["input"]
            got = "" if isinstance(given, dict | list) else f" (got {given!r})"
            yield f"setting {place!r}: {problem['msg']}{got}"
