"""Settings: ``conf/base.yaml``, one environment file over it, ``--set a.b=c`` over that.

The result is frozen pydantic models that forbid unknown keys, so that a wrong key or value is one
clear line and exit code 2 before Spark starts. Secrets are never settings: they come from the
environment of the process only.
"""

from __future__ import annotations

from lantern.config.data import (
    DocumentSettings,
    InputSettings,
    SampleSettings,
    SourceSettings,
    SparkSettings,
    WarehouseSettings,
)
from lantern.config.distillation import (
    ClassifierSettings,
    DecoderSettings,
    ExplainerSettings,
    LabelFitSettings,
    LoraSettings,
    ObjectiveSettings,
    PruneSettings,
    StageSettings,
    SynthesizeSettings,
    TeacherTrainingSettings,
    TrainingSettings,
)
from lantern.config.loading import conf_folder, load_settings
from lantern.config.merging import deep_merge
from lantern.config.night import (
    CandidateSettings,
    ExplainSettings,
    GenerationSettings,
    ReportSettings,
    ScoreSettings,
)
from lantern.config.registry import EvaluateSettings, GatesSettings, RegistrySettings
from lantern.config.settings import Settings
from lantern.config.teachers import (
    CurateSettings,
    ExtractSettings,
    LabelSettings,
    PairSettings,
    ReviewSettings,
    ReviewWeights,
    SplitSettings,
    TeacherBudget,
    TeacherPrice,
    TeacherSettings,
)

__all__ = [
    "CandidateSettings",
    "ClassifierSettings",
    "CurateSettings",
    "DecoderSettings",
    "DocumentSettings",
    "EvaluateSettings",
    "ExplainSettings",
    "ExplainerSettings",
    "ExtractSettings",
    "GatesSettings",
    "GenerationSettings",
    "InputSettings",
    "LabelFitSettings",
    "LabelSettings",
    "LoraSettings",
    "ObjectiveSettings",
    "PairSettings",
    "PruneSettings",
    "RegistrySettings",
    "ReportSettings",
    "ReviewSettings",
    "ReviewWeights",
    "SampleSettings",
    "ScoreSettings",
    "Settings",
    "SourceSettings",
    "SparkSettings",
    "SplitSettings",
    "StageSettings",
    "SynthesizeSettings",
    "TeacherBudget",
    "TeacherPrice",
    "TeacherSettings",
    "TeacherTrainingSettings",
    "TrainingSettings",
    "WarehouseSettings",
    "conf_folder",
    "deep_merge",
    "load_settings",
]
