"""The log of a mixture of two distributions."""

from __future__ import annotations

import torch
from torch import Tensor


def log_mixture(first: Tensor, second: Tensor, share: float, out: Tensor) -> Tensor:
    """``log(share · first + (1 - share) · second)``, element by element.

    Where both are 0 it is the log of the smallest normal number instead of minus infinity: what it
    is multiplied with is 0 there.

    Args:
        first: probabilities.
        second: probabilities of the same shape.
        share: of the first, strictly between 0 and 1.
        out: takes the result.
    """
    torch.mul(first, share, out=out).add_(second, alpha=1 - share)
    return out.clamp_min_(torch.finfo(out.dtype).tiny).log_()
