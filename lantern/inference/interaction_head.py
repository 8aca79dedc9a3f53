"""The head of the late-interaction classifier: compares the units of two texts.

Each item of the posting looks for what answers it among the units of the profile: by attention
over the cosines of the frozen vectors, a learned product and the names of the lexicon that both
hold. What it finds, how near it is, and the years that are asked for and shown make one vector an
item. Of that vector the item's verdict is judged - met, partly met, not shown -, which a teacher's
verdicts can train; the vectors and verdicts are pooled by kind (title, must-have, nice-to-have),
and an MLP gives the logits.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from lantern.fit import LEVEL_LABELS, VerdictKind
from lantern.inference.unit_input import NO_KIND, Side
from lantern.inference.unit_names import NO_NAME, SAME, nearness
from lantern.inference.units import UnitKind

ITEM_VERDICTS: Final = (VerdictKind.NOT_SHOWN, VerdictKind.PARTLY_MET, VerdictKind.MET)
"""The classes of an item, in their order."""

_ITEM_KINDS = (UnitKind.TITLE, UnitKind.MUST_HAVE, UnitKind.NICE_TO_HAVE)
_JUDGED_KINDS = (UnitKind.MUST_HAVE, UnitKind.NICE_TO_HAVE)
_ITEM_FIGURES = 11
_PAIR_FIGURES = 7 + (len(_JUDGED_KINDS) + 1) * len(ITEM_VERDICTS)
_SHARPNESS = 2.5  # exp of it multiplies the cosines at the start of the training
_YEARS_SCALE = 0.1
_COUNT_SCALE = 0.2


class ProjectedUnits(NamedTuple):
    """The vectors of units and all that is computed of a unit alone, ``[units, ...]`` each."""

    vectors: Tensor
    query: Tensor
    key: Tensor
    item: Tensor
    found: Tensor


class SharedNames(NamedTuple):
    """What the names of a posting's items find in a profile; means over an item's names.

    Attributes:
        near: ``[pairs, items, units]`` nearness of each unit's nearest name.
        same: ``[pairs, items]`` share of the names that stand in the profile.
        told: the share that stands outside of its list of skills.
        nearest: nearness of the profile's nearest name.
        some: 1 where the item names anything.
    """

    near: Tensor
    same: Tensor
    told: Tensor
    nearest: Tensor
    some: Tensor


class InteractionHead(nn.Module):
    """Logits of pairs from the vectors of their units.

    Args:
        width: of a unit's vector.
        hidden_size: width of everything in the head.
        dropout: while training.
    """

    nearness: Tensor

    def __init__(self, width: int, hidden_size: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("nearness", nearness(), persistent=False)
        self.query = nn.Linear(width, hidden_size, bias=False)
        self.key = nn.Linear(width, hidden_size, bias=False)
        self.item = nn.Linear(width, hidden_size)
        self.found = nn.Linear(width, hidden_size)
        self.kind = nn.Embedding(len(UnitKind), hidden_size)
        self.sharpness = nn.Parameter(torch.tensor(_SHARPNESS))
        self.learned = nn.Parameter(torch.tensor(0.0))
        self.names = nn.Parameter(torch.tensor(1.0))
        self.dropout = nn.Dropout(dropout)
        self.compare = nn.Sequential(
            nn.Linear(4 * hidden_size + _ITEM_FIGURES, hidden_size), nn.GELU(), nn.Dropout(dropout)
        )
        self.verdict = nn.Linear(hidden_size, len(ITEM_VERDICTS))
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
        return self.judge(units, requirements, profile)[0]

    def judge(
        self, units: ProjectedUnits, requirements: Side, profile: Side
    ) -> tuple[Tensor, Tensor]:
        """Logits ``[pairs, 3]``, and of each item's verdict ``[pairs, items, 3]``."""
        take = nn.functional.embedding  # on a CPU its gradient is far faster than an index's
        asked, shown = requirements.kinds != NO_KIND, profile.kinds != NO_KIND
        cosine = take(requirements.rows, units.vectors) @ take(
            profile.rows, units.vectors
        ).transpose(1, 2)
        product = take(requirements.rows, units.query) @ take(profile.rows, units.key).transpose(
            1, 2
        )
        names = self._shared_names(requirements, profile)
        logits = self.sharpness.exp() * cosine + self.learned * product + self.names * names.near
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
                names.same,
                names.told,
                names.nearest,
                names.some,
            ],
            dim=-1,
        )
        kind = self.kind(requirements.kinds.clamp(min=0))
        compared = self.compare(torch.cat([item, found, item * found, kind, figures], dim=-1))
        verdicts = self.verdict(compared)
        least = torch.where(asked, nearest, 1.0).amin(dim=1, keepdim=True)
        pooled = self._pooled(compared, verdicts.softmax(dim=-1), least, requirements, profile)
        return self.decide(pooled), verdicts

    def _shared_names(self, requirements: Side, profile: Side) -> SharedNames:
        asked, shown = _trimmed(requirements.names), _trimmed(profile.names)
        pairs = asked.shape[0]
        wide = self.nearness.shape[1]
        cells = asked.reshape(pairs, -1, 1) * wide + shown.reshape(pairs, 1, -1)
        near = torch.take(self.nearness, cells).view(*asked.shape, *shown.shape[1:]).amax(dim=-1)
        count = (asked != NO_NAME).sum(dim=-1)
        each = count.clamp(min=1)
        same = near == SAME
        told = same & (profile.kinds != UnitKind.SKILL)[:, None, None]
        return SharedNames(
            near=near.sum(dim=2) / each[..., None],
            same=same.any(dim=-1).sum(dim=-1) / each,
            told=told.any(dim=-1).sum(dim=-1) / each,
            nearest=near.amax(dim=-1).sum(dim=-1) / each,
            some=(count > 0).float(),
        )

    def _pooled(
        self, compared: Tensor, verdicts: Tensor, least: Tensor, requirements: Side, profile: Side
    ) -> Tensor:
        parts, counts = [], []
        for kind in _ITEM_KINDS:
            of_kind = (requirements.kinds == kind)[..., None]
            count = of_kind.sum(dim=1)
            parts.append(torch.where(of_kind, compared, 0.0).sum(dim=1) / count.clamp(min=1))
            best = torch.where(of_kind, compared, -torch.inf).amax(dim=1)
            parts.append(torch.where(count > 0, best, 0.0))
            counts.append(count.float() * _YEARS_SCALE)
        for kind in _JUDGED_KINDS:
            of_kind = (requirements.kinds == kind)[..., None]
            total = torch.where(of_kind, verdicts, 0.0).sum(dim=1)
            parts.append(total / of_kind.sum(dim=1).clamp(min=1))
            if kind is UnitKind.MUST_HAVE:
                parts.append(total * _COUNT_SCALE)
        shown, most = profile.total[:, None], requirements.total[:, None]
        gap = ((shown - most) * _YEARS_SCALE).clamp(-1.0, 1.0)
        years = [shown * _YEARS_SCALE, gap * (most > 0), most * _YEARS_SCALE]
        return torch.cat([*parts, *counts, least, *years], dim=1)


def _trimmed(names: Tensor) -> Tensor:
    """Without the columns that no unit fills; one column at least."""
    used = int((names != NO_NAME).any(dim=0).any(dim=0).sum())
    return names[..., : max(1, used)]
