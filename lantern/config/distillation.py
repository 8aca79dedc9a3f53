"""T2, the explanation model in stages, D_cls, the classifier."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from lantern.config.merging import deep_merge
from lantern.config.section import Count, Section, Share


class ClassifierSettings(Section):
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
    seed_labels: bool = Field(
        description="of D_cls: a pair of D_seed keeps the label that curation left it"
    )
    teacher: str = Field(
        description="labels, or a larger classifier whose probabilities teach: a folder, or "
        "NAME/VERSION of the registry"
    )
    seed: int


class LoraSettings(Section):
    rank: Count
    alpha: Annotated[float, Field(gt=0)]
    dropout: Share
    target: str | list[str] = Field(description="all-linear, or names of layers")


class DecoderSettings(Section):
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
    validation_rows: Count | None = Field(
        description="of the validation split that the loss is measured on; null: all"
    )
    validation_answers: Count = Field(description="generated to choose a checkpoint by ROUGE-L")
    seed: int


class ObjectiveSettings(Section):
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


class TrainingSettings(Section):
    """Where decoders are trained."""

    processes: Annotated[int, Field(ge=0)] = Field(
        description="on this machine; several are started by torchrun; 0: elsewhere, from a plan"
    )
    deepspeed: str | None = Field(description="a file of conf/deepspeed; null: none")
    device: str = Field(description="auto, cpu, cuda")


class TeacherTrainingSettings(Section):
    """T2: supervised fine-tuning on D_seed."""

    base: str = Field(description="hub id, local folder, or a pip package")
    revision: str | None
    folder: str | None = Field(description="null: models/teacher in the warehouse's folder")
    decoder: DecoderSettings


class PruneSettings(Section):
    """Options of a stage of kind ``prune``: how many of each are kept; null: all."""

    layers: Count | None = Field(default=None, description="by block influence")
    key_value_heads: Count | None = Field(
        default=None, description="of each layer, with their query heads"
    )
    neurons: Count | None = Field(default=None, description="of each layer's MLP")
    channels: Count | None = Field(default=None, description="hidden size")
    calibration_texts: Count = Field(
        default=512, description="of the train split, to measure importance on"
    )


class StageSettings(Section):
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


class ExplainerSettings(Section):
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


class SynthesizeSettings(Section):
    teacher: str | None = Field(description="T2: folder or hub id; null: what train_teacher made")
    pairs: Count | None = Field(description="most pairs of D_base that are asked; null: all")
    top_k: Count = Field(description="log-probabilities kept at each token")
    class_temperature: Annotated[float, Field(ge=0)] = Field(
        description="at which T2's class is drawn; 0: the likeliest"
    )


class LabelFitSettings(Section):
    """D_cls: the explanation model's class of every pair of D_base."""

    model: str | None = Field(
        description="folder or hub id; null: the explanation model that was registered last"
    )
    context: Count | None = Field(description="most tokens of prompt and class line")
    batch_tokens: Count = Field(description="padded tokens of a pass")
    wave_pairs: Count = Field(description="pairs per commit")
    partition_pairs: Count = Field(description="pairs per Spark task")
    undo_balance: bool = Field(
        description="the levels at the odds at which they occur, not at those of D_seed"
    )
    dtype: Literal["auto", "float32", "bfloat16"]
    allowed_quarantine_share: Share
