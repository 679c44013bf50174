"""What models cost against how good they are, as SVG in the style of the line charts."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from components.reporting.axes import Axis, axis
from components.reporting.charts import BOTTOM, LEFT, RIGHT, TOP, frame

__all__ = ["Point", "scatter_chart"]

WIDTH, HEIGHT = 400, 300
INTERVAL = 1.96  # standard errors to either side
LETTER, LINE, DOT = 6.6, 12.0, 4.0  # width of a letter, height of a line, radius of a point

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Point:
    """A model in the plane.

    Args:
        name: what is written beside it.
        x: its cost.
        y: its quality.
        error: standard error of the quality, if it is known.
    """

    name: str
    x: float
    y: float
    error: float | None = None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the quality."""
        spread = INTERVAL * (self.error or 0.0)
        return self.y - spread, self.y + spread


def scatter_chart(title: str, x_label: str, points: Sequence[Point], rules: Mapping[str, float] | None = None) -> str:
    """Labelled points with their 95 % intervals; an axis is logarithmic where its values span more than a decade.

    Args:
        title: what the ordinate shows.
        x_label: what the abscissa shows.
        points: of finite coordinates; an interval that reaches beyond a logarithmic ordinate is cut there.
        rules: values of the ordinate to draw across the chart, by name: a floor.

    Returns:
        An ``<svg>`` element, or an empty string without points.
    """
    if not points:
        return ""
    lines = rules or {}
    ordinates = [point.y for point in points] + list(lines.values())
    if min(ordinates) <= 0 or max(ordinates) <= 10 * min(ordinates):
        ordinates += [end for point in points for end in point.interval]
    across = axis([point.x for point in points], LEFT, WIDTH - RIGHT, air=0.08)
    up = axis(ordinates, HEIGHT - BOTTOM, TOP, air=0.06)
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(f"{title}: {x_label}")}">',
        *frame(across, up, title, x_label),
    ]
    for name, value in lines.items():
        y = up.at(value)
        parts.append(f'<line class="floor" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="name" x="{WIDTH - RIGHT}" y="{y - 4:.1f}" text-anchor="end">{escape(name)}</text>')
    taken = [_box(value, name, up) for name, value in lines.items()]
    places = [(across.at(point.x), up.at(point.y)) for point in points]
    taken += [(x - DOT, y - DOT, x + DOT, y + DOT) for x, y in places]
    for point, (x, y) in zip(points, places, strict=True):
        top, bottom = _ends(point, up)
        parts.append(f'<line class="interval" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>')
        parts.append(
            f'<circle class="dot s0" r="{DOT}" cx="{x:.1f}" cy="{y:.1f}"><title>{_told(point)}</title></circle>'
        )
        left, low = _free(x, y, point.name, taken)
        parts.append(f'<text class="mark" x="{left:.1f}" y="{low:.1f}">{escape(point.name)}</text>')
    return "".join([*parts, "</svg>"])


def _ends(point: Point, up: Axis) -> tuple[float, float]:
    """Where the interval of a point ends, above and below, within the frame."""
    low, high = point.interval
    bottom = up.start if up.logarithmic and low <= 0 else min(up.start, up.at(low))
    return max(up.end, up.at(high)), bottom


def _told(point: Point) -> str:
    spread = f" ± {point.error:.2g}" if point.error else ""
    return escape(f"{point.name}: {point.y:.3g}{spread} at {point.x:.3g}")


def _free(x: float, y: float, name: str, taken: list[Box]) -> tuple[float, float]:
    """Where a name fits beside its point: the first of several places where it covers least; it is taken from then."""
    boxes = list(_candidates(x, y, LETTER * len(name)))
    best = min(boxes, key=lambda box: (sum(_overlap(box, other) for other in taken), boxes.index(box)))
    taken.append(best)
    return best[0], best[3] - 2.5


def _candidates(x: float, y: float, width: float) -> Iterator[Box]:
    """Places for a name: right, left, above and below, then further off; none leaves the frame."""
    for away in (1, 2, 3, 4):
        for dx, dy in ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1)):
            left = x + dx * (DOT + 3) - width * (1 - dx) / 2
            top = y - LINE / 2 + dy * LINE * (away if dy else 0)
            if min(left - LEFT, WIDTH - 2 - left - width, top - TOP + LINE, HEIGHT - BOTTOM - top - LINE) >= 0:
                yield left, top, left + width, top + LINE
    left = min(max(LEFT, x - width / 2), WIDTH - 2 - width)
    yield left, y - 2 * LINE, left + width, y - LINE


def _box(value: float, name: str, up: Axis) -> Box:
    """What the name of a rule covers."""
    y = up.at(value)
    return WIDTH - RIGHT - LETTER * len(name), y - LINE - 2, WIDTH - RIGHT, y + 2


def _overlap(a: Box, b: Box) -> float:
    wide, tall = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, tall) if math.isfinite(wide * tall) else 0.0
