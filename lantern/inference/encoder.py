"""The classification model LM_cls: an encoder, pooling, and an MLP head over Low, Medium, High.

    h = pool(f_LLM(x)),  z = MLP(h),  p = softmax(z / temperature)

The folder of a saved classifier is that of :mod:`lantern.inference.model_folder`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from lantern.errors import ModelError
from lantern.fit import LEVEL_LABELS
from lantern.inference.base_models import load_encoder, load_tokenizer, resolve_base
from lantern.inference.layers import keep_layers
from lantern.inference.model_folder import (
    CONFIG_FILE,
    CROSS_ENCODER,
    config_fields,
    read_base,
    read_config,
    read_head,
    write_folder,
)
from lantern.inference.pair_input import PaddedBatch, PairTemplate, template_for
from lantern.inference.pooling import POOLINGS, pool


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
        """The fields, for ``classifier.json``."""
        return asdict(self) | {"template": self.template.to_json()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ClassifierConfig:
        """The configuration of a ``classifier.json``.

        Raises:
            ModelError: if the file is of another format or architecture, or lacks a key.
        """
        fields = config_fields(values, CROSS_ENCODER)
        try:
            config = cls(**fields | {"template": PairTemplate.from_json(fields["template"])})
        except (KeyError, TypeError) as error:
            raise ModelError(f"{CONFIG_FILE} is incomplete: {error}") from error
        if config.pooling not in POOLINGS:
            raise ModelError(f"{CONFIG_FILE} names an unknown pooling {config.pooling!r}")
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
        write_folder(
            folder,
            encoder=self.encoder,
            tokenizer=self.tokenizer,
            head=self.head,
            architecture=CROSS_ENCODER,
            config=self.config.to_json(),
        )

    @classmethod
    def load(cls, folder: str | Path) -> FitClassifier:
        """Read a saved classifier: in float32, on the CPU, in evaluation mode. Asks no network.

        Raises:
            ModelError: if the folder is missing, incomplete, or holds something else.
        """
        config = ClassifierConfig.from_json(read_config(folder))
        model = cls(*read_base(folder, config.base), config)
        read_head(folder, model.head)
        return model.eval()


def _encoder_config(encoder: nn.Module) -> Any:
    return encoder.config
