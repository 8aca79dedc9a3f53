"""How the models are packed as MLflow models: code instead of pickles, signature, requirements.

Each is a pyfunc model logged from a file of code ("models from code") with its folder as an
artefact. A version brings the code of Lantern that it was logged with, so that it loads in a
process that has none.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

_PACKAGE: Final = Path(__file__).parent.parent
_CLASSIFIER_NEEDS: Final = (
    "mlflow",
    "numpy",
    "pandas",
    "pydantic",
    "pyyaml",
    "safetensors",
    "tokenizers",
    "torch",
    "transformers",
)
_DECODER_NEEDS: Final = (*_CLASSIFIER_NEEDS, "llguidance")
_PAIR_NEEDS: Final = (*_DECODER_NEEDS, "ftfy")
_TITLE: Final = "Registered nurse"
_POSTING: Final = (
    "Requirements:\n- Nursing license\n- 3 years of experience in surgical nursing\n"
    "Nice to have:\n- Spanish"
)
_PROFILE: Final = (
    "Registered Nurse with a nursing license. Cared for patients on a surgical ward for 4 years."
)


@dataclass(frozen=True, slots=True)
class Packaged:
    """One kind of packed model.

    Attributes:
        artifact: name of the model in its run, and of the artefact that holds its folder.
        code: the file that MLflow runs to load it.
        needs: packages whose installed versions it is pinned to.
        example: a request that it answers, column by column.
        inputs: column -> whether it is required; all are strings.
        outputs: column -> MLflow's type.
    """

    artifact: str
    code: str
    needs: tuple[str, ...]
    example: Mapping[str, list[str]]
    inputs: Mapping[str, bool]
    outputs: Mapping[str, str]

    def log(
        self,
        mlflow: Any,
        artifacts: Mapping[str, str],
        model_config: Mapping[str, Any] | None = None,
    ) -> Any:
        """Log it in the run that is open; the artefacts are copied into the version.

        MLflow keeps an artefact under its folder's own name, so that two folders of one name
        would be mixed: each is logged from a folder of its artefact's name. Symbolic links to it
        would do, but MLflow refuses them.
        """
        import pandas as pd

        with tempfile.TemporaryDirectory() as place:
            named = {}
            for name, folder in artifacts.items():
                named[name] = str(Path(place) / name)
                shutil.copytree(folder, named[name], copy_function=_linked)
            return mlflow.pyfunc.log_model(
                name=self.artifact,
                python_model=str(Path(__file__).with_name(self.code)),
                artifacts=named,
                model_config=None if model_config is None else dict(model_config),
                code_paths=[str(_PACKAGE)],
                signature=self.signature(),
                input_example=pd.DataFrame(dict(self.example)),
                pip_requirements=pip_requirements(self.needs),
            )

    def signature(self) -> Any:
        """MLflow refuses a request that does not fit it, with its reason."""
        from mlflow.models.signature import ModelSignature
        from mlflow.types.schema import ColSpec, Schema

        inputs = [ColSpec("string", name, required=must) for name, must in self.inputs.items()]
        outputs = [ColSpec(kind, name) for name, kind in self.outputs.items()]
        return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs))


_ANSWER: Final = {"level": "string"} | dict.fromkeys(
    ("p_low", "p_medium", "p_high", "score"), "float"
)

CLASSIFIER: Final = Packaged(
    artifact="classifier",
    code="pyfunc_model.py",
    needs=_CLASSIFIER_NEEDS,
    example={
        "requirements": ["Registered nurse\nMust have: nursing license"],
        "profile": ["Nurse on a surgical ward, 4 years, licensed"],
    },
    inputs={"requirements": True, "profile": True},
    outputs=_ANSWER | {"error": "string"},
)
EXPLAINER: Final = Packaged(
    artifact="explainer",
    code="pyfunc_explainer.py",
    needs=_DECODER_NEEDS,
    example={
        "title": [_TITLE],
        "requirements": ["nursing license\n3 years of experience in surgical nursing"],
        "profile": [_PROFILE],
        "level": ["Medium"],
    },
    inputs={"title": True, "requirements": True, "profile": True, "level": True},
    outputs={"explanation": "string"},
)
PAIR: Final = Packaged(
    artifact="pair",
    code="pyfunc_pair.py",
    needs=_PAIR_NEEDS,
    example={"title": [_TITLE], "posting": [_POSTING], "profile": [_PROFILE]},
    inputs={"title": True, "posting": False, "requirements": False, "profile": True},
    outputs=_ANSWER | {"explanation": "string"},
)


def _linked(source: str, target: str) -> str:
    """A hard link, which costs no room; a copy where the two are on different disks."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return target


def pip_requirements(names: tuple[str, ...]) -> list[str]:
    """Packages as installed here; a build's suffix (2.9+cpu) is dropped."""
    return [f"{name}=={version(name).split('+')[0]}" for name in names]
