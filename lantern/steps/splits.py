"""How D_base is split, as a model's params tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lantern.config import Settings


def splits_told(settings: Settings) -> str:
    """Shares and seed. Two environments that tell the same split every id alike.

    The split of a member or a posting is a function of its id, the shares and the seed alone
    (:func:`lantern.batch.base_pairs.split_of`), so a model that was trained elsewhere under the
    same ones has seen nobody of the test split here.
    """
    pairs = settings.pairs
    shares = ", ".join(f"{name} {share:g}" for name, share in pairs.split.model_dump().items())
    return f"{shares}, seed {pairs.seed}"
