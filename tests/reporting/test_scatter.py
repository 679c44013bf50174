"""Points lie where their numbers say, and their names can be read."""

from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest

from components.reporting.charts import BOTTOM, LEFT, RIGHT, TOP
from components.reporting.scatter import HEIGHT, WIDTH, Point, scatter_chart

POINTS = [Point("fast", 0.1, 4.0, 0.5), Point("slow & good", 10.0, 2.0, 0.1), Point("middle", 1.0, 3.0)]


def elements(svg: str, tag: str, kind: str) -> list[dict[str, str]]:
    return [one.attrib for one in ElementTree.fromstring(svg).iter(tag) if one.attrib.get("class", "").startswith(kind)]


def test_decades_are_equal_distances_and_intervals_are_those_of_95_per_cent():
    svg = scatter_chart("FCD", "seconds", POINTS, {"floor": 1.0})
    x = [float(dot["cx"]) for dot in elements(svg, "circle", "dot")]
    y = [float(dot["cy"]) for dot in elements(svg, "circle", "dot")]
    assert x[2] == pytest.approx((x[0] + x[1]) / 2, abs=0.1)
    assert y[2] == pytest.approx((y[0] + y[1]) / 2, abs=0.1)
    (interval, *_), (floor,) = elements(svg, "line", "interval"), elements(svg, "line", "floor")
    unit = y[2] - y[0]
    assert float(interval["y2"]) - float(interval["y1"]) == pytest.approx(2 * 1.96 * 0.5 * unit, abs=0.2)
    assert float(floor["y1"]) == pytest.approx(y[1] + unit, abs=0.1)


def test_what_is_drawn_stays_in_the_frame():
    points = [Point("a", 1.0, 0.1, 5.0), Point("b", 2.0, 100.0, 40.0)]  # an interval below zero, on a logarithmic scale
    svg = scatter_chart("FCD", "seconds", points)
    for line in elements(svg, "line", "interval"):
        assert TOP <= float(line["y1"]) <= float(line["y2"]) <= HEIGHT - BOTTOM
    assert all(LEFT <= float(dot["cx"]) <= WIDTH - RIGHT for dot in elements(svg, "circle", "dot"))


def test_names_do_not_cover_one_another():
    random = np.random.default_rng(0)
    points = [Point(f"model_{k}", float(x), float(y)) for k, (x, y) in enumerate(random.uniform(1, 5, (12, 2)))]
    marks = elements(scatter_chart("FCD", "seconds", points), "text", "mark")
    places = [(float(mark["x"]), float(mark["y"])) for mark in marks]
    assert len(places) == 12
    for (x, y), (u, v) in combinations(places, 2):
        assert abs(x - u) >= 6 * len("model_1") or abs(y - v) >= 10


def test_no_points_are_no_chart_and_names_are_escaped():
    assert scatter_chart("FCD", "seconds", []) == ""
    assert "slow &amp; good" in scatter_chart("FCD", "seconds", POINTS)
