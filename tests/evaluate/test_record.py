from __future__ import annotations

import json
import math

import pytest

from lantern.evaluate.classification import Bin
from lantern.evaluate.comparison import Compared
from lantern.evaluate.impact import GroupRates
from lantern.evaluate.intervals import Interval
from lantern.evaluate.record import Evaluation

HALF = Interval(0.5, 0.4, 0.6, 30, 90)
UNKNOWN = Interval(math.nan, math.nan, math.nan, 0, 0)
RECORD = Evaluation(
    classifier="lantern.classifier/4",
    explainer="rubric-rubric-5",
    day="2026-03-01",
    data={"base_pairs": 3},
    champion=2,
    figures={"qwk": HALF},
    champion_figures={"qwk": HALF},
    differences={"qwk": Interval(0.0, -0.1, 0.1, 30, 90)},
    confusion=((1, 2, 3), (4, 5, 6), (7, 8, 9)),
    reliability=(Bin(10, 0.7, 0.6),),
    reliability_untempered=(Bin(10, 0.9, 0.6),),
    groups=(GroupRates("gender", "female", 10, 30, HALF, HALF, None, HALF, True),),
    missing={"human_qwk": "no reviews yet"},
    facts={"teacher": "rubric"},
    compared=(Compared("lantern.pair/3", "forward_kl", HALF, HALF, 12.5),),
)


def test_it_goes_through_json() -> None:
    assert Evaluation.from_json(RECORD.to_json()) == RECORD


def test_what_is_not_known_is_null_and_no_metric() -> None:
    record = Evaluation("c", "e", "2026-03-01", {}, None, {"auc_high": UNKNOWN, "qwk": HALF})
    assert json.loads(record.to_json())["figures"]["auc_high"]["estimate"] is None
    assert record.metrics() == {"qwk": 0.5, "qwk_low": 0.4, "qwk_high": 0.6}
    read = Evaluation.from_json(record.to_json())
    assert math.isnan(read.figures["auc_high"].estimate)
    assert read.differences is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "damaged"),
        ("{}", "damaged"),
        ('{"format": 9}', "another version"),
        ("x", "Expecting"),
    ],
)
def test_something_else_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Evaluation.from_json(text)
