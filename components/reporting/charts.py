"""Line charts as SVG: a few hundred bytes of text whose colours are the page's own, on light and on dark.

Matplotlib draws for one background and adds a hundred kilobytes of glyphs; the page needs neither.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from components.reporting.axes import Axis, axis, label

__all__ = ["frame", "line_chart"]

WIDTH, HEIGHT = 300, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 14, 28, 30


def line_chart(title: str, x_label: str, x: Sequence[float], series: Mapping[str, Sequence[float]]) -> str:
    """A chart of one or several series over the same abscissae; NaN leaves a gap.

    The ordinate is logarithmic where all values are positive and span more than a factor of ten.

    Args:
        title: what the ordinate shows.
        x_label: what the abscissa shows.
        x: abscissae, ascending.
        series: ordinates by name; the n-th is drawn in the page's n-th colour.

    Returns:
        An ``<svg>`` element, or an empty string where no value is finite.
    """
    finite = [value for values in series.values() for value in values if math.isfinite(value)]
    if not finite:
        return ""
    across = axis(x, LEFT, WIDTH - RIGHT, air=0, decades=False)
    up = axis(finite, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        *frame(across, up, title, x_label),
        *_legend(list(series)),
    ]
    for index, values in enumerate(series.values()):
        for stretch in _stretches(x, values):
            points = [f"{across.at(a):.1f},{up.at(b):.1f}" for a, b in stretch]
            parts.append(f'<polyline class="line s{index}" points="{" ".join(points)}"/>')
            if len(points) == 1:
                cx, cy = points[0].split(",")
                parts.append(f'<circle class="dot s{index}" r="2.5" cx="{cx}" cy="{cy}"/>')
    return "".join([*parts, "</svg>"])


def frame(across: Axis, up: Axis, title: str, x_label: str) -> Iterator[str]:
    """What a chart is drawn into: rules, ticks, the axis, and what both directions show."""
    left, right, bottom = across.start, across.end, up.start
    for value in up.ticks(5):
        y = up.at(value)
        yield f'<line class="rule" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="tick" x="{left - 6}" y="{y + 3.5:.1f}" text-anchor="end">{label(value)}</text>'
    for value in across.ticks(6):
        yield f'<text class="tick" x="{across.at(value):.1f}" y="{bottom + 14}">{label(value)}</text>'
    yield f'<line class="axis" x1="{left}" x2="{right}" y1="{bottom}" y2="{bottom}"/>'
    yield f'<text class="tick" x="{(left + right) / 2}" y="{bottom + BOTTOM - 3}">{escape(x_label)}</text>'
    yield f'<text class="title" x="{left}" y="14">{escape(title)}</text>'


def _legend(names: list[str]) -> Iterator[str]:
    """Names in the colours of their lines, from the right end of the title's line."""
    if len(names) < 2:
        return
    right = float(WIDTH - RIGHT)
    for index, name in reversed(list(enumerate(names))):
        yield f'<text class="name s{index}" x="{right:.1f}" y="14" text-anchor="end">{escape(name)}</text>'
        right -= 6.2 * len(name) + 12


def _stretches(x: Sequence[float], y: Sequence[float]) -> Iterator[list[tuple[float, float]]]:
    """Runs of points whose ordinates are finite."""
    stretch: list[tuple[float, float]] = []
    for point in zip(x, y, strict=True):
        if math.isfinite(point[1]):
            stretch.append(point)
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch
