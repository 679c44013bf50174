"""Line charts as SVG: a few hundred bytes of text whose colours are the page's own, on light and on dark.

Matplotlib draws for one background and adds a hundred kilobytes of glyphs; the page needs neither.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

__all__ = ["line_chart"]

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
    logarithmic = min(finite) > 0 and max(finite) > 10 * min(finite)
    scale = math.log10 if logarithmic else float
    low, high = _widened(scale(min(finite)), scale(max(finite)))
    first, last = _widened(float(min(x)), float(max(x))) if min(x) == max(x) else (min(x), max(x))

    def across(value: float) -> float:
        return LEFT + (value - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def down(value: float) -> float:
        return HEIGHT - BOTTOM - (scale(value) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    bottom = HEIGHT - BOTTOM
    parts = [f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    ticks = _powers(low, high) if logarithmic else _ticks(low, high, 5)
    for value in ticks:
        y = down(value)
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{y + 3.5:.1f}" text-anchor="end">{_label(value)}</text>')
    for value in _ticks(first, last, 6):
        parts.append(f'<text class="tick" x="{across(value):.1f}" y="{bottom + 14}">{_label(value)}</text>')
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>')
    parts.append(f'<text class="tick" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 3}">{escape(x_label)}</text>')
    parts.append(f'<text class="title" x="{LEFT}" y="14">{escape(title)}</text>')
    parts.extend(_legend(list(series)))
    for index, values in enumerate(series.values()):
        for stretch in _stretches(x, values):
            points = " ".join(f"{across(a):.1f},{down(b):.1f}" for a, b in stretch)
            parts.append(f'<polyline class="line s{index}" points="{points}"/>')
            if len(stretch) == 1:
                parts.append(
                    f'<circle class="dot s{index}" r="2.5" cx="{points.split(",")[0]}" cy="{points.split(",")[1]}"/>'
                )
    return "".join([*parts, "</svg>"])


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


def _widened(low: float, high: float) -> tuple[float, float]:
    """An interval with a little air, never empty."""
    air = 0.04 * (high - low) or 0.5 * abs(high) or 0.5
    return low - air, high + air


def _ticks(low: float, high: float, most: int) -> list[float]:
    """At most ``most + 1`` round numbers in an interval: multiples of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor * most >= high - low)
    return [step * k for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _powers(low: float, high: float) -> list[float]:
    """Ticks of a logarithmic axis from 10 ** low to 10 ** high; 1, 2 and 5 of each decade where decades are few."""
    factors = (1, 2, 5) if high - low < 2.5 else (1,)
    stride = max(1, round((high - low) / 5))
    values = (f * 10.0**k for k in range(math.floor(low), math.ceil(high) + 1) if k % stride == 0 for f in factors)
    return [value for value in values if low <= math.log10(value) <= high]


def _label(value: float) -> str:
    """A number as it is written at an axis."""
    if value and not 1e-3 <= abs(value) < 1e5:
        mantissa, exponent = f"{value:.0e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    else:
        text = f"{value:.6g}"
    return text.replace("-", "\N{MINUS SIGN}")
