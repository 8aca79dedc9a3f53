"""Forward KL: the student must cover whatever the teacher may say (Hinton et al. 2015)."""

from __future__ import annotations

from torch import Tensor


def forward_kl(teacher: Tensor, student: Tensor) -> Tensor:
    """``KL(p || q) = Σ p (log p - log q)``, ``[n]`` in nats, of log-probabilities ``[n, events]``.

    With a constant teacher its gradient is that of the cross-entropy with soft labels.
    """
    return (teacher.exp() * (teacher - student)).sum(-1)
