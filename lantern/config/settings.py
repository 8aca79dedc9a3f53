"""All sections in one, as ``conf/`` holds them."""

from __future__ import annotations

from pydantic import model_validator

from lantern.config.data import (
    DocumentSettings,
    InputSettings,
    SampleSettings,
    SparkSettings,
    WarehouseSettings,
)
from lantern.config.distillation import (
    ClassifierSettings,
    ExplainerSettings,
    LabelFitSettings,
    SynthesizeSettings,
    TeacherTrainingSettings,
    TrainingSettings,
)
from lantern.config.night import (
    CandidateSettings,
    ExplainSettings,
    GenerationSettings,
    ReportSettings,
    ScoreSettings,
)
from lantern.config.registry import EvaluateSettings, GatesSettings, RegistrySettings
from lantern.config.section import Section
from lantern.config.teachers import (
    CurateSettings,
    ExtractSettings,
    LabelSettings,
    PairSettings,
    ReviewSettings,
    TeacherSettings,
)


class Settings(Section):
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
