"""The log of a mixture of two distributions, without leaving the log domain."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def log_mixture(first: Tensor, second: Tensor, share: float) -> Tensor:
    """``log(share · exp(first) + (1 - share) · exp(second))``, element by element.

    Args:
        first: log-probabilities.
        second: log-probabilities of the same shape.
        share: of the first, strictly between 0 and 1.
    """
    return torch.logaddexp(first + math.log(share), second + math.log1p(-share))
