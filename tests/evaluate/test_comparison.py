from __future__ import annotations

import math

from lantern.evaluate.comparison import Compared, newest_of_each, on_the_same_tables
from lantern.evaluate.intervals import Interval

KNOWN = Interval(0.7, 0.6, 0.8, 30, 90)
UNKNOWN = Interval(math.nan, math.nan, math.nan, 0, 0)


def test_it_goes_through_json_with_what_is_not_known() -> None:
    for cost in (12.5, math.nan):
        one = Compared("lantern.pair/2", "forward_kl", KNOWN, UNKNOWN, cost)
        back = Compared.from_json(one.to_json())
        assert (back.pair, back.objective, back.rouge) == (one.pair, one.objective, KNOWN)
        assert not back.quality.known
        assert repr(back.cpu_ms) == repr(cost)


def test_only_what_was_measured_on_the_same_pairs_and_labels_is_compared() -> None:
    data = {"base_pairs": 3, "teacher_labels": 5, "members": 1}
    assert on_the_same_tables(data, data | {"members": 2})
    assert not on_the_same_tables(data, data | {"base_pairs": 4})
    assert not on_the_same_tables(data, {"base_pairs": 3})
    assert not on_the_same_tables({}, {})


def test_a_pair_that_is_measured_again_replaces_itself() -> None:
    new = Compared("p/10", "sft", KNOWN, KNOWN, 1.0)
    old = Compared("p/10", "sft", UNKNOWN, KNOWN, 9.0)
    other = Compared("p/9", "forward_kl", KNOWN, KNOWN, 2.0)
    assert newest_of_each([new, old, other]) == (other, new)
