"""The head of the late-interaction classifier: compares the units of two texts.

Each item of the posting looks for what answers it among the units of the profile: by attention
over the cosines of the frozen vectors plus a learned product. What it finds, how near it is, and
the years that are asked for and shown make one vector an item; the items are pooled by kind
(title, must-have, nice-to-have) and an MLP gives the logits.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from lantern.fit import LEVEL_LABELS
from lantern.inference.unit_input import NO_KIND, Side
from lantern.inference.units import UnitKind

_ITEM_KINDS = (UnitKind.TITLE, UnitKind.MUST_HAVE, UnitKind.NICE_TO_HAVE)
_ITEM_FIGURES = 7
_PAIR_FIGURES = 7
_SHARPNESS = 2.5  # exp of it multiplies the cosines at the start of the training
_YEARS_SCALE = 0.1


class ProjectedUnits(NamedTuple):
    """The vectors of units and all that is computed of a unit alone, ``[units, ...]`` each."""

    vectors: Tensor
    query: Tensor
    key: Tensor
    item: Tensor
    found: Tensor


class InteractionHead(nn.Module):
    """Logits of pairs from the vectors of their units.

    Args:
        width: of a unit's vector.
        hidden_size: width of everything in the head.
        dropout: while training.
    """

    def __init__(self, width: int, hidden_size: int, dropout: float) -> None:
        super().__init__()
        self.query = nn.Linear(width, hidden_size, bias=False)
        self.key = nn.Linear(width, hidden_size, bias=False)
        self.item = nn.Linear(width, hidden_size)
        self.found = nn.Linear(width, hidden_size)
        self.kind = nn.Embedding(len(UnitKind), hidden_size)
        self.sharpness = nn.Parameter(torch.tensor(_SHARPNESS))
        self.learned = nn.Parameter(torch.tensor(0.0))
        self.dropout = nn.Dropout(dropout)
        self.compare = nn.Sequential(
            nn.Linear(4 * hidden_size + _ITEM_FIGURES, hidden_size), nn.GELU(), nn.Dropout(dropout)
        )
        self.decide = nn.Sequential(
            nn.Linear(2 * len(_ITEM_KINDS) * hidden_size + _PAIR_FIGURES, hidden_size),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_size, len(LEVEL_LABELS)),
        )

    def project(self, vectors: Tensor) -> ProjectedUnits:
        """What depends on a unit alone: computed once for all its pairs."""
        return ProjectedUnits(
            vectors,
            self.query(vectors),
            self.key(vectors),
            self.dropout(self.item(vectors)),
            self.dropout(self.found(vectors)),
        )

    def forward(self, units: ProjectedUnits, requirements: Side, profile: Side) -> Tensor:
        """Logits ``[pairs, 3]``; a side without units counts as one that says nothing."""
        take = nn.functional.embedding  # on a CPU its gradient is far faster than an index's
        asked, shown = requirements.kinds != NO_KIND, profile.kinds != NO_KIND
        cosine = take(requirements.rows, units.vectors) @ take(
            profile.rows, units.vectors
        ).transpose(1, 2)
        product = take(requirements.rows, units.query) @ take(profile.rows, units.key).transpose(
            1, 2
        )
        logits = self.sharpness.exp() * cosine + self.learned * product
        nothing = ~shown[:, None]
        attention = logits.masked_fill(nothing, -1e4).softmax(dim=-1).masked_fill(nothing, 0.0)
        nearest = cosine.masked_fill(nothing, -1.0).amax(dim=-1)

        found = attention @ (
            take(profile.rows, units.found) + self.kind(profile.kinds.clamp(min=0))
        )
        item = take(requirements.rows, units.item)
        years = requirements.years * _YEARS_SCALE
        total = profile.total[:, None] * _YEARS_SCALE
        names_years = (requirements.years > 0).float()
        figures = torch.stack(
            [
                nearest,
                (attention * cosine).sum(dim=-1),
                years,
                names_years,
                (attention * profile.years[:, None]).sum(dim=-1) * _YEARS_SCALE,
                total.expand_as(years),
                (total - years).clamp(-1.0, 1.0) * names_years,
            ],
            dim=-1,
        )
        kind = self.kind(requirements.kinds.clamp(min=0))
        compared = self.compare(torch.cat([item, found, item * found, kind, figures], dim=-1))
        result: Tensor = self.decide(self._pooled(compared, nearest, requirements, profile, asked))
        return result

    def _pooled(
        self, compared: Tensor, nearest: Tensor, requirements: Side, profile: Side, asked: Tensor
    ) -> Tensor:
        parts, counts = [], []
        for kind in _ITEM_KINDS:
            of_kind = (requirements.kinds == kind)[..., None]
            count = of_kind.sum(dim=1)
            parts.append(torch.where(of_kind, compared, 0.0).sum(dim=1) / count.clamp(min=1))
            best = torch.where(of_kind, compared, -torch.inf).amax(dim=1)
            parts.append(torch.where(count > 0, best, 0.0))
            counts.append(count.float() * _YEARS_SCALE)
        least = torch.where(asked, nearest, 1.0).amin(dim=1, keepdim=True)
        total, most = profile.total[:, None], requirements.total[:, None]
        gap = ((total - most) * _YEARS_SCALE).clamp(-1.0, 1.0)
        years = [total * _YEARS_SCALE, gap * (most > 0), most * _YEARS_SCALE]
        return torch.cat([*parts, *counts, least, *years], dim=1)
