"""Charts draw their numbers where they belong."""

import math
import re
from xml.etree import ElementTree

import pytest

from components.reporting.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, line_chart


def lines(svg: str) -> list[list[tuple[float, float]]]:
    found = []
    for element in ElementTree.fromstring(svg).iter("polyline"):
        pairs = [point.split(",") for point in element.attrib["points"].split()]
        found.append([(float(x), float(y)) for x, y in pairs])
    return found


def labels(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("text")]


def test_points_lie_in_the_frame_and_in_proportion():
    (line,) = lines(line_chart("loss", "epoch", [1, 2, 5], {"training": [3.0, 2.0, 2.5]}))
    assert line[0][0] == LEFT
    assert line[-1][0] == WIDTH - RIGHT
    assert (line[1][0] - LEFT) / (WIDTH - RIGHT - LEFT) == pytest.approx(1 / 4, abs=1e-3)
    assert all(TOP < y < HEIGHT - BOTTOM for _, y in line)
    assert line[2][1] == pytest.approx((line[0][1] + line[1][1]) / 2, abs=0.1)


def test_a_wide_range_of_positive_values_is_drawn_on_a_logarithmic_scale():
    (line,) = lines(line_chart("loss", "epoch", [1, 2, 3], {"training": [100.0, 10.0, 1.0]}))
    assert line[1][1] == pytest.approx((line[0][1] + line[2][1]) / 2, abs=0.1)


def test_nan_leaves_a_gap():
    svg = line_chart("loss", "epoch", [1, 2, 3, 4, 5], {"training": [1, 2, math.nan, 2, 1]})
    assert [len(line) for line in lines(svg)] == [2, 2]


@pytest.mark.parametrize("values", [[], [math.nan, math.inf]])
def test_nothing_to_draw_is_no_chart(values: list[float]):
    assert line_chart("loss", "epoch", list(range(len(values))), {"training": values}) == ""


@pytest.mark.parametrize("value", [0.0, 5.0, -3.0])
def test_one_epoch_is_a_dot_and_a_constant_a_line(value: float):
    assert ElementTree.fromstring(line_chart("loss", "epoch", [1], {"training": [value]})).find("circle") is not None
    (line,) = lines(line_chart("loss", "epoch", [1, 2], {"training": [value, value]}))
    assert line[0][1] == line[1][1]


def test_names_are_escaped_and_numbers_written_for_readers():
    svg = line_chart("a < b & c", "epoch", [1, 2], {"<1>": [-2e-7, 1e-7], "two": [0.0, 0.0]})
    assert {"a < b & c", "<1>", "two", "epoch"} <= set(labels(svg))
    ticks = [label for label in labels(svg) if re.match(r"^[−\d]", label)]
    assert "−2e−7" in ticks
