"""How far a training of a decoder is, told to whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from transformers import TrainerCallback


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """After a step.

    Attributes:
        step, steps: steps done, and all.
        resumed_at: the step that this process began at.
        tokens: tokens of examples that this process read since then, padding left out.
    """

    step: int
    steps: int
    resumed_at: int
    tokens: int

    @property
    def tokens_expected(self) -> int:
        """Tokens until the end, by those of the steps so far."""
        done = self.step - self.resumed_at
        return round(self.tokens * (self.steps - self.resumed_at) / max(done, 1))


Watch = Callable[[TrainingProgress], None]
Figures = Callable[[int, Mapping[str, float]], None]
"""Called with a step and its figures: losses, learning rate, ROUGE."""


def nobody(*_: object) -> None:
    """Who watches where no one does."""


class ProgressCallback(TrainerCallback):  # type: ignore[misc]
    """Hands Trainer's events on, in the first process only.

    Args:
        tokens: how many this process has read so far.
        watch, figures: the listeners.
    """

    def __init__(self, tokens: Callable[[], int], watch: Watch, figures: Figures) -> None:
        self._tokens, self._watch, self._figures = tokens, watch, figures
        self._resumed_at = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._resumed_at = state.global_step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            tokens = self._tokens() * args.world_size
            step, steps = state.global_step, state.max_steps
            self._watch(TrainingProgress(step, steps, self._resumed_at, tokens))

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if state.is_world_process_zero and logs:
            self._figures(
                state.global_step,
                {k: float(v) for k, v in logs.items() if isinstance(v, int | float)},
            )
