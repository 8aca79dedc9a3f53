"""Which decoder a step uses, and what its rows are marked with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lantern.errors import ModelError
from lantern.inference.phrases import FILE as PHRASES

if TYPE_CHECKING:
    from lantern.steps.context import Context

TEACHER_FOLDER: Final = "models/teacher/model"
"""Under the warehouse's folder: where ``train_teacher`` leaves T2."""

_HASHED: Final = ("*.safetensors", "config.json", "tokenizer.json", PHRASES)


@dataclass(frozen=True, slots=True)
class DecoderSource:
    """A decoder that a step loads, or has its workers load.

    Attributes:
        source: a folder of this machine, or a name on the hub.
        folder: the folder, or None for a name on the hub.
        digest: of the weights and the tokenizer; of the name, for one on the hub.
        version: what the rows that it writes are marked with.
        tokenizer_hash: of the vocabulary that its token ids belong to.
    """

    source: str
    folder: Path | None
    digest: str
    version: str
    tokenizer_hash: str


def teacher_model(context: Context) -> DecoderSource:
    """T2: of ``synthesize.teacher``, else what ``train_teacher`` made.

    Raises:
        ModelError: there is none, or it cannot be loaded.
    """
    named = context.settings.synthesize.teacher
    if named is not None:
        return decoder_source(named)
    own = context.settings.teacher_training.folder
    folder = Path(own) / "model" if own else context.local_folder / TEACHER_FOLDER
    if not folder.is_dir():
        raise ModelError(
            "there is no T2 yet; run `lantern train-teacher`, or name one in synthesize.teacher"
        )
    return decoder_source(str(folder), name="teacher")


def decoder_source(source: str, name: str | None = None) -> DecoderSource:
    """A decoder by its folder or its name.

    Args:
        source: a folder, a pip package of ours, or a name on the hub.
        name: what its rows call it; None: the folder's or the hub's name.

    Raises:
        ModelError: it cannot be found, or its tokenizer cannot be loaded.
    """
    from lantern.inference.base_models import load_tokenizer, resolve_base

    base = resolve_base(source)
    tokenizer = load_tokenizer(base).backend_tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer_hash = hashlib.sha256(tokenizer.to_str().encode()).hexdigest()[:16]
    folder = Path(base.place) if base.is_local else None
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    if folder is not None:
        digest = _folder_digest(folder)
    return DecoderSource(
        source=base.place,
        folder=folder,
        digest=digest,
        version=f"{name or base.name}-{digest}",
        tokenizer_hash=tokenizer_hash,
    )


def _folder_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for pattern in _HASHED:
        for path in sorted(folder.glob(pattern)):
            digest.update(path.name.encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
