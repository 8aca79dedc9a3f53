"""The classification model LM_cls: an encoder, pooling, and an MLP head over Low, Medium, High.

    h = pool(f_LLM(x)),  z = MLP(h),  p = softmax(z / temperature)

A saved classifier is a folder of data, no code and no pickle::

    classifier.json          what this module needs to build it again; written last
    encoder/                 config.json and model.safetensors of the transformer
    head.safetensors         the MLP
    tokenizer/               tokenizer.json and its settings
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from lantern.errors import ModelError
from lantern.fit import LEVEL_LABELS
from lantern.inference.base_models import (
    Base,
    load_encoder,
    load_tokenizer,
    quiet_transformers,
    resolve_base,
)
from lantern.inference.layers import keep_layers
from lantern.inference.pair_input import PaddedBatch, PairTemplate, template_for
from lantern.inference.pooling import POOLINGS, pool

FORMAT = 1
_CONFIG_FILE = "classifier.json"
_HEAD_FILE = "head.safetensors"
_ENCODER_FOLDER = "encoder"
_TOKENIZER_FOLDER = "tokenizer"


@dataclass(frozen=True, slots=True)
class ClassifierConfig:
    """What is needed, beside the weights, to build a classifier again.

    Attributes:
        base: name of the model that it was trained from.
        pooling: last_token, mean or cls.
        hidden_size: width of the MLP head.
        dropout: of the head, while training.
        max_tokens: longest input that it was trained for.
        template: how the two texts of a pair are put together.
        temperature: that calibrates its probabilities; None: not calibrated.
    """

    base: str
    pooling: str
    hidden_size: int
    dropout: float
    max_tokens: int
    template: PairTemplate
    temperature: float | None = None

    @property
    def calibrated(self) -> bool:
        """Whether the probabilities are temperature-scaled on validation pairs."""
        return self.temperature is not None

    def to_json(self) -> dict[str, Any]:
        """The content of ``classifier.json``."""
        values = asdict(self) | {"template": self.template.to_json()}
        return {"format": FORMAT, "labels": list(LEVEL_LABELS), **values}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ClassifierConfig:
        """The inverse of :meth:`to_json`.

        Raises:
            ModelError: if the file is of another format, or lacks a key.
        """
        if values.get("format") != FORMAT:
            raise ModelError(
                f"{_CONFIG_FILE} is of format {values.get('format')!r}, this version reads {FORMAT}"
            )
        if values.get("labels") != list(LEVEL_LABELS):
            raise ModelError(f"{_CONFIG_FILE} is of a classifier with other labels")
        try:
            fields = {k: v for k, v in values.items() if k not in ("format", "labels")}
            config = cls(**fields | {"template": PairTemplate.from_json(values["template"])})
        except (KeyError, TypeError) as error:
            raise ModelError(f"{_CONFIG_FILE} is incomplete: {error}") from error
        if config.pooling not in POOLINGS:
            raise ModelError(f"{_CONFIG_FILE} names an unknown pooling {config.pooling!r}")
        return config


class FitClassifier(nn.Module):
    """Encoder, pooling and MLP head; its output are logits.

    Args:
        encoder: a transformer without a task head.
        tokenizer: of the encoder.
        config: the rest.
    """

    def __init__(
        self, encoder: nn.Module, tokenizer: PreTrainedTokenizerFast, config: ClassifierConfig
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.config = config
        if hasattr(_encoder_config(encoder), "use_cache"):
            _encoder_config(encoder).use_cache = False  # nothing is generated: no key-value cache
        self.head = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(_encoder_config(encoder).hidden_size, config.hidden_size),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden_size, len(LEVEL_LABELS)),
        )

    @classmethod
    def from_base(
        cls,
        name: str,
        *,
        revision: str | None = None,
        pooling: str,
        hidden_size: int,
        dropout: float,
        max_tokens: int,
        layers: int | None = None,
    ) -> FitClassifier:
        """A classifier with the base's weights and a new, random head.

        Args:
            name: of the base, see :func:`lantern.inference.base_models.resolve_base`.
            revision: of the base on the hub.
            pooling: last_token, mean or cls.
            hidden_size: width of the head.
            dropout: of the head.
            max_tokens: longest input.
            layers: keep the first so many layers; None: all.

        Raises:
            ModelError: if the base cannot be loaded, or is too small for the settings.
        """
        base = resolve_base(name, revision)
        encoder, tokenizer = load_encoder(base), load_tokenizer(base)
        if layers is not None:
            keep_layers(encoder, layers)
        limit = getattr(_encoder_config(encoder), "max_position_embeddings", max_tokens)
        if max_tokens > limit:
            raise ModelError(
                f"the base {base.name!r} reads {limit} tokens, max_tokens is {max_tokens}; lower it"
            )
        token_types = getattr(_encoder_config(encoder), "type_vocab_size", 0) > 1
        template = template_for(tokenizer, token_types=token_types)
        config = ClassifierConfig(base.name, pooling, hidden_size, dropout, max_tokens, template)
        return cls(encoder, tokenizer, config)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        position_ids: Tensor | None = None,
    ) -> Tensor:
        """Logits of a batch.

        Args:
            input_ids: ``[batch, tokens]``, padded on either side.
            attention_mask: ``[batch, tokens]``, 1 at real tokens.
            token_type_ids: ``[batch, tokens]``, for encoders that know them.
            position_ids: ``[batch, tokens]``; needed only where padding stands on the left.

        Returns:
            ``[batch, 3]`` in float32, not divided by the temperature.
        """
        optional = {"token_type_ids": token_type_ids, "position_ids": position_ids}
        given = {key: value for key, value in optional.items() if value is not None}
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **given)
        pooled = pool(states.last_hidden_state, attention_mask, self.config.pooling)
        logits: Tensor = self.head(pooled.float())
        return logits.float()

    def logits(self, batch: PaddedBatch) -> Tensor:
        """:meth:`forward` of a padded batch that lies on the model's device."""
        return self.forward(batch.input_ids, batch.attention_mask, batch.token_type_ids)

    def cast_encoder(self, dtype: torch.dtype) -> FitClassifier:
        """Compute the encoder in a dtype; the small head stays in float32."""
        self.encoder.to(dtype)
        return self

    def calibrate(self, temperature: float) -> None:
        """Set the temperature by which the logits are divided."""
        self.config = replace(self.config, temperature=temperature)

    def save(self, folder: str | Path) -> None:
        """Write the classifier to a folder; :meth:`load` is its inverse."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        with quiet_transformers():
            self.encoder.save_pretrained(place / _ENCODER_FOLDER)  # type: ignore[operator]
            self.tokenizer.save_pretrained(place / _TOKENIZER_FOLDER)
        head = self.head.state_dict()
        save_file(
            {key: value.detach().cpu().contiguous() for key, value in head.items()},
            place / _HEAD_FILE,
        )
        content = json.dumps(self.config.to_json(), indent=2)
        # Last, so that a folder whose writer was killed is not taken for a classifier.
        (place / _CONFIG_FILE).write_text(content + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> FitClassifier:
        """Read a saved classifier: in float32, on the CPU, in evaluation mode. Asks no network.

        Raises:
            ModelError: if the folder is missing, incomplete, or holds something else.
        """
        place = Path(folder)
        config = ClassifierConfig.from_json(_read_config(place))
        parts = {}
        for part in (_ENCODER_FOLDER, _TOKENIZER_FOLDER):
            if not (place / part).is_dir():
                raise ModelError(f"the classifier in {str(place)!r} has no folder {part!r}")
            parts[part] = Base(config.base, str(place / part), None, True)
        encoder = load_encoder(parts[_ENCODER_FOLDER])
        model = cls(encoder, load_tokenizer(parts[_TOKENIZER_FOLDER]), config)
        try:
            model.head.load_state_dict(load_file(place / _HEAD_FILE))
        except (OSError, SafetensorError, RuntimeError) as error:
            raise ModelError(
                f"{_HEAD_FILE} in {str(place)!r} is missing or does not fit; train or log it again"
            ) from error
        return model.eval()


def _read_config(place: Path) -> dict[str, Any]:
    if not place.is_dir():
        raise ModelError(f"the model folder {str(place)!r} does not exist")
    try:
        content = json.loads((place / _CONFIG_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"{str(place)!r} holds no Lantern classifier: it has no {_CONFIG_FILE}"
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{_CONFIG_FILE} in {str(place)!r} is damaged") from error
    if not isinstance(content, dict):
        raise ModelError(f"{_CONFIG_FILE} in {str(place)!r} is damaged")
    return content


def _encoder_config(encoder: nn.Module) -> Any:
    return encoder.config
