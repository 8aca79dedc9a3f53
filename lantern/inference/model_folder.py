"""The folder of a saved classifier, whatever its architecture: data, no code and no pickle.

classifier.json          what is needed to build it again; written last
encoder/                 config.json and model.safetensors of the transformer
head.safetensors         the head
tokenizer/               tokenizer.json and its settings
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import PreTrainedTokenizerFast

from lantern.errors import ModelError
from lantern.fit import LEVEL_LABELS
from lantern.inference.base_models import Base, load_encoder, load_tokenizer, quiet_transformers

FORMAT = 1
CONFIG_FILE = "classifier.json"
CROSS_ENCODER = "cross_encoder"
LATE_INTERACTION = "late_interaction"

_HEAD_FILE = "head.safetensors"
_ENCODER_FOLDER = "encoder"
_TOKENIZER_FOLDER = "tokenizer"


def write_folder(
    folder: str | Path,
    *,
    encoder: nn.Module,
    tokenizer: PreTrainedTokenizerFast,
    head: nn.Module,
    architecture: str,
    config: dict[str, Any],
) -> None:
    """Write a classifier; its settings last, so that a half-written folder is not taken for one."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    with quiet_transformers():
        encoder.save_pretrained(place / _ENCODER_FOLDER)  # type: ignore[operator]
        tokenizer.save_pretrained(place / _TOKENIZER_FOLDER)
    save_file(
        {key: value.detach().cpu().contiguous() for key, value in head.state_dict().items()},
        place / _HEAD_FILE,
    )
    content = json.dumps(config_json(architecture, config), indent=2)
    (place / CONFIG_FILE).write_text(content + "\n", encoding="utf-8")


def config_json(architecture: str, config: dict[str, Any]) -> dict[str, Any]:
    """The content of ``classifier.json``."""
    head = {"format": FORMAT, "architecture": architecture, "labels": list(LEVEL_LABELS)}
    return head | config


def config_fields(values: dict[str, Any], architecture: str) -> dict[str, Any]:
    """The inverse of :func:`config_json`. A file that names no architecture is a cross-encoder's.

    Raises:
        ModelError: if the file is of another format, architecture, or of other labels.
    """
    if values.get("format") != FORMAT:
        raise ModelError(
            f"{CONFIG_FILE} is of format {values.get('format')!r}, this version reads {FORMAT}"
        )
    if values.get("labels") != list(LEVEL_LABELS):
        raise ModelError(f"{CONFIG_FILE} is of a classifier with other labels")
    found = values.get("architecture", CROSS_ENCODER)
    if found != architecture:
        raise ModelError(
            f"{CONFIG_FILE} is of a classifier of architecture {found!r}, not {architecture!r}"
        )
    return {k: v for k, v in values.items() if k not in ("format", "architecture", "labels")}


def read_config(folder: str | Path) -> dict[str, Any]:
    """The content of a folder's ``classifier.json``.

    Raises:
        ModelError: if there is no such folder or file, or it is damaged.
    """
    place = Path(folder)
    if not place.is_dir():
        raise ModelError(f"the model folder {str(place)!r} does not exist")
    try:
        content = json.loads((place / CONFIG_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"{str(place)!r} holds no Lantern classifier: it has no {CONFIG_FILE}"
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{CONFIG_FILE} in {str(place)!r} is damaged") from error
    if not isinstance(content, dict):
        raise ModelError(f"{CONFIG_FILE} in {str(place)!r} is damaged")
    return content


def read_base(folder: str | Path, name: str) -> tuple[nn.Module, PreTrainedTokenizerFast]:
    """The encoder and the tokenizer of a folder, without asking the network.

    Args:
        folder: of the classifier.
        name: of the base, for messages.

    Raises:
        ModelError: if a part is missing or damaged.
    """
    place = Path(folder)
    parts = {}
    for part in (_ENCODER_FOLDER, _TOKENIZER_FOLDER):
        if not (place / part).is_dir():
            raise ModelError(f"the classifier in {str(place)!r} has no folder {part!r}")
        parts[part] = Base(name, str(place / part), None, True)
    return load_encoder(parts[_ENCODER_FOLDER]), load_tokenizer(parts[_TOKENIZER_FOLDER])


def read_head(folder: str | Path, head: nn.Module) -> None:
    """Load the weights of a folder's head.

    Raises:
        ModelError: if they are missing or do not fit.
    """
    place = Path(folder)
    try:
        head.load_state_dict(load_file(place / _HEAD_FILE))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ModelError(
            f"{_HEAD_FILE} in {str(place)!r} is missing or does not fit; train or log it again"
        ) from error
