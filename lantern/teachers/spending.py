"""What a teacher costs: calls, tokens and money are counted, and a budget is never exceeded.

Before a request is sent, the most that it can cost is set aside; afterwards the rest is given
back. A request that does not fit waits while others that are on their way may give something
back, and is refused once nothing is on its way.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lantern.config import TeacherBudget, TeacherPrice

_BYTES_PER_TOKEN: Final = 3
"""Fewer than in any usual text, so that what is set aside for a prompt is enough."""


class BudgetSpent(Exception):  # noqa: N818 - a planned end, not an error
    """The next request does not fit into the budget."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may still be spent; None: without limit."""

    calls: int | None = None
    tokens: int | None = None
    cost: float | None = None

    @classmethod
    def of(cls, budget: TeacherBudget) -> Limits:
        """The limits at the start of a run."""
        return cls(budget.calls, budget.tokens, budget.cost)

    def without(self, spent: Mapping[str, float]) -> Limits:
        """What is left after ``calls``, ``tokens_in``, ``tokens_out`` and ``cost`` were spent."""
        tokens = int(spent.get("tokens_in", 0) + spent.get("tokens_out", 0))
        calls, cost = int(spent.get("calls", 0)), spent.get("cost", 0.0)
        return Limits(
            None if self.calls is None else max(0, self.calls - calls),
            None if self.tokens is None else max(0, self.tokens - tokens),
            None if self.cost is None else max(0.0, self.cost - cost),
        )

    def part(self, number: int, parts: int) -> Limits:
        """The equal part that one of several tasks may spend; the parts add up to the whole."""
        return Limits(
            None if self.calls is None else self.calls // parts + (number < self.calls % parts),
            None if self.tokens is None else self.tokens // parts,
            None if self.cost is None else self.cost / parts,
        )

    def allow(self, calls: int, tokens: int, cost: float) -> bool:
        """Whether so much fits."""
        return (
            (self.calls is None or calls <= self.calls)
            and (self.tokens is None or tokens <= self.tokens)
            and (self.cost is None or cost <= self.cost)
        )


@dataclass(frozen=True, slots=True)
class Reserved:
    """What was set aside for one request on its way."""

    tokens: int
    cost: float


class Meter:
    """Counts what one task spends; safe to share between threads."""

    def __init__(self, limits: Limits, price: TeacherPrice) -> None:
        self._limits, self._price = limits, price
        self._changed = threading.Condition()
        self._on_their_way = 0
        self._tokens = 0  # paid and set aside
        self._cost = 0.0
        self._counts = dict.fromkeys(("calls", "retries", "repairs", "held", "answers"), 0)
        self._paid = {"tokens_in": 0, "tokens_out": 0}
        self._paid_cost = 0.0
        self.exhausted = False

    def cost_of(self, tokens_in: int, tokens_out: int) -> float:
        """By the price list."""
        price = self._price
        return (tokens_in * price.input_per_1k + tokens_out * price.output_per_1k) / 1000

    def reserve(self, prompt: str, most_out: int) -> Reserved:
        """Set aside what a request can cost, and count it as sent.

        Raises:
            BudgetSpent: it does not fit, and nothing on its way can give anything back.
        """
        tokens_in = len(prompt.encode("utf-8", "replace")) // _BYTES_PER_TOKEN + 1
        asked = Reserved(tokens_in + most_out, self.cost_of(tokens_in, most_out))
        with self._changed:
            while not self._fits(asked):
                if self.exhausted or not self._on_their_way:
                    self.exhausted = True
                    self._changed.notify_all()
                    raise BudgetSpent
                self._changed.wait()
            self._on_their_way += 1
            self._tokens += asked.tokens
            self._cost += asked.cost
            self._counts["calls"] += 1
        return asked

    def settle(self, reserved: Reserved, tokens_in: int, tokens_out: int) -> float:
        """An answer came: replace what was set aside by what it cost, and return that cost."""
        cost = self.cost_of(tokens_in, tokens_out)
        with self._changed:
            self._give_back(reserved)
            self._tokens += tokens_in + tokens_out
            self._cost += cost
            self._counts["answers"] += 1
            self._paid["tokens_in"] += tokens_in
            self._paid["tokens_out"] += tokens_out
            self._paid_cost += cost
        return cost

    def release(self, reserved: Reserved) -> None:
        """No answer came: nothing is paid; the call stays counted."""
        with self._changed:
            self._give_back(reserved)

    def count(self, what: str) -> None:
        """Count a ``retries``, a ``repairs`` or an answer that was ``held``."""
        with self._changed:
            self._counts[what] += 1

    def totals(self) -> dict[str, float]:
        """Calls, retries, repairs, held, answers, tokens_in, tokens_out, cost."""
        with self._changed:
            return {**self._counts, **self._paid, "cost": self._paid_cost}

    def _fits(self, asked: Reserved) -> bool:
        return not self.exhausted and self._limits.allow(
            self._counts["calls"] + 1, self._tokens + asked.tokens, self._cost + asked.cost
        )

    def _give_back(self, reserved: Reserved) -> None:
        self._on_their_way -= 1
        self._tokens -= reserved.tokens
        self._cost -= reserved.cost
        self._changed.notify_all()
