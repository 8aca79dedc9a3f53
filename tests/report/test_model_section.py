from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from lantern.report.comparison_charts import Dot, cost_svg, objectives_svg
from lantern.report.data import FigureRow, GateRow, ModelFigures
from lantern.report.model_charts import confusion_svg, reliability_svg
from lantern.report.page import render_report
from tests.report.test_page import EMPTY, FULL


class Bin:
    def __init__(self, pairs: int, confidence: float, accuracy: float) -> None:
        self.pairs, self.confidence, self.accuracy = pairs, confidence, accuracy


BINS = (Bin(20, 0.45, 0.5), Bin(80, 0.95, 0.9))
MODEL = ModelFigures(
    pair="lantern.pair/3",
    why="all gates passed",
    day="2026-03-01",
    figures=(FigureRow("qwk", 0.71, 0.62, 0.79, 120), FigureRow("auc_high", 0.9, None, None, 120)),
    gates=(
        GateRow("calibration", False, "0.05 is above 0.03", -0.02, "a sample <b>"),
        GateRow("exact_quotes", True, "worst bound 0.995", 0.005),
    ),
    reliability=BINS,
    reliability_untempered=BINS,
    confusion=((5, 1, 0), (2, 4, 1), (0, 1, 3)),
    missing={"human_agreement": "no test pair has been reviewed"},
    objectives=(
        Dot("forward_kl", 0.81, 0.78, 0.84, current=True),
        Dot("sft", 0.75, 0.70, 0.79),
        Dot("forward_kl", 0.80, 0.77, 0.83),
    ),
    costs=(
        Dot("lantern.pair/3", 0.71, 0.62, 0.79, 12.5, current=True),
        Dot("lantern.pair/2", 0.66, 0.6, 0.7, 47.0),
        Dot("lantern.<b>/1", 0.66, 0.6, 0.7),
    ),
)


def test_figures_and_the_distance_of_each_gate_are_on_the_page() -> None:
    page = render_report(replace(FULL, model=MODEL))
    section = page[page.index('id="model"') : page.index('id="quarantine"')]
    text = re.sub(r"<[^>]+>", " ", section)
    assert "lantern.pair/3, evaluated on 2026-03-01: all gates passed." in text
    assert "✕ blocked" in text
    assert "-0.0200" in text
    assert "+0.0050" in text
    assert "relaxed here: a sample &lt;b&gt;" in text
    assert "0.620 to 0.790" in text
    assert "Not measured: human_agreement, because no test pair has been reviewed." in text
    assert section.count("<svg") == 4
    assert "Explanations by objective" in text
    alone = render_report(replace(FULL, model=replace(MODEL, objectives=(), costs=())))
    assert "Explanations by objective" not in alone


def test_without_an_evaluation_it_says_what_to_do() -> None:
    assert "No evaluation to show" in render_report(EMPTY)


@pytest.mark.parametrize(
    "picture",
    [
        reliability_svg(BINS, BINS),
        confusion_svg(MODEL.confusion),
        objectives_svg(MODEL.objectives),
        cost_svg([*MODEL.costs, Dot("a <b>/&", 0.5, 0.4, 0.6, 3.0)]),
    ],
)
def test_a_picture_stands_alone_and_says_its_numbers(picture: str) -> None:
    root = ET.fromstring(picture)  # noqa: S314 - our own
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert re.search(r"\d", title.text or "")
    assert "style=" not in picture
    assert "<script" not in picture


def test_the_pictures_show_every_bin_and_count() -> None:
    assert reliability_svg(BINS).count("<circle") == 2
    assert reliability_svg(()).count("<circle") == 0
    cells = re.findall(r">(\d+)</text>", confusion_svg(MODEL.confusion))
    assert cells == ["5", "1", "0", "2", "4", "1", "0", "1", "3"]


_SVG = "{http://www.w3.org/2000/svg}"


def _circles(picture: str) -> list[tuple[float, float]]:
    found = ET.fromstring(picture).iter(f"{_SVG}circle")  # noqa: S314 - our own
    return [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in found]


def test_an_objective_is_a_column_and_what_is_better_is_higher() -> None:
    picture = objectives_svg(MODEL.objectives)
    forward, again, sft = _circles(picture)
    assert forward[0] < again[0] < sft[0], "two of one objective stand side by side in its column"
    assert forward[1] < again[1] < sft[1]
    texts = re.findall(r">(\w+)</text>", picture)
    assert texts.count("FKL") == texts.count("SFT") == 1


def test_cost_is_the_place_from_the_left_and_what_was_not_measured_is_left_out() -> None:
    (cheap, _), (dear, _) = _circles(cost_svg(MODEL.costs))
    assert (dear - 46) / (cheap - 46) == pytest.approx(47.0 / 12.5, rel=0.02)
    assert ">50</text>" in cost_svg(MODEL.costs), "the axis ends at a round number"


def test_a_kappa_below_nought_stands_on_the_axis() -> None:
    worst, best = _circles(
        cost_svg([Dot("p/1", -0.2, -0.4, 0.1, 1.0), Dot("p/2", 1.0, 0.9, 1.0, 1.0)])
    )
    assert (worst[1], best[1]) == (266.0, 16.0)


@pytest.mark.parametrize("draw", [objectives_svg, cost_svg])
def test_nothing_to_compare_is_said(draw) -> None:  # type: ignore[no-untyped-def]
    assert "none measured" in draw(())
    assert not _circles(draw(()))
