"""What is made sure of before a decoder is trained: each refusal is one line, before any step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel

from lantern.distill.encoded_answers import EncodedAnswer, EncodedAnswers
from lantern.distill.packing import collate
from lantern.errors import ModelError, TrainingError
from lantern.inference.causal_models import CausalModel

_PROBE_LENGTHS = (5, 3, 6)
_TOLERANCE = 1e-3
_ROUNDINGS = 8


def check_split(examples: EncodedAnswers, split: str, context: int) -> None:
    """Refuse an empty split, and a row that is longer than the context.

    Raises:
        TrainingError: says which split or row.
    """
    if not len(examples):
        raise TrainingError(f"the {split} split is empty; label more pairs or change pairs.split")
    longest = int(examples.lengths.argmax())
    if examples.lengths[longest] > context:
        raise TrainingError(
            f"row {examples[longest].row} of the {split} split has {examples.lengths[longest]} "
            f"tokens, the context is {context}; use a longer context, or encode it again"
        )


def check_context(model: CausalModel, context: int) -> None:
    """Refuse a context that the model cannot read.

    Raises:
        TrainingError: if it is longer than the model's.
    """
    if context > model.context:
        raise TrainingError(
            f"the context is set to {context} tokens, but {model.name!r} reads {model.context}"
        )


@torch.no_grad()
def check_plain_head(model: CausalModel) -> None:
    """Make sure that logits are the head's product with the last hidden states and nothing more.

    Raises:
        ModelError: if the model scales or caps its logits, or they are no numbers.
    """
    decoder = model.model
    ids = _probe(decoder, 8)
    logits = decoder(input_ids=ids, use_cache=False).logits
    hidden = decoder.base_model(input_ids=ids, use_cache=False).last_hidden_state
    if not bool(torch.isfinite(logits).all()):
        raise ModelError(f"the logits of {model.name!r} are not numbers; its weights are damaged")
    if not torch.allclose(decoder.get_output_embeddings()(hidden), logits, atol=_TOLERANCE):
        raise ModelError(
            f"{model.name!r} changes its logits after the head (a scale or a cap); "
            "distillation from hidden states does not know how"
        )


@torch.no_grad()
def check_packing(model: CausalModel) -> None:
    """Make sure that examples of one row do not see each other.

    In 16 bits a row of another shape may be rounded another way, so there the states of an example
    alone say less; that they stay the same when its neighbours change says as much in any type.

    Raises:
        ModelError: if a packed example's hidden states differ from those of the example alone, or
            with those of other neighbours.
    """
    decoder = model.model
    ids = _probe(decoder, sum(_PROBE_LENGTHS))[0].cpu().numpy().astype(np.int32)
    examples, neighbours = _cut(ids), _cut(ids[::-1].copy())

    def states(rows: list[list[EncodedAnswer]]) -> torch.Tensor:
        batch = collate([[(e.row, e) for e in row] for row in rows], pad=0)
        hidden: torch.Tensor = decoder.base_model(
            input_ids=batch["input_ids"].to(decoder.device),
            position_ids=batch["position_ids"].to(decoder.device),
            use_cache=False,
        ).last_hidden_state
        return hidden.float()

    packed = torch.split(states([examples])[0], list(_PROBE_LENGTHS))
    rounding = max(_TOLERANCE, _ROUNDINGS * torch.finfo(decoder.dtype).eps)
    for place, (example, together) in enumerate(zip(examples, packed, strict=True)):
        others = [*neighbours[:place], example, *neighbours[place + 1 :]]
        elsewhere = torch.split(states([others])[0], list(_PROBE_LENGTHS))[place]
        alone = states([[example]])[0]
        size = float(alone.abs().max())
        if not (
            torch.allclose(together, elsewhere, atol=_TOLERANCE * size)
            and torch.allclose(together, alone, atol=rounding * size)
        ):
            raise ModelError(
                f"{model.name!r} with {decoder.config._attn_implementation} attention lets packed "
                "examples see each other; set packing to false"
            )


def _cut(ids: npt.NDArray[np.int32]) -> list[EncodedAnswer]:
    parts = np.split(ids, np.cumsum(_PROBE_LENGTHS)[:-1])
    return [EncodedAnswer(number, part, 1) for number, part in enumerate(parts)]


def _probe(decoder: PreTrainedModel, tokens: int) -> torch.Tensor:
    size = decoder.get_input_embeddings().num_embeddings
    ids = torch.arange(tokens).mul(7919).add(11).remainder(size)
    return ids.unsqueeze(0).to(decoder.device)
