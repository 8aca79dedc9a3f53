"""Divergences between a teacher's and a student's next-token distributions, one a file.

Every divergence is a function ``d(teacher, student) -> [n]`` of log-probabilities ``[n, events]``
in float32 or wider, finite everywhere. Events are the shared vocabulary, or, from a top-k cache,
k tokens and one tail. The teacher carries no gradient. All are at least 0, and 0 where both agree.
Values and gradients are written by hand, in place (:mod:`.in_place`).
"""

from __future__ import annotations

from functools import partial
from typing import Final

from lantern.distill.divergences.adaptive_kl import adaptive_kl
from lantern.distill.divergences.forward_kl import forward_kl
from lantern.distill.divergences.in_place import Divergence, InPlace
from lantern.distill.divergences.jensen_shannon import jensen_shannon
from lantern.distill.divergences.reverse_kl import reverse_kl
from lantern.distill.divergences.skewed_kl import skewed_kl, skewed_reverse_kl
from lantern.distill.divergences.total_variation import total_variation
from lantern.errors import SettingsError

__all__ = ["DIVERGENCES", "Divergence", "divergence"]

DIVERGENCES: Final = (
    "forward_kl",
    "reverse_kl",
    "jensen_shannon",
    "total_variation",
    "skewed_kl",
    "skewed_reverse_kl",
    "adaptive_kl",
)


def divergence(name: str, *, beta: float = 0.5, alpha: float = 0.1, mu: float = 0.5) -> Divergence:
    """The divergence of a name.

    Args:
        name: one of :data:`DIVERGENCES`.
        beta: the teacher's share of Jensen-Shannon's mixture, in (0, 1).
        alpha: the skew, in (0, 1).
        mu: the share of the teacher's probability that is the head, in (0, 1), of adaptive KL.

    Raises:
        SettingsError: an unknown name, or a share that is not strictly between 0 and 1.
    """
    for share, value in (("beta", beta), ("alpha", alpha), ("mu", mu)):
        if not 0.0 < value < 1.0:
            raise SettingsError(f"{share} is {value}; it must be strictly between 0 and 1")
    known: dict[str, InPlace] = {
        "forward_kl": forward_kl,
        "reverse_kl": reverse_kl,
        "jensen_shannon": partial(jensen_shannon, beta=beta),
        "total_variation": total_variation,
        "skewed_kl": partial(skewed_kl, alpha=alpha),
        "skewed_reverse_kl": partial(skewed_reverse_kl, alpha=alpha),
        "adaptive_kl": partial(adaptive_kl, mu=mu),
    }
    if name not in known:
        raise SettingsError(f"no divergence {name!r}; there are {', '.join(DIVERGENCES)}")
    return Divergence(known[name])
