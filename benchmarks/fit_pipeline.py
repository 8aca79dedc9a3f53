"""The classifier behind ``transformers``' own text-classification pipeline.

Only what makes the inputs equal is replaced: the stock pipeline would call the tokenizer, which
cuts a pair differently; here ``preprocess`` returns the token ids of ``PairEncoder``. Collating,
batching, the forward pass and the softmax are the library's.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import PretrainedConfig, PreTrainedModel, TextClassificationPipeline
from transformers.modeling_outputs import SequenceClassifierOutput

from lantern.fit import LEVEL_LABELS
from lantern.inference.encoder import FitClassifier
from lantern.inference.pair_input import PairEncoder, PairInput


class FitForPipeline(PreTrainedModel):
    """What a pipeline expects of a model, around a :class:`FitClassifier`."""

    config_class = PretrainedConfig

    def __init__(self, config: PretrainedConfig, classifier: FitClassifier) -> None:
        super().__init__(config)
        self.classifier = classifier

    def forward(self, **inputs: torch.Tensor) -> SequenceClassifierOutput:
        """Logits of a batch; see ``FitClassifier.forward``."""
        return SequenceClassifierOutput(logits=self.classifier(**inputs))


class FitPipeline(TextClassificationPipeline):
    """Text classification over pairs, with our token ids."""

    def __init__(self, *args: Any, pair_encoder: PairEncoder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pair_encoder = pair_encoder

    def preprocess(self, inputs: dict[str, str], **_: Any) -> dict[str, torch.Tensor]:
        (item,) = self._pair_encoder.encode([(inputs["text"], inputs["text_pair"])])
        assert isinstance(item, PairInput)
        ids = torch.from_numpy(item.ids.astype("int64"))[None]
        types = torch.zeros_like(ids)
        types[:, item.second_start :] = 1
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": types}


def load_pipeline(folder: str, max_tokens: int) -> FitPipeline:
    """The pipeline of a saved classifier, on the CPU in float32."""
    classifier = FitClassifier.load(folder)
    encoder = PairEncoder(classifier.tokenizer, classifier.config.template, max_tokens)
    config = PretrainedConfig(id2label=dict(enumerate(LEVEL_LABELS)))
    model = FitForPipeline(config, classifier).eval()
    return FitPipeline(
        model=model, tokenizer=classifier.tokenizer, device="cpu", pair_encoder=encoder
    )
