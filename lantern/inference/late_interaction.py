"""The second architecture of LM_cls: units of both texts are encoded alone, a head compares them.

    u = pool(f_LLM(unit)),  z = head(units of the posting, units of the profile),
    p = softmax(z / temperature)

The encoder is frozen, so a unit has one vector whatever it is paired with: a profile is encoded
once for all the jobs of its member, a requirement once for all the members. The folder of a saved
one is that of :mod:`lantern.inference.model_folder`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from lantern.errors import ModelError
from lantern.inference.base_models import load_encoder, load_tokenizer, resolve_base
from lantern.inference.interaction_head import InteractionHead
from lantern.inference.layers import keep_layers
from lantern.inference.model_folder import (
    CONFIG_FILE,
    LATE_INTERACTION,
    config_fields,
    read_base,
    read_config,
    read_head,
    write_folder,
)
from lantern.inference.pair_input import PairTemplate, template_for
from lantern.inference.pooling import POOLINGS, pool


@dataclass(frozen=True, slots=True)
class LateInteractionConfig:
    """What is needed, beside the weights, to build a late-interaction classifier again.

    Attributes:
        base: name of the frozen encoder.
        pooling: last_token, mean or cls, of a unit.
        hidden_size: width of the head.
        dropout: of the head, while training.
        unit_tokens: longest unit.
        requirement_units: most items of a posting.
        profile_units: most units of a profile.
        template: whose prefix and suffix every unit gets.
        temperature: that calibrates its probabilities; None: not calibrated.
    """

    base: str
    pooling: str
    hidden_size: int
    dropout: float
    unit_tokens: int
    requirement_units: int
    profile_units: int
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
    def from_json(cls, values: dict[str, Any]) -> LateInteractionConfig:
        """The configuration of a ``classifier.json``.

        Raises:
            ModelError: if the file is of another format or architecture, or lacks a key.
        """
        fields = config_fields(values, LATE_INTERACTION)
        try:
            config = cls(**fields | {"template": PairTemplate.from_json(fields["template"])})
        except (KeyError, TypeError) as error:
            raise ModelError(f"{CONFIG_FILE} is incomplete: {error}") from error
        if config.pooling not in POOLINGS:
            raise ModelError(f"{CONFIG_FILE} names an unknown pooling {config.pooling!r}")
        return config


class LateInteractionClassifier(nn.Module):
    """A frozen encoder of units and the head that compares them.

    Args:
        encoder: a transformer without a task head; its weights stop taking gradients.
        tokenizer: of the encoder.
        config: the rest.
    """

    def __init__(
        self,
        encoder: nn.Module,
        tokenizer: PreTrainedTokenizerFast,
        config: LateInteractionConfig,
    ) -> None:
        super().__init__()
        self.encoder = encoder.requires_grad_(False)
        self.tokenizer = tokenizer
        self.config = config
        settings: Any = encoder.config
        if hasattr(settings, "use_cache"):
            settings.use_cache = False  # nothing is generated: no key-value cache
        self.width = int(settings.hidden_size)
        self.head = InteractionHead(self.width, config.hidden_size, config.dropout)

    @classmethod
    def from_base(
        cls,
        name: str,
        *,
        revision: str | None = None,
        pooling: str,
        hidden_size: int,
        dropout: float,
        unit_tokens: int,
        requirement_units: int,
        profile_units: int,
        layers: int | None = None,
    ) -> LateInteractionClassifier:
        """A classifier with the base's weights and a new, random head.

        Args:
            name: of the base, see :func:`lantern.inference.base_models.resolve_base`.
            revision: of the base on the hub.
            pooling: last_token, mean or cls.
            hidden_size: width of the head.
            dropout: of the head.
            unit_tokens: longest unit.
            requirement_units: most items of a posting.
            profile_units: most units of a profile.
            layers: keep the first so many layers; None: all.

        Raises:
            ModelError: if the base cannot be loaded, or is too small for the settings.
        """
        base = resolve_base(name, revision)
        encoder, tokenizer = load_encoder(base), load_tokenizer(base)
        if layers is not None:
            keep_layers(encoder, layers)
        settings: Any = encoder.config
        limit = getattr(settings, "max_position_embeddings", unit_tokens)
        if unit_tokens > limit:
            raise ModelError(
                f"the base {base.name!r} reads {limit} tokens, unit_tokens is {unit_tokens}; "
                "lower it"
            )
        config = LateInteractionConfig(
            base=base.name,
            pooling=pooling,
            hidden_size=hidden_size,
            dropout=dropout,
            unit_tokens=unit_tokens,
            requirement_units=requirement_units,
            profile_units=profile_units,
            template=template_for(tokenizer, token_types=False),
        )
        return cls(encoder, tokenizer, config)

    def train(self, mode: bool = True) -> LateInteractionClassifier:
        """Training mode for the head alone: the encoder's dropout stays off."""
        super().train(mode)
        self.encoder.eval()
        return self

    @torch.no_grad()
    def encode_units(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Vectors of length 1 of units, ``[units, width]`` in float32."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        pooled = pool(states.last_hidden_state.float(), attention_mask, self.config.pooling)
        return nn.functional.normalize(pooled, dim=-1)

    def cast_encoder(self, dtype: torch.dtype) -> LateInteractionClassifier:
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
            architecture=LATE_INTERACTION,
            config=self.config.to_json(),
        )

    @classmethod
    def load(cls, folder: str | Path) -> LateInteractionClassifier:
        """Read a saved classifier: in float32, on the CPU, in evaluation mode. Asks no network.

        Raises:
            ModelError: if the folder is missing, incomplete, or holds something else.
        """
        config = LateInteractionConfig.from_json(read_config(folder))
        model = cls(*read_base(folder, config.base), config)
        read_head(folder, model.head)
        return model.eval()
